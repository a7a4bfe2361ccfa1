/* test_event.c: supervisord's event protocol, fed in any pieces. */
#include "applets/oome/event.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char tick[] =
	"ver:3.0 server:supervisor serial:21 pool:l poolserial:10 eventname:TICK_5 len:15\nwhen:1201063880";
static const char state[] =
	"ver:3.0 server:supervisor serial:22 pool:l poolserial:11 eventname:PROCESS_STATE_EXITED len:5\nab\ncd";

/* Feed all of DATA in pieces of at most PIECE bytes; what was returned, a letter an event: t, o, b. */
static void feed(struct event_reader *reader, const char *data, size_t len, size_t piece, char *ret)
{
	for (size_t at = 0; at < len || reader->in_payload;) {
		size_t n = len - at < piece ? len - at : piece, used = 0;
		enum event_result result = event_feed(reader, data + at, n, &used);

		ck_assert_uint_le(used, n);
		at += used;
		if (result != EVENT_MORE)
			*ret++ = result == EVENT_TICK ? 't' : result == EVENT_OTHER ? 'o' : 'b';
		else
			ck_assert_uint_eq(used, n);
		if (!n)
			break;
	}
	*ret = 0;
}

START_TEST(in_any_pieces)
{
	char both[sizeof tick + sizeof state];
	size_t len = (size_t)snprintf(both, sizeof both, "%s%s%s", tick, state, "");

	for (size_t piece = 1; piece <= len; piece++) {
		struct event_reader reader = { 0 };
		char got[16];

		feed(&reader, both, len, piece, got);
		ck_assert_str_eq(got, "to");
		ck_assert(!reader.in_payload);
		ck_assert_uint_eq(reader.have, 0);
	}
}
END_TEST

START_TEST(which_events_are_ticks)
{
	static const struct { const char *header; char kind;
	} cases[] = {
		{ "eventname:TICK_5 len:0\n", 't' },
		{ "eventname:TICK_60 len:0\n", 't' },
		{ "eventname:TICK_3600 len:0\n", 't' },
		{ "len:0 eventname:TICK_5\n", 't' },
		{ "eventname:TICK len:0\n", 'o' },
		{ "eventname:TICK_ len:0\n", 'o' },
		{ "eventname:TICKET len:0\n", 'o' },
		{ "eventname:PROCESS_STATE_RUNNING len:0\n", 'o' },
		{ "xeventname:TICK_5 eventname:OTHER len:0\n", 'o' },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct event_reader reader = { 0 };
		char got[16];

		feed(&reader, cases[i].header, strlen(cases[i].header), 1000, got);
		ck_assert_msg(got[0] == cases[i].kind && !got[1], "%s: %s", cases[i].header, got);
	}
}
END_TEST

START_TEST(what_is_no_event)
{
	static const char *const cases[] = {
		"\n",
		"hello\n",
		"eventname:TICK_5\n",
		"len:5\n",
		"eventname:TICK_5 len:\n",
		"eventname:TICK_5 len:-1\n",
		"eventname:TICK_5 len:12x\n",
		"eventname:TICK_5 len:99999999999999999999\n",
		"eventname:TICK_5 len: 5\n",
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct event_reader reader = { 0 };
		char got[16];

		feed(&reader, cases[i], strlen(cases[i]), 1000, got);
		ck_assert_msg(!strcmp(got, "b"), "%s: %s", cases[i], got);
	}
}
END_TEST

START_TEST(a_header_without_end)
{
	struct event_reader reader = { 0 };
	char block[1000];
	size_t used;
	int blocks = 0;

	memset(block, 'x', sizeof block);
	while (event_feed(&reader, block, sizeof block, &used) == EVENT_MORE)
		ck_assert_int_lt(++blocks, 10);
	ck_assert_uint_le((size_t)blocks * sizeof block, EVENT_HEADER_MAX);
}
END_TEST

START_TEST(a_large_payload_is_skipped)
{
	struct event_reader reader = { 0 };
	static const char header[] = "eventname:PROCESS_LOG_STDOUT len:1000000\n";
	char block[1000] = "READY\neventname:TICK_5 len:0\n";
	size_t used;

	ck_assert_int_eq(event_feed(&reader, header, sizeof header - 1, &used), EVENT_MORE);
	for (int i = 0; i < 999; i++)
		ck_assert_int_eq(event_feed(&reader, block, sizeof block, &used), EVENT_MORE);
	ck_assert_int_eq(event_feed(&reader, block, sizeof block, &used), EVENT_OTHER);
	ck_assert_uint_eq(used, sizeof block);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("event");
	TCase *tcase = tcase_create("event");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, in_any_pieces);
	tcase_add_test(tcase, which_events_are_ticks);
	tcase_add_test(tcase, what_is_no_event);
	tcase_add_test(tcase, a_header_without_end);
	tcase_add_test(tcase, a_large_payload_is_skipped);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
