/* threads_made.h: the section Threads of a capture and stacks that are made by hand. */
#ifndef TESTS_THREADS_MADE_H
#define TESTS_THREADS_MADE_H

#include <check.h>
#include <string.h>
#include <unistd.h>

#include "applets/gmr/sections.h"
#include "core/report.h"
#include "tests/captured.h"

/* A report, and what it is made from. */
struct made {
	struct captured c;
	struct decoded decoded;
	const struct value *stacks[CAPTURED_MAX];
	struct gmr_report report;
};

static inline void made_open(struct made *m, size_t count)
{
	memset(m, 0, sizeof(*m));
	captured_open(&m->c, getpid());
	m->c.capture.thread_count = count;
	for (size_t i = 0; i < count; i++) {
		m->c.threads[i].tid = (pid_t)(1000000 + i);
		m->c.threads[i].how = CAPTURE_ASLEEP;
		m->c.threads[i].state = 'S';
		m->c.threads[i].call.number = PROCPARSE_CALL_NONE;
	}
	m->decoded = (struct decoded){ .tree = VALUE_TREE(1 << 20), .stacks = m->stacks, .count = count };
	m->report = (struct gmr_report){ .tree = VALUE_TREE(16 << 20) };
	m->report.denied = value_add_list(&m->report.tree, &m->report.tree.root, "denied");
	m->report.notes = value_add_list(&m->report.tree, &m->report.tree.root, "notes");
	m->report.deadlocks = value_add_list(&m->report.tree, &m->report.tree.root, "deadlocks");
}

/* Thread INDEX has a stack of one frame at ADDRESS. */
static inline void made_stack(struct made *m, size_t index, const char *address, const char *end)
{
	struct value *stack = value_add_map(&m->decoded.tree, &m->decoded.tree.root, NULL);
	struct value *lines = value_add_list(&m->decoded.tree, stack, "lines");
	struct value *line = value_add_map(&m->decoded.tree, lines, NULL);

	value_add_string(&m->decoded.tree, line, "name", "main");
	value_add_string(&m->decoded.tree, line, "address", address);
	value_add_string(&m->decoded.tree, stack, "end", end);
	m->stacks[index] = stack;
}

static inline void made_done(struct made *m)
{
	value_tree_done(&m->decoded.tree);
	value_tree_done(&m->report.tree);
	captured_done(&m->c);
}

static inline const struct value *make_threads(struct made *m, const struct sections_options *options)
{
	section_threads(&m->report, &m->c.target, &m->c.capture, &m->decoded, options);
	return value_get(&m->report.tree.root, REPORT_THREADS);
}

static inline const struct value *item(const struct value *list, size_t index)
{
	const struct value *v = value_first(list);

	while (v && index-- > 0)
		v = v->next;
	ck_assert_ptr_nonnull(v);
	return v;
}

static inline bool is_null(const struct value *map, const char *key)
{
	const struct value *v = value_get(map, key);

	return v && v->kind == VALUE_NULL;
}

#endif
