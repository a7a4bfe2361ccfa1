/* The oldest reports go, and nothing else. */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "core/cleanup.h"
#include "core/evidence.h"
#include "tests/fixture.h"
#include "tests/suite.h"

#define MIDDLE "_gurumeditation_"

static struct evidence e;

static void set_up(void)
{
	fixture_make();
	e = (struct evidence){ .directory = fixture_root, .keep = 10 };
}

static void tear_down(void)
{
	fixture_remove();
}

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(fixture_path(name), &st) == 0;
}

static int files(void)
{
	DIR *dir = opendir(fixture_root);
	int count = -2;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Named as others are, or nearly so: none of them is a report of webapp. */
static const char *const foreign[] = {
	"webapp", "webapp_gurumeditation_", "webapp_gurumeditation_2026112120104",
	"webapp_gurumeditation_202611212010481",
	"webapp_gurumeditation_2026112120104x", "webapp_gurumeditation_20251121201048-",
	"webapp_gurumeditation_20251121201048-0", "webapp_gurumeditation_20251121201048-01",
	"webapp_gurumeditation_20251121201048-1000", "webapp_gurumeditation_20251121201048-1x",
	"webapp_gurumeditation_20251121201048~", "webapp_gurumeditation_20251121201048.gz",
	"webapp2_gurumeditation_20251121201048", "Webapp_gurumeditation_20251121201048",
	"webapp_gurumeditation_20251121201048_gurumeditation_20251121201048", "_gurumeditation_20251121201048",
	"other_gurumeditation_20251121201048", "webapp_GURUMEDITATION_20251121201048", ".gmr-0123456789abcdef",
	".gmr-notes", ".gmr-0123456789abcdef0", ".gmr-0123456789ABCDEF",
};

enum { FOREIGN = sizeof foreign / sizeof foreign[0] };

/* Not in order, and ten of a second: "...00", "...00-1", to "...00-9". */
static void make_many(int count)
{
	char name[64];
	int len;

	for (int i = 0; i < count; i++) {
		len = snprintf(name, sizeof name, "webapp" MIDDLE "202611212010%02d", (count - 1 - i) / 10);
		if (i % 10)
			snprintf(name + len, sizeof name - (size_t)len, "-%d", i % 10);
		fixture_text(name, "");
	}
}

START_TEST(a_hundred_become_ten)
{
	make_many(100);
	for (int i = 0; i < FOREIGN; i++)
		fixture_text(foreign[i], "");
	fixture_link("webapp" MIDDLE "20201121201048", foreign[0]);
	fixture_link("webapp" MIDDLE "20201121201049", "/nowhere");
	fixture_directory("webapp" MIDDLE "20201121201050");
	ck_assert_int_eq(mkfifo(fixture_path("webapp" MIDDLE "20201121201051"), 0600), 0);
	ck_assert_int_eq(evidence_prune(&e, "webapp"), 0);
	ck_assert_int_eq(files(), 10 + FOREIGN + 4);
	for (int i = 0; i < FOREIGN; i++)
		ck_assert_msg(is_there(foreign[i]), "%s", foreign[i]);
	ck_assert(is_there("webapp" MIDDLE "20261121201009") && is_there("webapp" MIDDLE "20261121201009-9"));
	ck_assert(!is_there("webapp" MIDDLE "20261121201008-9"));
	ck_assert_int_eq(evidence_prune(&e, "webapp"), 0);
	ck_assert_int_eq(files(), 10 + FOREIGN + 4);
}
END_TEST

static void written_at(const char *name, time_t at)
{
	const struct timespec times[2] = { { .tv_sec = at }, { .tv_sec = at } };

	fixture_text(name, "");
	ck_assert_int_eq(utimensat(AT_FDCWD, fixture_path(name), times, 0), 0);
}

/* Of one second the latest stays, and of one instant the highest number. */
START_TEST(of_one_second)
{
	e.keep = 1;
	written_at("webapp" MIDDLE "20261121201048-9", 1000);
	written_at("webapp" MIDDLE "20261121201048-10", 1000);
	written_at("webapp" MIDDLE "20261121201048", 1000);
	ck_assert_int_eq(evidence_prune(&e, "webapp"), 0);
	ck_assert(is_there("webapp" MIDDLE "20261121201048-10"));
	ck_assert_int_eq(files(), 1);
	written_at("webapp" MIDDLE "20261121201048", 1001);
	written_at("webapp" MIDDLE "20261121201047", 1002);
	ck_assert_int_eq(evidence_prune(&e, "webapp"), 0);
	ck_assert(is_there("webapp" MIDDLE "20261121201048"));
	ck_assert_int_eq(files(), 1);
}
END_TEST

START_TEST(few_stay_and_zero_keeps_all)
{
	make_many(10);
	ck_assert_int_eq(evidence_prune(&e, "webapp"), 0);
	e.keep = 0;
	ck_assert_int_eq(evidence_prune(&e, "webapp"), 0);
	ck_assert_int_eq(files(), 10);
}
END_TEST

START_TEST(names_with_the_middle_in_them)
{
	const char *name = "a" MIDDLE "20261121201048";

	e.keep = 1;
	fixture_text("a" MIDDLE "20261121201048", "");
	fixture_text("a" MIDDLE "20261121201048" MIDDLE "20261121201048", "");
	fixture_text("a" MIDDLE "20261121201048" MIDDLE "20261121201049", "");
	ck_assert_int_eq(evidence_prune(&e, name), 0);
	ck_assert(!is_there("a" MIDDLE "20261121201048" MIDDLE "20261121201048"));
	ck_assert_int_eq(files(), 2);
	ck_assert_int_eq(evidence_prune(&e, "../a"), 0);
	ck_assert_int_eq(evidence_prune(&e, ""), 0);
	ck_assert_int_eq(files(), 2);
}
END_TEST

START_TEST(what_belongs_to_others_stays)
{
	if (geteuid() != 0)
		return;
	make_many(30);
	for (int i = 0; i < 10; i++) {
		char name[64];

		snprintf(name, sizeof name, "webapp" MIDDLE "202511212010%02d", i);
		fixture_text(name, "");
		ck_assert_int_eq(chown(fixture_path(name), 65534, 65534), 0);
	}
	ck_assert_int_eq(evidence_prune(&e, "webapp"), 0);
	ck_assert_int_eq(files(), 20);
	ck_assert(is_there("webapp" MIDDLE "20251121201000"));
}
END_TEST

/* What a gmr that was killed may leave behind, when nobody can be writing to it any more. */
START_TEST(leftovers_go_when_they_are_old)
{
	for (int i = 0; i < FOREIGN; i++)
		written_at(foreign[i], time(NULL) - 86400);
	fixture_text(".gmr-0123456789abcdee", "");
	ck_assert_int_eq(evidence_prune(&e, "webapp"), 0);
	ck_assert_int_eq(files(), FOREIGN);
	ck_assert(!is_there(".gmr-0123456789abcdef") && is_there(".gmr-0123456789abcdee"));
}
END_TEST

START_TEST(directories_that_are_not_there)
{
	char missing[PATH_MAX];

	snprintf(missing, sizeof missing, "%s", fixture_path("none"));
	e.directory = missing;
	ck_assert_int_eq(evidence_prune(&e, "webapp"), -ENOENT);
	e.directory = NULL;
	ck_assert_int_eq(evidence_prune(&e, "webapp"), -ENOENT);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_hundred_become_ten);
	tcase_add_test(t, of_one_second);
	tcase_add_test(t, few_stay_and_zero_keeps_all);
	tcase_add_test(t, names_with_the_middle_in_them);
	tcase_add_test(t, what_belongs_to_others_stays);
	tcase_add_test(t, leftovers_go_when_they_are_old);
	tcase_add_test(t, directories_that_are_not_there);
	return suite_run("evidence_prune", t);
}
