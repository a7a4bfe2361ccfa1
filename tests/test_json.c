/* Any bytes as a string of JSON. */
#include "core/json.h"

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/utf8.h"
#include "tests/suite.h"

static void expect(const char *text, size_t len, const char *wanted)
{
	CLEANUP(buf_done) struct buf b = BUF(1000);

	ck_assert_int_eq(json_add_string(&b, text, len), 0);
	ck_assert_str_eq(b.data, wanted);
}

START_TEST(what_has_to_be_escaped)
{
	expect("", 0, "\"\"");
	expect(NULL, 0, "\"\"");
	expect("a b/c", 5, "\"a b/c\"");
	expect("\"\\", 2, "\"\\\"\\\\\"");
	expect("\n\t\r\b", 4, "\"\\n\\t\\u000d\\u0008\"");
	expect("\0\x1f\x7f", 3, "\"\\u0000\\u001f\\u007f\"");
	expect("\xc2\x9b", 2, "\"\\u009b\"");
	expect("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9, "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}
END_TEST

START_TEST(what_is_not_utf8)
{
	expect("a\xff" "b", 3, "\"a\xef\xbf\xbd" "b\"");
	expect("\xed\xa0\x80", 3, "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
	expect("\xe2\x82", 2, "\"\xef\xbf\xbd\xef\xbf\xbd\"");
}
END_TEST

START_TEST(every_byte_is_well_formed)
{
	char all[256];
	CLEANUP(buf_done) struct buf b = BUF(4096);
	uint32_t code;

	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	ck_assert_int_eq(json_add_string(&b, all, sizeof(all)), 0);
	for (size_t at = 0, n; at < b.len; at += n) {
		n = utf8_char(b.data + at, b.len - at, &code);
		ck_assert_uint_ge(n, 1);
		ck_assert_uint_ge(code, ' ');
	}
}
END_TEST

START_TEST(all_or_nothing)
{
	CLEANUP(buf_done) struct buf b = BUF(10);

	ck_assert_int_eq(json_add_string(&b, "12345678", 8), 0);
	buf_reset(&b);
	ck_assert_int_eq(json_add_string(&b, "12", 2), 0);
	ck_assert_int_eq(json_add_string(&b, "1234567", 7), -ENOBUFS);
	ck_assert_int_eq(json_add_string(&b, "12345", 5), -ENOBUFS);
	ck_assert_str_eq(b.data, "\"12\"");
	ck_assert_uint_eq(b.len, 4);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("json");

	tcase_add_test(tests, what_has_to_be_escaped);
	tcase_add_test(tests, what_is_not_utf8);
	tcase_add_test(tests, every_byte_is_well_formed);
	tcase_add_test(tests, all_or_nothing);
	return suite_run("json", tests);
}
