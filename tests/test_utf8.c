/* What is UTF-8 and what is not. */
#include "core/utf8.h"

#include <string.h>

#include "tests/suite.h"

/* The first and the last of each length, and what lies just beyond. */
START_TEST(well_formed_or_not)
{
	static const struct { const char *text; size_t len; uint32_t code; } cases[] = {
		{ "a", 1, 'a' }, { "\x7f", 1, 0x7f }, { "\xc2\x80", 2, 0x80 }, { "\xdf\xbf", 2, 0x7ff },
		{ "\xe0\xa0\x80", 3, 0x800 }, { "\xed\x9f\xbf", 3, 0xd7ff }, { "\xee\x80\x80", 3, 0xe000 },
		{ "\xef\xbf\xbf", 3, 0xffff }, { "\xf0\x90\x80\x80", 4, 0x10000 }, { "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
		{ "\x80", 0, 0 }, { "\xbf", 0, 0 }, { "\xc0\x80", 0, 0 }, { "\xc1\xbf", 0, 0 },
		{ "\xe0\x9f\xbf", 0, 0 },
		{ "\xed\xa0\x80", 0, 0 }, { "\xed\xbf\xbf", 0, 0 }, { "\xf0\x8f\xbf\xbf", 0, 0 },
		{ "\xf4\x90\x80\x80", 0, 0 }, { "\xf8\x88\x80\x80\x80", 0, 0 }, { "\xff", 0, 0 },
		{ "\xc2", 0, 0 }, { "\xc2" "a", 0, 0 }, { "\xe2\x82", 0, 0 }, { "\xe2\x82" "a", 0, 0 },
		{ "\xf0\x9f\x98", 0, 0 }, { "\xf0\x9f\x98" "a", 0, 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint32_t code = 0;

		ck_assert_msg(utf8_char(cases[i].text, strlen(cases[i].text), &code) == cases[i].len, "case %zu", i);
		ck_assert_msg(code == cases[i].code, "case %zu: %x", i, code);
	}
}
END_TEST

START_TEST(not_beyond_the_end)
{
	uint32_t code = 7;

	ck_assert_uint_eq(utf8_char("\xe2\x82\xac", 2, &code), 0);
	ck_assert_uint_eq(utf8_char(NULL, 0, &code), 0);
	ck_assert_uint_eq(code, 7);
	ck_assert_uint_eq(utf8_char("\0", 1, &code), 1);
	ck_assert_uint_eq(code, 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("utf8");

	tcase_add_test(tests, well_formed_or_not);
	tcase_add_test(tests, not_beyond_the_end);
	return suite_run("utf8", tests);
}
