/* HTTP: what is sent, and what comes of servers that answer badly or not at all. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "core/http.h"
#include "tests/fixture.h"
#include "tests/stub_serve.h"

enum { BODY_MAX = 64 * 1024, PATIENT_MS = 20000, HURRIED_MS = 200 };

static struct http_client *client;
static struct stub stub;
static struct buf body;
static long status;

static void setup(void)
{
	const char *why = "";

	ck_assert_msg(!http_open(&client, &why), "%s", why);
	stub = (struct stub){ .pid = 0 };
	body = BUF(BODY_MAX);
	status = -1;
}

static void teardown(void)
{
	if (stub.pid)
		stub_stop(&stub);
	http_free(client);
	buf_done(&body);
}

static int get(const char *url, int timeout_ms)
{
	const struct http_request r = { .url = url, .timeout_ms = timeout_ms };

	return http_do(client, &r, &status, &body);
}

static int get_from(void (*serve)(struct stub_call *), const char *arg, int timeout_ms)
{
	stub_start(&stub, NULL, serve, arg);
	return get(stub.url, timeout_ms);
}

/* On failure nothing may be left behind, and there is a reason to tell. */
static void assert_failed(int error, int wanted)
{
	ck_assert_msg(error == wanted, "%d (%s) instead of %d: %s", error, strerror(-error), wanted, http_why(client));
	ck_assert_int_eq(status, -1);
	ck_assert_uint_eq(body.len, 0);
	ck_assert_str_ne(http_why(client), "");
}

/* --- what is sent --- */

static void assert_sent(const char *what)
{
	ck_assert_msg(body.data && strcasestr(body.data, what), "no '%s' in: %s", what, body.data);
}

static void assert_not_sent(const char *what)
{
	ck_assert_msg(body.data && !strcasestr(body.data, what), "'%s' in: %s", what, body.data);
}

START_TEST(a_plain_get)
{
	ck_assert_int_eq(get_from(serve_echo, NULL, PATIENT_MS), 0);
	ck_assert_int_eq(status, 200);
	assert_sent("1 GET / HTTP/1.1\r\n");
	assert_not_sent("Authorization:");
	assert_not_sent("Accept-Encoding:");
	assert_not_sent("Expect:");
	assert_not_sent("Upgrade:");
}
END_TEST

START_TEST(a_post_with_a_password)
{
	char big[4000] = { 0 };
	struct http_request r = { .username = "u", .password = "p", .body = big, .content_type = "text/xml",
				  .timeout_ms = PATIENT_MS };

	memset(big, 'x', sizeof(big) - 1); /* "Expect: 100-continue" is what older curls ask from 1024 bytes */
	stub_start(&stub, NULL, serve_echo, NULL);
	r.url = stub.url;
	ck_assert_int_eq(http_do(client, &r, &status, &body), 0);
	assert_sent("1 POST / HTTP/1.1\r\n");
	assert_sent("Content-Type: text/xml\r\n");
	assert_sent("Authorization: Basic dTpw\r\n");
	assert_sent(big);
	assert_not_sent("Expect:");

	/* The next one is a plain GET again, on the same connection. */
	buf_reset(&body);
	ck_assert_int_eq(get(stub.url, PATIENT_MS), 0);
	assert_sent("1 GET / HTTP/1.1\r\n");
	assert_not_sent("Authorization:");
	assert_not_sent("Content-Type:");
}
END_TEST

START_TEST(a_unix_socket)
{
	struct http_request r = { .url = "http://localhost/RPC2", .timeout_ms = PATIENT_MS };

	fixture_make();
	r.unix_socket = fixture_path("socket");
	stub_start(&stub, r.unix_socket, serve_echo, NULL);
	ck_assert_int_eq(http_do(client, &r, &status, &body), 0);
	assert_sent("1 GET /RPC2 HTTP/1.1\r\n");
	fixture_remove();
}
END_TEST

/* A proxy in the environment, a netrc and a curlrc at home: none of them is ours. */
START_TEST(the_environment_does_not_matter)
{
	static const char *const proxies[] = { "http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy" };
	char dead[64];

	fixture_make();
	fixture_text(".netrc", "machine 127.0.0.1 login u password p\ndefault login u password p\n");
	fixture_text(".curlrc", "proxy = http://127.0.0.1:1\nuser-agent = curlrc\n");
	snprintf(dead, sizeof(dead), "http://127.0.0.1:%d", stub_free_port());
	for (size_t i = 0; i < sizeof(proxies) / sizeof(*proxies); i++)
		setenv(proxies[i], dead, 1);
	unsetenv("no_proxy");
	unsetenv("NO_PROXY");
	setenv("HOME", fixture_root, 1);
	setenv("CURL_HOME", fixture_root, 1);
	setenv("NETRC", fixture_path(".netrc"), 1);
	http_free(client);
	setup();

	ck_assert_int_eq(get_from(serve_echo, NULL, PATIENT_MS), 0);
	assert_sent("1 GET / HTTP/1.1\r\n");
	assert_not_sent("Authorization:");
	assert_not_sent("curlrc");
	fixture_remove();
}
END_TEST

/* --- connections --- */

START_TEST(connections_are_kept_and_made_anew)
{
	ck_assert_int_eq(get_from(serve_echo, NULL, PATIENT_MS), 0);
	for (int i = 0; i < 3; i++) {
		buf_reset(&body);
		ck_assert_int_eq(get(stub.url, PATIENT_MS), 0);
		assert_sent("1 GET");
	}
	stub_stop(&stub);

	/* This one says nothing of closing, and closes. */
	buf_reset(&body);
	ck_assert_int_eq(get_from(serve_once, NULL, PATIENT_MS), 0);
	ck_assert_str_eq(body.data, "1");
	buf_reset(&body);
	ck_assert_int_eq(get(stub.url, PATIENT_MS), 0);
	ck_assert_str_eq(body.data, "2");
}
END_TEST

START_TEST(nobody_there)
{
	struct http_request r = { .url = "http://localhost/", .unix_socket = "/nonexistent/socket",
				  .timeout_ms = PATIENT_MS };
	char url[64], long_path[300];

	snprintf(url, sizeof(url), "http://user:hush@127.0.0.1:%d/", stub_free_port());
	assert_failed(get(url, PATIENT_MS), -ECONNREFUSED);
	ck_assert_str_eq(http_why(client), "Connection refused");

	assert_failed(http_do(client, &r, &status, &body), -ENOENT);
	ck_assert_str_eq(http_why(client), "No such file or directory");

	memset(long_path, 'x', sizeof(long_path));
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	r.unix_socket = long_path;
	ck_assert_int_lt(http_do(client, &r, &status, &body), 0);
	ck_assert_str_ne(http_why(client), "");
}
END_TEST

START_TEST(urls_of_other_kinds)
{
	static const char *const urls[] = {
		"", "/etc/passwd", "file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "127.0.0.1",
		"httpx://127.0.0.1/", "http://", "http://127.0.0.1:99999/",
	};

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		assert_failed(get(urls[i], PATIENT_MS), -EINVAL);
	get("http://user:hush@127.0.0.1:99999/", PATIENT_MS);
	ck_assert_msg(!strstr(http_why(client), "hush"), "%s", http_why(client));
}
END_TEST

/* --- servers that answer badly --- */

START_TEST(no_answer_at_all)
{
	assert_failed(get_from(serve_silence, NULL, HURRIED_MS), -ETIMEDOUT);
}
END_TEST

START_TEST(an_answer_that_does_not_go_on)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab";

	assert_failed(get_from(serve_trickle, head, HURRIED_MS), -ETIMEDOUT);
}
END_TEST

START_TEST(an_answer_that_is_none)
{
	static const struct { const char *text; int error; } cases[] = {
		{ "", -ECONNRESET },
		{ "SSH-2.0-OpenSSH_9.2\r\n", -EPROTO },
		{ "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this", -ECONNRESET },
		{ "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", -ECONNRESET },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_failed(get_from(serve_a_bit, cases[i].text, PATIENT_MS), cases[i].error);
		stub_stop(&stub);
	}
	stub.pid = 0;
}
END_TEST

START_TEST(body_that_is_not_wanted)
{
	struct http_request r = { .timeout_ms = HURRIED_MS };

	stub_start(&stub, NULL, serve_endlessly, "body ");
	r.url = stub.url;
	assert_failed(http_do(client, &r, &status, NULL), -ETIMEDOUT); /* whatever its length */
}
END_TEST

START_TEST(bodies_are_capped)
{
	assert_failed(get_from(serve_endlessly, "body ", PATIENT_MS), -ENOBUFS);
	ck_assert_str_eq(http_why(client), "the answer is too long");
}
END_TEST

START_TEST(headers_are_capped)
{
	assert_failed(get_from(serve_endlessly, "X-Header: abcdefgh\r\n", PATIENT_MS), -ENOBUFS);
}
END_TEST

START_TEST(one_header_without_end)
{
	ck_assert_int_lt(get_from(serve_endlessly, "X", PATIENT_MS), 0);
	ck_assert_uint_eq(body.len, 0);
}
END_TEST

START_TEST(every_status_is_told)
{
	static const char *const lines[] = { "200 OK", "401 No", "404 Where", "400 What", "500 Error", "204 None" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		buf_reset(&body);
		ck_assert_int_eq(get_from(serve_status, lines[i], PATIENT_MS), 0);
		ck_assert_int_eq(status, strtol(lines[i], NULL, 10));
		stub_stop(&stub);
	}
	stub.pid = 0;
}
END_TEST

START_TEST(redirects_are_not_followed)
{
	struct stub target;

	stub_start(&target, NULL, serve_echo, NULL);
	ck_assert_int_eq(get_from(serve_redirect, target.url, PATIENT_MS), 0);
	ck_assert_int_eq(status, 302);
	ck_assert_uint_eq(body.len, 0);

	/* Whoever asks the target now is its first visitor. */
	ck_assert_int_eq(get(target.url, PATIENT_MS), 0);
	assert_sent("1 GET");
	stub_stop(&target);
}
END_TEST

/* gzip(1) of "abc": nothing asked for it, and what 16 MiB unpack to is nothing to find out. */
static const char gzipped[] = "\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\x4c\x4a\x06\0\xc2\x41\x24\x35\x03\0\0\0";

static void serve_gzip(struct stub_call *c)
{
	if (stub_read(c))
		stub_answer(c, "200 OK", "Content-Encoding: gzip\r\n", gzipped, sizeof(gzipped) - 1);
}

START_TEST(nothing_is_unpacked)
{
	ck_assert_int_eq(get_from(serve_gzip, NULL, PATIENT_MS), 0);
	ck_assert_uint_eq(body.len, sizeof(gzipped) - 1);
	ck_assert_mem_eq(body.data, gzipped, sizeof(gzipped) - 1);
}
END_TEST

START_TEST(a_body_is_appended_and_taken_back)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";

	ck_assert_int_eq(buf_adds(&body, "before"), 0);
	ck_assert_int_eq(get_from(serve_a_bit, head, PATIENT_MS), -ECONNRESET);
	ck_assert_str_eq(body.data, "before");
	ck_assert_uint_eq(body.len, 6);
	stub_stop(&stub);
	ck_assert_int_eq(get_from(serve_status, "200 OK", PATIENT_MS), 0);
	ck_assert_str_eq(body.data, "beforetext");
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_plain_get);
	tcase_add_test(tc, body_that_is_not_wanted);
	tcase_add_test(tc, a_post_with_a_password);
	tcase_add_test(tc, a_unix_socket);
	tcase_add_test(tc, the_environment_does_not_matter);
	tcase_add_test(tc, connections_are_kept_and_made_anew);
	tcase_add_test(tc, nobody_there);
	tcase_add_test(tc, urls_of_other_kinds);
	tcase_add_test(tc, no_answer_at_all);
	tcase_add_test(tc, an_answer_that_does_not_go_on);
	tcase_add_test(tc, an_answer_that_is_none);
	tcase_add_test(tc, bodies_are_capped);
	tcase_add_test(tc, headers_are_capped);
	tcase_add_test(tc, one_header_without_end);
	tcase_add_test(tc, every_status_is_told);
	tcase_add_test(tc, redirects_are_not_followed);
	tcase_add_test(tc, nothing_is_unpacked);
	tcase_add_test(tc, a_body_is_appended_and_taken_back);
}

/* A build without libcurl says so, and nothing more is to be tested. */
START_TEST(built_without)
{
	struct http_client *none = NULL;
	const char *why = NULL;

	ck_assert_int_eq(http_open(&none, &why), -ENOSYS);
	ck_assert_str_eq(why, "built without libcurl");
	ck_assert_ptr_null(none);
	http_free(none);
}
END_TEST

static bool is_built_without(void)
{
	struct http_client *probe = NULL;
	const char *why;
	bool without = http_open(&probe, &why) == -ENOSYS;

	http_free(probe);
	return without;
}

int main(void)
{
	Suite *suite = suite_create("http");
	TCase *tcase = tcase_create("http");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (is_built_without())
		tcase_add_test(tcase, built_without);
	else
		add_tests(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
