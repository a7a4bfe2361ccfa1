/* decode.h: what is read of a process's own bytes (its files, debug information, stacks, package databases, sources) is
 * read by a child without rights (core/confine.h). This is both ends of the talk with it.
 *
 * The child's messages are packed values (core/value.h), none of which the parent takes on trust:
 *   { "index": 3, "lines": [ ... ], "end": "short" }  a thread's stack (core/report.h: STACK), outermost first; green
 *                           threads are counted behind all the others
 *   { "again": [ 3, 7 ] }   stacks of these sleepers are not whole: stop them. It asks once, and waits for one message:
 *                           empty: they are as they are; else a struct decode_again for each
 *   { "why": "..." }        what keeps it from following stacks: no libdw
 *   { "package": {...} }    what package_find() has found
 *   { "python": 3, "interpreter", "ident", "thread_name", "gil", "settled", "lines": [ ... ], "end", "root_exception" }
 *                           what thread 3 does as Python sees it; one for each interpreter that it runs
 *   { "green": "greenlet" | "task", "id", "running", "parent", "thread", "name", "waits", "lines": [ ... ], "end" }
 *                           a greenlet that is suspended, a task that is not done; one that runs has no lines
 *   { "python_rest": { "threads", "greens", "settled", "why", "greens_why" } }  what else is known of Python; how many
 *                           threads and greenlets have no message
 *   { "done": true }        that was all */
#ifndef GMR_DECODE_H
#define GMR_DECODE_H

#include "applets/gmr/package_find.h" /* the child's parts */
#include "applets/gmr/perfmap.h"
#include "applets/gmr/source.h"
#include "applets/gmr/target.h"
#include "core/capture.h"
#include "core/value.h"

/* The end of a sleeper's stack that registers would have continued which a stop alone tells. */
#define DECODE_NOT_STOPPED "short, not stopped"

struct decode_options {
	bool package, stacks;   /* what is wanted */
	bool greens;            /* stacks of green threads, too */
	bool may_stop;          /* sleepers whose stack is not whole may be stopped */
	bool debuginfod;
	bool sources;           /* files and lines of frames, and what stands there */
	struct python *python;  /* what was read of CPython (core/python.h), or NULL: none, or not to be understood */
	bool python_threads;    /* stacks of its threads */
	bool python_greens;     /* its greenlets and tasks */
	bool locals;            /* its local variables, too */
	int64_t deadline_ns;    /* CLOCK_MONOTONIC */
};

/* What a CPython process executes. All of it points into decoded.tree. */
struct decoded_python {
	const struct value **threads; /* by the thread's index in the capture: a list, NULL: it is none of Python's; of
	                               * { "interpreter", "ident", "thread_name", "gil", "settled", "stack_trace" } */
	const struct value *greens;   /* a list, or NULL: { "green", "id", "running", "parent", "thread", "name",
	                               * "waits", "stack_trace" }, of which there are as many as: */
	size_t green_count;
	bool has_greens;              /* greenlets and tasks were asked for, */
	bool is_whole;                /* all has come */
	size_t threads_rest;          /* threads of Python's that execute something, and are none of the capture's, */
	size_t greens_rest;           /* greenlets without frames: running, not started, finished */
	bool settled;                 /* nothing of it ran while it was read */
	char why[128], greens_why[128]; /* why there is no more, or "" */
};

struct decoded {
	struct value_tree tree;       /* root: "stacks", "package" where it came */
	const struct value **stacks;  /* by the thread's index in the capture, green threads behind all others: NULL:
	                               * none; into the tree. Where the child ended too early, some have the innermost
	                               * frame only */
	size_t count;
	struct decoded_python python;
	int error;                    /* 0; -ETIMEDOUT: the deadline came first; -ECONNRESET: the child ended too early;
	                               * -EBADMSG: it sent nonsense; -ENOBUFS: too much */
	char why[128];                /* no libdw and why, or how the child ended; or "" */
};

/* Have a child decode CAPTURE (NULL: only the package), and stop sleepers whose stack is not whole. Blocks until the
 * deadline at most (and as long as a child takes to die). 0: RET, which must not be moved, has what came, with .error
 * and .why; -errno: nothing could be started. Free with decoded_done(), which takes NULL. */
int decode(const struct target *target, struct capture *capture, const struct decode_options *options,
	   struct decoded *ret);
void decoded_done(struct decoded *decoded);

#endif
