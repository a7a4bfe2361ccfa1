/* Names of signals; the reset before an exec. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/sig.h"

START_TEST(names)
{
	char buffer[24];

	ck_assert_str_eq(sig_name(SIGTERM, buffer), "SIGTERM");
	ck_assert_str_eq(sig_name(SIGABRT, buffer), "SIGABRT");
	ck_assert_str_eq(sig_name(SIGIO, buffer), "SIGIO");
	ck_assert_str_eq(sig_name(SIGRTMIN, buffer), "SIGRTMIN");
	ck_assert_str_eq(sig_name(SIGRTMIN + 3, buffer), "SIGRTMIN+3");
	ck_assert_str_eq(sig_name(SIGRTMAX + 1, buffer), "signal 65");
	ck_assert_str_eq(sig_name(0, buffer), "signal 0");
	ck_assert_str_eq(sig_name(-2147483647 - 1, buffer), "signal -2147483648");
}
END_TEST

START_TEST(numbers)
{
	static const struct { const char *text; int number; } good[] = {
		{ "TERM", SIGTERM }, { "SIGTERM", SIGTERM }, { "15", 15 }, { "015", 15 }, { "SYS", SIGSYS },
		{ "1", SIGHUP },
	};
	static const char *const bad[] = {
		"", "0", "SIG", "term", "SIGSIGTERM", "TERM ", " 9", "-9", "+9", "9x", "65", "99999999999999999999",
		"RTMIN+", "RTMIN+99", "RTMIN-1", "RTMINX", "RTMIN+1x", "signal 9",
	};
	char buffer[24];
	int number = 77;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(sig_parse(bad[i], &number) == -EINVAL && number == 77, "'%s'", bad[i]);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert_int_eq(sig_parse(good[i].text, &number), 0);
		ck_assert_msg(number == good[i].number, "'%s'", good[i].text);
	}
	ck_assert_int_eq(sig_parse("RTMIN", &number), 0);
	ck_assert_int_eq(number, SIGRTMIN);
	for (int signal = 1; signal <= SIGRTMAX; signal++) {
		const char *name = sig_name(signal, buffer);

		if (strncmp(name, "SIG", 3) != 0)
			continue;
		ck_assert_int_eq(sig_parse(name, &number), 0);
		ck_assert_int_eq(number, signal);
	}
}
END_TEST

static volatile sig_atomic_t handled;

static void handle(int signal)
{
	(void)signal;
	handled = 1;
}

/* SIGURG does nothing by default: it waits behind the mask and must not reach the handler that was. */
START_TEST(resets)
{
	struct sigaction action = { .sa_handler = handle }, now;
	sigset_t mask;

	sigaction(SIGURG, &action, NULL);
	sig_ignore_pipe();
	sigaction(SIGPIPE, NULL, &now);
	ck_assert(now.sa_handler == SIG_IGN);
	sigaction(SIGXFSZ, NULL, &now);
	ck_assert(now.sa_handler == SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGURG);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	ck_assert_int_eq(raise(SIGURG), 0);
	sig_reset();
	ck_assert(!handled);
	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int i = 1; i < 32; i++) {
		ck_assert(!sigismember(&mask, i));
		ck_assert_int_eq(sigaction(i, NULL, &now), 0);
		ck_assert(now.sa_handler == SIG_DFL);
	}
}
END_TEST

static void on_signal(int signal)
{
	(void)signal;
	_exit(9);
}

/* In the child no handler runs; in the parent the mask is as it was. */
START_TEST(forks)
{
	sigset_t mask;
	int status;
	pid_t pid;

	signal(SIGUSR1, on_signal);
	pid = sig_fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		raise(SIGUSR1);
		_exit(3);
	}
	sigprocmask(SIG_BLOCK, NULL, &mask);
	ck_assert(!sigismember(&mask, SIGUSR1));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 3 << 8);
	signal(SIGUSR1, SIG_DFL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sig");
	TCase *cases = tcase_create("sig");
	SRunner *runner;
	int failed;

	tcase_add_test(cases, names);
	tcase_add_test(cases, numbers);
	tcase_add_test(cases, resets);
	tcase_add_test(cases, forks);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
