/* What generators write. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "tests/inside.h"
#include "tests/suite.h"

static struct gmr_section section;

static void clear(void)
{
	memset(&section, 0, sizeof(section));
	errno = 4711;
}

START_TEST(text)
{
	ck_assert_int_eq(gmr_print(&section, "%d of ", 1), 0);
	ck_assert_int_eq(gmr_print(&section, "%s", "two\n"), 0);
	ck_assert_int_eq(gmr_put(&section, "key", "value"), -EINVAL);
	ck_assert_int_eq(section.kind, INSIDE_TEXT);
	ck_assert_uint_eq(section.length, 9);
	ck_assert_mem_eq(section.bytes, "1 of two\n", 9);
	ck_assert(!section.cut);
	ck_assert_int_eq(errno, 4711);
}
END_TEST

START_TEST(keys)
{
	static const char written[] = "waiting\0" "17\0" "empty\0";

	ck_assert_int_eq(gmr_put(&section, "waiting", "%d", 17), 0);
	ck_assert_int_eq(gmr_put(&section, "empty", "%s", ""), 0);
	ck_assert_int_eq(gmr_put(&section, "", "x"), -EINVAL);
	ck_assert_int_eq(gmr_put(&section, NULL, "x"), -EINVAL);
	ck_assert_int_eq(gmr_print(&section, "text"), -EINVAL);
	ck_assert_int_eq(gmr_put(NULL, "key", "x"), -EINVAL);
	ck_assert_int_eq(section.kind, INSIDE_KEYS);
	ck_assert_uint_eq(section.length, sizeof(written));
	ck_assert_mem_eq(section.bytes, written, sizeof(written));
}
END_TEST

static char *of_length(int length)
{
	char *bytes;

	ck_assert_int_eq(asprintf(&bytes, "%*s", length, "x"), length);
	return bytes;
}

/* What does not fit is dropped whole, and all behind it. */
START_TEST(limits)
{
	char *most = of_length(INSIDE_CONTENT_MAX - 1), *key = of_length(INSIDE_CONTENT_MAX - 2);

	ck_assert_int_eq(gmr_print(&section, "%s", most), 0);
	ck_assert_uint_eq(section.length, INSIDE_CONTENT_MAX - 1);
	ck_assert_int_eq(gmr_print(&section, "x"), -ENOBUFS);
	ck_assert_uint_eq(section.length, INSIDE_CONTENT_MAX - 1);
	ck_assert(section.cut);
	clear();
	ck_assert_int_eq(gmr_print(&section, "x%s", most), -ENOBUFS);
	ck_assert_int_eq(gmr_print(&section, "x"), -ENOBUFS);
	ck_assert(section.kind == INSIDE_TEXT && section.cut && section.length == 0);
	clear();
	ck_assert_int_eq(gmr_put(&section, "a", "%d", 1), 0);
	ck_assert_int_eq(gmr_put(&section, most, "x"), -ENOBUFS);
	ck_assert(section.cut && section.length == 4);
	clear();
	ck_assert_int_eq(gmr_put(&section, "a", "%s", most), -ENOBUFS);
	ck_assert(section.cut && section.length == 0);
	clear();
	ck_assert_int_eq(gmr_put(&section, key, "%s", ""), 0);
	ck_assert_uint_eq(section.length, INSIDE_CONTENT_MAX);
	ck_assert_int_eq(gmr_put(&section, "a", "%s", ""), -ENOBUFS);
	ck_assert_int_eq(gmr_print(NULL, "x"), -EINVAL);
	ck_assert_int_eq(errno, 4711);
	free(most);
	free(key);
}
END_TEST

START_TEST(format)
{
	const wchar_t none[] = { (wchar_t)0x7fffffff, 0 };

	ck_assert_int_eq(gmr_print(&section, "good"), 0);
	ck_assert_int_eq(gmr_print(&section, "%ls", none), -EILSEQ);
	ck_assert_uint_eq(section.length, 4);
	ck_assert(!section.cut);
	ck_assert_int_eq(errno, 4711);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, clear, NULL);
	tcase_add_test(t, text);
	tcase_add_test(t, keys);
	tcase_add_test(t, limits);
	tcase_add_test(t, format);
	return suite_run("inside_content", t);
}
