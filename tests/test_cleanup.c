/* The clean-up idiom: closed on every path, handed on by TAKE_, errno kept. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>

#include "core/cleanup.h"

static int is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

START_TEST(closes_at_the_end_of_the_scope)
{
	int seen;

	{
		CLEANUP(fd_done) int fd = open("/", O_PATH | O_CLOEXEC);

		seen = fd;
		ck_assert(is_open(seen));
	}
	ck_assert(!is_open(seen));
}
END_TEST

START_TEST(what_was_taken_stays)
{
	CLEANUP(fd_done) int kept = -1;
	CLEANUP(free_done) char *text = NULL;

	{
		CLEANUP(fd_done) int fd = open("/", O_PATH | O_CLOEXEC);
		CLEANUP(free_done) char *owned = malloc(4);

		kept = TAKE_FD(fd);
		ck_assert_int_eq(fd, -1);
		text = TAKE_PTR(owned);
		ck_assert_ptr_null(owned);
	}
	ck_assert(is_open(kept));
	ck_assert_ptr_nonnull(text);
	text[0] = 'x'; /* a sanitizer complains when it was freed */
}
END_TEST

START_TEST(errno_is_kept)
{
	errno = ENOENT;
	ck_assert_int_eq(fd_close(1 << 20), -1); /* EBADF */
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(fd_close(-1), -1);
	ck_assert_int_eq(errno, ENOENT);
	fd_done(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cleanup");
	TCase *cases = tcase_create("cleanup");
	SRunner *runner;
	int failed;

	tcase_add_test(cases, closes_at_the_end_of_the_scope);
	tcase_add_test(cases, what_was_taken_stays);
	tcase_add_test(cases, errno_is_kept);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
