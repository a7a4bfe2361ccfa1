/* Tests of core/oomkill.h: who was killed, and how long others wait then. Fixture: a file stands in for the counter. */
#include "core/oomkill.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "tests/suite.h"

static struct oomkill killer;

static void count(unsigned kills)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "oom_kill_disable 0\noom_kill %u\n", kills);

	ck_assert_int_eq(pwrite(killer.counter.fd, text, (size_t)length, 0), length);
}

static void setup(void)
{
	oomkill_init(&killer, NULL);
	killer.counter.fd = memfd_create("counter", MFD_CLOEXEC);
	ck_assert_int_ge(killer.counter.fd, 0);
	killer.baseline = killer.settled = 3;
	count(3);
}

static void teardown(void)
{
	oomkill_done(&killer);
}

START_TEST(struck)
{
	ck_assert(!oomkill_struck(&killer));
	count(4);
	ck_assert(oomkill_struck(&killer));
	ck_assert_uint_eq(killer.now, 4);
}
END_TEST

START_TEST(settles_once)
{
	int64_t began = clock_ms();

	count(5);
	oomkill_settle(&killer);
	ck_assert_int_ge(clock_ms() - began, 100);
	ck_assert_uint_eq(killer.settled, 5);
	ck_assert_uint_eq(killer.baseline, 3);
	ck_assert(oomkill_struck(&killer)); /* who asks next still learns of it */
}
END_TEST

START_TEST(nothing_to_settle)
{
	oomkill_settle(&killer);
	ck_assert_uint_eq(killer.settled, 3);
	oomkill_done(&killer);
	oomkill_settle(&killer); /* without a counter */
	ck_assert_uint_eq(killer.settled, 3);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("oomkill");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, struck);
	tcase_add_test(tests, settles_once);
	tcase_add_test(tests, nothing_to_settle);
	return suite_run("oomkill", tests);
}
