/* test_programs.c: the table of a supervisord's programs, kept in step with real processes; the test itself stands
 * for supervisord. */
#include "tests/programs.h"

START_TEST(come_and_go)
{
	pid_t a = start("g", "a", NULL), b = start("g", "b", NULL), c;

	update(1);
	ck_assert_uint_eq(programs.count, 2);
	ck_assert_str_eq(find(a)->name, "a");
	ck_assert_str_eq(find(b)->group, "g");
	ck_assert(programs_has(&programs, "g:b"));
	ck_assert(!programs_has(&programs, "c"));
	end(a);
	c = start("g", "c", NULL);
	update(2);
	ck_assert_uint_eq(programs.count, 2);
	ck_assert_ptr_null(find(a));
	ck_assert_str_eq(find(c)->name, "c");
	end(b);
	end(c);
	update(3);
	ck_assert_uint_eq(programs.count, 0);
	ck_assert_int_eq(programs_update(&programs, a, 4), -ESRCH);
}
END_TEST

START_TEST(only_who_is_wanted)
{
	const char *names[] = { "web", "batch:*" };
	pid_t web = start("web", "web", NULL), job = start("batch", "job_00", NULL), other = start("other", "x", NULL),
	      self;

	config = (struct oome_config){ .names = { names, 2 } };
	setenv("SUPERVISOR_GROUP_NAME", "batch", 1);
	setenv("SUPERVISOR_PROCESS_NAME", "listener", 1);
	self = start("batch", "listener", NULL);
	update(1);
	ck_assert(find(web)->ours);
	ck_assert(find(job)->ours);
	ck_assert(!find(other)->ours);
	ck_assert(!find(self)->ours);
	end(web);
	end(job);
	end(other);
	end(self);
}
END_TEST

START_TEST(places_of_every_kind)
{
	char text[256];
	pid_t a = start("g", "a", "OOME_FILE=a.oome"), b = start("g", "b", "HOMEDIR=home"), c = start("g", "c", NULL);

	ck_assert_int_eq(mkdir("home", 0755), 0);
	ck_assert_int_eq(mkdir("home/work", 0755), 0);
	update(1);
	ck_assert_uint_eq(find(a)->place_count, 1);
	ck_assert_uint_eq(find(b)->place_count, 1);
	ck_assert_uint_eq(find(c)->place_count, 0);
	update(LATER);
	ck_assert(program_missing_still(find(c)));
	ck_assert_str_eq(found(text), "");
	touch("a.oome");
	touch("home/work/oome");
	ck_assert_int_eq(mkdir("work", 0755), 0);
	touch("work/oome");
	ck_assert(!program_missing_still(find(c)));
	update(LATER + 1); /* not due, but the entry that lacked is there */
	programs_touched_all(&programs);
	ck_assert_str_eq(found(text), "a;b;c;");
	end(a);
	end(b);
	end(c);
}
END_TEST

START_TEST(who_has_no_name)
{
	pid_t a = start(NULL, NULL, NULL), zombie = start("g", "z", NULL);

	kill(zombie, SIGKILL);
	siginfo_t info;
	ck_assert_int_eq(waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT), 0);
	update(1);
	ck_assert(programs_unnamed(&programs));
	programs_name(&programs, a, "g", "told");
	ck_assert_str_eq(find(a)->name, "told");
	ck_assert(!programs_unnamed(&programs)); /* nobody asks who a zombie is */
	update(2);
	ck_assert_str_eq(find(a)->name, "told");
	end(a);
	ck_assert_int_eq(waitpid(zombie, NULL, 0), zombie);
	a = start(NULL, NULL, NULL);
	update(3);
	programs_named_all(&programs);
	ck_assert(!programs_unnamed(&programs));
	end(a);
}
END_TEST

/* What inotify has to say, an event a call; -1: nothing more. */
static int next_watch(char name[NAME_MAX + 1], uint32_t *mask)
{
	static _Alignas(struct inotify_event) char block[4096];
	static ssize_t have, at;
	const struct inotify_event *event;

	if (!have)
		have = read(programs.inotify, block, sizeof block);
	if (have <= 0) {
		have = 0;
		return -1;
	}
	event = (const struct inotify_event *)(block + at);
	at += (ssize_t)(sizeof *event + event->len);
	if (at == have)
		at = have = 0;
	strcpy(name, event->len ? event->name : "");
	*mask = event->mask;
	return event->wd;
}

START_TEST(watched_while_it_is_used)
{
	char name[NAME_MAX + 1], text[256];
	uint32_t mask;
	pid_t a = start("g", "a", "OOME_FILE=here/oome");
	int watch;

	ck_assert_int_eq(mkdir("here", 0755), 0);
	update(1);
	update(LATER);
	ck_assert_str_eq(found(text), "");
	ck_assert_uint_eq(programs.watch_count, 1);
	touch("here/other");
	watch = next_watch(name, &mask);
	ck_assert(!programs_touched(&programs, watch, name));
	touch("here/oome");
	ck_assert_str_eq(found(text), find(a)->places[0].local ? "" : "a;"); /* inotify is to tell */
	watch = next_watch(name, &mask);
	ck_assert(programs_touched(&programs, watch, name));
	ck_assert_str_eq(found(text), "a;");
	ck_assert_str_eq(found(text), "a;"); /* what is there is looked at again */
	ck_assert_int_eq(unlink("here/oome"), 0);
	ck_assert_str_eq(found(text), "");
	touch("here/oome");
	programs_touched_all(&programs);
	ck_assert_str_eq(found(text), "a;");

	/* The directory is replaced: the new one is watched, the old one no longer. */
	ck_assert_int_eq(rename("here", "gone"), 0);
	ck_assert_int_eq(mkdir("here", 0755), 0);
	while ((watch = next_watch(name, &mask)) >= 0)
		if (mask & IN_MOVE_SELF)
			programs_expire_watch(&programs, watch);
	update(LATER + 1);
	ck_assert_uint_eq(programs.watch_count, 1);
	while (next_watch(name, &mask) >= 0)
		;
	touch("gone/oome2");
	ck_assert_int_eq(next_watch(name, &mask), -1);
	touch("here/oome");
	watch = next_watch(name, &mask);
	ck_assert(programs_touched(&programs, watch, name));
	end(a);
	update(LATER + 2);
	ck_assert_uint_eq(programs.watch_count, 0);
}
END_TEST

START_TEST(left_out_while_its_files_do_not_answer)
{
	char text[256];
	pid_t a = start("g", "a", "OOME_FILE=oome");

	touch("oome");
	shared.avoid[0] = a;
	update(1);
	ck_assert_str_eq(found(text), "");
	ck_assert_uint_eq(find(a)->place_count, 0);
	ck_assert_int_eq(shared.avoid[0], a);
	end(a);
	update(2);
	ck_assert_int_eq(shared.avoid[0], 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("programs");
	TCase *tcase = tcase_create("programs");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, come_and_go);
	tcase_add_test(tcase, only_who_is_wanted);
	tcase_add_test(tcase, places_of_every_kind);
	tcase_add_test(tcase, who_has_no_name);
	tcase_add_test(tcase, watched_while_it_is_used);
	tcase_add_test(tcase, left_out_while_its_files_do_not_answer);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
