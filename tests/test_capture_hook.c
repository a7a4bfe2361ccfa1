/* The moments at which capture calls who reads more of a process. */
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "tests/suite.h"
#include "tests/threads_target.h"

/* In memory that is shared with the child that stops threads. */
struct seen {
	int begun, asleep, asked, ready, stopped;
	size_t modules, sleepers;
	pid_t reader, caller, made_ready;
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

/* One that sleeps is woken, and sleeps again. */
static void wake(void *context, const struct capture *capture)
{
	asleep(context, capture);
	ck_assert_int_eq(syscall(SYS_tgkill, capture->pid, capture->threads[2].tid, SIGRTMIN), 0);
	CHILD_UNTIL(!capture_has_slept(capture, 2));
}

static bool unsettled(void *context)
{
	struct seen *s = context;

	s->asked++;
	return s->stopped == 0;
}

static bool settled(void *context)
{
	struct seen *s = context;

	s->asked++;
	return false;
}

static void ready(void *context)
{
	struct seen *s = context;

	s->ready += s->stopped == 0;
	s->made_ready = getpid();
}

/* As when memory is read that the process does not give. */
static void stopped_for_ever(void *context, pid_t reader, int64_t until_ns)
{
	stopped(context, reader, until_ns);
	for (;;)
		pause();
}

static struct capture_hook hook;

static void setup(void)
{
	hook = (struct capture_hook){ .begin = begin, .asleep = asleep, .stopped = stopped };
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

static size_t count_how(const struct capture *c, enum capture_how how)
{
	size_t count = 0;

	for (size_t i = 0; i < c->thread_count; i++)
		count += c->threads[i].how == how;
	return count;
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
	CHILD_UNTIL(count_how(c = take(&t, CAPTURE_GENTLE), CAPTURE_STOPPED) == 2 || (capture_free(c), false));
	ck_assert_int_eq(c->threads[7].how, CAPTURE_STOPPED);
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

/* Who has run since the first look is stopped, too, as long as somebody waits for it; the others are not. */
START_TEST(one_has_run)
{
	struct target t;
	struct capture *c;

	target_start(&t, "5", "0", NULL);
	hook.asleep = wake;
	hook.unsettled = unsettled;
	hook.ready = ready;
	CHILD_UNTIL(count_how(c = take(&t, CAPTURE_GENTLE), CAPTURE_STOPPED) == 1 || (capture_free(c), false));
	ck_assert_int_ge(seen->asked, 1);
	ck_assert_int_eq(seen->ready, 1);
	ck_assert_int_eq(seen->stopped, 1);
	ck_assert(seen->made_ready == seen->caller && seen->reader == c->threads[2].tid);
	ck_assert_int_eq(c->threads[2].how, CAPTURE_STOPPED);
	ck_assert(c->threads[2].at_hook && !c->threads[1].at_hook);
	ck_assert(target_marked(&c->threads[2]));
	ck_assert_uint_eq(c->stopped_threads, 1);
	capture_free(c);
	target_end(&t);
}
END_TEST

START_TEST(one_has_run_and_nobody_waits)
{
	struct target t;
	struct capture *c;

	target_start(&t, "5", "0", NULL);
	hook.asleep = wake;
	hook.unsettled = settled;
	hook.ready = ready;
	CHILD_UNTIL((c = take(&t, CAPTURE_GENTLE))->stops == 0 || (capture_free(c), false));
	ck_assert_int_ge(seen->asked, 1);
	ck_assert_int_eq(seen->ready + seen->stopped, 0);
	ck_assert_uint_eq(count_how(c, CAPTURE_ASLEEP), 6);
	ck_assert(!capture_has_slept(c, 2));
	capture_free(c);
	target_end(&t);
}
END_TEST

/* Whoever does not come back is ended, and what was read before it is kept. */
START_TEST(one_that_never_returns)
{
	struct target t;
	struct capture *c;

	target_start(&t, "5", "2", NULL);
	t.options.max_stop_ns = 20000000;
	hook.stopped = stopped_for_ever;
	CHILD_UNTIL((c = take(&t, CAPTURE_GENTLE))->threads[7].at_hook || (capture_free(c), false));
	ck_assert_int_eq(seen->stopped, 1);
	ck_assert_int_eq(c->threads[7].how, CAPTURE_STOPPED);
	ck_assert(target_marked(&c->threads[7]));
	ck_assert_uint_ge(c->stopped_threads, 1);
	ck_assert_int_gt(c->longest_stop_ns, 0);
	CHILD_UNTIL(target_tracer(&t) == 0);
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
	tcase_add_test(tests, one_has_run);
	tcase_add_test(tests, one_has_run_and_nobody_waits);
	tcase_add_test(tests, one_that_never_returns);
	tcase_set_timeout(tests, 120);
	return suite_run("capture_hook", tests);
}
