/* The guard's own oom_score_adj, and what its children get. */
#include "core/oomadj.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/spawn.h"
#include "tests/suite.h"

static int value(void)
{
	char text[16] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDONLY | O_CLOEXEC);

	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	return atoi(text);
}

/* Raising is always allowed. */
static void raise_to(int wanted)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "w");

	ck_assert_ptr_nonnull(file);
	fprintf(file, "%d", wanted);
	ck_assert_int_eq(fclose(file), 0);
}

static int child_value(const struct oomadj *adj)
{
	char sh[] = "sh", c[] = "-c", script[] = "exit $(($(cat /proc/self/oom_score_adj) - 700))";
	char *argv[] = { sh, c, script, NULL };
	struct spawn s = { .argv = argv, .in = -1, .out = -1, .err = -1, .oomadj = adj };
	int status = -1;

	ck_assert_int_eq(spawn_run(&s, -1, &status), 0);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status) + 700;
}

START_TEST(what_children_get)
{
	struct oomadj adj = { .lowered = true, .before = 750 }, same = { .lowered = false, .before = 750 };

	raise_to(720);
	ck_assert_int_eq(child_value(NULL), 720);
	ck_assert_int_eq(child_value(&same), 720);
	ck_assert_int_eq(child_value(&adj), 750);
	ck_assert_int_eq(value(), 720);
}
END_TEST

START_TEST(lowered_where_allowed)
{
	struct oomadj adj = { 0 };
	int before = value(), r = oomadj_lower(&adj);

	ck_assert_msg(r == 0 || r == -EACCES, "%d", r);
	if (r < 0) {
		ck_assert(!adj.lowered);
		ck_assert_int_eq(value(), before);
		return;
	}
	ck_assert_int_eq(value(), -1000);
	ck_assert_int_eq(adj.lowered, before > -1000);
	if (adj.lowered)
		ck_assert_int_eq(adj.before, before);
	oomadj_restore(&adj);
	ck_assert_int_eq(value(), before);
}
END_TEST

START_TEST(not_allowed)
{
	struct oomadj adj = { .before = 7 };

	if (getuid() == 0)
		ck_assert_int_eq(setuid(65534), 0);
	prctl(PR_SET_DUMPABLE, 1); /* else its own /proc belongs to root */
	if (value() <= -1000)
		return;
	ck_assert_int_eq(oomadj_lower(&adj), -EACCES);
	ck_assert(!adj.lowered);
	ck_assert_int_eq(adj.before, 7);
	oomadj_restore(NULL);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("oomadj");

	tcase_add_test(tests, what_children_get);
	tcase_add_test(tests, lowered_where_allowed);
	tcase_add_test(tests, not_allowed);
	return suite_run("oomadj", tests);
}
