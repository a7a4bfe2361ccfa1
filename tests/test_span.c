/* What is left to be read of a text, which need not end with NUL. */
#include "core/span.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "tests/suite.h"

#define SPAN(text) span_of(text, sizeof(text) - 1)

/* Exactly these bytes on the heap: one that is read behind them is found. */
static struct span heap_span(const char *text, char **ret)
{
	size_t len = strlen(text);

	*ret = malloc(len ? len : 1);
	ck_assert_ptr_nonnull(*ret);
	memcpy(*ret, text, len);
	return span_of(*ret, len);
}

START_TEST(nothing)
{
	struct span s = span_of(NULL, 0), before = s, found;
	uint64_t number = 77;
	char copy[1] = "x";

	ck_assert_uint_eq(span_len(&s), 0);
	ck_assert(span_is(&s, ""));
	ck_assert(!span_is(&s, "a"));
	ck_assert(!span_take_until(&s, '\n', &found));
	ck_assert(!span_take_prefix(&s, "a"));
	ck_assert(span_take_prefix(&s, ""));
	ck_assert_int_eq(span_take_number(&s, 9, &number), -EBADMSG);
	ck_assert_uint_eq(number, 77);
	span_skip_blanks(&s);
	ck_assert_ptr_eq(s.at, before.at);
	ck_assert_ptr_eq(s.end, before.end);
	ck_assert_int_eq(span_copy(&s, copy, 0), -ENAMETOOLONG);
	ck_assert_int_eq(span_copy(&s, copy, sizeof(copy)), 0);
	ck_assert_str_eq(copy, "");
}
END_TEST

START_TEST(is)
{
	struct span s = span_of("web:app", 3);

	ck_assert_uint_eq(span_len(&s), 3);
	ck_assert(span_is(&s, "web"));
	ck_assert(!span_is(&s, "we"));
	ck_assert(!span_is(&s, "web:"));
	ck_assert(!span_is(&s, "wex"));
	ck_assert(!span_is(&s, ""));
}
END_TEST

START_TEST(copy)
{
	struct span s = span_of("web:app", 3);
	char name[8] = "before";

	ck_assert_int_eq(span_copy(&s, name, 3), -ENAMETOOLONG);
	ck_assert_str_eq(name, "before");
	ck_assert_int_eq(span_copy(&s, name, 4), 0);
	ck_assert_str_eq(name, "web");
	ck_assert_uint_eq(span_len(&s), 3);
}
END_TEST

START_TEST(take_until)
{
	struct span s = SPAN("a:\0b::rest"), part = SPAN("before");

	ck_assert(span_take_until(&s, ':', &part));
	ck_assert(span_is(&part, "a"));
	ck_assert(span_take_until(&s, ':', &part)); /* a NUL is a byte as others */
	ck_assert_uint_eq(span_len(&part), 2);
	ck_assert(span_take_until(&s, ':', &part));
	ck_assert(span_is(&part, ""));
	part = SPAN("before");
	ck_assert(!span_take_until(&s, ':', &part));
	ck_assert(span_is(&part, "before"));
	ck_assert(span_is(&s, "rest"));
	ck_assert(span_take_until(&s, 't', &part));
	ck_assert(span_is(&part, "res"));
	ck_assert_uint_eq(span_len(&s), 0);
	ck_assert(!span_take_until(&s, 't', &part));
}
END_TEST

START_TEST(take_prefix)
{
	struct span s = SPAN("len:5");

	ck_assert(!span_take_prefix(&s, "length"));
	ck_assert(!span_take_prefix(&s, "len:55"));
	ck_assert(span_is(&s, "len:5"));
	ck_assert(span_take_prefix(&s, "len:"));
	ck_assert(span_is(&s, "5"));
	ck_assert(span_take_prefix(&s, "5"));
	ck_assert(!span_take_prefix(&s, "5"));
}
END_TEST

static const struct {
	const char *text;
	uint64_t max;
	int r;
	uint64_t value;
	const char *rest;
} numbers[] = {
	{ "0", 0, 0, 0, "" },
	{ "1", 0, -EBADMSG, 0, "1" },
	{ "007 x", 7, 0, 7, " x" },
	{ "8", 7, -EBADMSG, 0, "8" },
	{ "100", 99, -EBADMSG, 0, "100" },
	{ "99", 99, 0, 99, "" },
	{ "42kB", 1000, 0, 42, "kB" },
	{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX, "" },
	{ "18446744073709551616", UINT64_MAX, -EBADMSG, 0, "18446744073709551616" },
	{ "99999999999999999999999", UINT64_MAX, -EBADMSG, 0, "99999999999999999999999" },
	{ "000000000000000000000000000001", 1, 0, 1, "" },
	{ "-1", 9, -EBADMSG, 0, "-1" },
	{ "+1", 9, -EBADMSG, 0, "+1" },
	{ " 1", 9, -EBADMSG, 0, " 1" },
	{ "x1", 9, -EBADMSG, 0, "x1" },
	{ "", 9, -EBADMSG, 0, "" },
};

START_TEST(take_number)
{
	uint64_t value = 12345;
	char *text;
	struct span s = heap_span(numbers[_i].text, &text);

	ck_assert_int_eq(span_take_number(&s, numbers[_i].max, &value), numbers[_i].r);
	ck_assert_uint_eq(value, numbers[_i].r ? 12345 : numbers[_i].value);
	ck_assert_msg(span_is(&s, numbers[_i].rest), "'%s': not '%s' is left", numbers[_i].text, numbers[_i].rest);
	free(text);
}
END_TEST

static const struct {
	const char *text;
	int r;
	uint64_t value;
	const char *rest;
} hexes[] = {
	{ "0", 0, 0, "" },
	{ "7f3A-9", 0, 0x7f3a, "-9" },
	{ "aFfg", 0, 0xaff, "g" },
	{ "0x1", 0, 0, "x1" },
	{ "ffffffffffffffff", 0, UINT64_MAX, "" },
	{ "00000000000000000001 ", 0, 1, " " },
	{ "10000000000000000", -EBADMSG, 0, "10000000000000000" },
	{ "-1", -EBADMSG, 0, "-1" },
	{ "@`", -EBADMSG, 0, "@`" },
	{ "\x10\x11", -EBADMSG, 0, "\x10\x11" },
	{ "", -EBADMSG, 0, "" },
};

START_TEST(take_hex)
{
	uint64_t value = 12345;
	char *text;
	struct span s = heap_span(hexes[_i].text, &text);

	ck_assert_int_eq(span_take_hex(&s, &value), hexes[_i].r);
	ck_assert_uint_eq(value, hexes[_i].r ? 12345 : hexes[_i].value);
	ck_assert_msg(span_is(&s, hexes[_i].rest), "'%s': not '%s' is left", hexes[_i].text, hexes[_i].rest);
	free(text);
}
END_TEST

START_TEST(skip_blanks)
{
	char *text;
	struct span s = heap_span(" \t\t x\n ", &text);

	span_skip_blanks(&s);
	ck_assert(span_is(&s, "x\n "));
	span_skip_blanks(&s);
	ck_assert(span_is(&s, "x\n "));
	ck_assert(span_take_prefix(&s, "x"));
	span_skip_blanks(&s);
	ck_assert(span_is(&s, "\n ")); /* the end of a line is none */
	ck_assert(span_take_prefix(&s, "\n"));
	span_skip_blanks(&s);
	ck_assert_uint_eq(span_len(&s), 0);
	free(text);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, nothing);
	tcase_add_test(t, is);
	tcase_add_test(t, copy);
	tcase_add_test(t, take_until);
	tcase_add_test(t, take_prefix);
	tcase_add_loop_test(t, take_number, 0, sizeof(numbers) / sizeof(*numbers));
	tcase_add_loop_test(t, take_hex, 0, sizeof(hexes) / sizeof(*hexes));
	tcase_add_test(t, skip_blanks);
	return suite_run("span", t);
}
