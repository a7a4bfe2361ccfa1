/* Validation by URLs: what servers answer, or do not. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/http.h"
#include "tests/stub_serve.h"
#include "tests/suite.h"
#include "tests/validation.h"

static struct stub stub;

static void set_up(void)
{
	stub.pid = 0;
	validation_set_up();
}

static void tear_down(void)
{
	stub_stop(&stub);
	validation_tear_down();
}

static void fetch(void (*serve)(struct stub_call *), const char *arg, int timeout_ms)
{
	stub_start(&stub, NULL, serve, arg);
	validate(stub.url, timeout_ms);
}

static const struct { const char *status, *why; } answers[] = {
	{ "200 OK", "" }, { "204 No Content", "" }, { "299 x", "" }, { "503 Service Unavailable", "HTTP status 503" },
	{ "404 Not Found", "HTTP status 404" }, { "300 x", "HTTP status 300" }, { "500 x", "HTTP status 500" },
};

START_TEST(statuses)
{
	fetch(serve_status, answers[_i].status, PATIENT_MS);
	ck_assert_str_eq(heard.why, answers[_i].why);
	ck_assert_int_eq(heard.ok, !*answers[_i].why);
}
END_TEST

START_TEST(a_redirect_is_not_followed)
{
	fetch(serve_redirect, "http://127.0.0.1:1/", PATIENT_MS);
	ck_assert_str_eq(heard.why, "HTTP status 302");
}
END_TEST

START_TEST(nobody_listens)
{
	char url[64];

	snprintf(url, sizeof url, "HTTP://127.0.0.1:%d/", stub_free_port());
	validate(url, PATIENT_MS);
	ck_assert_str_eq(heard.why, "Connection refused");
	assert_nobody_left();
}
END_TEST

START_TEST(no_answer)
{
	fetch(serve_silence, "", HURRIED_MS);
	ck_assert_str_eq(heard.why, "no answer within 200ms");
	until_gone();
}
END_TEST

/* The answer is not over. */
START_TEST(an_endless_answer)
{
	fetch(serve_endlessly, "body ", HURRIED_MS);
	ck_assert_str_eq(heard.why, "no answer within 200ms");
	until_gone();
}
END_TEST

START_TEST(no_http)
{
	fetch(serve_a_bit, "SSH-2.0-OpenSSH\r\n", PATIENT_MS);
	ck_assert(!heard.ok);
	ck_assert_str_ne(heard.why, "");
	ck_assert_ptr_null(strchr(heard.why, '\n'));
}
END_TEST

START_TEST(no_url)
{
	validate("http://", PATIENT_MS);
	ck_assert(!heard.ok);
	ck_assert_str_ne(heard.why, "");
	validate("https://[::1", PATIENT_MS);
	ck_assert(!heard.ok);
	ck_assert(!validator_is_url("ftp://127.0.0.1/") && !validator_is_url("curl http://127.0.0.1/"));
	ck_assert(validator_is_url("hTTps://h/") && !validator_is_url("http:/x") && !validator_is_url(""));
}
END_TEST

START_TEST(cancelled)
{
	stub_start(&stub, NULL, serve_silence, "");
	validation_start(&validation, stub.url, PATIENT_MS);
	run_for(20);
	validation_cancel(&validation);
	run_for(20);
	ck_assert_int_eq(heard.calls, 0);
	CHILD_UNTIL((run_for(2), tree_signal(&proc, 0, 0) == 1)); /* the server */
}
END_TEST

START_TEST(without_a_library)
{
	validate("http://127.0.0.1:1/", PATIENT_MS);
	ck_assert(!heard.ok);
	ck_assert_msg(strstr(heard.why, "cannot fetch a URL: ") == heard.why, "%s", heard.why);
}
END_TEST

static bool has_library(void)
{
	struct http_client *client = NULL;
	const char *why;
	bool has = http_open(&client, &why) == 0;

	http_free(client);
	return has;
}

#define COUNT(array) ((int)(sizeof(array) / sizeof *(array)))

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	if (!has_library()) {
		tcase_add_test(t, without_a_library);
		return suite_run("validation_url", t);
	}
	tcase_add_loop_test(t, statuses, 0, COUNT(answers));
	tcase_add_test(t, a_redirect_is_not_followed);
	tcase_add_test(t, nobody_listens);
	tcase_add_test(t, no_answer);
	tcase_add_test(t, an_endless_answer);
	tcase_add_test(t, no_http);
	tcase_add_test(t, no_url);
	tcase_add_test(t, cancelled);
	return suite_run("validation_url", t);
}
