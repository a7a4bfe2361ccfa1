#include "core/guarded.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/sig.h"
#include "core/tree.h"

static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT };

enum { SIGNALS = sizeof(signals) / sizeof(signals[0]) };
enum { CHECK_FIRST_MS = 5, CHECK_MAX_MS = 200, STUBBORN_MS = 10000 };
enum { STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127, STATUS_DUMPED = 0x80 /* wait(2)'s; musl has no name */ };

/* ---- what is left of it ---- */

/* SIGNAL to all that is left, 0 only counts; by the process group where /proc cannot be read (no descriptors). */
static int signal_tree(const struct guarded *g, int signal)
{
	int count = tree_signal(g->proc, g->pgrp, signal);

	return count < 0 ? tree_signal(NULL, g->pgrp, signal) : count;
}

int guarded_count(const struct guarded *g)
{
	int count = signal_tree(g, 0);

	return count < 0 ? 1 : count; /* there is somebody, whom we may not signal */
}

static void check(struct guarded *g);

static void on_check(struct loop *loop, void *context)
{
	(void)loop;
	check(context);
}

static void on_grace_over(struct loop *loop, void *context)
{
	struct guarded *g = context;

	(void)loop;
	g->calls->grace_over(g->context);
}

static bool is_stubborn(const struct guarded *g)
{
	return g->ending == GUARDED_KILLING && !g->stubborn_said && loop_now() - g->killing_since_ms >= STUBBORN_MS;
}

static void check(struct guarded *g)
{
	if (signal_tree(g, g->ending == GUARDED_KILLING ? SIGKILL : 0) == 0 && g->child.pid == 0) {
		guarded_leave(g);
		g->calls->tree_gone(g->context);
		return;
	}
	loop_set_timer(g->loop, g->check_ms, on_check, g);
	g->check_ms = g->check_ms * 2 < CHECK_MAX_MS ? g->check_ms * 2 : CHECK_MAX_MS;
	if (is_stubborn(g)) {
		g->stubborn_said = true;
		g->calls->stubborn(g->context);
	}
}

/* LEFT are left to be looked at. Nothing was: that is told from the loop, too. */
static void check_soon(struct guarded *g, int left)
{
	g->check_ms = CHECK_FIRST_MS;
	loop_set_timer(g->loop, left == 0 ? 0 : CHECK_FIRST_MS, on_check, g);
}

void guarded_terminate(struct guarded *g, int signal, int64_t grace_ms)
{
	int left;

	if (g->ending == GUARDED_KILLING)
		return;
	g->ending = GUARDED_TERMINATING;
	left = signal_tree(g, signal);
	signal_tree(g, SIGCONT);
	loop_set_timer(g->loop, grace_ms, on_grace_over, g);
	check_soon(g, left);
}

void guarded_kill(struct guarded *g)
{
	if (g->ending != GUARDED_KILLING) {
		g->killing_since_ms = loop_now();
		g->stubborn_said = false;
	}
	g->ending = GUARDED_KILLING;
	loop_clear_timer(g->loop, on_grace_over, g);
	check_soon(g, signal_tree(g, SIGKILL));
}

void guarded_leave(struct guarded *g)
{
	g->ending = GUARDED_LEFT_ALONE;
	loop_clear_timer(g->loop, on_check, g);
	loop_clear_timer(g->loop, on_grace_over, g);
}

/* ---- the child ---- */

static void child_ended(struct guarded *g, int status)
{
	bool was_ending = g->ending != GUARDED_LEFT_ALONE;

	pidref_done(&g->child);
	g->status = status;
	terminal_take_back(&g->terminal);
	g->calls->ended(g->context);
	if (was_ending && g->ending != GUARDED_LEFT_ALONE) /* that may have been the last of it */
		check(g);
}

/* The child, or the one that was started where another is followed. */
static void on_child(struct loop *loop, pid_t pid, int status, void *context)
{
	struct guarded *g = context;

	if (WIFSTOPPED(status))
		terminal_stopped(&g->terminal, g->pgrp);
	if (!WIFEXITED(status) && !WIFSIGNALED(status))
		return;
	if (pid == g->pgrp && pid != g->child.pid) {
		g->starter_ended = true;
		g->starter_status = status;
	}
	if (pid != g->child.pid)
		return;
	loop_remove_pidref(loop, &g->child);
	g->unknown = false;
	child_ended(g, status);
}

int guarded_start(struct guarded *g, const struct spawn *how)
{
	struct spawn spawn = *how;
	int r = loop_reserve_child(g->loop);
	pid_t pid;

	if (r < 0)
		return r;
	spawn.in = STDIN_FILENO;
	spawn.out = STDOUT_FILENO;
	spawn.err = STDERR_FILENO;
	spawn.group = SPAWN_GROUP;
	spawn.foreground = terminal_is_ours(&g->terminal);
	spawn.inherit = true;
	pid = spawn_start(&spawn);
	if (pid < 0)
		return pid;
	loop_add_child(g->loop, pid, on_child, g);
	/* -ESRCH: it has ended already. Nothing is reaped before we are back in the loop, so its pid is safe. */
	if (pidref_open(g->proc, pid, &g->child) < 0)
		g->child = (struct pidref){ .pid = pid, .fd = -1 };
	g->pgrp = g->pid = pid;
	g->terminal.given = spawn.foreground;
	g->started_ms = loop_now();
	g->unknown = g->starter_ended = false;
	guarded_leave(g);
	return 0;
}

bool guarded_may_pass(const struct guarded *g, int error)
{
	return spawn_may_pass(error) && (error != -EMFILE || g->pid > 0);
}

int guarded_start_status(int error, const char **ret_hint)
{
	bool missing = error == -ENOENT || error == -ENOTDIR;

	if (missing)
		*ret_hint = "(no such command, or its interpreter is missing)";
	else if (error == -EMFILE)
		*ret_hint = "(the limit of open files is too low: ulimit -n)";
	else
		*ret_hint = "(is it an executable file for this machine?)";
	return missing ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

/* ---- another child ---- */

static bool is_ours_to_reap(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* 0: it has not ended. Where it has a moment ago it waits for the loop to reap it. */
static int starter_status(const struct guarded *g)
{
	siginfo_t info = { 0 };

	if (g->starter_ended)
		return g->starter_status;
	if (waitid(P_PID, (id_t)g->pgrp, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == 0)
		return 0;
	if (info.si_code == CLD_EXITED)
		return info.si_status << 8;
	return info.si_status | (info.si_code == CLD_DUMPED ? STATUS_DUMPED : 0);
}

/* It has ended: on_child() follows, unless its parent lives and gets the status. */
static void on_followed(struct loop *loop, const struct pidref *ref, void *context)
{
	struct guarded *g = context;
	pid_t pid = ref->pid;

	if (is_ours_to_reap(pid))
		return;
	loop_remove_child(loop, pid);
	g->unknown = true;
	child_ended(g, starter_status(g));
}

void guarded_learn(struct guarded *g)
{
	if (g->unknown)
		g->status = starter_status(g);
}

static int open_descendant(const struct guarded *g, pid_t pid, struct pidref *ret)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	int r = pidref_open(g->proc, pid, &ref);

	if (r == 0)
		r = tree_verify(g->proc, pid);
	if (r == 0)
		r = pidref_verify(g->proc, &ref);
	if (r < 0)
		return r;
	*ret = ref;
	ref = PIDREF_NONE;
	return 0;
}

int guarded_follow(struct guarded *g, pid_t pid)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	int r;

	if (pid > 0 && pid == g->child.pid)
		return 0;
	if (pid != g->pgrp && loop_has_child(g->loop, pid))
		return -ESRCH; /* ours, but nothing of the program: a validation */
	r = loop_reserve_child(g->loop);
	if (r == 0)
		r = open_descendant(g, pid, &ref);
	if (r < 0)
		return r;
	loop_remove_pidref(g->loop, &g->child); /* whose room is there for the next */
	if (!is_ours_to_reap(pid))
		r = loop_add_pidref(g->loop, g->proc, &g->child, on_followed, g);
	if (r < 0)
		return r;
	if (g->child.pid != g->pgrp) /* the one that was started stays: it may be stopped, ^Z */
		loop_remove_child(g->loop, g->child.pid);
	loop_remove_child(g->loop, pid);
	loop_add_child(g->loop, pid, on_child, g);
	pidref_done(&g->child);
	g->child = ref;
	ref = PIDREF_NONE;
	g->pid = pid;
	return 0;
}

int guarded_signal(struct guarded *g, int signal)
{
	int r = pidref_signal(g->proc, &g->child, signal);

	if (signal == SIGTERM || signal == SIGINT)
		pidref_signal(g->proc, &g->child, SIGCONT);
	return r;
}

/* ---- the beginning and the end ---- */

static void on_signal(struct loop *loop, int signal, pid_t sender, void *context)
{
	struct guarded *g = context;

	(void)loop, (void)sender;
	if (signal == SIGCONT)
		terminal_continued(&g->terminal, g->pgrp);
	else
		g->calls->signalled(g->context, signal);
}

static int add_signals(struct guarded *g)
{
	struct sigaction hangup;
	int r = 0;

	sigaction(SIGHUP, NULL, &hangup);
	for (size_t i = 0; i < SIGNALS && r == 0; i++)
		if (signals[i] != SIGHUP || hangup.sa_handler != SIG_IGN) /* nohup(1) is obeyed */
			r = loop_add_signal(g->loop, signals[i], on_signal, g);
	return r;
}

int guarded_open(struct guarded *g, struct loop *loop, const struct guarded_calls *calls, void *context)
{
	int r;

	*g = GUARDED_NONE;
	g->loop = loop;
	g->calls = calls;
	g->context = context;
	tree_reserve_stack();
	if (procfs_open_own(&g->procfs) == 0)
		g->proc = &g->procfs;
	if (getpid() != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	sig_ignore_pipe();
	terminal_init(&g->terminal);
	r = add_signals(g);
	if (r == 0)
		r = loop_reserve_child(loop);
	if (r == 0)
		r = loop_reserve_timer(loop, on_check, g);
	if (r == 0)
		r = loop_reserve_timer(loop, on_grace_over, g);
	return r;
}

void guarded_done(struct guarded *g)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	if (!g || !g->loop)
		return;
	terminal_take_back(&g->terminal);
	for (size_t i = 0; i < SIGNALS; i++)
		sigaction(signals[i], &ignore, NULL);
	guarded_leave(g);
	loop_remove_pidref(g->loop, &g->child);
	pidref_done(&g->child);
	procfs_done(&g->procfs);
	*g = GUARDED_NONE;
}

/* ---- its name ---- */

static void shorten(const char *text, char ret[GUARDED_NAME_SIZE])
{
	const char *dots = strlen(text) < GUARDED_NAME_SIZE ? "" : "...";

	snprintf(ret, GUARDED_NAME_SIZE, "%.*s%s", (int)(GUARDED_NAME_SIZE - 1 - strlen(dots)), text, dots);
}

void guarded_name(const char *argv0, char ret_command[GUARDED_NAME_SIZE], char ret_name[GUARDED_NAME_SIZE])
{
	const char *slash = strrchr(argv0, '/');

	shorten(argv0, ret_command);
	shorten(slash && slash[1] ? slash + 1 : argv0, ret_name);
}
