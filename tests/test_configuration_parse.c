/* What the section Configuration takes apart, and puts into words. */
#include "applets/gmr/configuration_parse.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/suite.h"

static const char limits[] =
	"Limit                     Soft Limit           Hard Limit           Units     \n"
	"Max cpu time              unlimited            unlimited            seconds   \n"
	"Max open files            1024                 524288               files     \n"
	"short\n"
	"Max nice priority         0                    0                    \n"
	"Max data size             18446744073709551614 18446744073709551614 bytes     \n";

START_TEST(limit_lines)
{
	static const char *const want[][4] = {
		{ "Max cpu time", "unlimited", "unlimited", "seconds" },
		{ "Max open files", "1024", "524288", "files" },
		{ "Max nice priority", "0", "0", "" },
		{ "Max data size", "18446744073709551614", "18446744073709551614", "bytes" },
	};
	struct span s = span_of(limits, sizeof limits - 1);
	struct limit_line line;

	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
		ck_assert_int_eq(limit_line_next(&s, &line), 1);
		ck_assert(span_is(&line.name, want[i][0]));
		ck_assert(span_is(&line.soft, want[i][1]));
		ck_assert(span_is(&line.hard, want[i][2]));
		ck_assert(span_is(&line.unit, want[i][3]));
	}
	ck_assert_int_eq(limit_line_next(&s, &line), 0);
}
END_TEST

/* Wherever it is cut, nothing is read behind that. */
START_TEST(limit_lines_cut)
{
	for (size_t len = 0; len < sizeof limits; len++) {
		CLEANUP(free_done) char *copy = malloc(len ? len : 1);
		struct span s = span_of(memcpy(copy, limits, len), len);
		struct limit_line line;

		while (limit_line_next(&s, &line) > 0)
			ck_assert_uint_gt(span_len(&line.name), 0);
	}
}
END_TEST

START_TEST(cgroup_lines)
{
	static const char text[] = "4:memory:/a:b\nbad\n1:name=systemd:/init.scope\n0::/user\x1b\n9:cut:/";
	struct span s = span_of(text, sizeof text - 1);
	struct cgroup_line line;

	ck_assert_int_eq(cgroup_line_next(&s, &line), 1);
	ck_assert(span_is(&line.controllers, "memory") && span_is(&line.path, "/a:b"));
	ck_assert_int_eq(cgroup_line_next(&s, &line), 1);
	ck_assert(span_is(&line.controllers, "name=systemd") && span_is(&line.path, "/init.scope"));
	ck_assert_int_eq(cgroup_line_next(&s, &line), 1);
	ck_assert(span_is(&line.controllers, "") && span_is(&line.path, "/user\x1b"));
	ck_assert_int_eq(cgroup_line_next(&s, &line), 0);
}
END_TEST

static const struct { const char *text; int field, result; int64_t number; } fields[] = {
	{ "7 (a) (b) S 1 7 7 34816 -1 4194560\n", 7, 0, 34816 }, { "7 (a) (b) S 1 7 7 34816 -1 4194560\n", 8, 0, -1 },
	{ "7 (a) (b) S 1 7 7 34816 -1 4194560\n", 9, 0, 4194560 }, { "7 (a) S 1\n", 4, 0, 1 },
	{ "7 (a) S 1\n", 5, -ENOENT, 0 }, { "7 a S 1\n", 4, -EBADMSG, 0 }, { "", 4, -EBADMSG, 0 },
	{ "7 (a)", 4, -ENOENT, 0 }, { "7 (a) S x", 4, -EBADMSG, 0 }, { "7 (a) S 1x", 4, -EBADMSG, 0 },
	{ "7 (a) S 99999999999999999999", 4, -EBADMSG, 0 },
};

START_TEST(stat_fields)
{
	int64_t number = 0;

	ck_assert_int_eq(stat_field(fields[_i].text, strlen(fields[_i].text), fields[_i].field, &number),
			 fields[_i].result);
	ck_assert_int_eq(number, fields[_i].number);
}
END_TEST

static const struct { uint32_t number; const char *name; } terminals[] = {
	{ 0, "none" }, { 34816, "/dev/pts/0" }, { 34819, "/dev/pts/3" }, { 0x0010882c, "/dev/pts/300" },
	{ 1025, "/dev/tty1" }, { 1088, "/dev/ttyS0" }, { 1281, "/dev/console" }, { 52288, "204:64" },
	{ UINT32_MAX, "4095:1048575" },
};

START_TEST(terminal)
{
	char name[TERMINAL_MAX];

	terminal_name(terminals[_i].number, name);
	ck_assert_str_eq(name, terminals[_i].name);
}
END_TEST

START_TEST(processor_limit)
{
	double cores = -1;

	ck_assert_int_eq(cpu_max("50000 100000\n", 13, &cores), 0);
	ck_assert_double_eq(cores, 0.5);
	ck_assert_int_eq(cpu_max("max 100000\n", 11, &cores), 0);
	ck_assert_double_eq(cores, 0);
	ck_assert_int_eq(cpu_max("1 0\n", 4, &cores), -EBADMSG);
	ck_assert_int_eq(cpu_max("max\n", 4, &cores), -EBADMSG);
	ck_assert_int_eq(cpu_max("", 0, &cores), -EBADMSG);
}
END_TEST

static const struct { const char *text; int result; uint64_t number; } numbers[] = {
	{ "max\n", 0, UINT64_MAX }, { "-1\n", 0, UINT64_MAX }, { "9223372036854771712\n", 0, UINT64_MAX },
	{ "536870912\n", 0, 536870912 }, { "0\n", 0, 0 }, { "7", 0, 7 }, { "", -EBADMSG, 5 }, { "x\n", -EBADMSG, 5 },
	{ "7 8\n", -EBADMSG, 5 },
};

START_TEST(one_number)
{
	uint64_t found = 5;

	ck_assert_int_eq(cgroup_number(numbers[_i].text, strlen(numbers[_i].text), &found), numbers[_i].result);
	ck_assert_uint_eq(found, numbers[_i].number);
}
END_TEST

START_TEST(words)
{
	char word[WORD_SIZE];

	bytes_word(1023, word);
	ck_assert_str_eq(word, "1023 B");
	bytes_word(1536, word);
	ck_assert_str_eq(word, "1.5 KiB");
	bytes_word((uint64_t)2 << 30, word);
	ck_assert_str_eq(word, "2.0 GiB");
	bytes_word(UINT64_MAX, word);
	ck_assert_str_eq(word, "16.0 EiB");
	age_word(((2 * 24 + 3) * 3600 + 4 * 60 + 5) * 1000LL + 999, word);
	ck_assert_str_eq(word, "2d 3h 4m 5s");
	age_word(-1, word);
	ck_assert_str_eq(word, "0h 0m 0s");
	age_word(INT64_MAX, word);
	time_word(1709251199, word);
	ck_assert_str_eq(word, "2024-02-29T23:59:59Z");
	time_word(INT64_MAX, word);
	ck_assert_str_eq(word, "?");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("configuration_parse");

	tcase_add_test(tests, limit_lines);
	tcase_add_test(tests, limit_lines_cut);
	tcase_add_test(tests, cgroup_lines);
	tcase_add_loop_test(tests, stat_fields, 0, sizeof fields / sizeof fields[0]);
	tcase_add_loop_test(tests, terminal, 0, sizeof terminals / sizeof terminals[0]);
	tcase_add_test(tests, processor_limit);
	tcase_add_loop_test(tests, one_number, 0, sizeof numbers / sizeof numbers[0]);
	tcase_add_test(tests, words);
	return suite_run("configuration_parse", tests);
}
