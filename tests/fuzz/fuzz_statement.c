/* fuzz_statement.c: what a process states of itself, as it comes through a pipe. */
#include "core/statement.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/report.h"
#include "core/value.h"

enum { TREE_MAX = 1 << 24, LATE_MAX = 4 };

static void check_section(const struct value *section)
{
	if (section->kind != VALUE_STRING && section->kind != VALUE_MAP)
		abort();
	for (const struct value *other = section->next; other; other = other->next)
		if (!strcmp(section->key, other->key))
			abort();
	if (section->count > (section->kind == VALUE_MAP ? STATEMENT_KEYS_MAX + 1 : 4 * STATEMENT_SECTION_MAX + 3))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(TREE_MAX);
	CLEANUP(buf_done) struct buf text = BUF(TREE_MAX * 8);
	struct value *sections = value_add_map(&tree, &tree.root, "sections");
	struct value *notes = value_add_list(&tree, &tree.root, "notes");
	CLEANUP(fd_done) int fd = memfd_create("statement", MFD_CLOEXEC);
	struct statement_late late[LATE_MAX];
	size_t late_count;
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	r = statement_read(fd, INT64_MAX, &tree, sections, notes, late, LATE_MAX, &late_count);
	if (r != 0 && r != -EBADMSG && r != -EPIPE)
		abort();
	if (late_count > LATE_MAX || sections->count > STATEMENT_SECTIONS_MAX || (r != 0 && notes->count == 0))
		abort();
	for (const struct value *v = value_first(sections); v; v = v->next)
		check_section(v);
	for (size_t i = 0; i < late_count; i++)
		if (late[i].tid <= 0 || late[i].title[0] == '\0' || strlen(late[i].title) > STATEMENT_TITLE_MAX)
			abort();
	if (report_json(&tree.root, &text) != 0)
		abort();
	return 0;
}
