/* Where a guard may put what it shares with its program: which directories are tried, which are left out. */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/rundir.h"
#include "tests/suite.h"

struct tried { int calls, succeed_at; char bases[8][PATH_MAX]; };

static int make(const char *base, void *context)
{
	struct tried *tried = context;

	ck_assert_int_lt(tried->calls, 8);
	snprintf(tried->bases[tried->calls], PATH_MAX, "%s", base);
	return ++tried->calls == tried->succeed_at ? 0 : -tried->calls;
}

START_TEST(one_after_the_other)
{
	struct tried all = { 0 }, two = { .succeed_at = 2 };

	unsetenv("XDG_RUNTIME_DIR");
	ck_assert_int_eq(rundir_try(make, &all), all.calls ? -all.calls : -ENOENT); /* the last one's */
	for (int i = 0; i < all.calls; i++)
		ck_assert_int_eq(all.bases[i][0], '/');
	if (all.calls < 2)
		return;
	ck_assert_int_eq(rundir_try(make, &two), 0);
	ck_assert_int_eq(two.calls, 2);
	ck_assert_str_eq(two.bases[1], all.bases[1]);
}
END_TEST

static char own[] = "/tmp/test_rundir.XXXXXX";

/* In a process of its own, as nobody where we are root: is our own directory tried first? */
static bool is_tried(mode_t mode, uid_t owner)
{
	int status;
	pid_t pid;

	ck_assert_int_eq(chmod(own, mode), 0);
	ck_assert_int_eq(geteuid() == 0 ? chown(own, owner, (gid_t)-1) : 0, 0);
	pid = fork();
	if (pid == 0) {
		struct tried tried = { .succeed_at = 1 };

		if (geteuid() == 0 && setuid(65534) < 0)
			_exit(2);
		setenv("XDG_RUNTIME_DIR", own, 1);
		rundir_try(make, &tried);
		_exit(tried.calls > 0 && !strcmp(tried.bases[0], own) ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return WEXITSTATUS(status) == 0;
}

START_TEST(our_own)
{
	struct tried tried = { 0 };

	ck_assert_ptr_nonnull(mkdtemp(strcpy(own, "/tmp/test_rundir.XXXXXX")));
	ck_assert(is_tried(0700, 65534));
	ck_assert(!is_tried(0777, 65534)); /* others could rename what is in it */
	ck_assert(is_tried(01777, 65534));
	if (geteuid() == 0) {
		ck_assert(!is_tried(0755, 0));
		setenv("XDG_RUNTIME_DIR", own, 1); /* for root it does not count */
		rundir_try(make, &tried);
		for (int i = 0; i < tried.calls; i++)
			ck_assert_str_ne(tried.bases[i], own);
	}
	ck_assert_int_eq(rmdir(own), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, one_after_the_other);
	tcase_add_test(t, our_own);
	return suite_run("rundir", t);
}
