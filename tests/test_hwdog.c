/* The hardware watchdog, by stand-ins: a FIFO and a file take what a device would be told. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/watchdog.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets/heart/hwdog.h"
#include "core/cleanup.h"
#include "tests/fixture.h"
#include "tests/suite.h"

/* Stands in for the C library's: what the device's driver answers. */
static int driver_seconds;
static bool driver_knows;

int driver_ioctl(int fd, unsigned long request, ...) __asm__("ioctl");

int driver_ioctl(int fd, unsigned long request, ...)
{
	va_list args;

	(void)fd;
	if (!driver_knows || (unsigned)request != (unsigned)WDIOC_GETTIMEOUT) {
		errno = ENOTTY;
		return -1;
	}
	va_start(args, request);
	*va_arg(args, int *) = driver_seconds;
	va_end(args);
	return 0;
}

static int reader;

static void set_up(void)
{
	fixture_make();
	ck_assert_int_eq(mkfifo(fixture_path("watchdog"), 0600), 0);
	reader = open(fixture_path("watchdog"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(reader, 0);
	driver_knows = false;
}

static void tear_down(void)
{
	close(reader);
	fixture_remove();
}

static void assert_told(const char *what, size_t len)
{
	char told[16];

	ck_assert_int_eq(read(reader, told, sizeof told), (ssize_t)len);
	ck_assert_mem_eq(told, what, len);
}

START_TEST(petted_and_stopped)
{
	struct hwdog dog = HWDOG_NONE;

	ck_assert_int_eq(hwdog_open(fixture_path("watchdog"), &dog), 0);
	ck_assert_int_eq(dog.interval_ms, 10000);
	ck_assert_int_ne(fcntl(dog.fd, F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_int_eq(hwdog_pet(&dog), 0);
	ck_assert_int_eq(hwdog_pet(&dog), 0);
	assert_told("\0\0", 2);
	hwdog_done(&dog);
	assert_told("V", 1);
	ck_assert_int_eq(read(reader, (char[1]){ 0 }, 1), 0); /* and it is closed */
	ck_assert_int_eq(dog.fd, -1);
	hwdog_done(&dog);
	hwdog_done(NULL);
}
END_TEST

START_TEST(an_end_that_was_not_wanted_stops_nothing)
{
	int status = -1;
	pid_t pid = fork();

	if (pid == 0) {
		struct hwdog dog = HWDOG_NONE;

		_exit(hwdog_open(fixture_path("watchdog"), &dog) || hwdog_pet(&dog));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	assert_told("\0", 1);
	ck_assert_int_eq(read(reader, (char[1]){ 0 }, 1), 0);
}
END_TEST

START_TEST(how_often_it_wants_to_be_petted)
{
	static const struct { int seconds; int64_t interval_ms; } cases[] = {
		{ 60, 20000 }, { 10, 3333 }, { 1, 333 }, { 2147483647, 715827882333 }, { 0, 10000 }, { -5, 10000 },
	};

	driver_knows = true;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hwdog dog = HWDOG_NONE;

		driver_seconds = cases[i].seconds;
		ck_assert_int_eq(hwdog_open(fixture_path("watchdog"), &dog), 0);
		ck_assert_int_eq(dog.interval_ms, cases[i].interval_ms);
		hwdog_done(&dog);
	}
}
END_TEST

START_TEST(a_file_stands_in_too)
{
	struct hwdog dog = HWDOG_NONE;
	CLEANUP(fd_done) int fd = -1;
	char told[8];

	fixture_text("file", "");
	ck_assert_int_eq(hwdog_open(fixture_path("file"), &dog), 0);
	ck_assert_int_eq(hwdog_pet(&dog), 0);
	hwdog_done(&dog);
	fd = open(fixture_path("file"), O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, told, sizeof told), 2);
	ck_assert_mem_eq(told, "\0V", 2);
}
END_TEST

START_TEST(what_fails)
{
	struct hwdog dog = HWDOG_NONE;
	int r = 0;

	ck_assert_int_eq(hwdog_open(fixture_path("none"), &dog), -ENOENT);
	ck_assert_int_eq(hwdog_open(fixture_root, &dog), -EISDIR);
	ck_assert_int_eq(mkfifo(fixture_path("unread"), 0600), 0);
	ck_assert_int_eq(hwdog_open(fixture_path("unread"), &dog), -ENXIO);
	ck_assert_int_eq(dog.fd, -1);
	ck_assert_int_eq(hwdog_pet(&dog), -EBADF);
	ck_assert_int_eq(hwdog_open(fixture_path("watchdog"), &dog), 0);
	for (int i = 0; i < 2000000 && r == 0; i++)
		r = hwdog_pet(&dog);
	ck_assert_int_eq(r, -EAGAIN); /* nobody reads: it does not block */
	hwdog_done(&dog);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, petted_and_stopped);
	tcase_add_test(t, an_end_that_was_not_wanted_stops_nothing);
	tcase_add_test(t, how_often_it_wants_to_be_petted);
	tcase_add_test(t, a_file_stands_in_too);
	tcase_add_test(t, what_fails);
	return suite_run("hwdog", t);
}
