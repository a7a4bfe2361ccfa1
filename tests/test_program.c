/* test_program.c: one program: what is found of it, and by what it is seen to have become another. */
#include "tests/programs.h"

START_TEST(another_program_in_the_same_process)
{
	static const char script[] = "read go; SUPERVISOR_PROCESS_NAME=after exec sleep 1000";
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[0], 0);
		setenv("SUPERVISOR_GROUP_NAME", "g", 1);
		setenv("SUPERVISOR_PROCESS_NAME", "before", 1);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000 && !programs_has(&programs, "g:before"); i++) {
		update(1);
		poll(NULL, 0, 10);
	}
	ck_assert(programs_has(&programs, "g:before"));
	update(LATER);
	ck_assert_int_eq(write(ends[1], "\n", 1), 1);
	for (int i = 0; i < 1000 && !environ_has(pid, "SUPERVISOR_PROCESS_NAME=after"); i++)
		poll(NULL, 0, 10);
	update(LATER + PROGRAMS_IMAGE_MS); /* nothing is due but the question whether it has called exec */
	ck_assert(programs_has(&programs, "g:after"));
	ck_assert(!programs_has(&programs, "g:before"));
	end(pid);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(a_wrapper_whose_child_knows_better)
{
	char text[256];
	static const char script[] = "cd sub && OOME_FILE=x.oome sleep 1000";
	pid_t pid;

	ck_assert_int_eq(mkdir("sub", 0755), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		setenv("SUPERVISOR_GROUP_NAME", "g", 1);
		setenv("SUPERVISOR_PROCESS_NAME", "wrapped", 1);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	touch("sub/x.oome");
	for (int i = 0; i < 1000 && !*found(text); i++) {
		update(1);
		poll(NULL, 0, 10);
	}
	ck_assert_str_eq(text, "wrapped;");
	kill(-pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(behind_a_large_environment)
{
	enum { LARGE = 100000 };
	char *env[6], text[256];
	pid_t pid;

	for (int i = 0; i < 3; i++) {
		env[i] = malloc(LARGE);
		memset(env[i], 'x', LARGE);
		memcpy(env[i], "X=", 2);
		env[i][LARGE - 1] = 0;
	}
	env[3] = (char *)"SUPERVISOR_GROUP_NAME=g";
	env[4] = (char *)"SUPERVISOR_PROCESS_NAME=large";
	env[5] = NULL;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execle("/bin/sleep", "sleep", "1000", (char *)NULL, env);
		_exit(127);
	}
	for (int i = 0; i < 1000 && !environ_has(pid, "SUPERVISOR_PROCESS_NAME=large"); i++)
		poll(NULL, 0, 10);
	ck_assert_int_eq(mkdir("work", 0755), 0);
	touch("work/oome");
	update(1);
	ck_assert_str_eq(found(text), "large;");
	end(pid);
	for (int i = 0; i < 3; i++)
		free(env[i]);
}
END_TEST

START_TEST(which_descendants)
{
	ck_assert_uint_eq(place_descendants(3), 3);
	ck_assert_uint_eq(place_descendant(3, 2), 2);
	ck_assert_uint_eq(place_descendant(PLACE_DESCENDANTS_MAX, PLACE_DESCENDANTS_MAX - 1),
			  PLACE_DESCENDANTS_MAX - 1);
	ck_assert_uint_eq(place_descendants(1000), PLACE_DESCENDANTS_MAX);
	ck_assert_uint_eq(place_descendant(1000, 0), 0);
	ck_assert_uint_eq(place_descendant(1000, PLACE_DESCENDANTS_MAX - 1), 999);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("program");
	TCase *tcase = tcase_create("program");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, another_program_in_the_same_process);
	tcase_add_test(tcase, a_wrapper_whose_child_knows_better);
	tcase_add_test(tcase, behind_a_large_environment);
	tcase_add_test(tcase, which_descendants);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
