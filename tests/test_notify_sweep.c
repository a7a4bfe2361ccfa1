/* What listeners have left behind that were killed. */
#include "core/notify_private.h"

#include <check.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "tests/suite.h"

#define SECRET "2c26b46b68ffc68ff99b453c1d304134"

/* Where there is a file system of a type that is looked at; mostly there is. */
static char base[] = "/dev/shm/test_notify-XXXXXX";
static bool skipped;

static const char *path(const char *dir, const char *name)
{
	static char text[108];

	ck_assert_int_lt(snprintf(text, sizeof(text), "%s/%s%s%s", base, dir, name[0] ? "/" : "", name), sizeof(text));
	return text;
}

static bool is_there(const char *dir)
{
	return access(path(dir, ""), F_OK) == 0;
}

static void make_dir(const char *dir)
{
	ck_assert_int_eq(mkdir(path(dir, ""), 0711), 0);
}

/* A socket, bound; who closes the descriptor is its dead guard. */
static int make_socket(const char *dir, const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path(dir, name));
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void make_dead(const char *dir, const char *name)
{
	make_dir(dir);
	close(make_socket(dir, name));
}

static void setup(void)
{
	struct statfs fs;

	skipped = statfs("/dev/shm", &fs) < 0 || fs.f_type != TMPFS_MAGIC || access("/dev/shm", W_OK) < 0;
	strcpy(base + strlen(base) - 6, "XXXXXX");
	ck_assert(skipped || mkdtemp(base));
}

static void teardown(void)
{
	char command[128];

	if (skipped)
		return;
	snprintf(command, sizeof(command), "rm -rf '%s'", base);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(the_dead_go)
{
	if (skipped)
		return;
	make_dead("procguard-0123456789abcdef", SECRET);
	make_dead("procguard-fedcba9876543210", SECRET);
	notify_sweep(base);
	ck_assert(!is_there("procguard-0123456789abcdef"));
	ck_assert(!is_there("procguard-fedcba9876543210"));
	ck_assert_int_eq(rmdir(base), 0); /* nothing else came */
	ck_assert_int_eq(mkdir(base, 0700), 0);
}
END_TEST

START_TEST(the_living_stay)
{
	int fd;

	if (skipped)
		return;
	make_dir("procguard-0123456789abcdef");
	fd = make_socket("procguard-0123456789abcdef", SECRET);
	notify_sweep(base);
	ck_assert(is_there("procguard-0123456789abcdef/" SECRET));
	close(fd);
	notify_sweep(base);
	ck_assert(!is_there("procguard-0123456789abcdef"));
}
END_TEST

/* A guard at its start has an empty directory, or a socket by another name. */
START_TEST(those_at_their_start_stay)
{
	if (skipped)
		return;
	make_dir("procguard-0123456789abcdef");
	make_dead("procguard-0123456789abcde0", "notify");
	notify_sweep(base);
	ck_assert(is_there("procguard-0123456789abcdef"));
	ck_assert(is_there("procguard-0123456789abcde0/notify"));
}
END_TEST

START_TEST(what_is_something_else_stays)
{
	static const char *const dirs[] = {
		"procguard-0123456789abcde", "procguard-0123456789abcdef0", "procguard-0123456789ABCDEF",
		"procguard-oome.D00htG0123", "procguard", "rocguard-0123456789abcdef", "xprocguard-0123456789abcdef",
	};
	int fd;

	if (skipped)
		return;
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		make_dead(dirs[i], SECRET);
	make_dead("procguard-0000000000000001", SECRET "0");
	make_dead("procguard-0000000000000002", SECRET);
	make_dir("procguard-0000000000000002/dir");
	make_dir("procguard-0000000000000003");
	fd = open(path("procguard-0000000000000003", SECRET), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	close(fd);
	make_dead("elsewhere", SECRET);
	ck_assert_int_eq(symlink("elsewhere", path("procguard-0000000000000004", "")), 0);
	make_dir("procguard-0000000000000005");
	ck_assert_int_eq(symlink("../elsewhere/" SECRET, path("procguard-0000000000000005", SECRET)), 0);
	notify_sweep(base);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		ck_assert_msg(is_there(dirs[i]), "%s", dirs[i]);
	ck_assert(is_there("procguard-0000000000000001/" SECRET "0"));
	ck_assert(is_there("procguard-0000000000000002/" SECRET));
	ck_assert(is_there("procguard-0000000000000003/" SECRET));
	ck_assert(is_there("procguard-0000000000000004/" SECRET));
	ck_assert(is_there("procguard-0000000000000005/" SECRET));
}
END_TEST

START_TEST(what_is_anothers_stays)
{
	if (geteuid() != 0 || skipped)
		return;
	make_dead("procguard-0123456789abcdef", SECRET);
	ck_assert_int_eq(chown(path("procguard-0123456789abcdef", ""), 4242, 4242), 0);
	notify_sweep(base);
	ck_assert(is_there("procguard-0123456789abcdef/" SECRET));
}
END_TEST

START_TEST(no_such_place)
{
	notify_sweep("/nowhere");
	notify_sweep("/dev/null");
	notify_sweep("/proc"); /* of no type that is looked at */
}
END_TEST

/* Not all at one start. */
START_TEST(very_many)
{
	char dir[32];
	int left = 0;

	if (skipped)
		return;
	for (int i = 0; i < 100; i++) {
		snprintf(dir, sizeof(dir), "procguard-%016d", i);
		make_dead(dir, SECRET);
	}
	notify_sweep(base);
	for (int i = 0; i < 100; i++) {
		snprintf(dir, sizeof(dir), "procguard-%016d", i);
		left += is_there(dir);
	}
	ck_assert_int_eq(left, 36);
	notify_sweep(base);
	ck_assert(!is_there(dir));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("notify_sweep");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, the_dead_go);
	tcase_add_test(tests, the_living_stay);
	tcase_add_test(tests, those_at_their_start_stay);
	tcase_add_test(tests, what_is_something_else_stays);
	tcase_add_test(tests, what_is_anothers_stays);
	tcase_add_test(tests, no_such_place);
	tcase_add_test(tests, very_many);
	return suite_run("notify_sweep", tests);
}
