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
 *                        "name", "state" (a word), "system_call" (or null), "wchan" (or null),
 *                        "read" ("asleep", "stopped", or null: it was not),
 *                        "waits_for" (thread that holds what it waits for, or null),
 *                        "stack_trace": STACK } ]
 *   "Green Threads"  [ { "name" (or null), "names" (of those with the same stack, when folded),
 *                        "state" ("waiting", "running in thread 12"), "stack_trace": STACK } ]
 *   "Processes"      { "pid", "parent_pid", "uids": { "real", "effective", "saved" }, "gids": the same, "username",
 *                      "command": [ "..." ], "state" (psutil's word), "children": [ the same ] }
 *   "Configuration"  { GROUP: { KEY: VALUE } }        VALUE: a string, a number, or a list of strings; groups that
 *                      the program has registered stand behind gmr's, "GROUP (registered)" where it has one of it
 *   any other        a section that a program has registered, in the report that it makes itself: a string, or
 *                      { KEY: VALUE }; "did not answer: ..." or "not asked" where there is none
 *
 *   STACK: { "lines": [ { "filename", "line", "name", "code", "module", "offset", "address" } ], "end",
 *            "root_exception" (null, a string, or { "type", "value" }) }
 *
 * Lines are outermost first. "filename" and "line" are null without line info: "module" (a path) and "offset" (a
 * number: where in it, as its symbols count) then stand for them; "name" is "??" where no symbol is known; "code" is
 * null where the source is not to be had; "address" is text in hex. "end" is null where the stack was followed to its
 * outermost frame, else it says where it broke off: "truncated", "short", "short, not stopped",
 * "no time was left, see --deadline", "not decoded", "not read: ...", or, of a green thread that runs, "in Threads":
 * it is the stack of that thread, which stands there.
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
