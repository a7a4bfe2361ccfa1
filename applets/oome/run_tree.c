#include "applets/oome/run.h"

#include <signal.h>

#include "core/log.h"
#include "core/tree.h"

enum { CHECK_FIRST_MS = 5, CHECK_MAX_MS = 200, STUBBORN_MS = 10000 };

static bool is_killing(const struct run *run)
{
	return run->state == RUN_KILLING || run->state == RUN_CUTTING;
}

static bool is_ending_tree(const struct run *run)
{
	return is_killing(run) || run->state == RUN_TERMINATING || run->state == RUN_CLOSING;
}

/* SIGNAL to all that is left, 0 only counts; by the process group where /proc cannot be read (no descriptors). */
static int signal_tree(const struct run *run, int signal)
{
	int count = tree_signal(run->proc, run->pgrp, signal);

	return count < 0 ? tree_signal(NULL, run->pgrp, signal) : count;
}

static void on_grace_over(struct loop *loop, void *context)
{
	(void)loop;
	run_happened(context, RUN_GRACE_OVER);
}

static void on_check(struct loop *loop, void *context)
{
	(void)loop;
	run_tree_check(context);
}

static void say_stubborn(struct run *run)
{
	if (run->stubborn_said || !is_killing(run) || loop_now() - run->killing_since_ms < STUBBORN_MS)
		return;
	run->stubborn_said = true;
	log_fail("%s: not all of its processes end, though they were killed (held in the kernel, by a dead file system "
		 "perhaps): waiting for them", run->name);
}

void run_tree_check(struct run *run)
{
	if (!is_ending_tree(run))
		return;
	if (signal_tree(run, is_killing(run) ? SIGKILL : 0) == 0 && run->child.pid == 0) {
		loop_clear_timer(run->loop, on_check, run);
		loop_clear_timer(run->loop, on_grace_over, run);
		run_happened(run, RUN_TREE_GONE);
		return;
	}
	say_stubborn(run);
	loop_set_timer(run->loop, run->check_ms, on_check, run);
	run->check_ms = run->check_ms * 2 < CHECK_MAX_MS ? run->check_ms * 2 : CHECK_MAX_MS;
}

void run_tree_terminate(struct run *run)
{
	signal_tree(run, SIGTERM);
	signal_tree(run, SIGCONT); /* a stopped process takes nothing else */
	run->check_ms = CHECK_FIRST_MS;
	loop_set_timer(run->loop, run->config->grace_ms, on_grace_over, run);
	run_tree_check(run);
}

void run_tree_kill(struct run *run)
{
	run->killing_since_ms = loop_now();
	run->stubborn_said = false;
	run->check_ms = CHECK_FIRST_MS;
	run_tree_check(run);
}
