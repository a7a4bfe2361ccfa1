/* What is a secret, and what is not: the tables. Each row is also redacted a second time, which must change nothing. */
#include "core/redact.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/redact.h"
#include "tests/suite.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static const char *const secret_names[] = {
	"password", "PASSWORD", "PGPASSWORD", "MYSQL_PWD", "mysql_pwd", "dbPass", "DB_PASS", "db.pass",
	"passwd", "-passphrase", "AWS_SECRET_ACCESS_KEY", "SECRET_KEY_BASE", "api-key", "API_KEY", "apiKey",
	"APIKey", "apikey", "HTTPAuth", "auth", "Authorization", "Proxy-Authorization", "X-Auth-Token",
	"GITHUB_TOKEN", "max_tokens", "setcookie", "-setcookie", "RELEASE_COOKIE", "Set-Cookie",
	"sasl.jaas.config", "jaasConfig", "connection_string", "AZURE_STORAGE_CONNECTION_STRING",
	"ConnectionString", "sqlconnectionstring", "credentials", "private", "private_key", "key", "KEY1",
	"key2", "myPWD", "GOOGLE_CREDENTIALS", "client_secret", "--secret", "clientSecretKey", "x509Key",
	"requirepass", "OAuthSecret", "SSHPASS", "JWT", "auth.jwt",
};

static const char *const plain_names[] = {
	"", "-", "--", "...", "monkey", "KEYBOARD_LAYOUT", "keyboard", "keyring", "hockey", "turkey_sandwich",
	"compass", "bypass", "passenger", "PASSIVE", "author", "AUTHORS", "authority", "XAUTHORITY",
	"authentic", "privateer", "OLDPWDS", "pwdx", "user", "HOME", "PATH", "LANG", "host", "--port",
	"verbose", "database_url", "passport", "okeydokey", "donkeyKong", "KeyError",
	"java.security.InvalidKeyException",
};

START_TEST(names)
{
	for (size_t i = 0; i < COUNT(secret_names); i++)
		ck_assert_msg(redact_is_secret(secret_names[i], strlen(secret_names[i])), "%s", secret_names[i]);
	for (size_t i = 0; i < COUNT(plain_names); i++)
		ck_assert_msg(!redact_is_secret(plain_names[i], strlen(plain_names[i])), "%s", plain_names[i]);
}
END_TEST

/* IN as it is, or as OUT (NULL: unchanged). */
struct row {
	const char *in, *out;
};

typedef int (*redact_fn)(const char *text, size_t len, struct buf *ret);

/* Exactly these bytes on the heap: one that is read behind them is found. */
static void run(redact_fn function, const char *text, size_t len, struct buf *ret)
{
	char *copy = malloc(len ? len : 1);

	ck_assert_ptr_nonnull(copy);
	if (len > 0)
		memcpy(copy, text, len);
	ck_assert_int_eq(function(copy, len, ret), 0);
	free(copy);
}

/* For a person to read. */
static void tell(const char *what, const char *text, size_t len)
{
	struct buf shown = BUF(1 << 20);

	ck_assert_int_eq(buf_add_escaped(&shown, text, len, true), 0);
	fprintf(stderr, "%-8s %s\n", what, len ? shown.data : "");
	buf_done(&shown);
}

static bool is_same(const struct buf *b, const char *text, size_t len)
{
	return b->len == len && (len == 0 || memcmp(b->data, text, len) == 0);
}

/* 1 where it is not so: all of a table are told. */
static int check(redact_fn function, const char *in, size_t in_len, const char *out, size_t out_len)
{
	struct buf once = BUF(1 << 20), twice = BUF(1 << 20);
	int wrong;

	run(function, in, in_len, &once);
	run(function, once.data, once.len, &twice);
	wrong = !is_same(&once, out, out_len) || !is_same(&twice, out, out_len);
	if (wrong) {
		tell("\nin", in, in_len);
		tell("expected", out, out_len);
		tell("once", once.data, once.len);
		tell("twice", twice.data, twice.len);
	}
	buf_done(&once);
	buf_done(&twice);
	return wrong;
}

static const struct row texts[] = {
	{ "", NULL },
	{ "nothing to hide here; really: no", NULL },
	/* K=V, query parameters, lists */
	{ "password=hunter2", "password=***" },
	{ "a password=hunter2 b", "a password=*** b" },
	{ "http://h/p?token=abc&user=x#f", "http://h/p?token=***&user=x#f" },
	{ "http://h/p?a=1&api_key=abc", "http://h/p?a=1&api_key=***" },
	{ "http://h/?next=http%3A%2F%2Fi%2F%3Ftoken%3Dabc%26x%3D1", "http://h/?next=http%3A%2F%2Fi%2F%3Ftoken%3D***" },
	{ "jdbc:sqlserver://h:1433;user=sa;password=x;encrypt=true",
	  "jdbc:sqlserver://h:1433;user=sa;password=***;encrypt=true" },
	{ "Server=h;Password=a;b,c&d;Database=x;", "Server=h;Password=***;Database=x;" },
	{ "Server=h;Pwd=x y", "Server=h;Pwd=*** y" }, /* where it ends cannot be known */
	{ "user[password]=abc", "user[password]=***" },
	{ "password=", NULL },
	{ "password=***", NULL },
	/* numbers, booleans, nothing, paths */
	{ "max_tokens=5", NULL },
	{ "max_tokens=-5.25, token_ttl=3", NULL },
	{ "token=123456789012345678901234567890", "token=***" },
	{ "use_token=true auth=off private=None key: no", NULL },
	{ "key=/etc/ssl/x.pem cookie=~/c secret=./d auth=../e", NULL },
	{ "AWS_SECRET_ACCESS_KEY=/bPxRfiCYEXAMPLEKEY/wJalrXUtnFEMI+K7MDENG", "AWS_SECRET_ACCESS_KEY=***" },
	{ "key=/a b", NULL },
	/* headers */
	{ "Authorization: Bearer abc def", "Authorization: ***" },
	{ "Proxy-Authorization:Basic dTpw", "Proxy-Authorization:***" },
	{ "Cookie: a=b; c=d\nHost: x", "Cookie: ***\nHost: x" },
	{ "curl -H 'Authorization: Bearer abc def' http://h", "curl -H 'Authorization: ***' http://h" },
	{ "\"Authorization: Digest username='u', response='r'\" x", "\"Authorization: ***\" x" },
	{ "X-Api-Key: a1b2c3", "X-Api-Key: ***" },
	{ "authorization=Bearer abc x", "authorization=*** x" },
	{ "rejected Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc, sorry", "rejected Bearer ***, sorry" },
	{ "the bearer of bad news", NULL },
	/* JSON, in JSON too */
	{ "{\"password\": \"x\", \"user\": \"y\"}", "{\"password\": \"***\", \"user\": \"y\"}" },
	{ "{\"a\":{\"password\":\"x\\\"y\"},\"b\":[1,2]}", "{\"a\":{\"password\":\"***\"},\"b\":[1,2]}" },
	{ "[{\"max_tokens\":5},{\"b\":1}]", NULL },
	{ "{\"token\":5x},{\"b\":1}", "{\"token\":***},{\"b\":1}" },
	{ "{\\\"password\\\": \\\"x\\\", \\\"user\\\": \\\"y\\\"}",
	  "{\\\"password\\\": \\\"***\\\", \\\"user\\\": \\\"y\\\"}" },
	{ "\"{\\\"url\\\": \\\"h?token=abc\\\", \\\"b\\\": 1}\"",
	  "\"{\\\"url\\\": \\\"h?token=***\\\", \\\"b\\\": 1}\"" },
	{ "{\"keys\": 1, \"key\": [\"a\", \"b\"], \"c\": 2}", "{\"keys\": 1, \"key\": ***, \"c\": 2}" },
	{ "{\"password\": \"12345\"}", "{\"password\": \"***\"}" },
	{ "{\"key\": \"/etc/x.pem\"}", NULL },
	{ "{password: my pass phrase, user: x}", "{password: ***, user: x}" },
	{ "<user name=\"x\" password=\"y\"/><password>z</password>",
	  "<user name=\"x\" password=\"***\"/><password>***</password>" },
	/* options within a text */
	{ "mysqld --password hunter2 --port 3306", "mysqld --password *** --port 3306" },
	{ "mongod --auth --port 27017", NULL },
	{ "beam -setcookie ABCDEF -name a@b", "beam -setcookie *** -name a@b" },
	{ "x --key /etc/ssl/x.pem --token 'a b' y", "x --key /etc/ssl/x.pem --token '***' y" },
	{ "java -Dkey=abc -Ddb.password=x Main", "java -Dkey=*** -Ddb.password=*** Main" },
	{ "Command '['mysql', '--password', 'x', 'db']' failed",
	  "Command '['mysql', '--password', '***', 'db']' failed" },
	/* user:password@ */
	{ "postgres://u:p@h/d", "postgres://u:***@h/d" },
	{ "redis://:p@h:6379/0", "redis://:***@h:6379/0" },
	{ "amqp://u:1234@h1,amqp://u:p@s/s@h2", "amqp://u:***@h1,amqp://u:***@h2" },
	{ "https://token:x@h/p?key=v", "https://token:***@h/p?key=***" },
	{ "http://proxy:8080/@scope/x http://h/a:b@c ssh://git@h:22/x", NULL },
	{ "https://ghp_16C7e42F292c6912E7710c@h/x", "https://***@h/x" },
	{ "xey:,,x.key:e:/e,,e:&a_@y", "xey:***@y" },
	{ "u:p@h and (u:p@ss@h)", "u:***@h and (u:***@h)" },
	{ "git@github.com:a/b bob@example.org nginx:1.25@sha256:ab", NULL },
	/* source */
	{ "password = \"hunter2\"", "password = \"***\"" },
	{ "\tconst char *db_password = \"a b\";", "\tconst char *db_password = \"***\";" },
	{ "connect(auth(token=\"x\"), user=y)", "connect(auth(token=\"***\"), user=y)" },
	{ "login(u, password=pw, retry=3)", "login(u, password=***, retry=3)" },
	{ "if (password == NULL) return -1;", NULL },
	{ "if password == 'hunter2':", "if password == '***':" },
	{ "if (key != other || token >= 3)", NULL },
	{ "self.secret = os.getenv('S', 'dflt') or \"x\"", "self.secret = ***" },
	{ "password = 'a' + 'b'; user = 'c'", "password = ***; user = 'c'" },
	{ "password: str = \"hunter2\"", "password: ***" },
	{ "password=b'x y', c=1", "password=***, c=1" },
	{ "os.environ['SECRET_KEY'] = 'x'", "os.environ['SECRET_KEY'] = '***'" },
	{ "p.put(\"password\", \"x\"); q.get(\"password\");", "p.put(\"password\", \"***\"); q.get(\"password\");" },
	{ "while ((key = next(x)) != NULL) {", "while ((key = ***) != NULL) {" },
	{ "if (!strcmp(password, \"x\")) f(key, \"label\");", "if (!strcmp(password, \"***\")) f(key, \"label\");" },
	{ "[{password, \"x\"}, {token, <<\"y\">>}]", "[{password, \"***\"}, {token, <<\"***\">>}]" },
	{ "std::private::x(auth::y)", NULL },
	{ "return token;", NULL },
	{ "for key, value in d.items():", NULL },
	{ "$password => 'x'", "$password => '***'" },
	{ "don't tell token=abc'def", "don't tell token=***" },
	/* several lines */
	{ "TLS=-----BEGIN RSA PRIVATE KEY-----\nMIIE\nx==\n-----END RSA PRIVATE KEY-----\nb",
	  "TLS=-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----\nb" },
	{ "-----BEGIN PRIVATE KEY-----\nMIIE", "-----BEGIN PRIVATE KEY-----***" },
	{ "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----", NULL },
	{ "key: -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nb: c",
	  "key: ***\nb: c" },
	{ "password = \"a\nb\" x=1", "password = ***" },
	{ "KeyError: 'x'\npassword: abc\nuser: y", "KeyError: 'x'\npassword: ***\nuser: y" },
	/* bytes */
	{ "pass\xc3\xa4=x password=\xff\xfe\xc3\xa4 b", "pass\xc3\xa4=x password=*** b" },
};

START_TEST(in_text)
{
	int wrong = 0;

	for (size_t i = 0; i < COUNT(texts); i++) {
		const char *out = texts[i].out ? texts[i].out : texts[i].in;

		wrong += check(redact_text, texts[i].in, strlen(texts[i].in), out, strlen(out));
	}
	ck_assert_int_eq(wrong, 0);
}
END_TEST

/* Arguments stand between '|' here. */
static const struct row commands[] = {
	{ "mysql|-u|root|--password|hunter2|db", "mysql|-u|root|--password|***|db" },
	{ "mysql|--password=my secret, x|db", "mysql|--password=***|db" },
	{ "mysql|-pSECRET", NULL }, /* not to be known */
	{ "x|--key|/etc/ssl/x.pem|--password-file|/x|--key=/y", NULL },
	{ "mongod|--auth|--port|27017", NULL },
	{ "x|--password|-7fK2x|y", "x|--password|***|y" },
	{ "x|--password||y", NULL },
	{ "x|--password", NULL },
	{ "x|--token|12345|--cookie|false|z", NULL },
	{ "beam|-setcookie|ABC|-name|a@b", "beam|-setcookie|***|-name|a@b" },
	{ "java|-Dkey=a b|-Ddb.password=x|-Pauth=y|-jar|z", "java|-Dkey=***|-Ddb.password=***|-Pauth=***|-jar|z" },
	{ "env|MYSQL_PWD=x y|cmd", "env|MYSQL_PWD=***|cmd" },
	{ "curl|-u|user:pass|-H|Authorization: Bearer a b|http://h",
	  "curl|-u|user:***|-H|Authorization: ***|http://h" },
	{ "curl|--user=u:p|--proxy-user|u:p|h", "curl|--user=u:***|--proxy-user|u:***|h" },
	{ "smbclient|-U|DOM\\u:p w|-U|u%p", "smbclient|-U|DOM\\u:***|-U|u%p" },
	{ "docker|run|-u|1000:1000|--user|root|x", NULL },
	{ "curl|-H|Authorization:|Bearer|abc|x", "curl|-H|Authorization:|***|***|x" },
	{ "curl|-H|X: Bearer|abc|x", "curl|-H|X: Bearer|***|x" },
	{ "x|password|=|abc|y", "x|password|=|***|y" },
	{ "x|password=|abc|--token|=|d", "x|password=|***|--token|=|***" },
	{ "x|{\"password\": \"y\"}|z", "x|{\"password\": \"***\"}|z" },
	{ "psql|postgres://u:p@h/d?sslkey=x|key", "psql|postgres://u:***@h/d?sslkey=x|key" },
	{ "sh|-c|exec x --password 'a b' --port 1", "sh|-c|exec x --password '***' --port 1" },
	{ "nginx: worker --token abc process||||", "nginx: worker --token *** process||||" },
	{ "x|a\nb|--sqlconnectionstring|Server=h;Password=x;", "x|a\nb|--sqlconnectionstring|***" },
};

static size_t cut(const char *line, char *ret)
{
	size_t len = strlen(line);

	for (size_t i = 0; i <= len; i++)
		ret[i] = line[i] == '|' ? '\0' : line[i];
	return len + 1;
}

START_TEST(in_argv)
{
	char in[256], out[256];
	int wrong = 0;

	for (size_t i = 0; i < COUNT(commands); i++) {
		size_t n = cut(commands[i].in, in);

		wrong += check(redact_argv, in, n, out, cut(commands[i].out ? commands[i].out : commands[i].in, out));
	}
	wrong += check(redact_argv, "a\0--token\0b", 11, "a\0--token\0***", 14); /* overwritten: no NUL at the end */
	wrong += check(redact_argv, "", 0, "", 0);
	ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(in_environ)
{
	static const char in[] = "PGPASSWORD=a\nb=c\0HOME=/root\0DATABASE_URL=postgres://u:p@h/d\0KEYBOARD_LAYOUT=de\0"
		"JAVA_OPTS=-Dkey=x -Dy=z\0SSH_AUTH_SOCK=/tmp/ssh-XyZ12/agent.3\0PWD=/srv\0broken\0=x\0API_KEY=";
	static const char out[] = "PGPASSWORD=***\0HOME=/root\0DATABASE_URL=postgres://u:***@h/d\0KEYBOARD_LAYOUT=de\0"
		"JAVA_OPTS=-Dkey=*** -Dy=z\0SSH_AUTH_SOCK=/tmp/ssh-XyZ12/agent.3\0PWD=/srv\0broken\0=x\0API_KEY=";

	ck_assert_int_eq(check(redact_environ, in, sizeof(in), out, sizeof(out)), 0);
	ck_assert_int_eq(check(redact_environ, in, 10, "PGPASSWORD\0", 11), 0);
}
END_TEST

START_TEST(value)
{
	struct buf ret = BUF(64);

	ck_assert_int_eq(redact_value("token", 5, "a\nb", 3, &ret), 0);
	ck_assert_int_eq(redact_value("n", 1, "1 key=v", 7, &ret), 0);
	ck_assert_int_eq(redact_value("key", 3, "7", 1, &ret), 0);
	ck_assert_str_eq(ret.data, "***1 key=***7");
	buf_done(&ret);
}
END_TEST

START_TEST(no_room)
{
	for (size_t max = 3; max < 14; max++) {
		struct buf ret = BUF(max);

		ck_assert_int_eq(buf_adds(&ret, "is"), 0);
		ck_assert_int_eq(redact_text("a key=v b c", 11, &ret), max < 15 ? -ENOBUFS : 0);
		ck_assert_str_eq(ret.data, "is");
		ck_assert_int_eq(redact_argv("a\0--key\0vvvv", 12, &ret), -ENOBUFS);
		ck_assert_int_eq(redact_environ("a=b\0key=value", 13, &ret), -ENOBUFS);
		ck_assert_int_eq(redact_value("key", 3, "a long value", 12, &ret), max < 5 ? -ENOBUFS : 0);
		buf_done(&ret);
	}
}
END_TEST

/* Inputs that make a careless scanner look ahead again and again: each would take minutes then, the case's time. */
START_TEST(hostile)
{
	static const char *const pieces[] = {
		"a:", "a:b,", "http://", "://a:", ",a:", "key='", "key=\\'", "key=(", "-key --a=( ",
		"key=\"\n", "key=a,", "key=a&b", "<key>", "key==\"", "<key", "-----BEGIN PRIVATE KEY-----\n",
		"-----BEGIN ", "Bearer (", "\\", "{", "key", "-key ", "key= ", "key: -----BEGIN ",
		"connection_", "://a:b@", "a:@", "\"key\",", "[", "key=`'\"", "-Dkey=",
	};

	for (size_t i = 0; i < COUNT(pieces); i++)
		redact_hostile(redact_text, pieces[i]);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("redact");

	tcase_add_test(tests, names);
	tcase_add_test(tests, in_text);
	tcase_add_test(tests, in_argv);
	tcase_add_test(tests, in_environ);
	tcase_add_test(tests, value);
	tcase_add_test(tests, no_room);
	tcase_add_test(tests, hostile);
	return suite_run("redact", tests);
}
