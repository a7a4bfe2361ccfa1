/* fuzz_value.c: a packed value from a child that may be in a stranger's hands: unpacked, shown by every view, as a
 * whole report and as each of its sections, and packed again. */
#include "core/report.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/cleanup.h"

enum { TREE_MAX = 1 << 20, TEXT_MAX = 1 << 24 };

static void check_again(const struct value *value)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(2 * TREE_MAX);
	CLEANUP(buf_done) struct buf bytes = BUF(TEXT_MAX);

	if (value_pack(value, &bytes) != 0)
		abort();
	if (value_unpack(&tree, &tree.root, "again", bytes.data, bytes.len) != 0 ||
	    !value_equal(value, value_get(&tree.root, "again")))
		abort();
}

static void show(const struct value *report)
{
	CLEANUP(buf_done) struct buf text = BUF(TEXT_MAX);
	int r = report_text(report, &text);

	if (r != 0 && r != -ENOBUFS)
		abort();
	buf_reset(&text);
	if (report_json(report, &text) != 0)
		abort();
	buf_reset(&text);
	r = report_xml(report, &text);
	if (r != 0 && r != -ENOBUFS)
		abort();
}

static void show_as(const struct value *value, const char *title)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(2 * TREE_MAX);

	value_add_copy(&tree, &tree.root, title, value);
	show(&tree.root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const titles[] = { "report", REPORT_PACKAGE, REPORT_THREADS, REPORT_GREEN_THREADS,
					      REPORT_PROCESSES, REPORT_CONFIGURATION, "else" };
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(TREE_MAX);
	int r = value_unpack(&tree, &tree.root, "value", (const char *)data, size);
	const struct value *value = value_get(&tree.root, "value");

	if (tree.bytes > TREE_MAX || (r == -EBADMSG && tree.root.count != 0) || (r == 0 && !value))
		abort();
	if (r != 0)
		return 0;
	check_again(value);
	show(value);
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		show_as(value, titles[i]);
	return 0;
}
