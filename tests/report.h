/* report.h: a report with everything in it, and a report from a file, for the tests of the views. */
#ifndef TESTS_REPORT_H
#define TESTS_REPORT_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/report.h"

enum { REPORT_TEST_MAX = 1 << 24 };

/* FILE is NULL, and LINE an offset then: no line info. */
static inline void report_add_line(struct value_tree *tree, struct value *lines, const char *file, int line,
				   const char *name, const char *code)
{
	struct value *map = value_add_map(tree, lines, NULL);

	value_add_string(tree, map, "filename", file);
	if (file)
		value_add_int(tree, map, "line", line);
	else
		value_add_null(tree, map, "line");
	value_add_string(tree, map, "name", name);
	value_add_string(tree, map, "code", code);
	value_add_string(tree, map, "module", "/lib/libc.so.6");
	value_add_int(tree, map, "offset", line);
	value_add_string(tree, map, "address", "0x7f00");
}

/* Its list of lines. */
static inline struct value *report_add_stack(struct value_tree *tree, struct value *in, const char *end)
{
	struct value *stack = value_add_map(tree, in, "stack_trace");
	struct value *lines = value_add_list(tree, stack, "lines");

	value_add_string(tree, stack, "end", end);
	value_add_null(tree, stack, "root_exception");
	return lines;
}

static inline struct value *report_add_thread(struct value_tree *tree, struct value *threads, int id, int folded)
{
	struct value *thread = value_add_map(tree, threads, NULL);
	struct value *ids = NULL;

	value_add_int(tree, thread, "thread_id", id);
	if (folded > 1)
		ids = value_add_list(tree, thread, "thread_ids");
	for (int i = 0; i < folded; i++)
		value_add_int(tree, ids, NULL, id + i);
	value_add_null(tree, thread, "pthread_id");
	value_add_string(tree, thread, "name", "wörk\xff\n");
	value_add_string(tree, thread, "state", "sleeping");
	value_add_string(tree, thread, "system_call", "futex(0x7f0c)");
	value_add_string(tree, thread, "wchan", "futex_do_wait");
	value_add_string(tree, thread, "read", folded ? "asleep" : NULL);
	if (folded == 1)
		value_add_int(tree, thread, "waits_for", 14);
	else
		value_add_null(tree, thread, "waits_for");
	return thread;
}

static inline void report_add_about(struct value_tree *tree)
{
	struct value *about = value_add_map(tree, &tree->root, "report"), *list, *map;

	value_add_string(tree, about, "version", "0.1.0");
	value_add_string(tree, about, "time", "2026-11-21T20:00:00Z");
	value_add_string(tree, about, "host", "web1");
	value_add_int(tree, about, "pid", 4711);
	value_add_bool(tree, about, "complete", false);
	list = value_add_list(tree, about, "denied");
	map = value_add_map(tree, list, NULL);
	value_add_string(tree, map, "section", "Threads");
	value_add_string(tree, map, "what", "stacks");
	value_add_string(tree, map, "reason", "Yama's scope is 1");
	value_add_string(tree, map, "remedy", "run as root");
	map = value_add_map(tree, list, NULL);
	value_add_string(tree, map, "section", "Nowhere");
	value_add_string(tree, map, "what", "this");
	value_add_string(tree, map, "reason", "so");
	value_add_null(tree, map, "remedy");
	map = value_add_map(tree, value_add_list(tree, about, "notes"), NULL);
	value_add_string(tree, map, "section", "Threads");
	value_add_string(tree, map, "text", "a JVM: jcmd 4711 Thread.print");
	list = value_add_list(tree, value_add_list(tree, about, "deadlocks"), NULL);
	value_add_int(tree, list, NULL, 12);
	value_add_int(tree, list, NULL, 14);
}

static inline struct value *report_add_process(struct value_tree *tree, struct value *in, const char *key, int pid)
{
	static const char *const kinds[] = { "uids", "gids" };
	struct value *process = value_add_map(tree, in, key), *ids;

	value_add_int(tree, process, "pid", pid);
	value_add_int(tree, process, "parent_pid", pid - 1);
	for (int i = 0; i < 2; i++) {
		ids = value_add_map(tree, process, kinds[i]);
		value_add_int(tree, ids, "real", 33);
		value_add_int(tree, ids, "effective", 33);
		value_add_int(tree, ids, "saved", 33);
	}
	value_add_string(tree, process, "username", "www-data");
	value_add_string(tree, value_add_list(tree, process, "command"), NULL, "sh <&>\xef\xbf\xbf");
	value_add_string(tree, process, "state", "sleeping");
	return value_add_list(tree, process, "children");
}

static inline void report_add_sections(struct value_tree *tree)
{
	struct value *section = value_add_map(tree, &tree->root, REPORT_PACKAGE), *map;

	value_add_string(tree, value_add_map(tree, section, "runs"), "path", "/a");
	value_add_string(tree, section, "vendor", "ACME");
	value_add_null(tree, section, "product");
	value_add_string(tree, section, "version", "1.0-3");
	section = value_add_list(tree, &tree->root, REPORT_THREADS);
	map = report_add_stack(tree, report_add_thread(tree, section, 12, 1), NULL);
	report_add_line(tree, map, "/src/main.c", 12, "main", "run(\"<\\>\");");
	report_add_line(tree, map, NULL, 0x8a3f1, "??", NULL);
	map = report_add_stack(tree, report_add_thread(tree, section, 14, 500), "truncated");
	report_add_line(tree, map, "/src/pool.c", 5, "wait", NULL);
	report_add_stack(tree, report_add_thread(tree, section, 600, 0), "not read: it is in vfork");
	value_add_list(tree, &tree->root, REPORT_GREEN_THREADS);
	map = report_add_process(tree, &tree->root, REPORT_PROCESSES, 4711);
	map = report_add_process(tree, map, NULL, 4712);
	report_add_process(tree, map, NULL, 4713);
	section = value_add_map(tree, &tree->root, REPORT_CONFIGURATION);
	map = value_add_map(tree, section, "limits");
	value_add_string(tree, map, "max open files", "1024");
	value_add_int(tree, map, "item", -5);
	value_add_list(tree, map, "9");
	section = value_add_list(tree, value_add_map(tree, section, "command"), "arguments");
	value_add_string(tree, section, NULL, "z");
	value_add_string(tree, section, NULL, "a");
	value_add_string(tree, &tree->root, "Poem", "roses");
	section = value_add_map(tree, &tree->root, "Fruit");
	value_add_bool(tree, section, "b", true);
	value_add_int(tree, section, "a", 1);
}

static inline void report_add_all(struct value_tree *tree)
{
	report_add_about(tree);
	report_add_sections(tree);
}

static inline void report_add_local(struct value_tree *tree, struct value *locals, const char *name, const char *type,
				    const char *value)
{
	struct value *local = value_add_map(tree, locals, NULL);

	value_add_string(tree, local, "name", name);
	value_add_string(tree, local, "type", type);
	value_add_string(tree, local, "value", value);
}

/* A stack of Python's: two frames, of which the inner one has local variables where WITH_LOCALS. */
static inline struct value *report_add_python_stack(struct value_tree *tree, struct value *in, const char *end,
						    bool with_locals)
{
	struct value *stack = value_add_map(tree, in, "stack_trace"), *lines = value_add_list(tree, stack, "lines");
	struct value *line, *locals;

	for (int i = 1; i <= 2; i++) {
		line = value_add_map(tree, lines, NULL);
		value_add_string(tree, line, "filename", "/srv/app.py");
		value_add_int(tree, line, "line", i);
		value_add_string(tree, line, "name", "f");
		value_add_string(tree, line, "code", i == 2 ? "g()" : NULL);
		value_add_null(tree, line, "module");
		value_add_null(tree, line, "offset");
		value_add_null(tree, line, "address");
		value_add_string(tree, line, "qualname", "C.f");
		locals = with_locals && i == 2 ? value_add_list(tree, line, "locals") : NULL;
		report_add_local(tree, locals, "self", "C", NULL);
		report_add_local(tree, locals, "n", "int", "5");
		if (locals)
			value_add_bool(tree, line, "locals_cut", true);
	}
	value_add_string(tree, stack, "end", end);
	return stack;
}

static inline void report_add_state(struct value_tree *tree, struct value *in, const char *gil, int interpreter,
				    bool settled)
{
	value_add_string(tree, in, "gil", gil);
	value_add_int(tree, in, "interpreter_id", interpreter);
	value_add_bool(tree, in, "settled", settled);
}

static inline void report_add_python_thread(struct value_tree *tree, struct value *threads)
{
	struct value *thread = report_add_thread(tree, threads, 4712, 0), *stack, *map, *lines;

	value_add_string(tree, thread, "comm", "python3");
	report_add_state(tree, value_add_map(tree, thread, "python"), "waits", 0, false);
	stack = report_add_python_stack(tree, thread, NULL, true);
	map = value_add_map(tree, stack, "root_exception");
	value_add_string(tree, map, "type", "KeyError");
	value_add_string(tree, map, "args", "id, 7");
	value_add_string(tree, map, "file", "/srv/app.py");
	value_add_int(tree, map, "line", 2);
	stack = value_add_map(tree, thread, "native_stack_trace");
	lines = value_add_list(tree, stack, "lines");
	report_add_line(tree, lines, "/src/main.c", 12, "main", "run(<\"&\">);");
	report_add_line(tree, lines, NULL, 0x8a3f1, "??", NULL);
	value_add_string(tree, stack, "end", "short");
	value_add_null(tree, stack, "root_exception");
	map = value_add_map(tree, value_add_list(tree, thread, "interpreters"), NULL);
	report_add_state(tree, map, "holds", 3, true);
	value_add_null(tree, report_add_python_stack(tree, map, "it ran meanwhile", false), "root_exception");
}

static inline void report_add_green(struct value_tree *tree, struct value *greens, const char *kind)
{
	struct value *green = value_add_map(tree, greens, NULL);
	bool is_task = !strcmp(kind, "task");

	value_add_string(tree, green, "name", is_task ? "Task-7" : "greenlet 0x7f0c");
	value_add_string(tree, green, "kind", kind);
	value_add_string(tree, green, "id", "0x7f0c");
	value_add_string(tree, green, "state", "suspended");
	value_add_string(tree, green, "waits_for", is_task ? "<Future at 0x7f10>" : NULL);
	value_add_string(tree, green, "parent", is_task ? NULL : "0x7f08");
	value_add_int(tree, green, "thread_id", 4712);
	value_add_null(tree, report_add_python_stack(tree, green, NULL, false), "root_exception");
}

/* A report of a CPython process. */
static inline void report_add_python(struct value_tree *tree)
{
	struct value *greens;

	report_add_about(tree);
	report_add_python_thread(tree, value_add_list(tree, &tree->root, REPORT_THREADS));
	greens = value_add_list(tree, &tree->root, REPORT_GREEN_THREADS);
	report_add_green(tree, greens, "greenlet");
	report_add_green(tree, greens, "task");
}

/* Add to TREE what FILE holds as value_pack() writes it. */
static inline int report_read(struct value_tree *tree, const char *file)
{
	CLEANUP(buf_done) struct buf bytes = BUF(REPORT_TEST_MAX);
	CLEANUP(fd_done) int fd = open(file, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : buf_read_fd(&bytes, fd);

	return r < 0 ? r : value_unpack(tree, &tree->root, "packed", bytes.data, bytes.len);
}

/* For a shell test: print the packed report in FILE, or of "all" and "python" the ones above, by VIEW. An exit
 * status. */
static inline int report_print(const char *file, int (*view)(const struct value *report, struct buf *ret))
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(REPORT_TEST_MAX);
	CLEANUP(buf_done) struct buf text = BUF(REPORT_TEST_MAX);
	const struct value *report = &tree.root;
	int r = 0;

	if (!strcmp(file, "all")) {
		report_add_all(&tree);
	} else if (!strcmp(file, "python")) {
		report_add_python(&tree);
	} else {
		r = report_read(&tree, file);
		report = value_get(&tree.root, "packed");
	}
	if (r == 0)
		r = report ? view(report, &text) : -ENODATA;
	if (r < 0)
		fprintf(stderr, "%s: %s\n", file, strerror(-r));
	else
		fwrite(text.data, 1, text.len, stdout);
	return r < 0;
}

#endif
