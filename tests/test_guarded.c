/* One guarded command: real processes below a guard of their own, with pidfds, without, and without /proc. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/guarded.h"
#include "core/loop_private.h"
#include "tests/suite.h"
#include "tests/tree.h"

enum mode { NATIVE, NO_PIDFD, NO_PROC, MODES };

static enum mode mode;

/* What has happened, a letter each: e(nded), + and a signal's number, g(race over), t(ree gone), s(tubborn). */
struct world {
	struct loop *loop;
	struct guarded g;
	char events[64];
	char wanted;                        /* run_until() ends behind it */
	void (*on_ended)(struct world *world);
	bool inside;                        /* a function of guarded.h runs: nothing may happen */
	bool bad;
	pid_t follow;
};

static void happened(struct world *world, const char *what)
{
	world->bad |= world->inside;
	if (strlen(world->events) + strlen(what) < sizeof world->events)
		strcat(world->events, what);
	if (*what == world->wanted)
		loop_stop(world->loop, 0);
}

static void on_ended(void *context)
{
	struct world *world = context;

	world->bad |= world->g.child.pid != 0;
	if (world->on_ended)
		world->on_ended(world);
	happened(world, "e");
}

static void on_signalled(void *context, int signal)
{
	char text[16];

	snprintf(text, sizeof text, "+%d", signal);
	happened(context, text);
}

static void on_grace_over(void *context)
{
	happened(context, "g");
}

static void on_tree_gone(void *context)
{
	happened(context, "t");
}

static void on_stubborn(void *context)
{
	happened(context, "s");
}

static const struct guarded_calls calls = {
	.ended = on_ended, .signalled = on_signalled, .grace_over = on_grace_over, .tree_gone = on_tree_gone,
	.stubborn = on_stubborn,
};

static void too_late(struct loop *loop, void *context)
{
	(void)context;
	loop_stop(loop, 1);
}

static bool run_until(struct world *world, char wanted)
{
	int status;

	world->wanted = wanted;
	loop_set_timer(world->loop, 20000, too_late, NULL);
	status = loop_run(world->loop);
	loop_clear_timer(world->loop, too_late, NULL);
	return status == 0 && !world->bad;
}

/* Nothing happens in the next 50 ms. */
static bool is_quiet(struct world *world)
{
	size_t before = strlen(world->events);

	world->wanted = '\0';
	loop_set_timer(world->loop, 50, too_late, NULL);
	loop_run(world->loop);
	return strlen(world->events) == before && !world->bad;
}

/* In the guard's process: stdin is no terminal, and 9, which programs hold open, says who is ready and who is alive. */
static void open_world(struct world *world)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (dup2(null, STDIN_FILENO) < 0 || dup3(alive[1], 9, O_CLOEXEC) < 0)
		_exit(94);
	if (mode == NO_PIDFD && filter_refuse(SYS_pidfd_open, ENOSYS) < 0)
		_exit(93);
	*world = (struct world){ 0 };
	if (loop_new(&world->loop) < 0 || guarded_open(&world->g, world->loop, &calls, world) < 0)
		_exit(92);
	if (mode == NO_PROC)
		world->g.proc = NULL;
}

static int close_world(struct world *world, int result)
{
	guarded_done(&world->g);
	guarded_done(&world->g);
	loop_free(world->loop);
	return result;
}

static int start_script(struct world *world, const char *script)
{
	char *const argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c", (char *)(uintptr_t)script, NULL };
	const struct spawn how = { .argv = argv, .keep = 9 };

	return guarded_start(&world->g, &how);
}

static void terminate(struct world *world, int signal, int64_t grace_ms)
{
	size_t timers = world->loop->timer_count;

	world->inside = true;
	guarded_terminate(&world->g, signal, grace_ms);
	world->inside = false;
	world->bad |= world->loop->timer_count != timers; /* they have had their room */
}

static void kill_it(struct world *world)
{
	world->inside = true;
	guarded_kill(&world->g);
	world->inside = false;
}

#define EVERY_MODE(name, play)                 \
	START_TEST(name)                       \
	{                                      \
		mode = (enum mode)_i;          \
		as_guard(play, false, false);  \
	}                                      \
	END_TEST

/* ---- start, end, signals ---- */

static int play_end(const struct procfs *proc)
{
	struct world world;
	pid_t pid;

	(void)proc;
	open_world(&world);
	for (int i = 0; i < 3; i++) { /* again and again */
		world.events[0] = '\0';
		if (start_script(&world, "echo >&9; exit 3") != 0)
			return 1;
		pid = world.g.child.pid;
		if (pid <= 0 || world.g.pid != pid || world.g.pgrp != pid || getpgid(pid) != pid)
			return 2;
		if (!run_until(&world, 'e') || strcmp(world.events, "e") != 0)
			return 3;
		if (spawn_exit_status(world.g.status) != 3 || world.g.pid != pid || world.g.child.pid != 0)
			return 4;
		if (guarded_count(&world.g) != 0 || guarded_signal(&world.g, SIGTERM) != -ESRCH)
			return 5;
		await_ready(1);
	}
	return close_world(&world, is_quiet(&world) ? 0 : 6);
}

EVERY_MODE(it_ends, play_end)

static int play_failures(const struct procfs *proc)
{
	char *const missing[] = { (char *)(uintptr_t)"no-such-command-anywhere", NULL };
	char *const directory[] = { (char *)(uintptr_t)"/", NULL };
	const struct spawn how_missing = { .argv = missing }, how_directory = { .argv = directory };
	struct world world;
	const char *hint = "";

	(void)proc;
	open_world(&world);
	if (guarded_start(&world.g, &how_missing) != -ENOENT || guarded_start(&world.g, &how_directory) != -EACCES)
		return 1;
	if (guarded_start_status(-ENOENT, &hint) != 127 || !strstr(hint, "no such command"))
		return 2;
	if (guarded_start_status(-EACCES, &hint) != 126 || !strstr(hint, "executable"))
		return 3;
	if (guarded_start_status(-EMFILE, &hint) != 126 || !strstr(hint, "ulimit"))
		return 4;
	if (guarded_may_pass(-ENOENT) || guarded_may_pass(-EACCES) || !guarded_may_pass(-EAGAIN) ||
	    !guarded_may_pass(-ENOMEM) || !guarded_may_pass(-EMFILE) || !guarded_may_pass(-ENFILE))
		return 5;
	return close_world(&world, world.g.child.pid == 0 && is_quiet(&world) ? 0 : 6);
}

EVERY_MODE(starts_that_fail, play_failures)

static int play_signals(const struct procfs *proc)
{
	struct sigaction hangup;
	struct world world;
	char both[16];

	(void)proc;
	snprintf(both, sizeof both, "+%d+%d", SIGUSR1, SIGTERM);
	signal(SIGHUP, SIG_IGN); /* nohup */
	open_world(&world);
	sigaction(SIGHUP, NULL, &hangup);
	if (hangup.sa_handler != SIG_IGN)
		return 1;
	if (start_script(&world, "trap 'exit 5' USR1; echo >&9; while :; do sleep 0.01; done") != 0)
		return 2;
	await_ready(1);
	kill(getpid(), SIGHUP);
	kill(getpid(), SIGCONT);
	kill(getpid(), SIGUSR1);
	if (!run_until(&world, '+'))
		return 3;
	kill(getpid(), SIGTERM);
	if (!run_until(&world, '+') || strcmp(world.events, both) != 0 || world.g.child.pid == 0)
		return 4; /* of them nothing has reached the program */
	if (guarded_signal(&world.g, SIGUSR1) != 0 || !run_until(&world, 'e'))
		return 5;
	if (spawn_exit_status(world.g.status) != 5)
		return 6;
	close_world(&world, 0);
	return raise(SIGTERM) == 0 ? 0 : 7; /* ignored now */
}

EVERY_MODE(signals_come_to_us_and_go_to_it, play_signals)

/* ---- the tree ---- */

static const char deaf[] = "(trap '' TERM; echo >&9; exec sleep 60) & echo >&9; wait";
static const char two[] = "sleep 60 & echo >&9; wait";

/* The program ends of SIGTERM, what it started does not. */
static int play_deaf(const struct procfs *proc)
{
	struct world world;

	(void)proc;
	open_world(&world);
	if (start_script(&world, deaf) != 0)
		return 1;
	await_ready(2);
	if (guarded_count(&world.g) != (mode == NO_PROC ? 1 : 2))
		return 2;
	terminate(&world, SIGTERM, 200);
	if (!run_until(&world, 'g') || (!strchr(world.events, 'e') && !run_until(&world, 'e')))
		return 3;
	if (!WIFSIGNALED(world.g.status) || WTERMSIG(world.g.status) != SIGTERM || world.g.ending != GUARDED_TERMINATING)
		return 4;
	if (guarded_count(&world.g) == 0 || !is_quiet(&world))
		return 5;
	kill_it(&world);
	terminate(&world, SIGTERM, 0); /* too late */
	if (!run_until(&world, 't') || world.g.ending != GUARDED_LEFT_ALONE || guarded_count(&world.g) != 0)
		return 6;
	return close_world(&world, strlen(world.events) == 3 && is_quiet(&world) ? 0 : 7);
}

EVERY_MODE(a_deaf_grandchild_is_killed, play_deaf)

static int play_obedient(const struct procfs *proc)
{
	struct world world;

	(void)proc;
	open_world(&world);
	if (start_script(&world, two) != 0)
		return 1;
	await_ready(1);
	terminate(&world, SIGTERM, 60000);
	if (!run_until(&world, 't') || strcmp(world.events, "et") != 0)
		return 2;
	terminate(&world, SIGTERM, 60000); /* nothing is left: that is told, but not from within */
	if (!run_until(&world, 't'))
		return 3;
	kill_it(&world);
	if (!run_until(&world, 't') || strcmp(world.events, "ettt") != 0)
		return 4;
	return close_world(&world, is_quiet(&world) ? 0 : 5);
}

EVERY_MODE(the_tree_goes_by_itself, play_obedient)

static void terminate_rest(struct world *world)
{
	guarded_terminate(&world->g, SIGTERM, 60000);
}

/* The rest of a program that has ended, from ended(). */
static int play_rest(const struct procfs *proc)
{
	struct world world;

	(void)proc;
	open_world(&world);
	world.on_ended = terminate_rest;
	if (start_script(&world, "sleep 60 & echo >&9; exit 4") != 0 || !run_until(&world, 't'))
		return 1;
	if (strcmp(world.events, "et") != 0 || spawn_exit_status(world.g.status) != 4)
		return 2;
	if (start_script(&world, "exit 0") != 0 || !run_until(&world, 't')) /* and where there is none */
		return 3;
	return close_world(&world, strcmp(world.events, "etet") == 0 && is_quiet(&world) ? 0 : 4);
}

EVERY_MODE(the_rest_is_ended, play_rest)

static int play_stopped(const struct procfs *proc)
{
	struct world world;
	siginfo_t info;

	(void)proc;
	open_world(&world);
	for (int i = 0; i < 2; i++) {
		world.events[0] = '\0';
		if (start_script(&world, two) != 0)
			return 1;
		await_ready(1);
		kill(-world.g.pgrp, SIGSTOP);
		if (waitid(P_PID, (id_t)world.g.pid, &info, WSTOPPED | WNOWAIT) < 0)
			return 2;
		if (!is_quiet(&world))
			return 3;
		if (i == 0)
			terminate(&world, SIGTERM, 60000);
		else
			kill_it(&world);
		if (!run_until(&world, 't') || strcmp(world.events, "et") != 0)
			return 4;
		if (!WIFSIGNALED(world.g.status) || WTERMSIG(world.g.status) != (i == 0 ? SIGTERM : SIGKILL))
			return 5;
	}
	return close_world(&world, 0);
}

EVERY_MODE(a_stopped_child_is_ended, play_stopped)

static int play_left(const struct procfs *proc)
{
	struct world world;

	(void)proc;
	open_world(&world);
	if (start_script(&world, deaf) != 0)
		return 1;
	await_ready(2);
	terminate(&world, SIGTERM, 20);
	guarded_leave(&world.g);
	if (!run_until(&world, 'e') || !is_quiet(&world) || strcmp(world.events, "e") != 0)
		return 2;
	kill_it(&world);
	return close_world(&world, run_until(&world, 't') ? 0 : 3);
}

EVERY_MODE(it_is_left_alone, play_left)

/* A process of the group that no signal ends: a zombie whose parent, outside, does not reap it. Seen by the group. */
static int play_stubborn(const struct procfs *proc)
{
	struct world world;
	pid_t keeper, zombie;

	(void)proc;
	mode = NO_PROC;
	open_world(&world);
	if (start_script(&world, "echo >&9; exec sleep 60") != 0)
		return 1;
	await_ready(1);
	if (start(&keeper)) {
		if (start(&zombie)) {
			setpgid(0, world.g.pgrp);
			_exit(0);
		}
		child_await_zombie(zombie);
		wait_for_ever();
	}
	await_ready(1);
	kill_it(&world);
	if (!run_until(&world, 'e') || !is_quiet(&world))
		return 2;
	world.g.killing_since_ms -= 20000;
	if (!run_until(&world, 's') || !is_quiet(&world) || strcmp(world.events, "es") != 0)
		return 3;
	kill(keeper, SIGKILL);
	return close_world(&world, run_until(&world, 't') && strcmp(world.events, "est") == 0 ? 0 : 4);
}

START_TEST(who_does_not_go_is_told_once)
{
	as_guard(play_stubborn, false, false);
}
END_TEST

/* ---- another child ---- */

/* Says its pid, as the program of $1 would; 7 is its exit status. */
#define DAEMON "sh -c 'echo $$ >pid.new; mv pid.new pid; trap \"exit 7\" USR1; echo >&9; while :; do sleep 0.01; done'"

static pid_t read_pid(void)
{
	FILE *file = fopen("pid", "re");
	int pid = 0;

	if (!file || fscanf(file, "%d", &pid) != 1)
		pid = 0;
	if (file)
		fclose(file);
	remove("pid");
	return pid;
}

/* Its starter ends, so it is ours; its status is its own. */
static int play_daemon(const struct procfs *proc)
{
	struct world world;
	pid_t pid;

	(void)proc;
	open_world(&world);
	if (start_script(&world, DAEMON " & trap 'exit 1' USR2; while :; do sleep 0.01; done") != 0)
		return 1;
	await_ready(1);
	pid = read_pid();
	if (mode == NO_PROC) /* whose it is cannot be told before it is ours */
		return guarded_follow(&world.g, pid) == -ESRCH ? (kill_it(&world), close_world(&world, 0)) : 2;
	if (guarded_follow(&world.g, pid) != 0 || guarded_follow(&world.g, pid) != 0)
		return 3;
	if (world.g.child.pid != pid || world.g.pid != pid || world.g.pgrp == pid)
		return 4;
	kill(world.g.pgrp, SIGUSR2);
	while (tree_verify(NULL, pid) != 0) /* its starter is gone */
		poll(NULL, 0, 2);
	if (!is_quiet(&world) || guarded_signal(&world.g, SIGUSR1) != 0 || !run_until(&world, 'e'))
		return 5;
	if (spawn_exit_status(world.g.status) != 7 || world.g.pid != pid)
		return 6;
	return close_world(&world, is_quiet(&world) ? 0 : 7);
}

/* Its starter waits for it: that is who gets the status. */
static int play_grandchild(const struct procfs *proc)
{
	struct world world;
	pid_t pid;

	(void)proc;
	open_world(&world);
	if (start_script(&world, DAEMON "; echo >&9; exec sleep 60") != 0)
		return 1;
	await_ready(1);
	pid = read_pid();
	if (mode == NO_PROC)
		return guarded_follow(&world.g, pid) == -ESRCH ? (kill_it(&world), close_world(&world, 0)) : 2;
	if (guarded_follow(&world.g, pid) != 0 || guarded_signal(&world.g, SIGUSR1) != 0 || !run_until(&world, 'e'))
		return 3;
	if (world.g.status != 0 || world.g.pid != pid || loop_has_child(world.loop, pid))
		return 4;
	await_ready(1);
	kill_it(&world);
	return close_world(&world, run_until(&world, 't') && strcmp(world.events, "et") == 0 ? 0 : 5);
}

/* From one to another and back. */
static int play_back(const struct procfs *proc)
{
	struct world world;
	pid_t first, second;

	(void)proc;
	open_world(&world);
	if (start_script(&world, DAEMON " & " "while :; do sleep 0.01; done") != 0)
		return 1;
	await_ready(1);
	first = world.g.pid;
	second = read_pid();
	if (mode == NO_PROC)
		return kill_it(&world), close_world(&world, 0);
	for (int i = 0; i < 3; i++)
		if (guarded_follow(&world.g, second) != 0 || guarded_follow(&world.g, first) != 0)
			return 2;
	kill(second, SIGKILL);
	if (!is_quiet(&world))
		return 3;
	kill(first, SIGKILL);
	if (!run_until(&world, 'e') || WTERMSIG(world.g.status) != SIGKILL)
		return 4;
	return close_world(&world, is_quiet(&world) ? 0 : 5);
}

static void follow_now(struct world *world)
{
	world->bad |= guarded_follow(&world->g, world->follow) != 0;
	world->on_ended = NULL;
}

/* The message was read only when the starter's end was seen. In every mode: it is our own child by then. */
static int play_late(const struct procfs *proc)
{
	struct world world;

	(void)proc;
	open_world(&world);
	if (start_script(&world, DAEMON " & read go <go; exit 0") != 0)
		return 1;
	await_ready(1);
	world.follow = read_pid();
	world.on_ended = follow_now;
	close(open("go", O_WRONLY | O_CLOEXEC));
	if (world.g.child.pid == 0)
		return 2;
	if (!run_until(&world, 'e'))
		return 3;
	if (world.g.child.pid != world.follow || guarded_signal(&world.g, SIGUSR1) != 0 || !run_until(&world, 'e'))
		return 4;
	return close_world(&world, spawn_exit_status(world.g.status) == 7 ? 0 : 5);
}

static void on_other(struct loop *loop, pid_t pid, int status, void *context)
{
	(void)loop, (void)pid, (void)status;
	*(bool *)context = true;
}

static int play_strangers(const struct procfs *proc)
{
	struct world world;
	bool other_ended = false;
	pid_t other;

	(void)proc;
	open_world(&world);
	if (start_script(&world, "echo >&9; exec sleep 60") != 0)
		return 1;
	if (start(&other))
		wait_for_ever();
	await_ready(2);
	loop_add_child(world.loop, other, on_other, &other_ended); /* ours, a validation */
	if (guarded_follow(&world.g, other) != -ESRCH || guarded_follow(&world.g, getpid()) != -ESRCH ||
	    guarded_follow(&world.g, getppid()) != -ESRCH || guarded_follow(&world.g, 1) != -ESRCH ||
	    guarded_follow(&world.g, 0) != -ESRCH || guarded_follow(&world.g, -1) != -ESRCH)
		return 2;
	if (guarded_follow(&world.g, world.g.pid) != 0 || world.g.child.pid != world.g.pid)
		return 3;
	kill(other, SIGKILL);
	kill(world.g.pid, SIGKILL);
	if (!run_until(&world, 'e') || (!other_ended && !is_quiet(&world)) || !other_ended)
		return 4;
	return close_world(&world, guarded_follow(&world.g, other) == -ESRCH ? 0 : 5);
}

/* Each in a directory of its own. */
static char directory[] = "/tmp/test_guarded.XXXXXX";

static void enter_directory(void)
{
	ck_assert_ptr_nonnull(mkdtemp(strcpy(directory, "/tmp/test_guarded.XXXXXX")));
	ck_assert_int_eq(chdir(directory), 0);
	ck_assert_int_eq(mkfifo("go", 0600), 0);
}

static void leave_directory(void)
{
	remove("go");
	remove("pid");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}

EVERY_MODE(a_daemon_is_followed, play_daemon)
EVERY_MODE(a_grandchild_is_followed, play_grandchild)
EVERY_MODE(there_and_back, play_back)
EVERY_MODE(it_is_followed_when_its_starter_has_ended, play_late)
EVERY_MODE(nobody_elses_is_followed, play_strangers)

START_TEST(nothing_is_done)
{
	struct guarded none = GUARDED_NONE;

	guarded_done(NULL);
	guarded_done(&none);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		it_ends, starts_that_fail, signals_come_to_us_and_go_to_it, a_deaf_grandchild_is_killed,
		the_tree_goes_by_itself, the_rest_is_ended, a_stopped_child_is_ended, it_is_left_alone,
		a_daemon_is_followed, a_grandchild_is_followed, there_and_back,
		it_is_followed_when_its_starter_has_ended, nobody_elses_is_followed,
	};
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, enter_directory, leave_directory);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_loop_test(t, tests[i], 0, MODES);
	tcase_add_test(t, who_does_not_go_is_told_once);
	tcase_add_test(t, nothing_is_done);
	return suite_run("guarded", t);
}
