/* Who of those that are about to be killed is reported, and how often. This program stands for gmr, and makes no
 * reports: it is said of each that there is none. */
#include "applets/cluster/reporting.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "core/pidref.h"
#include "tests/child.h"
#include "tests/suite.h"

enum { SOME = 6 };

static char no_directory[] = "/nonexistent/reports";
static const struct config config = { .report = no_directory, .report_deadline_ms = 50000, .report_keep = 1 };
static struct procfs proc;
static struct reporting reporting;
static char said[4096]; /* the lines that were said, each with a newline */
static struct tree_node nodes[SOME];
static int leash[2]; /* whoever is below a child ends with the test */

static void note(void *context, const char *line)
{
	ck_assert_ptr_eq(context, said);
	strcat(strcat(said, line), "\n");
}

static void begin(void)
{
	ck_assert_int_eq(procfs_open_own(&proc), 0);
	ck_assert_int_eq(pipe(leash), 0);
	ck_assert_int_eq(reporting_open(&reporting, &config), 0);
	reporting.say = note;
	reporting.context = said;
	said[0] = '\0';
}

static void end(void)
{
	procfs_done(&proc);
	close(leash[0]);
	close(leash[1]);
}

static struct tree_node node_of(pid_t pid)
{
	struct pidref ref = PIDREF_NONE;
	struct tree_node node;

	ck_assert_int_eq(pidref_open(&proc, pid, &ref), 0);
	node = (struct tree_node){ pid, ref.start_ticks };
	pidref_done(&ref);
	return node;
}

/* A child, and one below it. */
static void start_two(pid_t ret[2])
{
	int said_by[2];
	char c;

	ck_assert_int_eq(pipe(said_by), 0);
	ret[0] = fork();
	if (ret[0] == 0) {
		ret[1] = fork();
		if (ret[1] > 0 && write(said_by[1], &ret[1], sizeof(ret[1])) < 0)
			_exit(1);
		close(leash[1]);
		while (read(leash[0], &c, 1) < 0)
			;
		_exit(0);
	}
	ck_assert_int_eq(read(said_by[0], &ret[1], sizeof(ret[1])), sizeof(ret[1]));
	close(said_by[0]);
	close(said_by[1]);
}

static int lines(void)
{
	int n = 0;

	for (const char *at = said; (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

START_TEST(none_are_wanted)
{
	const struct config none = { .report_deadline_ms = 100 };

	nodes[0] = node_of(getpid());
	reporting_take(NULL, &proc, nodes, 1, NULL);
	reporting.evidence.directory = no_directory; /* valgrind lets nobody run our binary */
	ck_assert_ptr_eq(reporting_if_wanted(&reporting), &reporting);
	ck_assert_int_eq(reporting_open(&reporting, &none), 0);
	ck_assert_ptr_null(reporting_if_wanted(&reporting));
	ck_assert_ptr_null(reporting_if_wanted(&(struct reporting){ 0 }));
}
END_TEST

START_TEST(each_tree_once)
{
	char expected[256];
	pid_t pids[2];

	start_two(pids);
	nodes[0] = node_of(pids[0]);
	nodes[1] = node_of(pids[1]);
	reporting_take(&reporting, &proc, nodes, 2, "web");
	snprintf(expected, sizeof(expected), "web: no report of pid %d: ", (int)pids[0]);
	ck_assert_msg(!strncmp(said, expected, strlen(expected)), "%s", said);
	ck_assert_int_eq(lines(), 1);
	reporting_take(&reporting, &proc, nodes, 2, "web");
	ck_assert_int_eq(lines(), 1);
	reporting_take(&reporting, &proc, nodes + 1, 1, NULL); /* alone it is one that nobody has reported */
	ck_assert_int_eq(lines(), 2);
	child_end(pids[0]);
}
END_TEST

START_TEST(a_few_at_a_time)
{
	for (int i = 0; i < SOME; i++)
		nodes[i] = node_of(child_start());
	reporting_take(&reporting, &proc, nodes, SOME, "web");
	ck_assert_int_eq(lines(), 4);
	reporting_take(&reporting, &proc, nodes, SOME, "web");
	ck_assert_int_eq(lines(), SOME);
	for (int i = 0; i < SOME; i++)
		child_end(nodes[i].pid);
}
END_TEST

START_TEST(whoever_is_another_now)
{
	nodes[0] = node_of(child_start());
	nodes[1] = nodes[0];
	nodes[0].start_ticks++;
	reporting_take(&reporting, &proc, nodes, 1, "web");
	child_end(nodes[1].pid);
	reporting_take(&reporting, &proc, nodes + 1, 1, "web");
	ck_assert_str_eq(said, "");
}
END_TEST

/* Who cannot be killed is known for a while, and then not any more. */
START_TEST(as_many_as_are_remembered)
{
	struct tree_node node = node_of(child_start());

	reporting_take(&reporting, &proc, &node, 1, "web");
	ck_assert_int_eq(lines(), 1);
	for (int i = 0; i < REPORTING_KNOWN; i++) {
		const struct tree_node another = { node.pid, node.start_ticks + 1 + (uint64_t)i };

		reporting_take(&reporting, &proc, &another, 1, "web");
	}
	ck_assert_int_eq(lines(), 1);
	reporting_take(&reporting, &proc, &node, 1, "web");
	ck_assert_int_eq(lines(), 2);
	child_end(node.pid);
}
END_TEST

/* Our own binary is run as `procguard --list`, and as `procguard gmr`: the tests must not be what is run then. */
int main(int argc, char **argv)
{
	TCase *t;

	(void)argv;
	if (argc > 1)
		return puts("gmr") < 0;
	t = tcase_create("all");

	tcase_add_checked_fixture(t, begin, end);
	tcase_add_test(t, none_are_wanted);
	tcase_add_test(t, each_tree_once);
	tcase_add_test(t, a_few_at_a_time);
	tcase_add_test(t, whoever_is_another_now);
	tcase_add_test(t, as_many_as_are_remembered);
	return suite_run("reporting", t);
}
