/* The syntax of buildout's files. What zc.buildout.configparser makes of the same texts was compared with it. */
#include "tests/ini_dump.h"

static void expect(const char *text, const char *expected)
{
	CLEANUP(ini_done) struct ini ini = parsed(text);

	expect_ini(&ini, expected);
}

static void refused(const char *text, size_t len, int error, unsigned line, const char *why)
{
	struct ini untouched = { .count = 7 };
	struct ini_fault fault = { 0 };

	ck_assert_int_eq(parse_bytes(text, len, &untouched, &fault), error);
	ck_assert_uint_eq(untouched.count, 7);
	ck_assert_uint_eq(fault.line, line);
	ck_assert_str_eq(fault.file, "x.cfg");
	ck_assert_msg(strstr(fault.why, why) != NULL, "'%s', not '%s'", fault.why, why);
}

#define REFUSED(text, line, why) refused(text, strlen(text), -EBADMSG, line, why)

START_TEST(headers)
{
	expect("", "");
	expect("\n  \n# [a]\n;[b]\n", "");
	expect("[a]\n[b]\n", "[a] [b] ");
	expect("[ a\t] # why\n[b];why\n[c]   \n", "[a] [b] [c] ");
	expect("[a]\nx=1\n[b]\ny=2\n[a]\nx=3\nz=4\n", "[a] x=3; z=4; [b] y=2; ");
	expect("\xef\xbb\xbf[a]\nx=1", "[a] x=1; ");
	REFUSED("[a]\n[b\n", 2, "'[b' is no [SECTION]");
	REFUSED("[a] b\n", 1, "before the first");
	REFUSED("[a b]\n", 1, "before the first");
	REFUSED("[a]\n[]\n", 2, "is no [SECTION]");
	REFUSED("[a]\n[${x}]\n", 2, "is no [SECTION]");
	REFUSED("x = 1\n[a]\n", 1, "'x = 1' stands before the first [SECTION]");
	REFUSED("\n\n  x\n", 3, "'x' stands before the first [SECTION]");
}
END_TEST

START_TEST(options)
{
	expect("[a]\nx=1\ny = 2 \nz\t=\t3\nlong-name.1_=4", "[a] x=1; y=2; z=3; long-name.1_=4; ");
	expect("[a]\nx=\ny = \nz==\nw=a=b # no comment\n", "[a] x=; y=; z==; w=a=b # no comment; ");
	expect("[a]\nx=1\nx=2\n", "[a] x=2; ");
	expect("[a]\n<= b\n< = c\n=> d  e\n", "[a] <=c; <part-dependencies>=d  e; ");
	expect("[a]\r\nx=1\r\ny=\r\n  2\r\n[b]\rz=3\r", "[a] x=1; y=2; [b] z=3; ");
	REFUSED("[a]\nx\n", 2, "'x' is no OPTION = VALUE");
	REFUSED("[a]\nx: 1\n", 2, "is no OPTION");
	REFUSED("[a]\n\nx y = 1\n", 3, "'x y = 1' is no OPTION");
	REFUSED("[a]\n= 1\n", 2, "is no OPTION");
	REFUSED("[a]\n  x = 1\n", 2, "'x = 1' is indented, but there is no option above it");
	REFUSED("[a]\nx = 1\n[b]\n  y = 1\n", 4, "is indented");
}
END_TEST

START_TEST(signs_of_options)
{
	expect("[a]\nx+=1\ny +=2\nz\t+= 3\nu-=4\nv -= 5\n", "[a] x+=1; y+=2; z+=3; u-=4; v-=5; ");
	expect("[a]\nx=1\nx+=2\nx-=3\nx +=4\n", "[a] x=1; x+=4; x-=3; ");
	expect("[a]\na-b=1\nx++=2\nx+ -= 3\n-=4\n", "[a] a-b=1; x+=2; x+-=3; -=4; ");
	REFUSED("[a]\nx + = 1\n", 2, "is no OPTION");
	REFUSED("[a]\nx -y= 1\n", 2, "is no OPTION");
}
END_TEST

START_TEST(values_beside)
{
	expect("[a]\nx = 1\n  2\n\n\t3 \n \ny=4", "[a] x=1|2|3; y=4; ");
	expect("[a]\nx = 1\n# not\n  # but this\n;\n    2\n", "[a] x=1|# but this|2; ");
	expect("[a]\nx = 1\n  y = 2\n  [b]\n", "[a] x=1|y = 2|[b]; ");
}
END_TEST

START_TEST(values_below)
{
	expect("[a]\nx =\n  1\n  2 \n", "[a] x=1|2; ");
	expect("[a]\nx =\n\n\n  1\n\n    2\n  3\n\n\n", "[a] x=1||  2|3; ");
	expect("[a]\nx =\n    1\n# not\n  2\n\ty\n", "[a] x=    1|  2|\ty; ");
	expect("[a]\nx =\n\t 1\n\t  2\n\t\n", "[a] x=1| 2; ");
	expect("[a]\nx =\n   \n\t\n", "[a] x=; ");
	expect("[a]\nx = \n [b]\n[b]\ny=\n", "[a] x=[b]; [b] y=; ");
	expect("[a]\nx +=\n  1\nx -=\n  2\n   3", "[a] x+=1; x-=2| 3; ");
}
END_TEST

/* U+00A0, U+2003, U+3000, U+0085, a separator of ASCII; the lines below a name keep what is no blank and no tab. */
START_TEST(white_space)
{
	expect("[a]\nx =\xc2\xa0" "1\xe2\x80\x83\n\xe3\x80\x80" "2\xc2\x85\n\x1c" "3\n", "[a] x=1|2|3; ");
	expect("[a]\nx =\n\xc2\xa0\xc2\xa0" "1\xc2\xa0\n\xc2\xa0\n", "[a] x=\xc2\xa0\xc2\xa0" "1; ");
}
END_TEST

START_TEST(no_white_space)
{
	/* A zero width space is none, nor is half a character. */
	REFUSED("[a]\nx=1\n\xe2\x80\x8b\n", 3, "is no OPTION");
	expect("[a]\nx=1\xe2\x80", "[a] x=1\xe2\x80; ");
	expect("[a]\nx=\x80\n", "[a] x=\x80; ");
}
END_TEST

START_TEST(conditions)
{
	CLEANUP(ini_done) struct ini ini = parsed("[c:sys.platform == 'linux']\nx=0\n  y\n\n[a]\nx=1\n[a: [1]] # [b]\n"
						  "x=2\n[a:]\ny=3\n");

	expect_ini(&ini, "[a] x=1; y=3; ");
	ck_assert_uint_eq(ini.condition_count, 2);
	ck_assert_str_eq(ini.conditions[0].section, "c");
	ck_assert_str_eq(ini.conditions[0].expression, "sys.platform == 'linux'");
	ck_assert_uint_eq(ini.conditions[0].line, 1);
	ck_assert_str_eq(ini.conditions[1].section, "a");
	ck_assert_str_eq(ini.conditions[1].expression, " [1]");
	ck_assert_str_eq(ini.conditions[1].file, "x.cfg");
	ck_assert_uint_eq(ini.conditions[1].line, 7);
	REFUSED("[a:b\n", 1, "before the first");
	REFUSED("[a:b#]\n", 1, "before the first");
	REFUSED("[a:b]\nx y\n", 2, "is no OPTION");
}
END_TEST

START_TEST(places)
{
	CLEANUP(ini_done) struct ini ini = parsed("\n[a]\nx = 1\n\n  2\ny =\n\n  3\n#\n  4\n");
	const struct ini_value *x = &ini_option(ini_find(&ini, "a"), "x")->value;
	const struct ini_value *y = &ini_option(ini_find(&ini, "a"), "y")->value;

	ck_assert_uint_eq(x->count, 2);
	ck_assert_uint_eq(x->lines[0].line, 3);
	ck_assert_uint_eq(x->lines[1].line, 5);
	ck_assert_str_eq(x->lines[1].file, "x.cfg");
	ck_assert_uint_eq(y->lines[0].line, 8);
	ck_assert_uint_eq(y->lines[1].line, 10);
	ck_assert_ptr_null(ini_find(&ini, "b"));
	ck_assert_ptr_null(ini_option(ini_find(&ini, "a"), "z"));
}
END_TEST

static void too_many(const char *begin, const char *repeated, int times, const char *why)
{
	CLEANUP(buf_done) struct buf text = BUF(1 << 20);
	struct ini_fault fault = { 0 };
	struct ini ini;

	buf_adds(&text, begin);
	for (int i = 0; i < times; i++)
		buf_printf(&text, repeated, i);
	ck_assert_int_eq(ini_parse("x.cfg", text.data, text.len, &ini, &fault), 0);
	ini_done(&ini);
	buf_printf(&text, repeated, times);
	ck_assert_int_eq(ini_parse("x.cfg", text.data, text.len, &ini, &fault), -E2BIG);
	ck_assert_msg(strstr(fault.why, why) != NULL, "%s", fault.why);
}

START_TEST(limits)
{
	too_many("", "[s%d]\n", INI_SECTIONS_MAX, "more than 4096 sections");
	too_many("", "[s:%d]\n", INI_SECTIONS_MAX, "more than 4096 sections");
	too_many("[a]\nx=", "\n  %d", INI_LINES_MAX - 1, "more than 16384 lines");
	refused("[a]\nx=1\0002\n", 11, -EBADMSG, 2, "NUL");
	refused("\0", 1, -EBADMSG, 1, "NUL");
}
END_TEST

START_TEST(a_long_line_is_cut_in_the_message)
{
	char text[400] = "[a]\n";
	struct ini_fault fault = { 0 };
	struct ini ini;

	memset(text + 4, 'x', sizeof(text) - 5);
	ck_assert_int_eq(ini_parse("x.cfg", text, strlen(text), &ini, &fault), -EBADMSG);
	ck_assert_uint_lt(strlen(fault.why), 120);
	ck_assert_ptr_nonnull(strstr(fault.why, "xxx...' is no OPTION = VALUE"));
}
END_TEST

START_TEST(nothing_to_release)
{
	ini_done(NULL);
	ini_section_done(NULL);
	ini_value_done(NULL);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("ini");

	tcase_add_test(tests, headers);
	tcase_add_test(tests, options);
	tcase_add_test(tests, signs_of_options);
	tcase_add_test(tests, values_beside);
	tcase_add_test(tests, values_below);
	tcase_add_test(tests, white_space);
	tcase_add_test(tests, no_white_space);
	tcase_add_test(tests, conditions);
	tcase_add_test(tests, places);
	tcase_add_test(tests, limits);
	tcase_add_test(tests, a_long_line_is_cut_in_the_message);
	tcase_add_test(tests, nothing_to_release);
	return suite_run("ini", tests);
}
