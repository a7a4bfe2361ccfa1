/* Datagrams of sd_notify(3). */
#include "core/notify_message.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

static struct notify_message m;

static int parse(const char *text)
{
	return notify_message_parse(text, strlen(text), &m);
}

/* Nothing is set but what a test looks at and puts back before. */
static void check_empty(void)
{
	static const struct notify_message none;

	ck_assert_int_eq(memcmp(&m, &none, sizeof(m)), 0);
}

START_TEST(each_flag)
{
	static const struct { const char *text; bool *flag; } flags[] = {
		{ "READY=1", &m.ready }, { "RELOADING=1", &m.reloading }, { "STOPPING=1", &m.stopping },
		{ "WATCHDOG=1", &m.beat }, { "WATCHDOG=trigger", &m.trigger }, { "BARRIER=1", &m.barrier },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		ck_assert_int_eq(parse(flags[i].text), 1);
		ck_assert_msg(*flags[i].flag, "%s", flags[i].text);
		*flags[i].flag = false;
		check_empty();
	}
}
END_TEST

START_TEST(a_whole_message)
{
	static const char text[] = "READY=1\nSTATUS=Processing requests...\nMAINPID=4711\nERRNO=2\n"
				   "WATCHDOG_USEC=20000000\nEXTEND_TIMEOUT_USEC=1500000\nX_OURS=1\nFDSTORE=1\n";

	ck_assert_int_eq(parse(text), 6);
	ck_assert(m.ready && m.has_status && !m.beat && !m.trigger && !m.stopping && !m.reloading && !m.barrier);
	ck_assert_int_eq(m.main_pid, 4711);
	ck_assert_int_eq(m.error, 2);
	ck_assert_int_eq(m.watchdog_ms, 20000);
	ck_assert_int_eq(m.extend_ms, 1500);
	ck_assert_uint_eq(m.status_len, strlen("Processing requests..."));
	ck_assert_ptr_eq(m.status, text + strlen("READY=1\nSTATUS="));
}
END_TEST

START_TEST(nothing_understood)
{
	static const char *const texts[] = {
		"", "\n", "\n\n\r\n", "READY", "READY=", "READY=0", "READY=11", "READY=1 ", " READY=1", "ready=1", "=1",
		"WATCHDOG=2", "WATCHDOG=TRIGGER", "WATCHDOG=triggered", "WATCHDOG", "STOPPING=yes", "BARRIER=0",
		"FDSTORE=1", "FDNAME=x", "FDSTOREREMOVE=1", "FDPOLL=0", "BUSERROR=x.y", "EXIT_STATUS=0",
		"MONOTONIC_USEC=17", "NOTIFYACCESS=all", "X_STATUS=x", "STATUSx", "STATUS", "READY=1STATUS=x",
		"MAINPID=", "MAINPID=0", "MAINPID=-1", "MAINPID=+1", "MAINPID=0x10", "MAINPID=1 ", "MAINPID= 1",
		"MAINPID=2147483648", "MAINPID=18446744073709551617", "MAINPID=1.5", "MAINPID=1,2",
		"ERRNO=", "ERRNO=0", "ERRNO=-2", "ERRNO=4096", "ERRNO=ENOENT", "ERRNO=2 x",
		"WATCHDOG_USEC=", "WATCHDOG_USEC=-1", "WATCHDOG_USEC=1s", "WATCHDOG_USEC=18446744073709551616",
		"WATCHDOG_USEC=infinity ", "WATCHDOG_USEC=Infinity", "WATCHDOG_USEC=1e6",
		"EXTEND_TIMEOUT_USEC=", "EXTEND_TIMEOUT_USEC=0", "EXTEND_TIMEOUT_USEC=infinity",
		"EXTEND_TIMEOUT_USEC=18446744073709551615", "EXTEND_TIMEOUT_USEC=x",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert_msg(parse(texts[i]) == 0, "'%s' is understood", texts[i]);
		check_empty();
	}
	ck_assert_int_eq(notify_message_parse(NULL, 0, &m), 0);
	check_empty();
}
END_TEST

START_TEST(lines)
{
	ck_assert_int_eq(parse("READY=1\n"), 1);
	ck_assert_int_eq(parse("\n\nREADY=1\n\nWATCHDOG=1"), 2);
	ck_assert(m.ready && m.beat);
	ck_assert_int_eq(parse("READY=1\r\nSTATUS=x\r\n"), 2);
	ck_assert_uint_eq(m.status_len, 1);
	ck_assert_int_eq(parse("READY=0\nX\n=\nSTOPPING=1"), 1);
	ck_assert(m.stopping && !m.ready);
}
END_TEST

START_TEST(only_the_given_bytes)
{
	ck_assert_int_eq(notify_message_parse("READY=12", 7, &m), 1);
	ck_assert_int_eq(notify_message_parse("READY=1", 6, &m), 0);
	ck_assert_int_eq(notify_message_parse("MAINPID=123", 10, &m), 1);
	ck_assert_int_eq(m.main_pid, 12);
	ck_assert_int_eq(notify_message_parse("STATUS=abc", 8, &m), 1);
	ck_assert_uint_eq(m.status_len, 1);
}
END_TEST

START_TEST(nul)
{
	ck_assert_int_eq(notify_message_parse("READY=1\0", 8, &m), 1);
	ck_assert(m.ready);
	ck_assert_int_eq(notify_message_parse("READY=1\n\0", 9, &m), 1);
	ck_assert_int_eq(notify_message_parse("STATUS=\0", 8, &m), 1);
	ck_assert_uint_eq(m.status_len, 0);
	ck_assert_int_eq(notify_message_parse("READY=1\0\0", 9, &m), 0);
	check_empty();
	ck_assert_int_eq(notify_message_parse("READY=1\0\nSTATUS=x", 17, &m), 0);
	check_empty();
	ck_assert_int_eq(notify_message_parse("\0READY=1", 8, &m), 0);
	ck_assert_int_eq(notify_message_parse("\0", 1, &m), 0);
}
END_TEST

START_TEST(the_last_value_counts)
{
	ck_assert_int_eq(parse("MAINPID=1\nSTATUS=a\nERRNO=1\nMAINPID=2\nSTATUS=bc\nERRNO=2"), 6);
	ck_assert_int_eq(m.main_pid, 2);
	ck_assert_int_eq(m.error, 2);
	ck_assert_uint_eq(m.status_len, 2);
	ck_assert_int_eq(memcmp(m.status, "bc", 2), 0);
	ck_assert_int_eq(parse("MAINPID=7\nMAINPID=x\nWATCHDOG_USEC=5000\nWATCHDOG_USEC=-5"), 2);
	ck_assert_int_eq(m.main_pid, 7);
	ck_assert_int_eq(m.watchdog_ms, 5);
	ck_assert_int_eq(parse("WATCHDOG=1\nWATCHDOG=trigger\nREADY=1\nREADY=0"), 3);
	ck_assert(m.beat && m.trigger && m.ready);
	ck_assert_int_eq(parse("STATUS=a\nSTATUS="), 2);
	ck_assert(m.has_status && m.status_len == 0);
}
END_TEST

START_TEST(microseconds)
{
	static const struct { const char *usec; int64_t watchdog, extend; } times[] = {
		{ "1", 1, 1 }, { "999", 1, 1 }, { "1000", 1, 1 }, { "1001", 2, 2 }, { "2000000", 2000, 2000 },
		{ "0002000", 2, 2 }, { "18446744073709551614", 18446744073709552, 18446744073709552 },
		{ "18446744073709551615", INT64_MAX, 0 }, { "infinity", INT64_MAX, 0 }, { "0", INT64_MAX, 0 },
	};
	char text[128];

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		snprintf(text, sizeof(text), "WATCHDOG_USEC=%s\nEXTEND_TIMEOUT_USEC=%s", times[i].usec, times[i].usec);
		ck_assert_int_eq(parse(text), 1 + (times[i].extend > 0));
		ck_assert_int_eq(m.watchdog_ms, times[i].watchdog);
		ck_assert_int_eq(m.extend_ms, times[i].extend);
	}
}
END_TEST

START_TEST(limits)
{
	ck_assert_int_eq(parse("MAINPID=2147483647\nERRNO=4095"), 2);
	ck_assert_int_eq(m.main_pid, 2147483647);
	ck_assert_int_eq(m.error, 4095);
	ck_assert_int_eq(parse("MAINPID=1\nERRNO=1"), 2);
	ck_assert_int_eq(m.main_pid, 1);
	ck_assert_int_eq(m.error, 1);
}
END_TEST

START_TEST(status_of_any_bytes)
{
	static const char text[] = "STATUS=\x1b[2J READY=1 \xff\xc3\xa4=\t\nREADY=1";

	ck_assert_int_eq(notify_message_parse(text, sizeof(text) - 1, &m), 2);
	ck_assert_uint_eq(m.status_len, strlen("\x1b[2J READY=1 \xff\xc3\xa4=\t"));
	ck_assert_ptr_eq(m.status, text + 7);
	ck_assert(m.ready);
}
END_TEST

/* The length of a status of WIDTH bytes of 'x', and then TAIL. */
static size_t cut(size_t width, const char *tail)
{
	static char text[NOTIFY_MESSAGE_MAX + 1];

	strcpy(text, "STATUS=");
	memset(text + 7, 'x', width);
	strcpy(text + 7 + width, tail);
	ck_assert_int_eq(parse(text), 1);
	return m.status_len;
}

START_TEST(a_long_status_is_cut_between_characters)
{
	ck_assert_uint_eq(cut(512, ""), 512);
	ck_assert_uint_eq(cut(513, ""), 512);
	ck_assert_uint_eq(cut(4000, ""), 512);
	ck_assert_uint_eq(cut(510, "\xc3\xa4"), 512);
	ck_assert_uint_eq(cut(511, "\xc3\xa4"), 511);
	ck_assert_uint_eq(cut(512, "\xc3\xa4"), 512);
	ck_assert_uint_eq(cut(510, "\xe2\x82\xac"), 510);
	ck_assert_uint_eq(cut(511, "\xe2\x82\xac"), 511);
	ck_assert_uint_eq(cut(509, "\xf0\x9f\x92\x93"), 509);
	ck_assert_uint_eq(cut(508, "\xf0\x9f\x92\x93"), 512);
	/* No UTF-8: not more than a character's length is lost. */
	ck_assert_uint_eq(cut(500, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80"), 509);
}
END_TEST

/* As many lines as fit; a million are no trouble either. */
START_TEST(many_lines)
{
	static char text[1024 * 1024];

	memset(text, '\n', sizeof(text));
	ck_assert_int_eq(notify_message_parse(text, sizeof(text), &m), 0);
	for (size_t i = 0; i + 8 <= sizeof(text); i += 8)
		memcpy(text + i, "READY=1\n", 8);
	ck_assert_int_eq(notify_message_parse(text, sizeof(text), &m), sizeof(text) / 8);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("notify_message");

	tcase_add_test(tests, each_flag);
	tcase_add_test(tests, a_whole_message);
	tcase_add_test(tests, nothing_understood);
	tcase_add_test(tests, lines);
	tcase_add_test(tests, only_the_given_bytes);
	tcase_add_test(tests, nul);
	tcase_add_test(tests, the_last_value_counts);
	tcase_add_test(tests, microseconds);
	tcase_add_test(tests, limits);
	tcase_add_test(tests, status_of_any_bytes);
	tcase_add_test(tests, a_long_status_is_cut_between_characters);
	tcase_add_test(tests, many_lines);
	return suite_run("notify_message", tests);
}
