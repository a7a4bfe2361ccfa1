/* The report as JSON. `test_report_json all` prints one with everything in it, for gmr_schema.sh. */
#include "core/report.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/report.h"
#include "tests/suite.h"

START_TEST(all_kinds)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
	CLEANUP(buf_done) struct buf text = BUF(REPORT_TEST_MAX);
	struct value *map = value_add_map(&tree, &tree.root, "m\""), *list = value_add_list(&tree, map, "l");

	value_add_list(&tree, list, NULL);
	value_add_map(&tree, list, NULL);
	value_add_null(&tree, list, NULL);
	value_add_bool(&tree, map, "t", true);
	value_add_bool(&tree, map, "f", false);
	value_add_int(&tree, map, "i", INT64_MIN);
	value_add_string(&tree, map, "s", "\\x\x01\xff\"ö");
	ck_assert_int_eq(report_json(&tree.root, &text), 0);
	ck_assert_str_eq(text.data, "{\"m\\\"\": {\"l\": [[], {}, null], \"t\": true, \"f\": false, "
				    "\"i\": -9223372036854775808, \"s\": \"\\\\x\\\\x01\\\\xff\\\"ö\"}}\n");
}
END_TEST

START_TEST(one_line)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
	CLEANUP(buf_done) struct buf text = BUF(REPORT_TEST_MAX);

	report_add_all(&tree);
	ck_assert_int_eq(report_json(&tree.root, &text), 0);
	ck_assert_ptr_eq(strchr(text.data, '\n'), text.data + text.len - 1);
	ck_assert_int_eq(strncmp(text.data, "{\"report\": {\"version\": \"0.1.0\", ", 32), 0);
}
END_TEST

START_TEST(no_room)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);

	report_add_all(&tree);
	for (size_t max = 4; max < 2000; max += 13) {
		CLEANUP(buf_done) struct buf text = BUF(max);

		ck_assert_int_eq(buf_adds(&text, "kept"), 0);
		ck_assert_int_eq(report_json(&tree.root, &text), -ENOBUFS);
		ck_assert_str_eq(text.data, "kept");
	}
}
END_TEST

int main(int argc, char **argv)
{
	TCase *tests = tcase_create("report_json");

	if (argc == 2)
		return report_print(argv[1], report_json);
	tcase_add_test(tests, all_kinds);
	tcase_add_test(tests, one_line);
	tcase_add_test(tests, no_room);
	return suite_run("report_json", tests);
}
