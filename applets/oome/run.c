/* run.c: `oome run`: guard one command without supervisord, as PID 1 of a container or below anything else. */
#include "applets/oome/run.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
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

enum { SIGNALS = sizeof(signals) / sizeof(signals[0]), EXIT_USAGE = 2, EXIT_CANNOT_START = 126 };

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
		terminal_continued(&run->terminal, run->pgrp);
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

/* Both are ours: a relative one is in our directory. */
static bool is_same_path(const char *a, const char *b)
{
	const char *relative = a[0] == '/' ? b : a, *absolute = a[0] == '/' ? a : b;
	char directory[PATH_MAX];
	size_t n;

	if ((a[0] == '/') == (b[0] == '/') || !getcwd(directory, sizeof(directory)))
		return !strcmp(a, b);
	n = strcmp(directory, "/") == 0 ? 0 : strlen(directory);
	return !strncmp(absolute, directory, n) && absolute[n] == '/' && !strcmp(absolute + n + 1, relative);
}

/* -ENAMETOOLONG: of -o FILE, made absolute. What else fails leaves the child without OOME_FILE. */
static int open_home(struct run *run)
{
	const char *file = run->config->oome_file, *set = getenv("OOME_FILE");
	int r = run_home_open(&run->home, file);

	if (file && set && *set && !is_same_path(file, set))
		log_fail("'%s' is watched, as -o says, not '%s', as OOME_FILE says", file, set);
	if (r < 0 && file)
		log_fail("-o '%s': cannot tell its absolute path: %s", file, log_errno(r));
	else if (r < 0)
		log_fail("cannot make a directory for an oome file in %s/run, /tmp or /dev/shm: %s "
			 "(OOME_FILE is not set for %s; name a file by -o FILE)",
			 geteuid() == 0 ? "" : "$XDG_RUNTIME_DIR, ", log_errno(r), run->name);
	return r == -ENAMETOOLONG && file ? r : 0;
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
	terminal_init(&run->terminal);
	r = open_home(run);
	run_places_init(&run->places, run->config, run->proc, run->name, run->home.dir[0] ? run->home.file : NULL);
	oomkill_init(&run->killer, run->proc);
	if (r == 0)
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

	terminal_take_back(&run->terminal);
	for (size_t i = 0; i < SIGNALS; i++) /* what arrives from here on does not change the exit status any more */
		sigaction(signals[i], &ignore, NULL);
	loop_free(run->loop);
	run_places_done(&run->places);
	oomkill_done(&run->killer);
	run_home_done(&run->home);
	pidref_done(&run->child);
	procfs_done(&run->procfs);
}

static void shorten(const char *text, char ret[RUN_NAME_SIZE])
{
	const char *dots = strlen(text) < RUN_NAME_SIZE ? "" : "...";

	snprintf(ret, RUN_NAME_SIZE, "%.*s%s", (int)(RUN_NAME_SIZE - 1 - strlen(dots)), text, dots);
}

int run_main(const struct oome_config *config, char *const *argv)
{
	CLEANUP(run_done) struct run run = {
		.config = config, .argv = argv, .procfs = { .fd = -1 }, .child = PIDREF_NONE, .limit_said_ms = -1,
	};
	const char *slash = strrchr(argv[0], '/');
	int r;

	shorten(argv[0], run.command);
	shorten(slash && slash[1] ? slash + 1 : argv[0], run.name);
	r = run_open(&run);
	if (r == 0)
		r = loop_run(run.loop);
	if (r < 0)
		log_fail("cannot go on: %s%s", log_errno(r),
			 r == -EMFILE ? " (the limit of open files is too low: ulimit -n)" : "");
	return r == -EMFILE ? EXIT_CANNOT_START : r == -ENAMETOOLONG ? EXIT_USAGE : r < 0 ? 1 : r;
}
