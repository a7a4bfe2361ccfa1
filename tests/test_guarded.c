/* One guarded command: real processes, with pidfds, without, and without /proc. */
#include "tests/guarded.h"
#include "tests/suite.h"

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
	if (guarded_may_pass(&world.g, -ENOENT) || !guarded_may_pass(&world.g, -EAGAIN) ||
	    guarded_may_pass(&world.g, -EMFILE))
		return 5;
	world.g.pid = 1; /* it was started once: a limit was not too low then */
	if (!guarded_may_pass(&world.g, -EMFILE))
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
	if (!WIFSIGNALED(world.g.status) || WTERMSIG(world.g.status) != SIGTERM)
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

START_TEST(names)
{
	char command[GUARDED_NAME_SIZE], name[GUARDED_NAME_SIZE], path[600] = "/bin/";

	guarded_name("/usr/bin/web", command, name);
	ck_assert_str_eq(command, "/usr/bin/web");
	ck_assert_str_eq(name, "web");
	guarded_name("./", command, name);
	ck_assert_str_eq(name, "./");
	memset(path + 5, 'x', 500);
	guarded_name(path, command, name);
	ck_assert_uint_eq(strlen(command), GUARDED_NAME_SIZE - 1);
	ck_assert_str_eq(command + GUARDED_NAME_SIZE - 4, "...");
	ck_assert_uint_eq(strlen(name), GUARDED_NAME_SIZE - 1);
	ck_assert_int_eq(name[0], 'x');
}
END_TEST

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
	};
	TCase *t = tcase_create("all");

	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_loop_test(t, tests[i], 0, MODES);
	tcase_add_test(t, who_does_not_go_is_told_once);
	tcase_add_test(t, names);
	tcase_add_test(t, nothing_is_done);
	return suite_run("guarded", t);
}
