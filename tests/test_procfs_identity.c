/* What tells one process, one boot from another. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/procfs.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static struct procfs proc;

static void set_up(void)
{
	fixture_make();
	ck_assert_int_eq(procfs_open(fixture_root, &proc), 0);
}

static void tear_down(void)
{
	procfs_done(&proc);
	fixture_remove();
}

static int has(const char *entry)
{
	CLEANUP(fd_done) int dir = procfs_process(&proc, 7);

	return procfs_environ_has(dir, entry);
}

#define ENVIRON(text) fixture_bytes("7/environ", text, sizeof(text) - 1)

START_TEST(entries)
{
	fixture_directory("7");
	ck_assert_int_eq(has("A=1"), -ENOENT);
	ENVIRON("");
	ck_assert_int_eq(has("A=1"), 0);
	ENVIRON("A=1\0B=22\0XA=3\0AA=4\0C=A=5\0");
	ck_assert_int_eq(has("A=1"), 1);
	ck_assert_int_eq(has("B=22"), 1);
	ck_assert_int_eq(has("C=A=5"), 1);
	ck_assert_int_eq(has("B=2"), 0);
	ck_assert_int_eq(has("B=222"), 0);
	ck_assert_int_eq(has("A=3"), 0);
	ck_assert_int_eq(has("A=4"), 0);
	ck_assert_int_eq(has("A=5"), 0);
	ck_assert_int_eq(has("=1"), 0);
	ck_assert_int_eq(has(""), 0);
	ENVIRON("\0\0A=1"); /* a program has written over it */
	ck_assert_int_eq(has("A=1"), 1);
	ck_assert_int_eq(has("A="), 0);
	ck_assert_int_eq(has(""), 0);
}
END_TEST

/* Wherever an entry lies to the borders of blocks, whatever stands before it. */
START_TEST(borders)
{
	enum { BLOCK = 4096, AROUND = 24 };
	static char text[2 * BLOCK + 2 * AROUND];
	static const char entry[] = "NAME=0123456789";

	for (size_t at = BLOCK - AROUND; at < BLOCK + AROUND; at++) {
		memset(text, 'x', sizeof text);
		text[at + BLOCK - 1] = text[at + BLOCK + sizeof entry - 1] = '\0';
		memcpy(text + at + BLOCK, entry, sizeof entry - 1);
		fixture_bytes("7/environ", text, sizeof text);
		ck_assert_int_eq(has(entry), 1);
		text[at + BLOCK - 1] = 'x';
		fixture_bytes("7/environ", text, sizeof text);
		ck_assert_int_eq(has(entry), 0);
		text[at + BLOCK - 1] = '\0';
		text[at + BLOCK + sizeof entry - 1] = 'x';
		fixture_bytes("7/environ", text, sizeof text);
		ck_assert_int_eq(has(entry), 0);
	}
}
END_TEST

/* It ends also with one who shows memory without an end. */
START_TEST(endless)
{
	fixture_link("7/environ", "/dev/zero");
	ck_assert_int_eq(has("A=1"), 0);
}
END_TEST

START_TEST(real_process)
{
	char *const argv[] = { "sleep", "1000", NULL }, *const env[] = { "ONE=1", "MARK=0123", "TWO=2", NULL };
	CLEANUP(procfs_done) struct procfs own = { .fd = -1 };
	CLEANUP(fd_done) int dir = -1;
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execve("/bin/sleep", argv, env);
		_exit(127);
	}
	ck_assert_int_eq(procfs_open_own(&own), 0);
	dir = procfs_process(&own, pid);
	CHILD_UNTIL(procfs_environ_has(dir, "TWO=2") == 1);
	ck_assert_int_eq(procfs_environ_has(dir, "MARK=0123"), 1);
	ck_assert_int_eq(procfs_environ_has(dir, "MARK=012"), 0);
	kill(pid, SIGKILL);
	child_await_zombie(pid);
	ck_assert_int_le(procfs_environ_has(dir, "MARK=0123"), 0);
	child_end(pid);
	ck_assert_int_eq(procfs_environ_has(dir, "MARK=0123"), -ESRCH);
}
END_TEST

#define BOOT_ID "0f4ab6a1-6a1d-4e7b-9d36-0c2b7c0b0d55"

START_TEST(boot_id)
{
	static const char *const bad[] = {
		"", "\n", BOOT_ID, BOOT_ID "0\n", "0f4ab6a1-6a1d-4e7b-9d36-0c2b7c0b0d5\n",
		"0f4ab6a1-6a1d-4e7b-9d36-0c2b7c0b0d5\n\n", "0f4ab6a1-6a1d-4e7b-9d36:0c2b7c0b0d55\n",
		"0F4ab6a1-6a1d-4e7b-9d36-0c2b7c0b0d55\n",
	};
	char id[PROCFS_BOOT_ID_SIZE] = "as it was", again[PROCFS_BOOT_ID_SIZE];
	CLEANUP(procfs_done) struct procfs own = { .fd = -1 };

	ck_assert_int_eq(procfs_boot_id(&proc, id), -ENOENT);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		fixture_text("sys/kernel/random/boot_id", bad[i]);
		ck_assert_int_eq(procfs_boot_id(&proc, id), -EBADMSG);
	}
	ck_assert_str_eq(id, "as it was");
	fixture_text("sys/kernel/random/boot_id", BOOT_ID "\n");
	ck_assert_int_eq(procfs_boot_id(&proc, id), 0);
	ck_assert_str_eq(id, BOOT_ID);
	ck_assert_int_eq(procfs_open_own(&own), 0);
	ck_assert_int_eq(procfs_boot_id(&own, id), 0);
	ck_assert_int_eq(procfs_boot_id(&own, again), 0);
	ck_assert_str_eq(id, again);
}
END_TEST

START_TEST(age)
{
	CLEANUP(procfs_done) struct procfs own = { .fd = -1 };
	CLEANUP(fd_done) int dir = -1;
	struct procparse_stat stat;
	struct timespec boot;
	int64_t ticks;

	ck_assert_int_eq(procfs_open_own(&own), 0);
	dir = procfs_process(&own, getpid());
	ck_assert_int_eq(procfs_stat(dir, &stat), 0);
	ck_assert_int_ge(procfs_age_ms(stat.start_ticks), 0);
	ck_assert_int_lt(procfs_age_ms(stat.start_ticks), 60 * 60 * 1000);
	clock_gettime(CLOCK_BOOTTIME, &boot);
	ck_assert_int_ge(procfs_age_ms(0), boot.tv_sec * 1000);
	ticks = (boot.tv_sec + 3600) * sysconf(_SC_CLK_TCK);
	ck_assert_int_lt(procfs_age_ms((uint64_t)ticks), -59 * 60 * 1000);
	ck_assert_int_lt(procfs_age_ms(UINT64_MAX), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, entries);
	tcase_add_test(t, borders);
	tcase_add_test(t, endless);
	tcase_add_test(t, real_process);
	tcase_add_test(t, boot_id);
	tcase_add_test(t, age);
	return suite_run("procfs_identity", t);
}
