/* The moments at which capture calls who reads more of a process. */
#include <sys/mman.h>

#include "tests/suite.h"
#include "tests/threads_target.h"

/* In memory that is shared with the child that stops threads. */
struct seen {
	int begun, asleep, stopped;
	size_t modules, sleepers;
	pid_t reader, caller;
	int64_t left_ns;
};

static struct seen *seen;

static void begin(void *context, const struct capture *capture)
{
	struct seen *s = context;

	ck_assert_int_eq(s->asleep + s->stopped, 0);
	s->begun++;
	s->modules = capture->module_count;
}

static void asleep(void *context, const struct capture *capture)
{
	struct seen *s = context;

	s->asleep++;
	s->sleepers = 0;
	for (size_t i = 0; i < capture->thread_count; i++)
		s->sleepers += capture_has_slept(capture, i);
}

static void stopped(void *context, pid_t reader, int64_t until_ns)
{
	struct seen *s = context;

	s->stopped++;
	s->reader = reader;
	s->caller = getpid();
	s->left_ns = until_ns - clock_ns();
}

static struct capture_hook hook = { .begin = begin, .asleep = asleep, .stopped = stopped };

static void setup(void)
{
	seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert(seen != MAP_FAILED);
	hook.context = seen;
}

static void teardown(void)
{
	munmap(seen, sizeof *seen);
}

/* One that was stopped because it had not gone to sleep yet is tried again. */
static struct capture *take(struct target *t, enum capture_mode mode)
{
	memset(seen, 0, sizeof *seen);
	t->options.hook = &hook;
	return target_take(t, mode);
}

START_TEST(all_sleep)
{
	struct target t;
	struct capture *c;

	target_start(&t, "40", "0", NULL);
	CHILD_UNTIL((c = take(&t, CAPTURE_GENTLE))->stops == 0 || (capture_free(c), false));
	ck_assert_int_eq(seen->begun, 1);
	ck_assert_uint_gt(seen->modules, 0);
	ck_assert_int_ge(seen->asleep, 1);
	ck_assert_uint_eq(seen->sleepers, 41);
	ck_assert_int_eq(seen->stopped, 0);
	for (size_t i = 0; i < c->thread_count; i++)
		ck_assert(capture_has_slept(c, i) && !c->threads[i].at_hook);
	ck_assert_int_eq(capture_inner_tid(c, 1), c->threads[1].tid);
	/* The moments are over: one more stop is none of the hook's. */
	ck_assert_int_eq(capture_stop(c, (size_t[]){ 1, 2 }, 2), 0);
	ck_assert_int_eq(seen->stopped, 0);
	target_end(&t);
	ck_assert(!capture_has_slept(c, 3)); /* it has ended */
	capture_free(c);
}
END_TEST

START_TEST(some_run)
{
	struct target t;
	struct capture *c;

	target_start(&t, "5", "2", NULL);
	CHILD_UNTIL((c = take(&t, CAPTURE_GENTLE))->threads[7].how == CAPTURE_STOPPED || (capture_free(c), false));
	ck_assert_int_eq(seen->begun, 1);
	ck_assert_int_eq(seen->stopped, 1);
	ck_assert(seen->reader && seen->caller != getpid());
	ck_assert_int_gt(seen->left_ns, 0);
	ck_assert(c->threads[7].at_hook && !capture_has_slept(c, 7));
	ck_assert(!c->threads[0].at_hook);
	capture_free(c);
	target_end(&t);
}
END_TEST

START_TEST(all_are_stopped)
{
	struct target t;
	struct capture *c;

	target_start(&t, "30", "1", NULL);
	c = take(&t, CAPTURE_STOP);
	ck_assert_int_eq(seen->begun, 1);
	ck_assert_int_eq(seen->asleep, 0);
	ck_assert_int_eq(seen->stopped, 1);
	for (size_t i = 0; i < c->thread_count; i++)
		ck_assert(c->threads[i].at_hook);
	capture_free(c);
	target_end(&t);
}
END_TEST

START_TEST(nobody_is_stopped)
{
	struct target t;
	struct capture *c;

	target_start(&t, "3", "1", NULL);
	c = take(&t, CAPTURE_NO_STOP);
	ck_assert_int_eq(seen->begun, 1);
	ck_assert_int_ge(seen->asleep, 1);
	ck_assert_int_eq(seen->stopped, 0);
	capture_free(c);
	target_end(&t);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("capture_hook");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, all_sleep);
	tcase_add_test(tests, some_run);
	tcase_add_test(tests, all_are_stopped);
	tcase_add_test(tests, nobody_is_stopped);
	tcase_set_timeout(tests, 120);
	return suite_run("capture_hook", tests);
}
