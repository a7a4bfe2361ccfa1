/* XML-RPC answers: those of every kind, and those that mean harm. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "core/xmlrpc.h"
#include "tests/answer.h"

static int parse(const char *text, struct xmlrpc_value *ret)
{
	return xmlrpc_parse(text, strlen(text), ret);
}

/* The answer's value as "i:1", "b:1", "s:text", "[...]" or "{name=...}". */
static void show(const struct xmlrpc_value *v, struct buf *ret)
{
	const char *brackets = v->type == XMLRPC_ARRAY ? "[]" : "{}";

	if (v->name)
		buf_printf(ret, "%s=", v->name);
	if (v->type == XMLRPC_STRING)
		buf_printf(ret, "s:%s", v->string);
	else if (v->type == XMLRPC_INT || v->type == XMLRPC_BOOL)
		buf_printf(ret, "%s:%lld", v->type == XMLRPC_INT ? "i" : "b", (long long)v->number);
	else
		buf_add(ret, brackets, 1);
	for (size_t i = 0; i < v->count; i++) {
		buf_adds(ret, i ? "," : "");
		show(&v->items[i], ret);
	}
	if (v->type == XMLRPC_ARRAY || v->type == XMLRPC_STRUCT)
		buf_add(ret, brackets + 1, 1);
}

static void assert_parsed(const char *text, int wanted, const char *shown)
{
	CLEANUP(xmlrpc_value_done) struct xmlrpc_value v = { .type = XMLRPC_NONE };
	CLEANUP(buf_done) struct buf b = BUF(65536);
	int result = parse(text, &v);

	ck_assert_msg(result == wanted, "%d instead of %d: %s", result, wanted, text);
	show(&v, &b);
	ck_assert_str_eq(b.data, shown);
}

START_TEST(answers_are_read)
{
	static const struct { const char *text, *shown; } cases[] = {
		{ ANSWER("<int>7</int>"), "i:7" }, { ANSWER("<i4> -7 </i4>"), "i:-7" },
		{ ANSWER("<i8>9223372036854775807</i8>"), "i:9223372036854775807" },
		{ ANSWER("<boolean>1</boolean>"), "b:1" }, { ANSWER("<boolean>0</boolean>"), "b:0" },
		{ ANSWER("<string>a &lt;&#98;&gt; c</string>"), "s:a <b> c" }, { ANSWER("<string/>"), "s:" },
		{ ANSWER(" a text "), "s: a text " }, { ANSWER(""), "s:" }, { ANSWER("\n <int>7</int>\n "), "i:7" },
		{ ANSWER("<double>1.5</double>"), "s:1.5" }, { ANSWER("<base64>YQ==</base64>"), "s:YQ==" },
		{ ANSWER("<dateTime.iso8601>20380119T03:14:07</dateTime.iso8601>"), "s:20380119T03:14:07" },
		{ ANSWER("<nil/>"), "s:" }, { ANSWER("<string><![CDATA[<a>&]]></string>"), "s:<a>&" },
		{ ANSWER("<string>a<!-- no -->b<?pi no?>c</string>"), "s:abc" },
		{ ANSWER("<array><data></data></array>"), "[]" }, { ANSWER("<array><data/></array>"), "[]" },
		{ ANSWER("<array><data><value><int>1</int></value><value>b</value><value/></data></array>"),
		  "[i:1,s:b,s:]" },
		{ ANSWER("<struct></struct>"), "{}" }, { ANSWER("<struct/>"), "{}" },
		{ ANSWER("<struct><member>\n<name>pid</name>\n<value><int>7</int></value>\n</member>"
			 "<member><name>l</name><value><array><data><value><boolean>1</boolean></value></data></array>"
			 "</value></member></struct>"), "{pid=i:7,l=[b:1]}" },
		{ ANSWER("a\x1b[31m\x01&#x1b;z\xff"), "s:a?[31m??z?" },
		{ "<methodResponse><params><param><value/></param></params></methodResponse>", "s:" },
		{ "<?xml version='1.0' encoding='ISO-8859-1'?><methodResponse><params><param><value>\xc3\xa9</value>"
		  "</param></params></methodResponse>", "s:\xc3\xa9" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_parsed(cases[i].text, 0, cases[i].shown);
}
END_TEST

START_TEST(faults_are_read)
{
	assert_parsed(ANSWER_FAULT, 1, "{faultCode=i:10,faultString=s:BAD_NAME: n_0}");
}
END_TEST

START_TEST(members_are_found)
{
	CLEANUP(xmlrpc_value_done) struct xmlrpc_value v = { .type = XMLRPC_NONE };

	ck_assert_int_eq(parse(ANSWER_FAULT, &v), 1);
	ck_assert_int_eq(xmlrpc_member_int(&v, "faultCode", -1), 10);
	ck_assert_int_eq(xmlrpc_member_int(&v, "faultString", -1), -1);
	ck_assert_int_eq(xmlrpc_member_int(&v, "other", -1), -1);
	ck_assert_str_eq(xmlrpc_member_string(&v, "faultString", "-"), "BAD_NAME: n_0");
	ck_assert_str_eq(xmlrpc_member_string(&v, "faultCode", "-"), "-");
	ck_assert_ptr_null(xmlrpc_member(&v.items[0], "faultCode"));
	xmlrpc_value_done(NULL);
}
END_TEST

/* Nothing is said on stderr, and the output is untouched. */
static void assert_refused(const char *text, size_t len)
{
	struct xmlrpc_value v = { .type = XMLRPC_NONE, .number = 42 };
	int result = xmlrpc_parse(text, len, &v);

	ck_assert_msg(result == -EBADMSG, "%d: %.200s", result, text);
	ck_assert_int_eq(v.type, XMLRPC_NONE);
	ck_assert_int_eq(v.number, 42);
}

/* Run with stderr in a file, and see that it stays empty. */
static int catch_stderr(void)
{
	char path[] = "/tmp/pg-stderr-XXXXXX";
	int file = mkostemp(path, O_CLOEXEC), saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

	ck_assert_int_ge(file, 0);
	unlink(path);
	ck_assert_int_ge(dup2(file, STDERR_FILENO), 0);
	close(file);
	return saved;
}

static void assert_silent(int saved)
{
	off_t size = lseek(STDERR_FILENO, 0, SEEK_END);

	dup2(saved, STDERR_FILENO);
	close(saved);
	ck_assert_int_eq(size, 0);
}

START_TEST(answers_that_are_not_xml_rpc)
{
	static const char *const cases[] = {
		"", " ", "\n", "plain text", "<", "<html><body>404</body></html>", "<methodResponse/>",
		"<methodResponse></methodResponse>", "<methodResponse><params/></methodResponse>",
		"<methodResponse><params><param/></params></methodResponse>",
		"<methodResponse><params><param><value/></param><param><value/></param></params></methodResponse>",
		"<methodResponse><params><param><value/></param></params><params/></methodResponse>",
		"<methodResponse><fault><value>no struct</value></fault></methodResponse>",
		"<methodCall><methodName>a</methodName></methodCall>",
		ANSWER("<int>7</int>") "<more/>", ANSWER("<int>7</int>") "more", ANSWER("x</value><value>y"),
		ANSWER("<int></int>"), ANSWER("<int>x</int>"), ANSWER("<int>7x</int>"), ANSWER("<int>7 7</int>"),
		ANSWER("<int>9223372036854775808</int>"), ANSWER("<int>-9223372036854775809</int>"),
		ANSWER("<int>0000000000000000000000000000000000000000000000000000000000000000000000000000000007</int>"),
		ANSWER("<boolean>2</boolean>"), ANSWER("<boolean>true</boolean>"), ANSWER("<int><b/></int>"),
		ANSWER("<unknown>7</unknown>"), ANSWER("text<int>7</int>"), ANSWER("<int>7</int>text"),
		ANSWER("<int>7</int><int>8</int>"), ANSWER("<value>7</value>"), ANSWER("<string>a<b/></string>"),
		ANSWER("<array/>"), ANSWER("<array><value/></array>"), ANSWER("<array><data>x</data></array>"),
		ANSWER("<array><data><int>7</int></data></array>"), ANSWER("<array><data/><data/></array>"),
		ANSWER("<struct>x</struct>"), ANSWER("<struct><name>a</name></struct>"),
		ANSWER("<struct><member/></struct>"),
		ANSWER("<struct><member><name>a</name></member></struct>"),
		ANSWER("<struct><member><value/></member></struct>"),
		ANSWER("<struct><member><value/><name>a</name></member></struct>"),
		ANSWER("<struct><member><name>a</name><value/><value/></member></struct>"),
		ANSWER("&undefined;"), ANSWER("&"), ANSWER("a & b"), ANSWER("<string>"), ANSWER("&#1"),
		"\xff\xfe<\0?\0", "<?xml version='9.9'?><a", "<a xmlns:x='y'><x:b></a>",
	};
	int saved = catch_stderr();

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_refused(cases[i], strlen(cases[i]));
	assert_silent(saved);
}
END_TEST

/* However far behind the root element: libxml2 reads in pieces of some hundred bytes. */
START_TEST(nothing_may_follow_a_long_answer)
{
	static const char *const rests[] = { "<more/>", "more", "&amp;", "<!DOCTYPE x>", "<?xml version='1.0'?>" };

	for (size_t i = 0; i < sizeof(rests) / sizeof(*rests); i++) {
		CLEANUP(buf_done) struct buf b = BUF(65536);

		buf_adds(&b, "<methodResponse><params><param><value>");
		for (int n = 0; n < 1000; n++)
			buf_adds(&b, "long ");
		buf_adds(&b, "</value></param></params></methodResponse>");
		for (int n = 0; n < 1000; n++)
			buf_adds(&b, "    ");
		buf_adds(&b, rests[i]);
		assert_refused(b.data, b.len);
	}
}
END_TEST

/* A connection may break anywhere. Behind the end of the root element there is only white space. */
START_TEST(no_part_of_an_answer_is_an_answer)
{
	int saved = catch_stderr();

	for (size_t len = 0; len < strlen(ANSWER_FAULT) - 1; len++)
		assert_refused(ANSWER_FAULT, len);
	assert_silent(saved);
}
END_TEST

START_TEST(entities_and_document_types_are_refused)
{
	static const char *const cases[] = {
		/* a billion laughs */
		"<?xml version='1.0'?><!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
		"<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'><!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
		"<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>]><methodResponse><params><param><value>&e;</value>"
		"</param></params></methodResponse>",
		/* files and the network */
		"<!DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><methodResponse><params><param><value>"
		"&f;</value></param></params></methodResponse>",
		"<!DOCTYPE x [<!ENTITY % p SYSTEM 'http://127.0.0.1:1/'>%p;]><methodResponse><params><param><value/>"
		"</param></params></methodResponse>",
		"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><methodResponse><params><param><value/></param></params>"
		"</methodResponse>",
		/* the same, hidden from who looks for "<!DOCTYPE" */
		"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE x [<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
		"<methodResponse><params><param><value>&f;</value></param></params></methodResponse>",
		"<!DOCTYPE methodResponse><methodResponse><params><param><value/></param></params></methodResponse>",
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_refused(cases[i], strlen(cases[i]));
}
END_TEST

/* An XInclude is an element like any other that does not belong there. */
START_TEST(nothing_is_included)
{
	static const char text[] = ANSWER("<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='/etc/passwd' "
					  "parse='text'/>");

	assert_refused(text, strlen(text));
}
END_TEST

/* DEPTH values in one another. */
static void write_nested(struct buf *b, int depth)
{
	buf_adds(b, "<methodResponse><params><param>");
	for (int i = 1; i < depth; i++)
		buf_adds(b, "<value><array><data>");
	buf_adds(b, "<value>x</value>");
	for (int i = 1; i < depth; i++)
		buf_adds(b, "</data></array></value>");
	buf_adds(b, "</param></params></methodResponse>");
}

START_TEST(depth_is_capped)
{
	CLEANUP(buf_done) struct buf fits = BUF(XMLRPC_ANSWER_MAX);
	CLEANUP(buf_done) struct buf deeper = BUF(XMLRPC_ANSWER_MAX);
	CLEANUP(buf_done) struct buf abyss = BUF(XMLRPC_ANSWER_MAX);

	write_nested(&fits, XMLRPC_DEPTH_MAX);
	assert_parsed(fits.data, 0, "[[[[[[[[[[[[[[[s:x]]]]]]]]]]]]]]]");
	write_nested(&deeper, XMLRPC_DEPTH_MAX + 1);
	assert_refused(deeper.data, deeper.len);
	write_nested(&abyss, 100000);
	assert_refused(abyss.data, abyss.len);
}
END_TEST

static void write_list(struct buf *b, size_t items)
{
	buf_adds(b, "<methodResponse><params><param><value><array><data>");
	for (size_t i = 0; i < items; i++)
		buf_adds(b, "<value/>");
	buf_adds(b, "</data></array></value></param></params></methodResponse>");
}

START_TEST(values_are_capped)
{
	CLEANUP(xmlrpc_value_done) struct xmlrpc_value v = { .type = XMLRPC_NONE };
	CLEANUP(buf_done) struct buf fits = BUF(XMLRPC_ANSWER_MAX);
	CLEANUP(buf_done) struct buf more = BUF(XMLRPC_ANSWER_MAX);

	write_list(&fits, XMLRPC_VALUES_MAX - 1); /* the array is a value itself */
	ck_assert_int_eq(parse(fits.data, &v), 0);
	ck_assert_uint_eq(v.count, XMLRPC_VALUES_MAX - 1);
	write_list(&more, XMLRPC_VALUES_MAX);
	assert_refused(more.data, more.len);
}
END_TEST

START_TEST(length_is_capped)
{
	CLEANUP(buf_done) struct buf b = BUF(XMLRPC_ANSWER_MAX + 1);

	ck_assert_int_eq(buf_reserve(&b, XMLRPC_ANSWER_MAX + 1), 0);
	memset(b.data, ' ', XMLRPC_ANSWER_MAX + 1);
	memcpy(b.data, ANSWER("<int>7</int>"), strlen(ANSWER("<int>7</int>")));
	assert_refused(b.data, XMLRPC_ANSWER_MAX + 1);
}
END_TEST

/* A build without libxml2 reads nothing. */
START_TEST(built_without)
{
	struct xmlrpc_value v = { .type = XMLRPC_NONE };

	ck_assert_int_eq(parse(ANSWER("x"), &v), -ENOSYS);
	ck_assert_int_eq(v.type, XMLRPC_NONE);
}
END_TEST

static void add_tests(TCase *tc)
{
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, answers_are_read);
	tcase_add_test(tc, faults_are_read);
	tcase_add_test(tc, members_are_found);
	tcase_add_test(tc, answers_that_are_not_xml_rpc);
	tcase_add_test(tc, nothing_may_follow_a_long_answer);
	tcase_add_test(tc, no_part_of_an_answer_is_an_answer);
	tcase_add_test(tc, entities_and_document_types_are_refused);
	tcase_add_test(tc, nothing_is_included);
	tcase_add_test(tc, depth_is_capped);
	tcase_add_test(tc, values_are_capped);
	tcase_add_test(tc, length_is_capped);
}

int main(void)
{
	struct xmlrpc_value v = { .type = XMLRPC_NONE };
	Suite *suite = suite_create("xmlrpc_xml2");
	TCase *tcase = tcase_create("xmlrpc_xml2");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (parse(ANSWER("x"), &v) == -ENOSYS)
		tcase_add_test(tcase, built_without);
	else
		add_tests(tcase);
	xmlrpc_value_done(&v);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
