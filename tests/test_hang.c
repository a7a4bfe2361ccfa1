/* An end to what hangs. */
#include "applets/gmr/hang.h"

#include <check.h>
#include <signal.h>
#include <sys/time.h>

#include "tests/suite.h"

START_TEST(armed_until_it_is_over)
{
	struct itimerval timer;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	hang_end_behind(3600 * 1000);
	sigprocmask(SIG_SETMASK, NULL, &set);
	ck_assert(!sigismember(&set, SIGALRM));
	getitimer(ITIMER_REAL, &timer);
	ck_assert_int_gt(timer.it_value.tv_sec, 1800);
	ck_assert_int_le(timer.it_value.tv_sec, 3611);
	hang_is_over();
	getitimer(ITIMER_REAL, &timer);
	ck_assert(!timer.it_value.tv_sec && !timer.it_value.tv_usec);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, armed_until_it_is_over);
	return suite_run("hang", t);
}
