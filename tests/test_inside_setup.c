/* What gmr_setup_autorun() refuses, and that nothing is changed by it; what it takes. */
#include "core/inside/gmr.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/inside/helper.h"
#include "tests/suite.h"

#define OPTIONS(...) &(struct gmr_options){ .size = sizeof(struct gmr_options), __VA_ARGS__ }

static void refused(const struct gmr_options *options, int error)
{
	struct sigaction action;

	errno = ENOTTY;
	ck_assert_int_eq(gmr_setup_autorun("1", options), error);
	ck_assert_int_eq(errno, ENOTTY);
	ck_assert_uint_eq(inside_registry.pid, 0);
	ck_assert_uint_eq(inside_registry.helpers[0], 0);
	ck_assert_int_eq(sigaction(SIGUSR2, NULL, &action), 0);
	ck_assert(action.sa_handler == SIG_DFL);
}

START_TEST(signals)
{
	const int none[] = { -2, SIGKILL, SIGSTOP, SIGSEGV, 32, 33, SIGRTMAX + 1 };

	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		refused(OPTIONS(.signal = none[i]), -EINVAL);
	refused(OPTIONS(.signal = GMR_NO_SIGNAL), -EINVAL); /* nothing would ever ask for a report */
}
END_TEST

START_TEST(numbers)
{
	struct {
		struct gmr_options options;
		char newer[8]; /* a field that we do not know */
	} longer = { .options = { .size = sizeof longer }, .newer = "x" };

	refused(OPTIONS(.format = -1), -EINVAL);
	refused(OPTIONS(.format = GMR_XML + 1), -EINVAL);
	refused(OPTIONS(.flags = 2), -EINVAL);
	refused(&(struct gmr_options){ .size = 1 }, -EINVAL);
	refused(&longer.options, -EINVAL);
}
END_TEST

START_TEST(paths)
{
	static char long_path[8192];

	memset(long_path, 'x', sizeof long_path - 1);
	refused(OPTIONS(.log_dir = long_path), -ENAMETOOLONG);
	refused(OPTIONS(.watch_file = long_path), -ENAMETOOLONG);
	refused(OPTIONS(.watch_file = "/proc/no-such-directory/file"), -ENOENT);
	refused(OPTIONS(.watch_file = "/proc/self/stat/file"), -ENOTDIR);
}
END_TEST

/* gmr itself takes no more than a day. The last test: there is one setup for a process. */
START_TEST(longest_deadline)
{
	ck_assert_int_eq(gmr_setup_autorun("1", OPTIONS(.deadline_ms = UINT_MAX)), 0);
	ck_assert_uint_eq(inside_config.deadline_ms, 24 * 3600 * 1000);
	ck_assert_uint_ne(inside_registry.helpers[0], 0);
	ck_assert_int_eq(gmr_setup_autorun("1", NULL), -EALREADY);
	ck_assert_uint_eq(inside_config.deadline_ms, 24 * 3600 * 1000);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, signals);
	tcase_add_test(t, numbers);
	tcase_add_test(t, paths);
	if (!getenv("CK_FORK")) /* valgrind takes what a thread holds that does not end for lost */
		tcase_add_test(t, longest_deadline);
	return suite_run("inside_setup", t);
}
