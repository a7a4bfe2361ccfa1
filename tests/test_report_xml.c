/* The report as XML. `test_report_xml all` prints one with everything in it, for gmr_schema.sh. */
#include "core/report.h"

#include <check.h>
#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/report.h"
#include "tests/suite.h"

static int print_xml(const struct value *report, struct buf *ret)
{
	int r = buf_adds(ret, REPORT_XML_HEAD);

	return r < 0 ? r : report_xml(report, ret);
}

static void check_xml(const struct value *report, const char *expected)
{
	CLEANUP(buf_done) struct buf text = BUF(REPORT_TEST_MAX);

	ck_assert_int_eq(report_xml(report, &text), 0);
	ck_assert_str_eq(text.data, expected);
}

START_TEST(all_kinds)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
	struct value *map = value_add_map(&tree, &tree.root, "A \"<b>\""), *list = value_add_list(&tree, map, "l");

	value_add_list(&tree, list, NULL);
	value_add_string(&tree, list, NULL, "a<b&\"c'>");
	value_add_null(&tree, map, "n");
	value_add_bool(&tree, map, "t", true);
	value_add_int(&tree, map, "i", INT64_MIN);
	value_add_string(&tree, map, "e", "");
	check_xml(&tree.root, "<report>\n"
			      " <section title=\"A &quot;&lt;b&gt;&quot;\">\n"
			      "  <l>\n"
			      "   <item/>\n"
			      "   <item>a&lt;b&amp;&quot;c'&gt;</item>\n"
			      "  </l>\n"
			      "  <n null=\"true\"/>\n"
			      "  <t>true</t>\n"
			      "  <i>-9223372036854775808</i>\n"
			      "  <e></e>\n"
			      " </section>\n"
			      "</report>\n");
}
END_TEST

START_TEST(names)
{
	static const char *const keys[][2] = {
		{ "build-id", "build-id" }, { "_a.9", "_a.9" }, { "", NULL }, { "9", NULL }, { "-a", NULL },
		{ "a b", NULL }, { "a:b", NULL }, { "XmL", NULL }, { "item", NULL },
		{ "entry", NULL },
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
		const char *key = keys[i][0], *name = keys[i][1];
		char expected[256];

		value_add_int(&tree, value_add_map(&tree, &tree.root, "report"), key, 1);
		if (name)
			snprintf(expected, sizeof(expected), "<%s>1</%s>", name, name);
		else
			snprintf(expected, sizeof(expected), "<entry name=\"%s\">1</entry>", key);
		CLEANUP(buf_done) struct buf whole = BUF(512);
		ck_assert_int_eq(buf_printf(&whole, "<report>\n <about>\n  %s\n </about>\n</report>\n", expected), 0);
		check_xml(&tree.root, whole.data);
	}
}
END_TEST

/* XML has no U+FFFE and no U+FFFF, but all others that are no control characters. */
START_TEST(no_characters)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);

	value_add_string(&tree, &tree.root, "k\xef\xbf\xbf", "\xef\xbf\xbd\xef\xbf\xbe\xf0\x9f\xbf\xbe\xef\xbf");
	check_xml(&tree.root, "<report>\n <section title=\"k\\xef\\xbf\\xbf\">"
			      "\xef\xbf\xbd\\xef\\xbf\\xbe\xf0\x9f\xbf\xbe\\xef\\xbf</section>\n</report>\n");
}
END_TEST

START_TEST(no_room)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);

	report_add_all(&tree);
	for (size_t max = 4; max < 5000; max += 101) {
		CLEANUP(buf_done) struct buf text = BUF(max);

		ck_assert_int_eq(buf_adds(&text, "kept"), 0);
		ck_assert_int_eq(report_xml(&tree.root, &text), -ENOBUFS);
		ck_assert_str_eq(text.data, "kept");
	}
}
END_TEST

START_TEST(deep)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
	CLEANUP(buf_done) struct buf text = BUF(REPORT_TEST_MAX);
	struct value *in = &tree.root;

	while (in)
		in = value_add_map(&tree, in, "k");
	ck_assert_int_eq(report_xml(&tree.root, &text), 0);
	buf_reset(&text);
	ck_assert_int_eq(report_json(&tree.root, &text), 0);
	buf_reset(&text);
	ck_assert_int_eq(report_text(&tree.root, &text), 0);
}
END_TEST

int main(int argc, char **argv)
{
	TCase *tests = tcase_create("report_xml");

	if (argc == 2)
		return report_print(argv[1], print_xml);
	tcase_add_test(tests, all_kinds);
	tcase_add_test(tests, names);
	tcase_add_test(tests, no_characters);
	tcase_add_test(tests, no_room);
	tcase_add_test(tests, deep);
	return suite_run("report_xml", tests);
}
