/* run.c: `oome run`: guard one command without supervisord, as PID 1 of a container or below anything else. */
#include "applets/oome/run.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/log.h"
#include "core/sig.h"
#include "core/spawn.h"
#include "core/tree.h"

static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT };

enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };

/* ---- doing what was decided ---- */

static void perform(struct run *run, enum run_action action)
{
	switch (action) {
	case RUN_NOTHING:
		break;
	case RUN_START:
		loop_set_timer(run->loop, 0, run_start, run);
		break;
	case RUN_PAUSE:
		loop_set_timer(run->loop, limit_pause(run->failed_starts), run_start, run);
		break;
	case RUN_FORWARD:
		pidref_signal(run->proc, &run->child, run->signal);
		break;
	case RUN_TERMINATE:
		run_tree_terminate(run);
		break;
	case RUN_KILL:
		run_tree_kill(run);
		break;
	case RUN_EXIT:
		loop_stop(run->loop, spawn_exit_status(run->status));
		break;
	case RUN_EXIT_SIGNAL:
		loop_stop(run->loop, 128 + run->signal);
		break;
	}
}

void run_happened(struct run *run, enum run_event event)
{
	struct run_step step = run_decide(run->state, event);

	run->state = step.next;
	perform(run, step.action);
}

static void on_signal(struct loop *loop, int signal, pid_t sender, void *context)
{
	struct run *run = context;

	(void)loop, (void)sender;
	run->signal = signal;
	if (signal == SIGCONT)
		run_terminal_continued(&run->terminal, run->pgrp);
	else if (signal == SIGTERM || signal == SIGINT)
		run_happened(run, RUN_TERM);
	else if (signal == SIGHUP || signal == SIGQUIT)
		run_happened(run, RUN_HANGUP);
	else
		run_happened(run, RUN_OTHER_SIGNAL);
}

/* ---- the beginning and the end ---- */

static int add_signals(struct run *run)
{
	struct sigaction hangup;
	int r = 0;

	sigaction(SIGHUP, NULL, &hangup);
	for (size_t i = 0; i < SIGNALS && r == 0; i++)
		if (signals[i] != SIGHUP || hangup.sa_handler != SIG_IGN) /* nohup(1) is obeyed */
			r = loop_add_signal(run->loop, signals[i], on_signal, run);
	return r;
}

static void open_home(struct run *run)
{
	int r = run_home_open(&run->home, run->config->oome_file);

	if (r < 0)
		log_fail("cannot make a directory for an oome file: %s (OOME_FILE is not set for %s; set it)",
			 log_errno(r), run->name);
}

/* The /proc where we are, if there is one: another pid namespace's (a host's, mounted here) names others. */
static void open_proc(struct run *run)
{
	char text[PROCFS_PID_TEXT] = "";

	if (procfs_open(PROCFS_ROOT, &run->procfs) < 0)
		return;
	if (readlinkat(run->procfs.fd, "self", text, sizeof(text) - 1) > 0 && atoi(text) == (int)getpid())
		run->proc = &run->procfs;
}

static int run_open(struct run *run)
{
	int r;

	tree_reserve_stack();
	open_proc(run);
	if (getpid() != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	sig_ignore_pipe();
	run_terminal_init(&run->terminal);
	open_home(run);
	run_places_init(&run->places, run->config, run->proc, run->name, run->home.dir[0] ? run->home.file : NULL);
	run_killer_init(&run->killer, run->proc);
	r = loop_new(&run->loop);
	if (r == 0)
		r = add_signals(run);
	if (r == 0 && run->places.inotify >= 0)
		r = loop_add_fd(run->loop, run->places.inotify, POLLIN, run_watch_event, run);
	if (r == 0)
		r = loop_reserve_child(run->loop);
	if (r == 0)
		r = loop_set_timer(run->loop, 0, run_start, run); /* the table has room for all our timers then */
	return r;
}

static void run_done(struct run *run)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	run_terminal_take_back(&run->terminal);
	for (size_t i = 0; i < SIGNALS; i++) /* what arrives from here on does not change the exit status any more */
		sigaction(signals[i], &ignore, NULL);
	loop_free(run->loop);
	run_places_done(&run->places);
	run_killer_done(&run->killer);
	run_home_done(&run->home);
	pidref_done(&run->child);
	procfs_done(&run->procfs);
}

int run_main(const struct oome_config *config, char *const *argv)
{
	CLEANUP(run_done) struct run run = {
		.config = config, .argv = argv, .procfs = { .fd = -1 }, .child = PIDREF_NONE, .limit_said_ms = -1,
	};
	const char *slash = strrchr(argv[0], '/');
	int r;

	run.name = slash && slash[1] ? slash + 1 : argv[0];
	r = run_open(&run);
	if (r == 0)
		r = loop_run(run.loop);
	if (r < 0)
		log_fail("cannot go on: %s", log_errno(r));
	return r < 0 ? 1 : r;
}
