/* Who may speak for the tree that is guarded. */
#include "core/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/tree.h"

enum { SOMEBODY = 4242, ANOTHER = 4243 }; /* uids */

static struct notify notify;
static pid_t stranger; /* a living process, a zombie; not below the guard */

/* Would a message of PID and UID be believed? */
static bool ours(const struct procfs *proc, pid_t pid, uid_t uid)
{
	const struct notify_sender sender = { .pid = pid, .uid = uid };

	return notify_sender_is_ours(&notify, proc, &sender);
}

/* A child that has ended and been reaped. */
static pid_t gone(void)
{
	pid_t pid;

	if (start(&pid))
		_exit(0);
	waitpid(pid, NULL, 0);
	return pid;
}

/* A child of another user, who waits. */
static pid_t child_of(uid_t uid)
{
	pid_t pid;

	if (start(&pid)) {
		if (setuid(uid) < 0)
			_exit(94);
		wait_for_ever();
	}
	await_ready(1);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int play_living(const struct procfs *proc)
{
	pid_t child, grandchild;
	int from[2];

	if (pipe2(from, O_CLOEXEC) < 0)
		return 1;
	if (start(&child)) {
		if (start(&grandchild))
			wait_for_ever();
		if (write(from[1], &grandchild, sizeof(grandchild)) < 0)
			_exit(1);
		wait_for_ever();
	}
	if (read(from[0], &grandchild, sizeof(grandchild)) != sizeof(grandchild))
		return 2;
	await_ready(2);
	if (!ours(proc, child, SOMEBODY) || !ours(proc, grandchild, ANOTHER))
		return 3;
	if (ours(proc, getpid(), 0) || ours(proc, getppid(), 0) || ours(proc, 1, 0) || ours(proc, stranger, 0) ||
	    ours(proc, stranger, getuid()) || ours(proc, stranger, SOMEBODY))
		return 4;
	if (ours(proc, 0, 0) || ours(proc, 0, getuid()) || ours(proc, 0, SOMEBODY) || ours(proc, -1, 0))
		return 5;
	return kill_all(proc, 0) ? 0 : 6;
}

START_TEST(living)
{
	stranger = child_start();
	as_guard(play_living, true, false);
	child_end(stranger);
}
END_TEST

static int play_gone(const struct procfs *proc)
{
	pid_t pid = gone(), somebody;

	if (!ours(proc, pid, 0) || !ours(proc, pid, getuid()) || ours(proc, pid, SOMEBODY))
		return 1;
	if (geteuid() != 0)
		return 0;
	somebody = child_of(SOMEBODY);
	if (!ours(proc, pid, SOMEBODY) || ours(proc, pid, ANOTHER))
		return 2;
	end(somebody);
	if (ours(proc, pid, SOMEBODY))
		return 3; /* it never spoke while it was there */
	somebody = child_of(SOMEBODY);
	if (!ours(proc, somebody, SOMEBODY))
		return 4;
	end(somebody);
	if (!ours(proc, pid, SOMEBODY) || !ours(proc, somebody, SOMEBODY) || ours(proc, pid, ANOTHER))
		return 5;
	if (seteuid(ANOTHER) < 0) /* a guard that is not root */
		return 6;
	return ours(proc, pid, 0) && ours(proc, pid, ANOTHER) && !ours(proc, pid, 1234) ? 0 : 7;
}

START_TEST(gone_already)
{
	as_guard(play_gone, true, false);
}
END_TEST

/* It said its last word, ended, and nobody has looked yet. */
static int play_zombies(const struct procfs *proc)
{
	pid_t pid;

	if (start(&pid))
		_exit(0);
	child_await_zombie(pid);
	if (!ours(proc, pid, SOMEBODY))
		return 1;
	return ours(proc, stranger, SOMEBODY) ? 2 : 0;
}

START_TEST(zombies)
{
	stranger = fork();
	if (!stranger)
		_exit(0);
	child_await_zombie(stranger);
	as_guard(play_zombies, true, false);
	child_end(stranger);
}
END_TEST

static int play_many_uids(const struct procfs *proc)
{
	pid_t pid, before = gone();

	if (start(&pid))
		wait_for_ever();
	await_ready(1);
	for (uid_t uid = SOMEBODY; uid < SOMEBODY + NOTIFY_UIDS; uid++)
		if (!ours(proc, pid, uid) || !ours(proc, pid, uid))
			return 1;
	for (uid_t uid = SOMEBODY; uid < SOMEBODY + NOTIFY_UIDS; uid++)
		if (!ours(proc, before, uid))
			return 2;
	if (!ours(proc, pid, 1234) || !ours(proc, before, 1234) || ours(proc, before, SOMEBODY))
		return 3;
	return kill_all(proc, 0) ? 0 : 4;
}

START_TEST(the_last_uids_are_remembered)
{
	as_guard(play_many_uids, true, false);
}
END_TEST

static int play_blindly(const struct procfs *proc)
{
	pid_t pid, before = gone();

	if (start(&pid))
		wait_for_ever();
	await_ready(1);
	if (ours(proc, before, SOMEBODY) || ours(proc, stranger, SOMEBODY) || ours(proc, 0, 0))
		return 1;
	if (!ours(proc, before, 0) || !ours(proc, before, getuid()) || !ours(proc, stranger, getuid()))
		return 2;
	if (!ours(proc, pid, SOMEBODY) || !ours(proc, before, SOMEBODY))
		return 3;
	end(pid);
	return 0;
}

START_TEST(without_proc)
{
	stranger = child_start();
	as_guard(play_blindly, false, false);
	child_end(stranger);
}
END_TEST

/* ---- with real messages ---- */

static const char *address(void)
{
	return notify.env + strlen("NOTIFY_SOCKET=");
}

/* The next message: its sender's pid; 0: outside our pid namespace; -1: none came. */
static pid_t next(struct notify_sender *ret)
{
	double until = child_now() + 20;
	struct notify_message message;

	while (notify_receive(&notify, &message, ret) != 1)
		if (child_now() > until)
			return -1;
		else
			poll(NULL, 0, 1);
	return ret->pid;
}

static void say_as(uid_t uid)
{
	if ((uid && setuid(uid) < 0) || notify_send(address(), "READY=1", false, 1000) < 0)
		_exit(93);
}

static int play_last_words(const struct procfs *proc)
{
	struct notify_sender sender;
	pid_t pid, somebody;

	if (start(&pid)) {
		say_as(0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if (next(&sender) != pid || sender.uid != getuid() || !notify_sender_is_ours(&notify, proc, &sender))
		return 1;
	if (geteuid() != 0)
		return 0;
	if (start(&pid)) {
		say_as(SOMEBODY);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if (next(&sender) != pid || sender.uid != SOMEBODY || notify_sender_is_ours(&notify, proc, &sender))
		return 2;
	somebody = child_of(SOMEBODY);
	if (!notify_sender_is_ours(&notify, proc, &sender))
		return 3;
	end(somebody);
	return 0;
}

/* Run PLAY as a guard with a socket. */
static void with_socket(int (*play)(const struct procfs *proc))
{
	unsetenv("XDG_RUNTIME_DIR");
	ck_assert_int_eq(notify_open(&notify), 0);
	as_guard(play, true, false);
	notify_done(&notify);
}

START_TEST(last_words)
{
	with_socket(play_last_words);
}
END_TEST

static int play_dropped_privileges(const struct procfs *proc)
{
	struct notify_sender sender;
	pid_t pid;

	if (start(&pid)) {
		say_as(SOMEBODY);
		wait_for_ever();
	}
	await_ready(1);
	if (next(&sender) != pid || sender.uid != SOMEBODY || !notify_sender_is_ours(&notify, proc, &sender))
		return 1;
	return kill_all(proc, 0) ? 0 : 2;
}

START_TEST(dropped_privileges)
{
	if (geteuid() == 0)
		with_socket(play_dropped_privileges);
}
END_TEST

static int play_stranger(const struct procfs *proc)
{
	struct notify_sender sender;

	if (next(&sender) != stranger || notify_sender_is_ours(&notify, proc, &sender))
		return 1;
	return notify_sender_is_ours(&notify, proc, &(struct notify_sender){ stranger, 0 }) ? 2 : 0;
}

START_TEST(a_stranger)
{
	unsetenv("XDG_RUNTIME_DIR");
	ck_assert_int_eq(notify_open(&notify), 0);
	stranger = fork();
	if (!stranger) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (notify_send(address(), "READY=1", false, 1000) < 0)
			_exit(1);
		for (;;)
			pause();
	}
	as_guard(play_stranger, true, false);
	child_end(stranger);
	notify_done(&notify);
}
END_TEST

/* PID 1 of its own namespace: the kernel translates its pid into ours. */
static int play_namespace_below(const struct procfs *proc)
{
	struct notify_sender sender;
	pid_t pid, inner;

	if (start(&pid)) {
		if (unshare(CLONE_NEWPID) < 0)
			_exit(1);
		if (start(&inner)) {
			if (getpid() != 1)
				_exit(1);
			say_as(0);
			wait_for_ever();
		}
		wait_for_ever();
	}
	await_ready(2);
	if (next(&sender) <= 1 || sender.pid == pid || !notify_sender_is_ours(&notify, proc, &sender))
		return 1;
	return kill_all(proc, 0) ? 0 : 2;
}

START_TEST(a_namespace_below)
{
	if (geteuid() == 0)
		with_socket(play_namespace_below);
}
END_TEST

/* The guard is PID 1 of a namespace, the sender is outside. */
static int play_namespace_above(const struct procfs *proc)
{
	struct notify_sender sender;
	int status;
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		return 1;
	if (start(&pid)) {
		if (next(&sender) != 0 || notify_sender_is_ours(&notify, proc, &sender))
			_exit(2);
		_exit(notify_sender_is_ours(&notify, NULL, &sender) ? 3 : 0);
	}
	if (notify_send(address(), "READY=1", false, 1000) < 0)
		return 4;
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 5;
}

START_TEST(a_namespace_above)
{
	if (geteuid() == 0)
		with_socket(play_namespace_above);
}
END_TEST

static void setup(void)
{
	notify = NOTIFY_NONE;
}

int main(void)
{
	TCase *tests = tcase_create("notify_sender");

	tcase_add_checked_fixture(tests, setup, NULL);
	tcase_add_test(tests, living);
	tcase_add_test(tests, gone_already);
	tcase_add_test(tests, zombies);
	tcase_add_test(tests, the_last_uids_are_remembered);
	tcase_add_test(tests, without_proc);
	tcase_add_test(tests, last_words);
	tcase_add_test(tests, dropped_privileges);
	tcase_add_test(tests, a_stranger);
	tcase_add_test(tests, a_namespace_below);
	tcase_add_test(tests, a_namespace_above);
	return suite_run("notify_sender", tests);
}
