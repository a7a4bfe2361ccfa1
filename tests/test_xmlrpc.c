/* XML-RPC: calls as they are written, and what the client makes of answers (test_xmlrpc_xml2.c: answers themselves). */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "core/xmlrpc.h"
#include "tests/answer.h"
#include "tests/fixture.h"
#include "tests/stub.h"

/* --- calls --- */

START_TEST(calls_are_written)
{
	CLEANUP(buf_done) struct buf b = BUF(4096);

	ck_assert_int_eq(xmlrpc_write_call(&b, "supervisor.stopProcess", "sb", "a<b>&\"c\" \t\xc3\xa9\r", 0), 0);
	ck_assert_str_eq(b.data, "<?xml version=\"1.0\"?>\n<methodCall><methodName>supervisor.stopProcess</methodName>"
				 "<params><param><value><string>a&lt;b&gt;&amp;\"c\" \t\xc3\xa9&#13;</string></value>"
				 "</param>"
				 "<param><value><boolean>0</boolean></value></param></params></methodCall>\n");
	buf_reset(&b);
	ck_assert_int_eq(xmlrpc_write_call(&b, "m", ""), 0);
	ck_assert_str_eq(b.data, "<?xml version=\"1.0\"?>\n<methodCall><methodName>m</methodName><params></params>"
				 "</methodCall>\n");
}
END_TEST

START_TEST(calls_that_cannot_be_written)
{
	static const char *const bad[] = { "\x01", "a\x1b[0m", "\x80", "\xc3", "\xed\xa0\x80", "\xef\xbf\xbf" };
	CLEANUP(buf_done) struct buf b = BUF(4096);
	CLEANUP(buf_done) struct buf small = BUF(60);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_int_eq(xmlrpc_write_call(&b, "m", "s", bad[i]), -EINVAL);
	ck_assert_int_eq(xmlrpc_write_call(&b, "m", "x", 1), -EINVAL);
	ck_assert_int_eq(xmlrpc_write_call(&small, "m", "s", "a text"), -ENOBUFS);
}
END_TEST

/* --- characters --- */

START_TEST(characters_that_xml_allows)
{
	static const struct { const char *text; size_t len; } cases[] = {
		{ "a", 1 }, { "\t", 1 }, { "\n", 1 }, { "\r", 1 }, { "\x7f", 1 }, { "\xc2\x80", 2 }, { "\xc3\xa9", 2 },
		{ "\xe2\x82\xac", 3 }, { "\xed\x9f\xbf", 3 }, { "\xee\x80\x80", 3 }, { "\xef\xbf\xbd", 3 },
		{ "\xf0\x90\x80\x80", 4 }, { "\xf4\x8f\xbf\xbf", 4 },
		/* control characters, half characters, longer forms, surrogates, non-characters, beyond Unicode */
		{ "\x01", 0 }, { "\x1f", 0 }, { "\x80", 0 }, { "\xc3", 0 }, { "\xc3(", 0 }, { "\xe2\x82", 0 },
		{ "\xc0\x80", 0 }, { "\xc1\xbf", 0 }, { "\xe0\x80\x80", 0 }, { "\xf0\x80\x80\x80", 0 },
		{ "\xed\xa0\x80", 0 }, { "\xed\xbf\xbf", 0 }, { "\xef\xbf\xbe", 0 }, { "\xef\xbf\xbf", 0 },
		{ "\xf4\x90\x80\x80", 0 }, { "\xf8\x88\x80\x80\x80", 0 }, { "\xff", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		ck_assert_msg(xmlrpc_char(cases[i].text, strlen(cases[i].text)) == cases[i].len, "case %zu", i);
	ck_assert_uint_eq(xmlrpc_char("", 0), 0);
	ck_assert_uint_eq(xmlrpc_char("\0", 1), 0);
}
END_TEST

START_TEST(what_xml_forbids_becomes_a_question_mark)
{
	static const struct { const char *text, *clean; } cases[] = {
		{ "", "" }, { "plain \t\r\n \xc3\xa9", "plain \t\r\n \xc3\xa9" },
		{ "a\x01\x1b[31mb\x7f", "a?" "?[31mb\x7f" }, { "\xff\xfe<\xc3", "?" "?<?" },
		{ "&#1;&#x1;&#x1b;&#x1B;&#0;", "?????" },
		{ "&#xFFFE;&#xd800;&#x110000;&#99999999999999999999;", "????" },
		{ "&#65;&#x41;&#9;&amp;&#10;", "&#65;&#x41;&#9;&amp;&#10;" },
		{ "&#;&#x;&#zz;&#1&#x1 ;&", "&#;&#x;&#zz;&#1&#x1 ;&" }, /* no references: the parser says so */
		{ "&#1f;", "&#1f;" }, { "&#", "&#" }, { "&#1", "&#1" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP(buf_done) struct buf b = BUF(256);

		ck_assert_int_eq(xmlrpc_clean(cases[i].text, strlen(cases[i].text), &b), 0);
		ck_assert_msg(!strcmp(b.data ? b.data : "", cases[i].clean), "case %zu: %s", i, b.data);
	}
}
END_TEST

START_TEST(cleaning_refuses_document_types)
{
	CLEANUP(buf_done) struct buf b = BUF(256);
	CLEANUP(buf_done) struct buf small = BUF(3);

	ck_assert_int_eq(xmlrpc_clean("x <!DOCTYPE a>", 14, &b), -EBADMSG);
	ck_assert_int_eq(xmlrpc_clean("abcd", 4, &small), -ENOBUFS);
}
END_TEST

/* --- the client --- */

static struct xmlrpc_client *client;
static struct xmlrpc_error error;
static struct xmlrpc_value value;
static struct stub stub;

static void setup(void)
{
	client = NULL;
	error = (struct xmlrpc_error){ .outcome = XMLRPC_OK };
	value = (struct xmlrpc_value){ .type = XMLRPC_NONE };
	stub = (struct stub){ .pid = 0 };
}

static void teardown(void)
{
	xmlrpc_free(client);
	xmlrpc_value_done(&value);
	if (stub.pid)
		stub_stop(&stub);
}

static enum xmlrpc_outcome call_url(const char *url)
{
	const struct xmlrpc_server server = { .url = url, .timeout_ms = 20000 };

	xmlrpc_free(client);
	client = NULL;
	ck_assert_int_eq(xmlrpc_open(&server, &client, &error), 0);
	return xmlrpc_call(client, &value, &error, "a.method", "sb", "x", 1);
}

static enum xmlrpc_outcome call(void (*serve)(struct stub_call *), const char *arg)
{
	if (stub.pid)
		stub_stop(&stub);
	stub_start(&stub, NULL, serve, arg);
	return call_url(stub.url);
}

/* The answer is the request's first line. */
static void serve_request_line(struct stub_call *c)
{
	char text[1024];

	while (stub_read(c)) {
		int len = (int)strcspn(c->request, "\r");
		int n = snprintf(text, sizeof(text), ANSWER("%.*s"), len, c->request);

		stub_answer(c, "200 OK", "", text, (size_t)n);
	}
}

START_TEST(urls_lead_to_rpc2)
{
	static const struct { const char *suffix, *line; } cases[] = {
		{ "", "POST /RPC2 HTTP/1.1" }, { "/", "POST /RPC2 HTTP/1.1" }, { "/RPC2", "POST /RPC2 HTTP/1.1" },
		{ "/RPC2/", "POST /RPC2 HTTP/1.1" }, { "/base", "POST /base/RPC2 HTTP/1.1" },
	};
	char url[128];

	stub_start(&stub, NULL, serve_request_line, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(url, sizeof(url), "%s%s", stub.url, cases[i].suffix);
		ck_assert_msg(call_url(url) == XMLRPC_OK, "%s", error.text);
		ck_assert_str_eq(value.string, cases[i].line);
		xmlrpc_value_done(&value);
	}
}
END_TEST

START_TEST(a_unix_socket)
{
	char url[PATH_MAX + 16];

	fixture_make();
	snprintf(url, sizeof(url), "unix://%s", fixture_path("a socket"));
	stub_start(&stub, fixture_path("a socket"), serve_request_line, NULL);
	ck_assert_msg(call_url(url) == XMLRPC_OK, "%s", error.text);
	ck_assert_str_eq(value.string, "POST /RPC2 HTTP/1.1");
	fixture_remove();
}
END_TEST

START_TEST(urls_of_other_kinds)
{
	static const char *const urls[] = { "", "unix://", "unix:/a", "/var/run/a.sock", "ftp://x", "localhost:9001",
					    "http://x?y" };

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		const struct xmlrpc_server server = { .url = urls[i], .timeout_ms = 20000 };

		ck_assert_int_eq(xmlrpc_open(&server, &client, &error), -EINVAL);
		ck_assert_int_eq(error.outcome, XMLRPC_FAILED);
		ck_assert_int_eq(error.cause, -EINVAL);
		ck_assert_ptr_null(client);
	}
}
END_TEST

static void serve_text(struct stub_call *c)
{
	while (stub_read(c))
		stub_answer(c, "200 OK", "Content-Type: application/octet-stream\r\n", c->arg, strlen(c->arg));
}

START_TEST(answers_are_judged)
{
	ck_assert_int_eq(call(serve_text, ANSWER("<boolean>1</boolean>")), XMLRPC_OK);
	ck_assert_int_eq(value.type, XMLRPC_BOOL);
	ck_assert_int_eq(xmlrpc_call(client, NULL, NULL, "m", ""), XMLRPC_OK);

	ck_assert_int_eq(call(serve_text, ANSWER_FAULT), XMLRPC_FAULT);
	ck_assert_int_eq(error.outcome, XMLRPC_FAULT);
	ck_assert_int_eq(error.fault_code, 10);
	ck_assert_str_eq(error.text, "BAD_NAME: n_0");

	ck_assert_int_eq(call(serve_text, "<html>a page</html>"), XMLRPC_FAILED);
	ck_assert_int_eq(error.cause, -EBADMSG);
	ck_assert_str_eq(error.text, "the answer is not XML-RPC: \"<html>a page</html>\"");
	ck_assert_int_eq(xmlrpc_call(client, NULL, NULL, "m", ""), XMLRPC_FAILED);

	ck_assert_int_eq(xmlrpc_call(client, NULL, &error, "m", "s", "\x01"), XMLRPC_FAILED);
	ck_assert_int_eq(error.cause, -EINVAL);
}
END_TEST

static void serve_status(struct stub_call *c)
{
	while (stub_read(c))
		stub_answer(c, c->arg, "Location: http://127.0.0.1:1/\r\n", ANSWER("1"), strlen(ANSWER("1")));
}

START_TEST(other_statuses_are_failures)
{
	static const char *const lines[] = { "500 Error", "404 Where", "400 What", "302 Found", "201 Created" };
	char text[16];

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		ck_assert_int_eq(call(serve_status, lines[i]), XMLRPC_FAILED);
		snprintf(text, sizeof(text), "HTTP %.3s", lines[i]);
		ck_assert_str_eq(error.text, text);
	}
	ck_assert_int_eq(call(serve_status, "401 Unauthorized"), XMLRPC_UNAUTHORIZED);
	ck_assert_int_eq(error.outcome, XMLRPC_UNAUTHORIZED);
}
END_TEST

static void serve_endlessly(struct stub_call *c)
{
	static char block[65536];

	memset(block, 'x', sizeof(block));
	if (stub_read(c) && stub_write(c->fd, "HTTP/1.1 200 OK\r\n\r\n", 19))
		while (stub_write(c->fd, block, sizeof(block)))
			;
}

START_TEST(failures_have_a_cause)
{
	char url[64];

	ck_assert_int_eq(call(serve_endlessly, NULL), XMLRPC_FAILED);
	ck_assert_int_eq(error.cause, -ENOBUFS);
	snprintf(url, sizeof(url), "http://u:hush@127.0.0.1:%d", stub_free_port());
	ck_assert_int_eq(call_url(url), XMLRPC_FAILED);
	ck_assert_int_eq(error.cause, -ECONNREFUSED);
	ck_assert_str_eq(error.text, "Connection refused");
	ck_assert_int_eq(call_url("unix:///nonexistent/socket"), XMLRPC_FAILED);
	ck_assert_int_eq(error.cause, -ENOENT);
}
END_TEST

/* A server's text is as long as it likes; ours is not. */
START_TEST(long_faults_are_cut)
{
	CLEANUP(buf_done) struct buf b = BUF(65536);

	buf_adds(&b, "<methodResponse><fault><value><struct><member><name>faultCode</name>"
		     "<value><int>99999999999</int></value></member><member><name>faultString</name><value>");
	for (int i = 0; i < 1000; i++)
		buf_adds(&b, "long ");
	buf_adds(&b, "</value></member></struct></value></fault></methodResponse>");
	ck_assert_int_eq(call(serve_text, b.data), XMLRPC_FAULT);
	ck_assert_uint_eq(strlen(error.text), sizeof(error.text) - 1);
	ck_assert_int_eq(error.fault_code, 0);
}
END_TEST

#ifndef DL_LINKED
/* Neither library is there before it is needed: this program has only been started. */
static bool is_loaded(const char *library)
{
	CLEANUP(buf_done) struct buf maps = BUF(1024 * 1024);
	CLEANUP(fd_done) int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(buf_read_fd(&maps, fd), 0);
	return strstr(maps.data, library);
}

START_TEST(libraries_come_at_their_first_use)
{
	ck_assert(!is_loaded("libcurl"));
	ck_assert(!is_loaded("libxml2"));
	ck_assert_int_eq(call(serve_request_line, NULL), XMLRPC_OK);
	ck_assert(is_loaded("libcurl"));
	ck_assert(is_loaded("libxml2"));
}
END_TEST
#endif

/* What WITHOUT= leaves out is said before the first call. */
START_TEST(built_without)
{
	const struct xmlrpc_server server = { .url = "http://localhost", .timeout_ms = 20000 };
	int result = xmlrpc_open(&server, &client, &error);

	ck_assert_int_eq(result, -ENOSYS);
	ck_assert_int_eq(error.outcome, XMLRPC_MISSING);
	ck_assert_msg(!strncmp(error.text, "built without lib", 17), "%s", error.text);
	ck_assert_ptr_null(client);
}
END_TEST

static TCase *calls_case(void)
{
	TCase *tc = tcase_create("calls");

	tcase_add_test(tc, calls_are_written);
	tcase_add_test(tc, calls_that_cannot_be_written);
	tcase_add_test(tc, characters_that_xml_allows);
	tcase_add_test(tc, what_xml_forbids_becomes_a_question_mark);
	tcase_add_test(tc, cleaning_refuses_document_types);
	return tc;
}

static TCase *client_case(void)
{
	TCase *tc = tcase_create("client");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
#ifndef DL_LINKED
	/* First: with CK_FORK=no the others would have loaded them. */
	tcase_add_test(tc, libraries_come_at_their_first_use);
#endif
	tcase_add_test(tc, urls_lead_to_rpc2);
	tcase_add_test(tc, a_unix_socket);
	tcase_add_test(tc, urls_of_other_kinds);
	tcase_add_test(tc, answers_are_judged);
	tcase_add_test(tc, other_statuses_are_failures);
	tcase_add_test(tc, failures_have_a_cause);
	tcase_add_test(tc, long_faults_are_cut);
	return tc;
}

/* In a child, which is the one that loads the libraries. */
static bool is_built_without(void)
{
	const struct xmlrpc_server server = { .url = "http://localhost", .timeout_ms = 20000 };
	pid_t pid = fork();
	int status = 0;

	if (!pid)
		_exit(xmlrpc_open(&server, &client, NULL) == -ENOSYS);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

static TCase *without_case(void)
{
	TCase *tc = tcase_create("without");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, built_without);
	return tc;
}

int main(void)
{
	bool without = is_built_without();
	Suite *suite = suite_create("xmlrpc");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, calls_case());
	suite_add_tcase(suite, without ? without_case() : client_case());
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
