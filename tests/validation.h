/* validation.h: a loop and a validation in it, for the tests of both kinds of target. */
#ifndef TESTS_VALIDATION_H
#define TESTS_VALIDATION_H

#include <check.h>
#include <stdio.h>

#include "applets/heart/validation.h"
#include "core/tree.h"
#include "tests/child.h"

enum { PATIENT_MS = 30000, HURRIED_MS = 200 };

static struct loop *loop;
static struct procfs proc;
static struct validation validation;
static struct { int calls; bool ok; char why[256]; } heard;

static inline void note(void *context, bool ok, const char *why)
{
	(void)context;
	heard.calls++;
	heard.ok = ok;
	snprintf(heard.why, sizeof heard.why, "%s", why);
	loop_stop(loop, 1);
}

static inline void validation_set_up(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* as a guard */
	signal(SIGTERM, SIG_DFL);         /* check's own handler would run in the child, too, and end us */
	heard.calls = 0;
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(procfs_open("/proc", &proc), 0);
	ck_assert_int_eq(validation_init(&validation, loop, &proc, NULL, note, NULL), 0);
}

static inline void validation_tear_down(void)
{
	validation_cancel(&validation);
	do
		tree_signal(&proc, 0, SIGKILL); /* what a validator left that was killed itself, and a server */
	while (waitpid(-1, NULL, 0) > 0);
	procfs_done(&proc);
	loop_free(loop);
}

static inline void stop_loop(struct loop *l, void *context)
{
	(void)context;
	loop_stop(l, 0);
}

static inline void run_for(int ms)
{
	ck_assert_int_eq(loop_set_timer(loop, ms, stop_loop, NULL), 0);
	loop_run(loop);
	loop_clear_timer(loop, stop_loop, NULL);
}

/* Until done() was called. */
static inline void run_until_heard(void)
{
	int before = heard.calls;

	run_for(2 * PATIENT_MS);
	ck_assert_int_gt(heard.calls, before);
}

static inline void validate(const char *target, int timeout_ms)
{
	validation_start(&validation, target, timeout_ms);
	run_until_heard();
}

/* Until the validator is reaped. */
static inline bool gone(void)
{
	run_for(2);
	return validation.pid == 0;
}

static inline void until_gone(void)
{
	CHILD_UNTIL(gone());
}

static inline void assert_nobody_left(void)
{
	ck_assert_int_eq(tree_signal(&proc, 0, 0), 0);
}

static inline bool nobody_left(void)
{
	run_for(2);
	return tree_signal(&proc, 0, 0) == 0;
}

static inline void until_nobody_left(void)
{
	CHILD_UNTIL(nobody_left());
}

#endif
