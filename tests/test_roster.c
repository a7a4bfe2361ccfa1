/* The roster of a cluster, and the text of its pid file. */
#include "applets/cluster/roster.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/suite.h"

#define HEAD                                            \
	"state=running\n"                               \
	"id=9f86d081884c7d659a2feaa0c55ad015\n"         \
	"boot=0f4ab6a1-6a1d-4e7b-9d36-0c2b7c0b0d55\n"   \
	"namespace=4026531836\n"                        \
	"start=8123456\n"

/* Of the header. */
static const char sample[] =
	"4711:4720:4725\n" HEAD
	"logger=4712 8123460\n"
	"member=worker background 4720 8123470 1763742000 0\n"
	"member=redis-server daemon 4725 8123475 1763742001 1\n"
	"ended=mailer background 4730 8123480 1763742001 2 9 1763742077\n";

static struct roster parsed(const char *text, size_t len)
{
	struct roster roster;

	ck_assert_msg(roster_parse(text, len, &roster) == 0, "refused: %.*s", (int)len, text);
	return roster;
}

static void refused_bytes(const char *text, size_t len)
{
	struct roster roster = { .bare = true, .count = 77 };

	ck_assert_msg(roster_parse(text, len, &roster) == -EBADMSG, "accepted: %.*s", (int)len, text);
	ck_assert_uint_eq(roster.count, 77);
}

static void refused(const char *text)
{
	refused_bytes(text, strlen(text));
}

START_TEST(the_sample)
{
	CLEANUP(roster_done) struct roster r = parsed(sample, strlen(sample));
	CLEANUP(buf_done) struct buf text = BUF(ROSTER_BYTES_MAX);
	size_t living;

	ck_assert_int_eq(r.state, ROSTER_RUNNING);
	ck_assert_str_eq(r.id, "9f86d081884c7d659a2feaa0c55ad015");
	ck_assert_str_eq(r.boot, "0f4ab6a1-6a1d-4e7b-9d36-0c2b7c0b0d55");
	ck_assert_uint_eq(r.namespace, 4026531836);
	ck_assert_int_eq(r.daemon.pid, 4711);
	ck_assert_uint_eq(r.daemon.start_ticks, 8123456);
	ck_assert_int_eq(r.logger.pid, 4712);
	ck_assert(!r.bare);
	ck_assert_uint_eq(r.count, 3);
	ck_assert_str_eq(r.members[1].name, "redis-server");
	ck_assert_int_eq(r.members[1].kind, MEMBER_DAEMON);
	ck_assert_int_eq(r.members[1].process.pid, 4725);
	ck_assert_uint_eq(r.members[1].process.start_ticks, 8123475);
	ck_assert_int_eq(r.members[1].since_s, 1763742001);
	ck_assert_uint_eq(r.members[1].line, 1);
	ck_assert(!r.members[1].ended);
	ck_assert(r.members[2].ended);
	ck_assert_int_eq(r.members[2].status, SIGKILL);
	ck_assert_int_eq(r.members[2].ended_s, 1763742077);
	ck_assert_uint_eq(roster_count(&r, &living), 3);
	ck_assert_uint_eq(living, 2);
	ck_assert_ptr_eq(roster_find(&r, 4720), &r.members[0]);
	ck_assert_ptr_null(roster_find(&r, 4730));
	ck_assert_int_eq(roster_format(&r, &text), 0);
	ck_assert_str_eq(text.data, sample);
}
END_TEST

/* What the first line does not name, what is not known, and the largest of everything. */
START_TEST(the_rest_of_the_format)
{
	static const char text[] =
		"2147483647\n"
		"state=stopping\n"
		"id=00000000000000000000000000000000\n"
		"boot=0f4ab6a1-6a1d-4e7b-9d36-0c2b7c0b0d55\n"
		"namespace=1\n"
		"start=18446744073709551615\n"
		"member=a@b.c-d_e+f command 5 1 0 0\n"
		"member=x orphan 6 1 9223372036854775807 7\n"
		"ended=y daemon 2147483647 1 0 0 - 5\n"
		"ended=z daemon 5 1 0 0 65535 5\n";
	CLEANUP(roster_done) struct roster r = parsed(text, strlen(text));
	CLEANUP(buf_done) struct buf again = BUF(ROSTER_BYTES_MAX), small = BUF(100);

	ck_assert_int_eq(r.members[2].status, MEMBER_STATUS_UNKNOWN);
	ck_assert_int_eq(roster_format(&r, &again), 0);
	ck_assert_str_eq(again.data, text);
	ck_assert_int_eq(roster_format(&r, &small), -ENOBUFS);
	r.members[0].since_s = -1; /* a clock that is wrong does not make it a file that cannot be read */
	buf_reset(&again);
	ck_assert_int_eq(roster_format(&r, &again), 0);
	ck_assert_ptr_nonnull(strstr(again.data, " command 5 1 0 0\n"));
}
END_TEST

START_TEST(of_the_original)
{
	static const char *const texts[] = { "4711:4720:4725\n", "4711", "4711\n", "4711:4720" };

	for (size_t i = 0; i < 4; i++) {
		CLEANUP(roster_done) struct roster r = parsed(texts[i], strlen(texts[i]));

		ck_assert(r.bare);
		ck_assert_int_eq(r.daemon.pid, 4711);
		ck_assert_uint_eq(r.count, 0);
		ck_assert_int_eq(r.state, ROSTER_RUNNING);
	}
}
END_TEST

START_TEST(unknown_keys)
{
	static const char text[] = "7:8\nnews=\xff\x01 x\n" HEAD "member=a background 8 1 0 0\n=\n";
	CLEANUP(roster_done) struct roster r = parsed(text, strlen(text));

	ck_assert_uint_eq(r.count, 1);
}
END_TEST

/* Wherever it was cut, but for its first line, which is one of the original then. */
START_TEST(cut_off)
{
	size_t first = strlen("4711:4720:4725\n"), last = strlen(sample) - strlen(strstr(sample, "ended="));

	refused_bytes("", 0);
	for (size_t len = first + 1; len < sizeof(sample) - 1; len++)
		if (len != last)
			refused_bytes(sample, len);
}
END_TEST

START_TEST(no_pid_files)
{
	static const char *const texts[] = {
		"\n", "0\n", "-1\n", "+1\n", " 1\n", "1 \n", "1:\n", ":1\n", "1::2\n", "1:0\n", "1:x\n", "x\n",
		"2147483648\n", "99999999999999999999999\n", "1\n\n", "1\nx\n", "1\r\n", "1\nnews=x\n",
		"4711:4720\nstate",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		refused(texts[i]);
	refused_bytes("4711\0\n", 6);
}
END_TEST

/* Beside a daemon 4711 and a member 8. */
static void refused_line(const char *line)
{
	char text[1024];

	snprintf(text, sizeof(text), "4711:8\n" HEAD "member=a background 8 1 0 0\n%s\n", line);
	refused(text);
}

START_TEST(bad_lines)
{
	static const char *const lines[] = {
		"state=running", "start=7", "id=9f86d081884c7d659a2feaa0c55ad015", /* twice */
		"logger=8 1",                               /* a process that is there already */
		"logger=4711 8123456", "logger=5", "logger=5 ", "logger=5 6 7", "logger= 5 6", "logger=0 6",
		"member=b command 8 1 0 0",
		"member=b daemon 9 1 0 0",                  /* not in the first line */
		"member= command 9 1 0 0", "member=a/b command 9 1 0 0", "member=\x1b[m command 9 1 0 0",
		"member=\xc3\xa4 command 9 1 0 0", "member=b commando 9 1 0 0", "member=b  command 9 1 0 0",
		"member=b command 9 1 0", "member=b command 9 1 0 0 ", "member=b command 9 1 0 0 9 5",
		"member=b command -9 1 0 0", "member=b command 0 1 0 0", "member=b command 9 -1 0 0",
		"member=b command 9 18446744073709551616 0 0", "member=b command 9 1 9223372036854775808 0",
		"member=b command 9 1 0 18446744073709551616",
		"member=0123456789012345678901234567890123456789012345678901234567890123 command 9 1 0 0",
		"ended=b command 9 1 0 0", "ended=b command 9 1 0 0 9", "ended=b command 9 1 0 0 65536 5",
		"ended=b command 9 1 0 0 -1 5", "ended=b command 9 1 0 0 x 5", "ended=b command 9 1 0 0 - 5 6",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		refused_line(lines[i]);
}
END_TEST

START_TEST(bad_heads)
{
	static const struct { const char *good, *bad; } heads[] = {
		{ "running", "runnin" }, { "running", "" }, { "id=9f", "id=9F" }, { "id=9f", "id=" },
		{ "d015", "d0155" }, { "boot=0f", "boot=0F" }, { "0d55", "0d5" },
		{ "namespace=4", "namespace=-4" }, { "1836", "1836x" },
		{ "start=8", "start=99999999999999999999" }, { "start=", "start= " }, { "start=", "begin=" },
	};
	static const char whole[] = "4711\n" HEAD;

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		const char *at = strstr(whole, heads[i].good);
		char text[512];

		ck_assert_ptr_nonnull(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - whole), whole, heads[i].bad,
			 at + strlen(heads[i].good));
		refused(text);
	}
}
END_TEST

/* Of the same pid, one that started later: the kernel gave it again before the end of the first was known. */
START_TEST(a_pid_used_again)
{
	static const char text[] = "7:8:8\n" HEAD "member=a background 8 1 0 0\nmember=b background 8 2 0 0\n";
	CLEANUP(roster_done) struct roster r = parsed(text, strlen(text));

	ck_assert_str_eq(roster_find(&r, 8)->name, "b");
}
END_TEST

START_TEST(as_many_as_there_may_be)
{
	CLEANUP(roster_done) struct roster r = { .daemon.pid = 1, .id = "9f86d081884c7d659a2feaa0c55ad015",
						 .boot = "0f4ab6a1-6a1d-4e7b-9d36-0c2b7c0b0d55" };
	CLEANUP(roster_done) struct roster again = { 0 };
	CLEANUP(buf_done) struct buf text = BUF(ROSTER_BYTES_MAX);
	struct member member = { .since_s = INT64_MAX, .line = SIZE_MAX, .status = 1, .ended_s = INT64_MAX,
				 .process.start_ticks = UINT64_MAX };

	memset(member.name, 'x', ROSTER_NAME_SIZE - 1);
	for (int i = 0; i < ROSTER_MEMBERS_MAX; i++) {
		member.process.pid = INT32_MAX - i;
		ck_assert_ptr_nonnull(roster_add(&r, &member));
	}
	ck_assert_ptr_null(roster_add(&r, &member));
	ck_assert_int_eq(roster_format(&r, &text), 0);
	ck_assert_int_eq(roster_parse(text.data, text.len, &again), 0);
	ck_assert_uint_eq(again.count, ROSTER_MEMBERS_MAX);
	roster_remove(&r, 0);
	ck_assert_int_eq(r.members[0].process.pid, INT32_MAX - 1);
	ck_assert_uint_eq(r.count, ROSTER_MEMBERS_MAX - 1);
	roster_remove(&r, r.count - 1);
	ck_assert_uint_eq(r.count, ROSTER_MEMBERS_MAX - 2);
}
END_TEST

static void expect_name(struct roster *roster, const char *command, const char *name)
{
	struct member member = { 0 };

	roster_name(roster, command, member.name);
	ck_assert_msg(!strcmp(member.name, name), "'%s': %s", command, member.name);
	ck_assert_ptr_nonnull(roster_add(roster, &member));
}

START_TEST(names)
{
	CLEANUP(roster_done) struct roster r = { 0 };
	char long_command[200], long_name[ROSTER_NAME_SIZE];

	expect_name(&r, "/srv/bin/worker -v", "worker");
	expect_name(&r, "  worker", "worker-2");
	expect_name(&r, "A=1 _b2='x y' exec /srv/bin/worker", "worker-3");
	expect_name(&r, "worker-5", "worker-5");
	expect_name(&r, "worker", "worker-6");
	expect_name(&r, "'/srv/my bin/web server' -p 80", "web_server");
	expect_name(&r, "\"$HOME\"/zeo;", "zeo_");
	expect_name(&r, "exec", "exec");
	expect_name(&r, "A=/b", "b");
	expect_name(&r, "1=2", "1_2");
	expect_name(&r, "", "command");
	expect_name(&r, " / ", "command-2");
	expect_name(&r, "\xc3\xa4\x1b", "___");
	memset(long_command, 'y', sizeof(long_command));
	long_command[sizeof(long_command) - 1] = '\0';
	memset(long_name, 'y', sizeof(long_name));
	long_name[57] = '\0';
	expect_name(&r, long_command, long_name);
	strcat(long_name, "-2");
	expect_name(&r, long_command, long_name);
}
END_TEST

static void add(struct roster *roster, const char *name, enum member_kind kind, size_t line, bool ended, int status)
{
	struct member member = { .kind = kind, .line = line, .ended = ended, .status = status };

	snprintf(member.name, sizeof(member.name), "%s", name);
	ck_assert_ptr_nonnull(roster_add(roster, &member));
}

/* Background members by their lines, from the last one, each with its orphans; also when it has ended itself. */
START_TEST(order_of_the_end)
{
	static const char *const order[] = { "c", "b-orphan", "a-orphan", "a" };
	static const size_t lines[] = { 4, 3, 0, 0 };
	CLEANUP(roster_done) struct roster r = { 0 };
	size_t before = SIZE_MAX;

	ck_assert_ptr_null(roster_last(&r, before));
	add(&r, "a", MEMBER_BACKGROUND, 0, false, 0);
	add(&r, "daemon", MEMBER_DAEMON, 1, false, 0);
	add(&r, "daemon-orphan", MEMBER_ORPHAN, 1, false, 0);
	add(&r, "b", MEMBER_BACKGROUND, 3, true, 0);
	add(&r, "c", MEMBER_BACKGROUND, 4, false, 0);
	add(&r, "command", MEMBER_COMMAND, 5, false, 0);
	add(&r, "b-orphan", MEMBER_ORPHAN, 3, false, 0);
	add(&r, "a-orphan", MEMBER_ORPHAN, 0, false, 0);
	for (size_t i = 0; i < 4; i++) {
		const struct member *last = roster_last(&r, before);

		ck_assert_ptr_nonnull(last);
		ck_assert_str_eq(last->name, order[i]);
		ck_assert_uint_eq(last->line, lines[i]);
		before = last->line;
		if (i == 2) { /* one that has come since */
			before++;
			roster_remove(&r, (size_t)(last - r.members));
		}
	}
	ck_assert_ptr_null(roster_last(&r, before));
}
END_TEST

START_TEST(when_run_ends)
{
	CLEANUP(roster_done) struct roster r = { 0 };

	for (int on = EXIT_ON_TERM; on <= EXIT_ON_ALL; on++)
		ck_assert_int_eq(roster_exit_status(&r, on), -1); /* nobody is there who could end */
	add(&r, "lives", MEMBER_BACKGROUND, 0, false, 0);
	add(&r, "orphan", MEMBER_ORPHAN, 0, true, 5 << 8);
	ck_assert_int_eq(roster_exit_status(&r, EXIT_ON_ANY), -1);
	add(&r, "well", MEMBER_DAEMON, 1, true, 0);
	ck_assert_int_eq(roster_exit_status(&r, EXIT_ON_TERM), -1);
	ck_assert_int_eq(roster_exit_status(&r, EXIT_ON_ANY), 0);
	ck_assert_int_eq(roster_exit_status(&r, EXIT_ON_ALL), -1);
	add(&r, "failed", MEMBER_BACKGROUND, 2, true, 3 << 8);
	ck_assert_int_eq(roster_exit_status(&r, EXIT_ON_ANY), 3);
	r.members[0].ended = true;
	r.members[0].status = SIGKILL;
	ck_assert_int_eq(roster_exit_status(&r, EXIT_ON_ALL), 128 + SIGKILL);
	ck_assert_int_eq(roster_exit_status(&r, EXIT_ON_TERM), -1);
}
END_TEST

START_TEST(nothing_to_release)
{
	roster_done(NULL);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("roster");

	tcase_add_test(tests, the_sample);
	tcase_add_test(tests, the_rest_of_the_format);
	tcase_add_test(tests, of_the_original);
	tcase_add_test(tests, unknown_keys);
	tcase_add_test(tests, cut_off);
	tcase_add_test(tests, no_pid_files);
	tcase_add_test(tests, bad_lines);
	tcase_add_test(tests, bad_heads);
	tcase_add_test(tests, a_pid_used_again);
	tcase_add_test(tests, as_many_as_there_may_be);
	tcase_add_test(tests, names);
	tcase_add_test(tests, order_of_the_end);
	tcase_add_test(tests, when_run_ends);
	tcase_add_test(tests, nothing_to_release);
	return suite_run("roster", tests);
}
