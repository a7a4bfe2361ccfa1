/* Files of buildout laid over each other, and sections that inherit. */
#include "tests/ini_dump.h"

static struct ini merged(const char *first, const char *second)
{
	struct ini base = parsed(first), over = parsed(second);

	ck_assert_int_eq(ini_merge(&base, &over), 0);
	ck_assert_uint_eq(over.count, 0);
	ini_done(&over);
	return base;
}

static void expect_merged(const char *first, const char *second, const char *expected)
{
	CLEANUP(ini_done) struct ini ini = merged(first, second);

	expect_ini(&ini, expected);
}

START_TEST(later_values_replace)
{
	expect_merged("[a]\nx=1\ny=2\n", "[a]\ny=3\nz=4\n[b]\nu=5\n", "[a] x=1; y=3; z=4; [b] u=5; ");
	expect_merged("", "[a]\nx=1\n", "[a] x=1; ");
	expect_merged("[a]\nx=1\n", "", "[a] x=1; ");
}
END_TEST

START_TEST(lines_are_added_and_taken_out)
{
	expect_merged("[a]\nx=1\n", "[a]\nx+=2\n  3\n", "[a] x=1|2|3; ");
	expect_merged("[a]\nx=1\n 2\n 3\n 2\n", "[a]\nx-=2\n  3\n", "[a] x=1; ");
	expect_merged("[a]\nx=1\n", "[a]\nx-=1\n", "[a] x=; ");
	expect_merged("[a]\nx=1\n 2\n", "[a]\nx-=1\nx+=3\n", "[a] x=2|3; ");
	expect_merged("[a]\nx=1\n", "[a]\nx=4\nx+=5\n", "[a] x=4|5; ");
	expect_merged("[a]\n", "[a]\nx+=1\ny-=2\n", "[a] x=|1; y=; ");
	/* A section that is new keeps its signs: it may inherit what they change. */
	expect_merged("", "[a]\nx+=1\n", "[a] x+=1; ");
	expect_merged("[a]\nx+=1\n", "[a]\nx+=2\n", "[a] x=|1|2; ");
	expect_merged("[a]\nx+=1\nx-=3\n", "[a]\nx=2\n", "[a] x=2; ");
	expect_merged("[a]\nx+=1\n", "[a]\nx=2\nx+=3\n", "[a] x=2|3; ");
	expect_merged("[a]\nx=0\nx+=1\n", "[a]\nx+=2\n", "[a] x=0|1|2; ");
}
END_TEST

START_TEST(each_line_keeps_its_place)
{
	CLEANUP(ini_done) struct ini ini = parsed("[a]\nx=1\n"), over;
	struct ini_fault fault;
	const struct ini_value *x;

	ck_assert_int_eq(ini_parse("y.cfg", "[a]\n\nx+=2\n[a:b]\n", 16, &over, &fault), 0);
	ck_assert_int_eq(ini_merge(&ini, &over), 0);
	x = &ini_option(ini_find(&ini, "a"), "x")->value;
	ck_assert_str_eq(x->lines[0].file, "x.cfg");
	ck_assert_uint_eq(x->lines[0].line, 2);
	ck_assert_str_eq(x->lines[1].file, "y.cfg");
	ck_assert_uint_eq(x->lines[1].line, 3);
	ck_assert_uint_eq(ini.condition_count, 1);
	ck_assert_str_eq(ini.conditions[0].file, "y.cfg");
}
END_TEST

START_TEST(defaults)
{
	CLEANUP(ini_done) struct ini ini = { 0 };
	struct ini over = parsed("[a]\nx+=2\n");
	struct ini_section *a;

	ck_assert_int_eq(ini_set(&ini, "a", "x", "0"), 0);
	ck_assert_int_eq(ini_set(&ini, "a", "x", "1"), 0);
	ck_assert_int_eq(ini_set(&ini, "a", "y", "3"), 0);
	ck_assert_int_eq(ini_merge(&ini, &over), 0);
	expect_ini(&ini, "[a] x=1|2; y=3; ");
	a = ini_find(&ini, "a");
	ck_assert_ptr_null(ini_option(a, "y")->value.lines[0].file);
	ini_remove(a, ini_option(a, "x"));
	expect_ini(&ini, "[a] y=3; ");
	ini_remove(a, ini_option(a, "y"));
	expect_ini(&ini, "[a] ");
}
END_TEST

/* ---- inheriting ---- */

static void expect_inherited(const char *text, const char *section, const char *expected)
{
	CLEANUP(ini_done) struct ini ini = parsed(text);
	CLEANUP(ini_section_done) struct ini_section whole = { 0 };
	CLEANUP(buf_done) struct buf out = BUF(1 << 16);
	struct ini_fault fault = { 0 };

	ck_assert_msg(ini_inherit(&ini, section, &whole, &fault) == 0, "%s", fault.why);
	dump_section(&out, &whole);
	ck_assert_str_eq(out.data, expected);
}

static void expect_loop(const char *text, int error, unsigned line, const char *why)
{
	CLEANUP(ini_done) struct ini ini = parsed(text);
	struct ini_section whole = { .count = 7 };
	struct ini_fault fault = { 0 };

	ck_assert_int_eq(ini_inherit(&ini, "a", &whole, &fault), error);
	ck_assert_uint_eq(whole.count, 7);
	ck_assert_uint_eq(fault.line, line);
	ck_assert_str_eq(fault.why, why);
}

START_TEST(inherits)
{
	expect_inherited("[a]\nx=1\n", "a", "[a] x=1; ");
	expect_inherited("[b]\nx=1\ny=2\n[a]\n<= b\ny=3\n", "a", "[a] x=1; y=3; ");
	expect_inherited("[b]\nx=1\n[a]\n<= b\nx+=2\n", "a", "[a] x=1|2; ");
	expect_inherited("[b]\nx=1\n 2\n[a]\n<=\n   b\nx-=2\n", "a", "[a] x=1; ");
	expect_inherited("[b]\nx=1\nz=1\n[c]\nx=2\n[a]\n<= b\n   c\n", "a", "[a] x=2; z=1; ");
	expect_inherited("[c]\nx=1\n[b]\n<=c\nx+=2\n[a]\n<=\n    b\n\n      c\n", "a", "[a] x=1; ");
	expect_inherited("[c]\nx=1\n[b]\n<=c\nx+=2\n[a]\n<= b\nx+=3", "a", "[a] x=1|2|3; ");
	expect_inherited("[b]\nx=1\n[buildout]\n<= b\n", "buildout", "[buildout] <=b; ");
	expect_inherited("[a]\nx+=1\ny-=2\n", "a", "[a] x=|1; y=; ");
	expect_inherited("[b]\nx=1\n[c]\nx+=2\n[a]\n<= b\n  c\n", "a", "[a] x=1|2; ");
	expect_inherited("[b]\n<= c\nx=1\n[c]\n<=d\n[d]\n[a]\n<= b\n  c\n  d\n", "a", "[a] x=1; ");
}
END_TEST

START_TEST(inherits_what_is_not_there)
{
	struct ini_section whole;
	struct ini_fault fault = { 0 };
	struct ini ini = { 0 };

	ck_assert_int_eq(ini_inherit(&ini, "a", &whole, &fault), -ENOENT);
	expect_loop("[base]\n[a]\n<= bass\n", -ESRCH, 3, "<= bass: no such section (did you mean 'base'?)");
	expect_loop("[a]\n<=\n  a\n", -ELOOP, 3, "<= a: the section inherits itself");
	expect_loop("[a]\n<= b\n[b]\nx=1\n<= a\n", -ELOOP, 5, "<= a: the section inherits itself");
}
END_TEST

START_TEST(inherits_too_much)
{
	CLEANUP(buf_done) struct buf text = BUF(1 << 16);

	buf_adds(&text, "[a]\n<= s0\n");
	for (int i = 0; i < 40; i++)
		buf_printf(&text, "[s%d]\n<= s%d\n", i, i + 1);
	expect_loop(text.data, -ELOOP, 2 + 2 * (INI_INHERIT_MAX - 1), "<= s31: it inherits too many sections");
	buf_reset(&text);
	buf_adds(&text, "[a]\n<= s0\n");
	for (int i = 0; i < 30; i++)
		buf_printf(&text, "[s%d]\n<= s%d\n  s%d\n", i, i + 1, i + 1);
	buf_adds(&text, "[s30]\n");
	expect_loop(text.data, -ELOOP, 91, "<= s30: it inherits too many sections");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("ini_merge");

	tcase_add_test(tests, later_values_replace);
	tcase_add_test(tests, lines_are_added_and_taken_out);
	tcase_add_test(tests, each_line_keeps_its_place);
	tcase_add_test(tests, defaults);
	tcase_add_test(tests, inherits);
	tcase_add_test(tests, inherits_what_is_not_there);
	tcase_add_test(tests, inherits_too_much);
	return suite_run("ini_merge", tests);
}
