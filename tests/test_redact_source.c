/* Lines of source: code stands as it is, literals that belong to a secret's name do not. */
#include "core/redact.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/redact.h"
#include "tests/suite.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const code[] = {
	"",
	"sorted(x, key=lambda a: a[1])",
	"sorted(x, key=lambda a: a['name'], reverse=True)",
	"login(user, password=password, token=self.get_token(), retry=3)",
	"token = get_token()",
	"key = self.cache[key_of(request)] or None",
	"password = conf['db']['password']",
	"password = os.environ[\"DB_PASSWORD\"]",
	"def __init__(self, key, password=None, *, token: Optional[str] = None) -> str:",
	"if password == other.password and key not in seen:",
	"f(key, \"label\")",
	"for key, value in d.items(): print('x')",
	"max_tokens=5, key = 0x1f, auth = 12.5",
	"key = \"%s:%s\" % (host, port)",
	"log.info(\"token=%s\", token)",
	"log.info(f\"token={token!r}\", extra={'key': f'{a}-{b}', \"password\": \"\"})",
	"f\"https://{user}:{password}@{host}/\" + \"amqp://%s:%s@%s/\" % x",
	"password = open(\"/etc/x/password\").read()",
	"credentials = {\"user\": user, \"password\": password}",
	"return x // 2  # don't know \"why\"",
	"std::private::x(auth::y, 1'000, 'c')",
	"print('nothing', \"to\", '''hide''')",
	"\"", "'''", "\"\"\"\"", "b'", "\"\\", "]})",
};

/* Each alone in a buffer that ends where it does. */
static bool is(const char *in, const char *out)
{
	struct buf ret = BUF(1 << 12);
	size_t len = strlen(in);
	char *copy = malloc(len ? len : 1);
	bool same;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, in, len);
	ck_assert_int_eq(redact_source(copy, len, &ret), 0);
	same = strcmp(ret.data ? ret.data : "", out) == 0;
	if (!same)
		fprintf(stderr, "\nin       %s\nexpected %s\nis       %s\n", in, out, ret.data ? ret.data : "");
	free(copy);
	buf_done(&ret);
	return same;
}

START_TEST(code_stands)
{
	int wrong = 0;

	for (size_t i = 0; i < COUNT(code); i++)
		wrong += !is(code[i], code[i]);
	ck_assert_int_eq(wrong, 0);
}
END_TEST

static const struct row {
	const char *in, *out;
} secrets[] = {
	{ "password = \"hunter2\"", "password = \"***\"" },
	{ "connect(user, password='a, b', key=lambda a: a[1])", "connect(user, password='***', key=lambda a: a[1])" },
	{ "password=b'x', token=rb\"y\", n=f\"z\"", "password=b'***', token=rb\"***\", n=f\"z\"" },
	{ "password = '''it's \"x\"''' + \"\"\"y\"\"\"", "password = '''***''' + \"\"\"***\"\"\"" },
	{ "password = \"x\\\"y\\\\\", u = 'z'", "password = \"***\", u = 'z'" },
	{ "password = r'\\'x", "password = r'***" },
	{ "password = 'hunter2", "password = '***" },
	{ "password = \"\"\"hunter2 \"x\"", "password = \"\"\"***" },
	{ "password = ('hunter2' \"x\"", "password = ('***' \"***\"" },
	{ "password=\"hunter2\"), user=\"y\")", "password=\"***\"), user=\"y\")" },
	{ "user, password = 'u', b'x', c", "user, password = '***', b'***', c" },
	{ "password = '12345'; user = 'c'", "password = '***'; user = 'c'" },
	{ "key = 0x0123456789abcdef0123456789abcdef", "key = ***" },
	{ "self.secret = os.getenv('S', 'dflt') or \"x\"", "self.secret = os.getenv('***', '***') or \"***\"" },
	{ "def f(user='u', password: str = \"x\", *, token=b'y', n='z'):",
	  "def f(user='u', password: str = \"***\", *, token=b'***', n='z'):" },
	{ "{\"user\": \"u\", \"password\": \"x\", 'api_key' : u'y', 'n': 'z'}",
	  "{\"user\": \"u\", \"password\": \"***\", 'api_key' : u'***', 'n': 'z'}" },
	{ "auth = {\"user\": \"u\", \"pin\": [\"1\", '2']}, n, 'z'",
	  "auth = {\"user\": \"***\", \"pin\": [\"***\", '***']}, n, 'z'" },
	{ "os.environ['SECRET_KEY'] = 'x'", "os.environ['SECRET_KEY'] = '***'" },
	{ "'SECRET_KEY'] = 'x'", "'SECRET_KEY'] = '***'" },
	{ "d.get(\"password\", \"x\")", "d.get(\"password\", \"***\")" },
	{ "run([\"mysql\", \"--password\", \"x\"], \"--token=\" + 'y', 'z')",
	  "run([\"mysql\", \"--password\", \"***\"], \"--token=\" + '***', 'z')" },
	{ "set_password(\"admin\", \"x\").then(\"y\")", "set_password(\"***\", \"***\").then(\"y\")" },
	{ "if password == 'x' or user == 'y':", "if password == '***' or user == '***':" },
	{ "if (!strcmp(password, \"x\")) f(key, \"label\");", "if (!strcmp(password, \"***\")) f(key, \"label\");" },
	{ "x->db_password = debug ? \"x\" : (a ? \"y\" : \"z\");",
	  "x->db_password = debug ? \"***\" : (a ? \"***\" : \"***\");" },
	{ "password = 'x'if a else'y'or'z'", "password = '***'if a else'***'or'***'" },
	/* texts */
	{ "create_engine(\"postgres://u:x@h/d\")", "create_engine(\"postgres://u:***@h/d\")" },
	{ "f'https://{user}:x@{host}/?token=y&a={b}'", "f'https://{user}:***@{host}/?token=***&a={b}'" },
	{ "run(\"mysql --password x\", '{\"token\": \"y\"}')",
	  "run(\"mysql --password ***\", '{\"token\": \"***\"}')" },
	{ "f(\"password=x\", \"{\\\"token\\\": \\\"y\\\"}\")",
	  "f(\"password=***\", \"{\\\"token\\\": \\\"***\\\"}\")" },
	{ "key = \"{0f8fad5b-d9cb-469f-a165-70867728950e}\"", "key = \"***\"" },
	{ "key = a  # don't: key = 'x', password: y", "key = a  # don't: key = '***', password: ***" },
	{ "f(x); // password=y z", "f(x); // password=*** z" },
	{ "f(x) // http://u:p@h/", "f(x) // http://u:***@h/" },
};

START_TEST(literals)
{
	int wrong = 0;

	for (size_t i = 0; i < COUNT(secrets); i++)
		wrong += !is(secrets[i].in, secrets[i].out);
	ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(no_room)
{
	static const char line[] = "password = \"hunter2\" # key=x";
	struct buf ret = BUF(64);

	for (size_t max = 3; max < 26; max++) {
		ret.max = max;
		buf_reset(&ret);
		ck_assert_int_eq(buf_adds(&ret, "is "), 0);
		ck_assert_int_eq(redact_source(line, strlen(line), &ret), -ENOBUFS);
		ck_assert_str_eq(ret.data, "is ");
	}
	buf_done(&ret);
}
END_TEST

/* Linear, whatever comes: each would take minutes else, the case's time. */
START_TEST(hostile)
{
	static const char *const pieces[] = {
		"key=", "key=,",
		"\"key\"", "\"key\",", "key(", "key=(", "\"key=\"", "key[", "'", "b'", "\\", "key='\\", " ",
		"\" ", "{\"a\" :", "%(", "\"{", "key=\"%(a", "#", "//", "]", ":", "key", "0",
	};

	for (size_t i = 0; i < COUNT(pieces); i++)
		redact_hostile(redact_source, pieces[i]);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("redact_source");

	tcase_add_test(tests, code_stands);
	tcase_add_test(tests, literals);
	tcase_add_test(tests, no_room);
	tcase_add_test(tests, hostile);
	return suite_run("redact_source", tests);
}
