/* threads_private.h: what the files of section_threads() share. */
#ifndef GMR_THREADS_PRIVATE_H
#define GMR_THREADS_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "applets/gmr/descriptors.h"
#include "applets/gmr/sections.h"
#include "core/capture.h"

struct threads {
	struct gmr_report *report;
	const struct target *target;
	const struct capture *capture;
	const struct decoded *decoded;
	ssize_t *owners;                 /* by index: who holds what it waits for, or -1 */
	struct descriptors *descriptors; /* opened when the first is asked for */
	bool has_looked;                 /* for them */
};

/* The stack of thread INDEX, or NULL; then RET_MISSING says why. */
const struct value *threads_stack(const struct threads *threads, size_t index, const char **ret_missing);

/* threads_python.c: what Python says of thread INDEX (decode.h: decoded_python.threads): the state that is shown as its
 * own, or NULL: it is none of Python's. The stack of that state; NULL: it runs no Python code. */
const struct value *threads_python(const struct threads *threads, size_t index);
const struct value *threads_python_stack(const struct value *python);

/* "python" of ENTRY; "interpreters": the other ones that thread INDEX runs. */
void threads_add_python(struct threads *threads, const struct value *python, struct value *entry);
void threads_add_interpreters(struct threads *threads, size_t index, const struct value *python, struct value *entry);

/* Does thread INDEX run several interpreters? What else has to be the same of two threads that are folded. */
bool threads_python_is_alone(const struct threads *threads, size_t index);
int64_t threads_python_kind(const struct value *python);

/* What is to be said of Python's threads as a whole. */
void threads_say_python(struct gmr_report *report, const struct decoded *decoded);

/* Had thread INDEX ended before it could be read? It is not shown then. */
bool threads_is_gone(const struct threads *threads, size_t index);

/* threads_call.c: append the system call in which thread INDEX is: "read(7: pipe 4711)". False: it is in none, or that
 * is not known. */
bool threads_call(struct threads *threads, size_t index, struct buf *ret);

/* threads_locks.c: fill owners, and "report"."deadlocks". */
void threads_locks(struct threads *threads);

#endif
