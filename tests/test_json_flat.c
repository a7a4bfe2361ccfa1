/* Strings out of one JSON object. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "core/json_flat.h"
#include "tests/suite.h"

START_TEST(reads_strings)
{
	static const struct { const char *text; int r; const char *value; } cases[] = {
		{ "{\"k\":\"v\"}", 0, "v" },
		{ " {\n\t\"a\" : \"b\" , \"k\" : \"v\" } \n", 0, "v" },
		{ "{\"k\":\"v\",\"k\":\"w\"}", 0, "v" },
		{ "{\"k\":\"\"}", 0, "" },
		{ "{\"a\":1,\"b\":[{\"k\":\"no\"},\"}\"],\"c\":{\"k\":\"no\"},\"d\":null,\"k\":\"v\"}", 0, "v" },
		{ "{\"k\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", 0, "\"\\/\b\f\n\r\t" },
		{ "{\"k\":\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"}", 0, "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80" },
		{ "{\"k\":\"\\ud83d!\\ude00\\ud83d\\u0041\"}", 0, "\xef\xbf\xbd!\xef\xbf\xbd\xef\xbf\xbd" "A" },
		{ "{\"\\u006b\":\"v\"}", 0, "v" },
		{ "{}", -ENOENT, NULL },
		{ "{\"a\":\"k\"}", -ENOENT, NULL },
		{ "{\"k\":1}", -ENOENT, NULL },
		{ "{\"k\":\"12345678\"}", 0, "12345678" },
		{ "{\"k\":\"a\\u0000b\"}", -EBADMSG, NULL },
		{ "", -EBADMSG, NULL },
		{ "[]", -EBADMSG, NULL },
		{ "{", -EBADMSG, NULL },
		{ "{\"k\"", -EBADMSG, NULL },
		{ "{\"k\":", -EBADMSG, NULL },
		{ "{\"k\":\"", -EBADMSG, NULL },
		{ "{\"k\":\"\\", -EBADMSG, NULL },
		{ "{\"k\":\"\\u12", -EBADMSG, NULL },
		{ "{\"k\":\"\\x\"}", -EBADMSG, NULL },
		{ "{\"k\":\"a\nb\"}", -EBADMSG, NULL },
		{ "{\"a\":[[[[", -EBADMSG, NULL },
		{ "{\"a\":]}", -EBADMSG, NULL },
		{ "{\"a\":1", -EBADMSG, NULL },
		{ "{\"a\":1,}", -EBADMSG, NULL },
		{ "{a:1}", -EBADMSG, NULL },
	};
	char value[64];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		strcpy(value, "untouched");
		ck_assert_msg(json_flat_string(cases[i].text, strlen(cases[i].text), "k", value, sizeof value) ==
			      cases[i].r, "%s", cases[i].text);
		ck_assert_str_eq(value, cases[i].r == 0 ? cases[i].value : "untouched");
	}
	ck_assert_int_eq(json_flat_string("{\"k\":\"1234\"}", 12, "k", value, 4), -ENAMETOOLONG);
	ck_assert_int_eq(json_flat_string("{\"k\":\"123\"}\0\0", 13, "k", value, 4), 0);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("json_flat");

	tcase_add_test(tests, reads_strings);
	return suite_run("json_flat", tests);
}
