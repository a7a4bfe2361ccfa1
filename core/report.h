/* report.h: what a Guru Meditation Report holds, and how it looks as text, JSON and XML.
 *
 * A report is a map (core/value.h) with these keys in this order, where those that were not asked for are missing. The
 * titles, and the names of fields that oslo.reports has too, are its own.
 *
 *   "report"         { "version", "time" (RFC 3339, UTC), "host", "pid", "complete" (bool),
 *                      "denied": [ { "section", "what", "reason", "remedy" (or null) } ],
 *                      "notes": [ { "section", "text" } ],
 *                      "deadlocks": [ [12, 14] ] }    threads that wait for each other, each for the next
 *   "Package"        { "product", "vendor", "version", "registered" (true: by the program itself, missing else),
 *                      "installed": { "product", "vendor", "version" } (of the package, where they are), ... }
 *   "Threads"        [ { "thread_id", "thread_ids" (those with the same stack, when folded), "pthread_id" (or null),
 *                        "name", "comm" (of a thread of Python's, whose name is threading's, if it has one),
 *                        "state" (a word), "system_call" (or null), "wchan" (or null),
 *                        "read" ("asleep", "stopped", or null: it was not),
 *                        "waits_for" (thread that holds what it waits for, or null),
 *                        "python": { PYTHON } (of a thread of Python's, missing else),
 *                        "stack_trace": STACK,
 *                        "native_stack_trace": STACK (where "stack_trace" is Python's, missing else),
 *                        "interpreters": [ { PYTHON, "stack_trace": STACK } ] (others that run in this thread) } ]
 *   "Green Threads"  [ { "name" (or null), "names" (of those with the same stack, when folded),
 *                        "kind" ("greenlet", "task"; missing: registered, and so are "id" to "thread_id"),
 *                        "id" (address of the object, text in hex),
 *                        "state" ("waiting", "running in thread 12"; of Python's "suspended", "running"),
 *                        "waits_for" (what a task awaits, text, or null), "parent" (of a greenlet, as "id", or null),
 *                        "thread_id" (or null), "stack_trace": STACK } ]
 *   "Processes"      { "pid", "parent_pid", "uids": { "real", "effective", "saved" }, "gids": the same, "username",
 *                      "command": [ "..." ], "state" (psutil's word), "children": [ the same ] }
 *   "Configuration"  { GROUP: { KEY: VALUE } }        VALUE: a string, a number, or a list of strings; groups that
 *                      the program has registered stand behind gmr's, "GROUP (registered)" where it has one of it
 *   any other        a section that a program has registered, in the report that it makes itself: a string, or
 *                      { KEY: VALUE }; "did not answer: ..." or "not asked" where there is none
 *
 *   STACK: { "lines": [ { "filename", "line", "name", "code", "module", "offset", "address" } ], "end",
 *            "root_exception" (null, a string, { "type", "value" }, or Python's: { "type", "args", "file", "line" }) }
 *   PYTHON: "gil" ("holds", "waits", or null), "interpreter_id" (0: the main one), "settled" (false: it may have run
 *           while its stack was read, which may be of several moments)
 *
 * A line of Python's has null for "module", "offset" and "address", "qualname" behind them (null before 3.11), and
 * "locals" where they were asked for: [ { "name", "type", "value" (null: none that is short) } ], and "locals_cut":
 * true where there are more than we take.
 *
 * Lines are outermost first. "filename" and "line" are null without line info: "module" (a path) and "offset" (a
 * number: where in it, as its symbols count) then stand for them; "name" is "??" where no symbol is known; "code" is
 * null where the source is not to be had; "address" is text in hex. "end" is null where the stack was followed to its
 * outermost frame, else it says where it broke off: "truncated", "short", "short, not stopped",
 * "truncated: more frames than we take", "no time was left, see --deadline", "not decoded", "not in memory", "it ran
 * meanwhile", "not read: ...", or, of a green thread that runs, "in Threads": it is the stack of that thread, which
 * stands there.
 *
 * A "section" of "denied" and "notes" is a title from above; what belongs to none of the sections that are there is
 * shown with the head. The views take any tree: what is missing they leave out, what is of another kind they show as it
 * is. As XML: man/procguard-gmr.rng; as JSON: man/procguard-gmr.schema.json. */
#ifndef CORE_REPORT_H
#define CORE_REPORT_H

#include <stdbool.h>

#include "core/buf.h"
#include "core/value.h"

#define REPORT_PACKAGE       "Package"
#define REPORT_THREADS       "Threads"
#define REPORT_GREEN_THREADS "Green Threads"
#define REPORT_IN_THREADS    "in Threads"
#define REPORT_PROCESSES     "Processes"
#define REPORT_CONFIGURATION "Configuration"

/* Append REPORT as text, laid out as oslo.reports does it. -ENOBUFS, -ENOMEM: RET is as before. */
int report_text(const struct value *report, struct buf *ret);

/* Append it as one JSON object (RFC 8259) on one line, which ends with a newline. Errors as above. */
int report_json(const struct value *report, struct buf *ret);

/* Append it as the element <report>, UTF-8, which ends with a newline. What stands before and behind it, one report or
 * several, is the caller's: REPORT_XML_HEAD, <reports>. Errors as above. */
#define REPORT_XML_HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
int report_xml(const struct value *report, struct buf *ret);

#endif
