/* What there is of a cluster: pid files beside real processes. */
#include "applets/cluster/found.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/suite.h"

enum { WORKER, ENDED, LOGGER, PROCESSES };

static struct procfs proc;
static char path[PATH_MAX];
static struct roster roster;
static struct found found;
static pid_t daemon_pid, stray_group;

static struct tree_node process_of(pid_t pid)
{
	struct pidref ref = PIDREF_NONE;
	struct tree_node process;

	ck_assert_int_eq(pidref_open(&proc, pid, &ref), 0);
	process = (struct tree_node){ pid, ref.start_ticks };
	pidref_done(&ref);
	return process;
}

static void add(const char *name, pid_t pid)
{
	struct member member = { .kind = MEMBER_BACKGROUND, .process = process_of(pid), .since_s = 1 };

	snprintf(member.name, sizeof(member.name), "%s", name);
	ck_assert_ptr_nonnull(roster_add(&roster, &member));
}

/* A daemon with two members, one of which has ended since the file was written. */
static void set_up(void)
{
	ck_assert_int_eq(procfs_open_own(&proc), 0);
	fixture_make();
	snprintf(path, sizeof(path), "%s", fixture_path("cluster.pid"));
	daemon_pid = child_start();
	stray_group = 0;
	roster = (struct roster){ .state = ROSTER_RUNNING, .daemon = process_of(daemon_pid) };
	/* Of this test alone: others may run at the same time. */
	snprintf(roster.id, sizeof(roster.id), "%032llx", (unsigned long long)roster.daemon.start_ticks << 32 |
		 (unsigned)daemon_pid);
	ck_assert_int_eq(procfs_boot_id(&proc, roster.boot), 0);
	ck_assert_int_eq(procfs_pid_namespace(&proc, &roster.namespace), 0);
	roster.logger = process_of(child_start());
	add("worker", child_start());
	add("mailer", child_start());
	kill(roster.members[ENDED].process.pid, SIGKILL);
	child_await_zombie(roster.members[ENDED].process.pid);
	found = (struct found){ .daemon = PIDREF_NONE };
}

static void tear_down(void)
{
	if (stray_group > 0)
		kill(-stray_group, SIGKILL);
	child_end(daemon_pid);
	child_end(roster.logger.pid);
	for (size_t i = 0; i < roster.count; i++)
		child_end(roster.members[i].process.pid);
	found_done(&found);
	roster_done(&roster);
	fixture_remove();
	procfs_done(&proc);
}

static void load(enum found_state state)
{
	found_done(&found);
	ck_assert_int_eq(found_load(&proc, path, false, &found), 0);
	ck_assert_int_eq(found.state, state);
}

static void write_and_load(enum found_state state)
{
	ck_assert_int_eq(pidfile_write(path, &roster), 0);
	load(state);
}

static void set_mtime(time_t seconds_ago)
{
	struct timespec times[2] = { { .tv_sec = time(NULL) - seconds_ago } };

	times[1] = times[0];
	ck_assert_int_eq(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool leaves(const struct tree_node *process)
{
	for (size_t i = 0; i < found.left_count; i++)
		if (found.left[i].pid == process->pid && found.left[i].start_ticks == process->start_ticks)
			return true;
	return false;
}

static bool is_called(const struct tree_node *node, const char *name)
{
	char text[ROSTER_NAME_SIZE];

	found_name(&proc, &found, node, text);
	return strcmp(text, name) == 0;
}

START_TEST(nothing)
{
	int lock;

	load(FOUND_NOTHING);
	lock = lock_open(path);
	ck_assert_int_ge(lock, 0);
	load(FOUND_NOTHING);
	ck_assert_int_eq(lock_take(lock, LOCK_STOP, false), 0);
	load(FOUND_NOTHING);
	ck_assert_int_eq(lock_take(lock, LOCK_DAEMON, false), 0);
	load(FOUND_HELD);
	ck_assert_str_eq(found.why, "");
	ck_assert_int_eq(found_load(&proc, path, true, &found), 0);
	ck_assert_int_eq(found.state, FOUND_NOTHING);
	/* A dead file is not a start's that is going on. */
	roster.daemon.start_ticks++;
	write_and_load(FOUND_HELD);
	ck_assert_str_ne(found.why, "");
	ck_assert_uint_eq(found.left_count, 0);
	close(lock);
	load(FOUND_DEAD);
	found_done(NULL);
}
END_TEST

START_TEST(alive)
{
	write_and_load(FOUND_ALIVE);
	ck_assert_int_eq(found.daemon.pid, daemon_pid);
	ck_assert_uint_eq(found.daemon.start_ticks, roster.daemon.start_ticks);
	ck_assert_uint_eq(found.roster.count, 2);
	ck_assert(!found.roster.members[WORKER].ended);
	ck_assert(found.roster.members[ENDED].ended);
	ck_assert_int_eq(found.roster.members[ENDED].status, MEMBER_STATUS_UNKNOWN);
	ck_assert_int_gt(found.roster.members[ENDED].ended_s, 0);
	ck_assert_uint_eq(found.left_count, 0);
}
END_TEST

START_TEST(dead)
{
	char text[64];
	pid_t worker = roster.members[WORKER].process.pid;

	roster.daemon.start_ticks++;
	write_and_load(FOUND_DEAD);
	snprintf(text, sizeof(text), "pid %d is another process now", (int)daemon_pid);
	ck_assert_str_eq(found.why, text);
	roster.daemon.start_ticks--;
	kill(daemon_pid, SIGKILL);
	child_await_zombie(daemon_pid);
	write_and_load(FOUND_DEAD);
	snprintf(text, sizeof(text), "pid %d has ended", (int)daemon_pid);
	ck_assert_str_eq(found.why, text);
	ck_assert_int_eq(found.daemon.pid, 0);
	ck_assert_uint_eq(found.left_count, 1);
	ck_assert(leaves(&roster.members[WORKER].process));
	ck_assert(is_called(&found.left[0], "worker"));
	child_end(daemon_pid);
	daemon_pid = child_start();
	load(FOUND_DEAD);
	ck_assert_str_eq(found.why, text);
	/* A member that is another process now is none of ours. */
	roster.members[WORKER].process = (struct tree_node){ worker, roster.members[WORKER].process.start_ticks + 1 };
	write_and_load(FOUND_DEAD);
	ck_assert_uint_eq(found.left_count, 0);
	ck_assert(found.roster.members[WORKER].ended);
}
END_TEST

/* A shell with the mark, a child below it, in a process group of their own. */
static pid_t start_stray(void)
{
	char mark[64], *const argv[] = { "sh", "-c", "sleep 100; :", NULL };
	char *const env[] = { "PATH=/usr/bin:/bin", mark, NULL };
	pid_t pid;

	snprintf(mark, sizeof(mark), "PROCGUARD_CLUSTER=%s", roster.id);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	setpgid(pid, pid); /* the child itself, too: whoever is first */
	if (pid == 0) {
		execve("/bin/sh", argv, env);
		_exit(127);
	}
	stray_group = pid;
	return pid;
}

/* Whose pids are not ours: of another boot nobody can be left, of another container who has the mark. */
START_TEST(from_elsewhere)
{
	struct tree_node stray;
	pid_t pid = start_stray();

	stray = process_of(pid);
	roster.namespace++;
	ck_assert_int_eq(pidfile_write(path, &roster), 0);
	CHILD_UNTIL((load(FOUND_DEAD), found.left_count == 2 && is_called(&found.left[1], "sleep")));
	ck_assert_str_eq(found.why, "it is of another container");
	ck_assert_int_eq(found.left[0].pid, pid);
	ck_assert(leaves(&stray) && !leaves(&roster.members[WORKER].process));
	ck_assert(found.roster.members[WORKER].ended);

	roster.namespace--;
	roster.daemon.start_ticks++;
	write_and_load(FOUND_DEAD);
	ck_assert_uint_eq(found.left_count, 3);
	ck_assert(leaves(&stray) && leaves(&roster.members[WORKER].process));
	roster.daemon.start_ticks--;

	roster.boot[0] = roster.boot[0] == '0' ? '1' : '0';
	write_and_load(FOUND_DEAD);
	ck_assert_str_eq(found.why, "it is of another boot");
	ck_assert_uint_eq(found.left_count, 0);
	kill(-pid, SIGKILL);
	child_end(pid);
	stray_group = 0;
}
END_TEST

/* The original's. */
START_TEST(bare)
{
	char text[64], why[64];

	snprintf(text, sizeof(text), "%d:%d", (int)daemon_pid, (int)roster.members[WORKER].process.pid);
	fixture_text("cluster.pid", text);
	load(FOUND_ALIVE);
	ck_assert_int_eq(found.daemon.pid, daemon_pid);
	ck_assert_uint_eq(found.roster.count, 0);
	set_mtime(-10); /* somebody's clock is wrong */
	load(FOUND_ALIVE);
	set_mtime(36000);
	load(FOUND_DEAD);
	snprintf(why, sizeof(why), "pid %d is another process now", (int)daemon_pid);
	ck_assert_str_eq(found.why, why);
	kill(daemon_pid, SIGKILL);
	child_await_zombie(daemon_pid);
	set_mtime(0);
	load(FOUND_DEAD);
	snprintf(why, sizeof(why), "pid %d has ended", (int)daemon_pid);
	ck_assert_str_eq(found.why, why);
	ck_assert_uint_eq(found.left_count, 0);
	snprintf(text, sizeof(text), "%d\n", (int)getpid());
	fixture_text("cluster.pid", text);
	load(FOUND_DEAD); /* whose pid we have got */
}
END_TEST

START_TEST(not_judged)
{
	fixture_text("cluster.pid", "nonsense\n");
	ck_assert_int_eq(found_load(&proc, path, false, &found), -EBADMSG);
	fixture_text("cluster.pid", "1\n");
	ck_assert_int_eq(chmod(path, 0666), 0);
	ck_assert_int_eq(found_load(&proc, path, false, &found), -EPERM);
	ck_assert_int_eq(found.state, FOUND_NOTHING);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, nothing);
	tcase_add_test(t, alive);
	tcase_add_test(t, dead);
	tcase_add_test(t, from_elsewhere);
	tcase_add_test(t, bare);
	tcase_add_test(t, not_judged);
	return suite_run("found", t);
}
