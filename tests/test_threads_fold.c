/* Threads with equal stacks as one. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/suite.h"
#include "tests/threads_made.h"

static const struct sections_options folded = { .fold = true };

START_TEST(fold)
{
	const struct value *list, *ids;
	struct made m;

	made_open(&m, 6);
	made_stack(&m, 0, "0x1", NULL);
	made_stack(&m, 1, "0x2", NULL);
	made_stack(&m, 2, "0x1", NULL);
	made_stack(&m, 3, "0x1", "short"); /* not the same end */
	made_stack(&m, 4, "0x2", NULL);
	made_stack(&m, 5, "0x1", NULL);
	strcpy(m.c.threads[0].comm, "first");
	list = make_threads(&m, &folded);
	ck_assert_uint_eq(list->count, 3);
	ids = value_get(item(list, 0), "thread_ids");
	ck_assert_uint_eq(ids->count, 3);
	ck_assert_int_eq(item(ids, 0)->integer, 1000000);
	ck_assert_int_eq(item(ids, 1)->integer, 1000002);
	ck_assert_int_eq(item(ids, 2)->integer, 1000005);
	ck_assert_str_eq(value_string(item(list, 0), "name", ""), "first");
	ck_assert_int_eq(value_int(item(list, 1), "thread_id", 0), 1000001);
	ck_assert_uint_eq(value_get(item(list, 1), "thread_ids")->count, 2);
	ck_assert_ptr_null(value_get(item(list, 2), "thread_ids"));
	made_done(&m);
}
END_TEST

/* 30,000 threads, all different, all the same, and two of each: one comparison for each pair would take minutes. */
START_TEST(fold_many)
{
	static const size_t of_each[] = { 1, 30000, 2 };
	size_t count = 30000;
	struct capture_thread *threads = calloc(count, sizeof(*threads));
	const struct value **stacks = calloc(count, sizeof(*stacks));
	char address[32];
	struct made m;

	made_open(&m, 0);
	value_tree_done(&m.report.tree);
	m.report = (struct gmr_report){ .tree = VALUE_TREE(256 << 20) };
	m.decoded.tree.max = 256 << 20;
	for (size_t i = 0; i < count; i++) {
		snprintf(address, sizeof(address), "0x%zx", i / of_each[_i]);
		made_stack(&m, 0, address, NULL);
		stacks[i] = m.stacks[0];
		threads[i] = (struct capture_thread){ .tid = (pid_t)i + 1, .how = CAPTURE_ASLEEP, .state = 'S',
						      .call.number = PROCPARSE_CALL_NONE };
	}
	m.c.capture.threads = threads;
	m.c.capture.thread_count = m.decoded.count = count;
	m.decoded.stacks = stacks;
	ck_assert_uint_eq(make_threads(&m, &folded)->count, count / of_each[_i]);
	ck_assert_int_eq(m.report.tree.error, 0);
	made_done(&m);
	free(threads);
	free(stacks);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, fold);
	tcase_add_loop_test(t, fold_many, 0, 3);
	return suite_run("threads_fold", t);
}
