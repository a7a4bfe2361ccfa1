/* guard.c: `heart run`: guard any program, as PID 1 of a container or below anything else. */
#include "applets/heart/guard.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/abspath.h"
#include "core/cleanup.h"
#include "core/log.h"

enum { EXIT_USAGE = 2, EXIT_CANNOT_START = 126 };

/* ---- what happens ---- */

static struct guard_facts facts_now(const struct guard *guard)
{
	const struct guard_config *config = guard->config;
	bool command = settings_command(&guard->settings) != NULL;

	return (struct guard_facts){
		.follow = guard_follow_of(config->on_failure, command),
		.command = command,
		.may_kill = !config->no_kill,
		.kill_at_once = config->kill_signal == SIGKILL,
		.may_restart = limit_allows(&guard->limit, &config->max_restarts, loop_now()),
	};
}

static void perform(struct guard *guard, enum guard_action action, enum guard_state before)
{
	switch (action) {
	case GUARD_NOTHING:
		break;
	case GUARD_TRY_AGAIN:
		guard_start_in(guard, limit_pause(guard->failed_starts));
		break;
	case GUARD_FORWARD:
		guarded_signal(&guard->guarded, guard->signal);
		break;
	case GUARD_EXIT_SIGNAL:
		guard->wanted = true;
		loop_stop(guard->loop, 128 + guard->signal);
		break;
	default:
		guard_end_perform(guard, action, before);
	}
}

void guard_happened(struct guard *guard, enum guard_event event)
{
	const struct guard_facts facts = facts_now(guard);
	struct guard_step step = guard_decide(guard->state, event, &facts);
	enum guard_state before = guard->state;

	guard->state = step.next;
	if (before == GUARD_RUNNING && step.next != GUARD_RUNNING)
		guard_beat_stop(guard);
	perform(guard, step.action, before);
}

/* How the program of MAINPID= has ended knows its parent alone. What was started says it by its own end, or goes on. */
static bool falls_back(struct guard *guard)
{
	struct guarded *guarded = &guard->guarded;
	pid_t pid = guarded->pid;

	if (guard->state != GUARD_RUNNING || !guarded->unknown || guarded->starter_ended)
		return false;
	if (guarded_follow(guarded, guarded->pgrp) < 0) {
		guarded_learn(guarded); /* it has ended this very moment */
		return false;
	}
	log_line("%s: pid %d has ended, how is not known: pid %d, which was started, is the program again", guard->name,
		 (int)pid, (int)guarded->pid);
	return true;
}

static void on_ended(void *context)
{
	struct guard *guard = context;

	oomkill_settle(&guard->oomkill);
	guard_voice_drain(guard);
	if (guard->guarded.child.pid > 0 || falls_back(guard)) /* MAINPID= stood there: that one is the program now */
		return;
	guard_happened(guard, guard_end_event(guard));
}

static void on_signal(void *context, int signal)
{
	struct guard *guard = context;

	guard->signal = signal;
	if (signal == SIGTERM || signal == SIGINT) {
		guard->asked_to_end = signal;
		guard_happened(guard, GUARD_TERM);
	} else if (signal == SIGHUP || signal == SIGQUIT)
		guard_happened(guard, GUARD_HANGUP);
	else
		guard_happened(guard, GUARD_OTHER_SIGNAL);
}

static void on_grace_over(void *context)
{
	guard_happened(context, GUARD_GRACE_OVER);
}

static void on_tree_gone(void *context)
{
	guard_happened(context, GUARD_TREE_GONE);
}

static void on_stubborn(void *context)
{
	struct guard *guard = context;

	guard->stubborn = true;
	guard_happened(guard, GUARD_STUBBORN);
}

static const struct guarded_calls calls = {
	.ended = on_ended,
	.signalled = on_signal,
	.grace_over = on_grace_over,
	.tree_gone = on_tree_gone,
	.stubborn = on_stubborn,
};

/* ---- the beginning and the end ---- */

/* The program may change its directory. */
static void set_control_env(struct guard *guard)
{
	const char variable[] = "HEART_CONTROL=";
	char path[sizeof(guard->control_env) - sizeof(variable)];

	if (abspath(guard->config->control, path, sizeof(path)) == 0)
		snprintf(guard->control_env, sizeof(guard->control_env), "%s%s", variable, path);
}

static int open_control(struct guard *guard)
{
	const char *path = guard->config->control;
	int r;

	if (!path)
		return 0;
	r = control_open(guard->loop, path, guard_control, guard, &guard->control);
	if (r < 0)
		log_fail("cannot listen at '%s' (--control): %s%s", path, log_errno(r),
			 r == -EADDRINUSE ? " (by another guard)" : r == -EEXIST ? " (and is no socket)" : "");
	else
		set_control_env(guard);
	return r;
}

/* What goes wrong here is told by who finds it, or by guard_main(): -EMFILE, -ENOMEM. */
static int guard_open(struct guard *guard)
{
	int r = loop_new(&guard->loop);

	if (r == 0)
		r = guarded_open(&guard->guarded, guard->loop, &calls, guard);
	oomkill_init(&guard->oomkill, guard->guarded.proc);
	if (r == 0)
		r = guard_start_open(guard);
	if (r == 0)
		r = guard_beat_open(guard);
	if (r == 0)
		r = guard_end_open(guard);
	return r;
}

static void guard_done(struct guard *guard)
{
	guarded_done(&guard->guarded);
	selfreport_done(&guard->selfreport);
	validation_cancel(&guard->validation);
	control_free(guard->control);
	guard_voice_done(guard);
	notify_done(&guard->notify);
	guard_dog_done(guard);
	oomkill_done(&guard->oomkill);
	loop_free(guard->loop);
}

int guard_main(const struct guard_config *config, char *const *argv)
{
	CLEANUP(guard_done) struct guard guard = {
		.config = config, .argv = argv, .guarded = GUARDED_NONE, .hwdog = HWDOG_NONE, .notify = NOTIFY_NONE,
		.voice_fd = -1, .voice_child_fd = -1, .validated_ms = PULSE_NEVER,
		.selfreport = { SELFREPORT_NONE },
	};
	int r;

	log_never_block();
	guarded_name(argv[0], guard.command, guard.name);
	r = guard_open(&guard);
	if (r == 0 && (open_control(&guard) < 0 || guard_dog_open(&guard) < 0))
		return 1; /* it was said */
	if (r == 0 && guard_report_open(&guard) < 0)
		return EXIT_USAGE;
	if (r == 0)
		r = guard_gmr_open(&guard);
	if (r == 0) {
		oomadj_lower(&guard.oomadj); /* where it is allowed */
		guard_start_in(&guard, 0);
		r = loop_run(guard.loop);
	}
	if (r < 0)
		log_fail("cannot go on: %s%s", log_errno(r),
			 r == -EMFILE ? " (the limit of open files is too low: ulimit -n)" : "");
	return r == -EMFILE ? EXIT_CANNOT_START : r < 0 ? 1 : r;
}
