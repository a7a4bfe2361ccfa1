/* The parsers of proc(5) for processes: what the kernel writes, what a hostile process makes of it, and every way to be
 * cut off. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/procparse.h"
#include "tests/suite.h"

#define STAT_TAIL " 1 7 8 0 -1 4194560 1103 0 0 0 20 10 0 0 20 0 3 0 4711 " \
	"2813952 375 18446744073709551615 1 1 0 0 0 1 2 3 16385 0\n"

/* A copy with nothing readable behind it, for the tools that watch memory. */
static char *exact(const char *text, size_t len)
{
	char *copy = malloc(len ? len : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	return copy;
}

static int parse_stat(const char *text, size_t len, struct procparse_stat *ret)
{
	CLEANUP(free_done) char *copy = exact(text, len);

	return procparse_stat(copy, len, ret);
}

START_TEST(stat_plain)
{
	struct procparse_stat stat;
	const char *text = "7 (sleep) S" STAT_TAIL;

	ck_assert_int_eq(parse_stat(text, strlen(text), &stat), 0);
	ck_assert_int_eq(stat.pid, 7);
	ck_assert_str_eq(stat.comm, "sleep");
	ck_assert_int_eq(stat.state, 'S');
	ck_assert_int_eq(stat.ppid, 1);
	ck_assert_int_eq(stat.pgrp, 7);
	ck_assert_int_eq(stat.session, 8);
	ck_assert_int_eq(stat.tpgid, -1);
	ck_assert_uint_eq(stat.utime, 20);
	ck_assert_uint_eq(stat.stime, 10);
	ck_assert_int_eq(stat.num_threads, 3);
	ck_assert_uint_eq(stat.start_ticks, 4711);
	ck_assert_uint_eq(stat.flags, 4194560);
	ck_assert_uint_eq(stat.size, 2813952);
	ck_assert_uint_eq(stat.resident, 375);
	ck_assert_uint_eq(stat.caught, 16385);
}
END_TEST

#define COMM_63 "kworker/u257:12-events_unbound_and_some_more_of_a_name_like_it!"

static const char *const comms[] = {
	"", "a", ")", "(", ") (", ") S 1 2 3 4 5", "a\nb", "7 (x) R 1", "\001\377\t ", "((((", "))))", COMM_63,
};

START_TEST(stat_comm)
{
	struct procparse_stat stat;
	char text[512];
	int n = snprintf(text, sizeof text, "12 (%s) R" STAT_TAIL, comms[_i]);

	ck_assert_int_eq(parse_stat(text, (size_t)n, &stat), 0);
	ck_assert_str_eq(stat.comm, comms[_i]);
	ck_assert_int_eq(stat.state, 'R');
	ck_assert_uint_eq(stat.start_ticks, 4711);
}
END_TEST

START_TEST(stat_cut_anywhere)
{
	const char *text = "7 (a) ( b) S" STAT_TAIL;
	size_t whole = (size_t)(strstr(text, " 4711 ") - text) + strlen(" 4711 ");
	size_t memory = (size_t)(strstr(text, " 375 ") - text) + strlen(" 375 ");
	size_t signals = (size_t)(strstr(text, " 16385 ") - text) + strlen(" 16385 ");

	for (size_t len = 0; len <= strlen(text); len++) {
		struct procparse_stat stat = { .pid = -5 };

		ck_assert_int_eq(parse_stat(text, len, &stat), len < whole ? -EBADMSG : 0);
		ck_assert_int_eq(stat.pid, len < whole ? -5 : 7);
		if (len >= whole) /* both or none of these */
			ck_assert_uint_eq(stat.size, len < memory ? 0 : 2813952);
		if (len >= whole)
			ck_assert_uint_eq(stat.resident, len < memory ? 0 : 375);
		if (len >= whole)
			ck_assert_uint_eq(stat.caught, len < signals ? 0 : 16385);
	}
}
END_TEST

#define STAT_WITH(ppid, tpgid, utime, start) \
	"7 (x) S " ppid " 7 7 0 " tpgid " 0 0 0 0 0 " utime " 0 0 0 20 0 1 0 " start " 0\n"

static const char *const bad_stats[] = {
	"", "x", "0 (x) S" STAT_TAIL, "-7 (x) S" STAT_TAIL, "2147483648 (x) S" STAT_TAIL,
	"99999999999999999999999 (x) S" STAT_TAIL, "7(x) S" STAT_TAIL, "7 x S" STAT_TAIL, "7 (x S" STAT_TAIL,
	"7 (x)S" STAT_TAIL, "7 (x) SS" STAT_TAIL, "7 (" COMM_63 "4) S" STAT_TAIL,
	STAT_WITH("-1", "-1", "0", "1"), STAT_WITH("2147483648", "-1", "0", "1"),
	STAT_WITH("1", "-2147483648", "0", "1"), STAT_WITH("1", "-1", "0", "18446744073709551616"),
	STAT_WITH("1", "-", "0", "1"), STAT_WITH("1", "--1", "0", "1"), STAT_WITH("1", "+1", "0", "1"),
	STAT_WITH("1", "-1", "-1", "1"), STAT_WITH("1", "-1", "0", "-1"),
	STAT_WITH("1", "-1", "0x1", "1"), STAT_WITH("1", "-1", "0", "1x"), STAT_WITH("1", "-1", "0", ""),
};

START_TEST(stat_bad)
{
	struct procparse_stat stat = { .pid = -5 };

	ck_assert_int_eq(parse_stat(bad_stats[_i], strlen(bad_stats[_i]), &stat), -EBADMSG);
	ck_assert_int_eq(stat.pid, -5);
}
END_TEST

START_TEST(stat_extremes)
{
	struct procparse_stat stat;
	const char *text = STAT_WITH("2147483647", "-2147483647", "18446744073709551615", "18446744073709551615");

	ck_assert_int_eq(parse_stat(text, strlen(text), &stat), 0);
	ck_assert_int_eq(stat.ppid, 2147483647);
	ck_assert_int_eq(stat.tpgid, -2147483647);
	ck_assert_uint_eq(stat.utime, UINT64_MAX);
	ck_assert_uint_eq(stat.start_ticks, UINT64_MAX);

	static const char nul[] = "7 (x\0y) S" STAT_TAIL;
	ck_assert_int_eq(parse_stat(nul, sizeof nul - 1, &stat), -EBADMSG);
}
END_TEST

START_TEST(stat_ended)
{
	static const struct { char state; int threads; bool ended; } cases[] = {
		{ 'R', 1, false }, { 'S', 1, false }, { 'D', 1, false }, { 'T', 1, false }, { 'I', 1, false },
		{ 'Z', 1, true }, { 'Z', 0, true }, { 'X', 1, true }, { 'x', 0, true },
		{ 'Z', 2, false }, /* main() called pthread_exit(3), others go on */
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct procparse_stat stat = { .state = cases[i].state, .num_threads = cases[i].threads };

		ck_assert_int_eq(procparse_stat_ended(&stat), cases[i].ended);
	}
}
END_TEST

static int parse_status(const char *text, size_t len, struct procparse_status *ret)
{
	CLEANUP(free_done) char *copy = exact(text, len);

	return procparse_status(copy, len, ret);
}

#define STATUS_HEAD "Name:\ta\\nUid:\\t0\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t7\n"
#define STATUS_IDS "Uid:\t1000\t1001\t1002\t1003\nGid:\t100\t101\t102\t103\nFDSize:\t64\n"

START_TEST(status_plain)
{
	struct procparse_status status;
	const char *text = STATUS_HEAD STATUS_IDS "Groups:\t4 24 27 \nNStgid:\t7\nVmPeak:\t 2748 kB\n";

	ck_assert_int_eq(parse_status(text, strlen(text), &status), 0);
	ck_assert_uint_eq(status.uid, 1000);
	ck_assert_uint_eq(status.fsuid, 1003);
	ck_assert_uint_eq(status.gid, 100);
	ck_assert_uint_eq(status.fsgid, 103);
	ck_assert_uint_eq(status.group_count, 3);
	ck_assert_uint_eq(status.groups[0], 4);
	ck_assert_uint_eq(status.groups[2], 27);
	ck_assert_int_eq(status.groups_cut, 0);
}
END_TEST

START_TEST(status_cut_anywhere)
{
	const char *text = STATUS_HEAD STATUS_IDS "Groups:\t4 24 27 \nNStgid:\t7\n";
	size_t whole = (size_t)(strstr(text, "NStgid") - text);

	for (size_t len = 0; len <= strlen(text); len++) {
		struct procparse_status status = { .uid = 5 };

		ck_assert_int_eq(parse_status(text, len, &status), len < whole ? -EBADMSG : 0);
		ck_assert_uint_eq(status.uid, len < whole ? 5 : 1000);
	}
}
END_TEST

/* As many groups as _i says, the line cut off or not. */
START_TEST(status_many_groups)
{
	char text[4096];
	struct procparse_status status;
	size_t len = (size_t)snprintf(text, sizeof text, "%s", STATUS_IDS "Groups:\t"), kept;

	for (int i = 0; i < _i; i++)
		len += (size_t)snprintf(text + len, sizeof text - len, "%d ", 1000 + i);
	kept = _i < PROCPARSE_GROUPS_MAX ? (size_t)_i : PROCPARSE_GROUPS_MAX;
	ck_assert_int_eq(parse_status(text, len, &status), _i > PROCPARSE_GROUPS_MAX ? 0 : -EBADMSG);
	text[len++] = '\n';
	ck_assert_int_eq(parse_status(text, len, &status), 0);
	ck_assert_uint_eq(status.group_count, kept);
	ck_assert_int_eq(status.groups_cut, _i > PROCPARSE_GROUPS_MAX);
	for (size_t i = 0; i < kept; i++)
		ck_assert_uint_eq(status.groups[i], 1000 + i);
}
END_TEST

static const char *const bad_statuses[] = {
	"", "\n\n\n", "Name:\tx\n",
	"Gid:\t1\t1\t1\t1\nGroups:\t\n", "Uid:\t1\t1\t1\t1\nGroups:\t\n", "Uid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\n",
	"Uid:\t1\t1\t1\nGid:\t1\t1\t1\t1\nGroups:\t\n", "Uid:\t1\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\nGroups:\t\n",
	"Uid:\t-1\t1\t1\t1\nGid:\t1\t1\t1\t1\nGroups:\t\n", "Uid:\t1\t1\t1\t4294967295\nGid:\t1\t1\t1\t1\nGroups:\t\n",
	"Uid:\t1\t1\t1\t4294967296\nGid:\t1\t1\t1\t1\nGroups:\t\n", "Uid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\nGroups:\tx\n",
	"Uid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\nGroups:\t1 2x 3\n", "Uid:\t1\t1\t1\t1\nGid:\t1\t1\t1\t1\nGroups:\t-1\n",
};

START_TEST(status_bad)
{
	struct procparse_status status = { .uid = 5 };

	ck_assert_int_eq(parse_status(bad_statuses[_i], strlen(bad_statuses[_i]), &status), -EBADMSG);
	ck_assert_uint_eq(status.uid, 5);
}
END_TEST

static void check_environ(const char *block, size_t len, const char *name, const char *value)
{
	CLEANUP(free_done) char *copy = exact(block, len);
	size_t value_len = 99;
	const char *found = procparse_environ(copy, len, name, &value_len);

	if (!value) {
		ck_assert_ptr_null(found);
		ck_assert_uint_eq(value_len, 99);
		return;
	}
	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(value_len, strlen(value));
	ck_assert_mem_eq(found, value, value_len);
}

START_TEST(environ_names)
{
	static const char block[] = "OOME_FILE_X=/x\0XOOME_FILE=/y\0OOME_FILE=/a=b\0EMPTY=\0NAKED\0\0"
				    "OOME_FILE=/second\0=odd\0A B=c d\0LAST=cut";
	size_t len = sizeof block - 1;

	check_environ(block, len, "OOME_FILE", "/a=b");
	check_environ(block, len, "OOME_FILE_X", "/x");
	check_environ(block, len, "EMPTY", "");
	check_environ(block, len, "NAKED", NULL);
	check_environ(block, len, "OOME", NULL);
	check_environ(block, len, "OOME_FIL", NULL);
	check_environ(block, len, "", NULL);
	check_environ(block, len, "A B", "c d");
	check_environ(block, len, "LAST", "cut");
	check_environ(block, len - 4, "LAST", NULL);
	check_environ(block, 0, "LAST", NULL);
	check_environ("\0\0\0", 3, "A", NULL);
	ck_assert_ptr_null(procparse_environ(NULL, 0, "A", &len));
}
END_TEST

static int parse_switches(const char *text, size_t len, uint64_t *ret)
{
	CLEANUP(free_done) char *copy = exact(text, len);

	return procparse_switches(copy, len, ret);
}

#define OWN "voluntary_ctxt_switches:\t"
#define FORCED "nonvoluntary_ctxt_switches:\t"

START_TEST(switches)
{
	static const char text[] = STATUS_HEAD STATUS_IDS OWN "150\n" FORCED "7\nx86_Thread_features:\t\n";
	size_t whole = (size_t)(strstr(text, "x86") - text);

	for (size_t len = 0; len < sizeof text; len++) {
		uint64_t ret = 5;

		ck_assert_int_eq(parse_switches(text, len, &ret), len < whole ? -EBADMSG : 0);
		ck_assert_uint_eq(ret, len < whole ? 5 : 157);
	}
}
END_TEST

static const char *const bad_switches[] = {
	"", OWN "1\n", FORCED "1\n", OWN "1\n" FORCED "\n", OWN "x\n" FORCED "1\n", OWN "1 2\n" FORCED "1\n",
	OWN "-1\n" FORCED "1\n", OWN "18446744073709551616\n" FORCED "1\n", "x" OWN "1\n" FORCED "1\n",
	FORCED "1\n" FORCED "1\n",
};

START_TEST(switches_bad)
{
	uint64_t ret = 5;

	ck_assert_int_eq(parse_switches(bad_switches[_i], strlen(bad_switches[_i]), &ret), -EBADMSG);
	ck_assert_uint_eq(ret, 5);
}
END_TEST

START_TEST(children)
{
	static const char text[] = "12 4711 2147483647 ";
	size_t at = 0, len = strlen(text);
	pid_t pid = 0;

	ck_assert_int_eq(procparse_children(text, len, &at, &pid), 1);
	ck_assert_int_eq(pid, 12);
	ck_assert_int_eq(procparse_children(text, len, &at, &pid), 1);
	ck_assert_int_eq(pid, 4711);
	ck_assert_int_eq(procparse_children(text, len, &at, &pid), 1);
	ck_assert_int_eq(pid, 2147483647);
	ck_assert_int_eq(procparse_children(text, len, &at, &pid), 0);
	ck_assert_int_eq(procparse_children(text, len, &at, &pid), 0);
	at = 3;
	ck_assert_int_eq(procparse_children(text, 7, &at, &pid), -EBADMSG); /* "4711" might be "47112" */
	ck_assert_uint_eq(at, 3);
}
END_TEST

static const char *const bad_children[] = { "x ", "-1 ", "0 ", "12x ", "2147483648 ", "99999999999999999999 ", "12" };

START_TEST(children_bad)
{
	size_t at = 0;
	pid_t pid = -5;

	ck_assert_int_eq(procparse_children(bad_children[_i], strlen(bad_children[_i]), &at, &pid), -EBADMSG);
	ck_assert_int_eq(pid, -5);
}
END_TEST

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, stat_plain);
	tcase_add_loop_test(t, stat_comm, 0, COUNT(comms));
	tcase_add_test(t, stat_cut_anywhere);
	tcase_add_loop_test(t, stat_bad, 0, COUNT(bad_stats));
	tcase_add_test(t, stat_extremes);
	tcase_add_test(t, stat_ended);
	tcase_add_test(t, status_plain);
	tcase_add_test(t, status_cut_anywhere);
	tcase_add_loop_test(t, status_many_groups, 60, 70);
	tcase_add_loop_test(t, status_bad, 0, COUNT(bad_statuses));
	tcase_add_test(t, environ_names);
	tcase_add_test(t, switches);
	tcase_add_loop_test(t, switches_bad, 0, COUNT(bad_switches));
	tcase_add_test(t, children);
	tcase_add_loop_test(t, children_bad, 0, COUNT(bad_children));
	return suite_run("procparse", t);
}
