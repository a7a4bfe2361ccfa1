/* What `heart ctl` may ask of a guard, as packets. */
#include "applets/heart/control_request.h"

#include <errno.h>
#include <string.h>

#include "tests/suite.h"

static struct control_request request;

static int parse(const char *packet)
{
	return control_request_parse(packet, strlen(packet), &request);
}

START_TEST(each_verb_and_back)
{
	for (enum control_verb verb = 0; verb < CONTROL_VERBS; verb++) {
		struct control_request asked = { .verb = verb };
		char packet[CONTROL_PACKET_MAX];
		size_t len;

		ck_assert_uint_eq(control_verb_find(control_verb_name(verb), strlen(control_verb_name(verb))), verb);
		if (control_verb_takes(verb) != CONTROL_TAKES_NOTHING) {
			asked.argument = " a  b\n";
			asked.len = 6;
		}
		len = control_request_write(&asked, packet);
		ck_assert_int_eq(control_request_parse(packet, len, &request), 0);
		ck_assert_uint_eq(request.verb, verb);
		ck_assert_uint_eq(request.len, asked.len);
		ck_assert(!request.argument == !asked.argument);
		ck_assert(!asked.argument || !memcmp(request.argument, asked.argument, asked.len));
	}
}
END_TEST

START_TEST(the_rest_of_the_packet_is_the_argument)
{
	static const char packet[] = "set-cmd /srv/app 'a b' \0 c";

	ck_assert_int_eq(control_request_parse(packet, sizeof(packet) - 1, &request), 0);
	ck_assert_uint_eq(request.verb, CONTROL_SET_CMD);
	ck_assert_ptr_eq(request.argument, packet + 8);
	ck_assert_uint_eq(request.len, sizeof(packet) - 1 - 8);
}
END_TEST

START_TEST(an_empty_argument_is_one)
{
	ck_assert_int_eq(parse("set-cmd "), 0);
	ck_assert_ptr_nonnull(request.argument);
	ck_assert_uint_eq(request.len, 0);
	ck_assert_int_eq(parse("set-options "), 0);
	ck_assert_ptr_nonnull(request.argument);
	ck_assert_int_eq(parse("set-options"), 0);
	ck_assert_ptr_null(request.argument);
	ck_assert_int_eq(parse("get-cmd "), -EBADMSG);
}
END_TEST

START_TEST(what_is_refused)
{
	static const char *const refused[] = {
		"", " ", "set", "set-cmd", "set-cmdx y", "SET-CMD y", " set-cmd y", "get-cmd x", "status --json",
		"status\n", "snooze", "snooze\t5", "beat 1", "set-callback", "no verb",
	};
	const struct control_request before = { .verb = CONTROL_BEAT, .argument = "kept", .len = 4 };

	request = before;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		ck_assert_msg(parse(refused[i]) == -EBADMSG, "'%s' is taken", refused[i]);
	ck_assert_int_eq(control_request_parse(NULL, 0, &request), -EBADMSG);
	ck_assert_int_eq(control_request_parse("status\0", 7, &request), -EBADMSG);
	ck_assert_int_eq(request.verb, before.verb);
	ck_assert_ptr_eq(request.argument, before.argument);
	ck_assert_uint_eq(request.len, before.len);
}
END_TEST

START_TEST(the_longest_packet)
{
	static char argument[CONTROL_PACKET_MAX + 1], packet[CONTROL_PACKET_MAX + 1];
	const struct control_request asked = { .verb = CONTROL_SET_CMD, .argument = argument, .len = sizeof(argument) };

	memset(argument, 'x', sizeof(argument));
	memset(packet, 'x', sizeof(packet));
	ck_assert_uint_eq(control_request_write(&asked, packet), CONTROL_PACKET_MAX);
	ck_assert_int_eq(control_request_parse(packet, CONTROL_PACKET_MAX, &request), 0);
	ck_assert_uint_eq(request.len, CONTROL_PACKET_MAX - 8);
	ck_assert_int_eq(control_request_parse(packet, CONTROL_PACKET_MAX + 1, &request), -EBADMSG);
}
END_TEST

START_TEST(no_verb_has_a_name_too)
{
	ck_assert_str_eq(control_verb_name(CONTROL_VERBS), "no verb");
	ck_assert_uint_eq(control_verb_takes(CONTROL_VERBS), CONTROL_TAKES_NOTHING);
	ck_assert_uint_eq(control_verb_find("no verb", 7), CONTROL_VERBS);
	ck_assert_uint_eq(control_verb_find("", 0), CONTROL_VERBS);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("control_request");

	tcase_add_test(tests, each_verb_and_back);
	tcase_add_test(tests, the_rest_of_the_packet_is_the_argument);
	tcase_add_test(tests, an_empty_argument_is_one);
	tcase_add_test(tests, what_is_refused);
	tcase_add_test(tests, the_longest_packet);
	tcase_add_test(tests, no_verb_has_a_name_too);
	return suite_run("control_request", tests);
}
