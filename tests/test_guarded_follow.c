/* One guarded command: another child than the one that was started (MAINPID= of sd_notify(3)). */
#include <sys/stat.h>

#include "tests/guarded.h"
#include "tests/suite.h"

/* Says its pid; USR1 ends it with 7. */
#define DAEMON "sh -c 'echo $$ >pid.new; mv pid.new pid; trap \"exit 7\" USR1; echo >&9; " \
	       "while :; do sleep 0.01; done'"

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

/* Open WORLD with SCRIPT, of which DAEMON is a part; its pid, 0: it was not started. */
static pid_t open_with_daemon(struct world *world, const char *script)
{
	open_world(world);
	if (start_script(world, script) != 0)
		return 0;
	await_ready(1);
	return read_pid();
}

/* Without /proc it cannot be told whose PID is before it is ours. */
static int is_refused(struct world *world, pid_t pid)
{
	return guarded_follow(&world->g, pid) == -ESRCH ? (kill_it(world), close_world(world, 0)) : 2;
}

/* Its starter ends, so it is ours; its status is its own. */
static int play_daemon(const struct procfs *proc)
{
	struct world world;
	pid_t pid;

	(void)proc;
	pid = open_with_daemon(&world, DAEMON " & trap 'exit 1' USR2; while :; do sleep 0.01; done");
	if (!pid)
		return 1;
	if (mode == NO_PROC)
		return is_refused(&world, pid);
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
	pid = open_with_daemon(&world, DAEMON "; echo >&9; exec sleep 60");
	if (!pid)
		return 1;
	if (mode == NO_PROC)
		return is_refused(&world, pid);
	if (guarded_follow(&world.g, pid) != 0 || guarded_signal(&world.g, SIGUSR1) != 0 || !run_until(&world, 'e'))
		return 3;
	if (world.g.status != 0 || !world.g.unknown || world.g.pid != pid || loop_has_child(world.loop, pid))
		return 4;
	await_ready(1);
	kill_it(&world);
	return close_world(&world, run_until(&world, 't') && strcmp(world.events, "et") == 0 ? 0 : 5);
}

/* What was started ends behind the look at it, and before it can be followed again. */
static void end_starter(struct world *world)
{
	siginfo_t info;

	world->bad |= world->g.status != 0 || !world->g.unknown;
	close(open("go", O_WRONLY | O_CLOEXEC));
	world->bad |= waitid(P_PID, (id_t)world->g.pgrp, &info, WEXITED | WNOWAIT) < 0;
	world->bad |= guarded_follow(&world->g, world->g.pgrp) != -ESRCH;
	guarded_learn(&world->g);
	world->on_ended = NULL;
}

static int play_starter_that_ends(const struct procfs *proc)
{
	struct world world;
	pid_t pid;

	(void)proc;
	pid = open_with_daemon(&world, DAEMON "; read go <go; exit 4");
	if (!pid)
		return 1;
	if (mode == NO_PROC)
		return is_refused(&world, pid);
	world.on_ended = end_starter;
	if (guarded_follow(&world.g, pid) != 0 || guarded_signal(&world.g, SIGUSR1) != 0 || !run_until(&world, 'e'))
		return 3;
	return close_world(&world, spawn_exit_status(world.g.status) == 4 ? 0 : 4);
}

/* From one to another and back. */
static int play_back(const struct procfs *proc)
{
	struct world world;
	pid_t first, second;

	(void)proc;
	open_world(&world);
	if (start_script(&world, DAEMON " & while :; do sleep 0.01; done") != 0)
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
EVERY_MODE(its_starter_ends_behind_it, play_starter_that_ends)
EVERY_MODE(there_and_back, play_back)
EVERY_MODE(it_is_followed_when_its_starter_has_ended, play_late)
EVERY_MODE(nobody_elses_is_followed, play_strangers)

int main(void)
{
	const TTest *const tests[] = {
		a_daemon_is_followed, a_grandchild_is_followed, its_starter_ends_behind_it, there_and_back,
		it_is_followed_when_its_starter_has_ended, nobody_elses_is_followed,
	};
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, enter_directory, leave_directory);
	for (size_t i = 0; i < sizeof tests / sizeof *tests; i++)
		tcase_add_loop_test(t, tests[i], 0, MODES);
	return suite_run("guarded_follow", t);
}
