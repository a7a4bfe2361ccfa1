/* supervisord: its process, names, verbs against a real one, and what its errors mean. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "applets/oome/supervisor.h"
#include "core/cleanup.h"
#include "tests/answer.h"
#include "tests/fixture.h"
#include "tests/stub.h"
#include "tests/supervisord.h"
#include "tests/wrapped.h"

static struct xmlrpc_client *client;
static struct xmlrpc_error error;

static void connect_now(void)
{
	xmlrpc_free(client);
	client = NULL;
	ck_assert_msg(supervisor_connect(20000, &client, &error) == XMLRPC_OK, "%s", error.text);
}

/* --- names --- */

START_TEST(names_match)
{
	static const struct { const char *wanted, *group, *name; bool matches; } cases[] = {
		{ "web", "web", "web", true },      { "web", "g", "web", true },       { "g", "g", "web", true },
		{ "g:web", "g", "web", true },      { "g:*", "g", "web", true },       { "g:", "g", "web", true },
		{ "web:web", "web", "web", true },  { "n:n_0", "n", "n_0", true },     { "n", "n", "n_0", true },
		{ "n_0", "n", "n_0", true },        { "g:a:b", "g", "a:b", true },
		{ "we", "web", "web", false },      { "webs", "web", "web", false },   { "g:web", "h", "web", false },
		{ "g:we", "g", "web", false },      { "g:webs", "g", "web", false },   { "gg:web", "g", "web", false },
		{ "g:*", "gg", "web", false },      { "*", "g", "web", false },        { "*:web", "g", "web", false },
		{ "", "g", "web", false },          { ":", "g", "web", false },        { ":web", "g", "web", false },
		{ "web:g", "g", "web", false },     { "g:w*", "g", "web", false },     { "WEB", "web", "web", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *wanted = cases[i].wanted, *group = cases[i].group, *name = cases[i].name;

		ck_assert_msg(supervisor_name_matches(wanted, group, name) == cases[i].matches,
			      "-p '%s' and %s:%s", wanted, group, name);
	}
}
END_TEST

START_TEST(names_are_written)
{
	static const char *const bad[][2] = {
		{ "", "web" }, { "g", "" }, { "g", "*" }, { "g:h", "web" }, { "g", "a:b" }, { "*", "*" },
	};
	char text[8] = "before";

	ck_assert_int_eq(supervisor_namespec("g", "web", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "g:web");
	ck_assert_int_eq(supervisor_namespec("web", "web", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "web");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_int_eq(supervisor_namespec(bad[i][0], bad[i][1], text, sizeof(text)), -EINVAL);
	ck_assert_int_eq(supervisor_namespec("long", "names", text, sizeof(text)), -ENAMETOOLONG);
	ck_assert_str_eq(text, "web");
	ck_assert_int_eq(supervisor_namespec("group", "n", text, sizeof(text)), 0);
	ck_assert_str_eq(text, "group:n");
}
END_TEST

/* --- which process --- */

#define ARGV(...) ((char *const[]){ (char *)"test", __VA_ARGS__, NULL })
#define WORD(text) ((char *)(text))

static void assert_finds(char *const argv[], const char *name, const char *group, bool wrapper_is_it)
{
	char text[128];
	long wrapper, pid;

	wrapped_run(argv, name, group, text);
	pid = wrapped_found(text, &wrapper);
	ck_assert_msg(pid == (wrapper_is_it ? wrapper : getpid()), "found %ld; I am %d, the wrapper %ld", pid,
		      getpid(), wrapper);
}

START_TEST(the_parent_is_supervisord)
{
	assert_finds(ARGV(WORD("listen"), WORD("-")), "x", "g", false);
	assert_finds(ARGV(WORD("listen"), WORD("-")), "x", NULL, false);
	assert_finds(ARGV(WORD("listen"), WORD("-")), NULL, NULL, false);
}
END_TEST

START_TEST(wrappers_are_passed_over)
{
	assert_finds(ARGV(WORD("wrap"), WORD("x"), WORD("-")), "x", "g", false);
	assert_finds(ARGV(WORD("wrap"), WORD("x"), WORD("-")), "x", NULL, false);
}
END_TEST

START_TEST(a_supervisord_below_another)
{
	assert_finds(ARGV(WORD("wrap"), WORD("x"), WORD("-")), "xx", "g", true);
	assert_finds(ARGV(WORD("wrap"), WORD("xx"), WORD("-")), "x", "g", true);
	assert_finds(ARGV(WORD("wrap"), WORD("x"), WORD("-")), NULL, "g", true);
}
END_TEST

/* As root alone can test it: `su nobody -c` in the listener's command, and supervisord itself is root's. */
START_TEST(environments_that_we_may_not_read)
{
	if (geteuid())
		return;
	assert_finds(ARGV(WORD("listen"), WORD("nobody")), "x", "g", false);
	assert_finds(ARGV(WORD("wrap"), WORD("x"), WORD("nobody")), "x", "g", false);
}
END_TEST

START_TEST(nobody_is_above_us)
{
	CLEANUP(procfs_done) struct procfs proc = { .fd = -1 };
	struct pidref ref = PIDREF_NONE;

	fixture_make();
	ck_assert_int_eq(procfs_open(fixture_root, &proc), 0);
	ck_assert_int_eq(supervisor_find(&proc, &ref), -ESRCH);
	fixture_stat(getpid(), "test", 'S', 0, 7); /* the first process of a container */
	ck_assert_int_eq(supervisor_find(&proc, &ref), -ESRCH);
	fixture_stat(getpid(), "test", 'S', 4194304, 7); /* pids are below that, always */
	ck_assert_int_eq(supervisor_find(&proc, &ref), -ESRCH);
	ck_assert_int_eq(ref.fd, -1);
	ck_assert_int_eq(ref.pid, 0);
	fixture_remove();
}
END_TEST

/* --- errors --- */

static void assert_explained(struct xmlrpc_error given, const char *wanted)
{
	char text[1024];

	ck_assert_ptr_eq(supervisor_explain(&given, text, sizeof(text)), text);
	ck_assert_str_eq(text, wanted);
}

START_TEST(errors_are_explained)
{
	setenv("SUPERVISOR_SERVER_URL", "http://u:pa/s@s@localhost:9001", 1);
	assert_explained((struct xmlrpc_error){ XMLRPC_UNAUTHORIZED, 0, 0, "HTTP 401" },
			 "supervisord refused the user name or password (401): set SUPERVISOR_USERNAME and "
			 "SUPERVISOR_PASSWORD in the listener's `environment=`");
	assert_explained((struct xmlrpc_error){ XMLRPC_FAILED, 0, -ECONNREFUSED, "Connection refused" },
			 "http://localhost:9001: Connection refused (is [unix_http_server] (or [inet_http_server]) and "
			 "[rpcinterface:supervisor] in supervisord.conf?)");
	assert_explained((struct xmlrpc_error){ XMLRPC_FAILED, 0, -EPROTO, "HTTP 500" },
			 "http://localhost:9001: HTTP 500");
	assert_explained((struct xmlrpc_error){ XMLRPC_FAULT, SUPERVISOR_UNKNOWN_METHOD, 0, "UNKNOWN_METHOD" },
			 "UNKNOWN_METHOD (is [rpcinterface:supervisor] in supervisord.conf?)");
	assert_explained((struct xmlrpc_error){ XMLRPC_FAULT, SUPERVISOR_SHUTDOWN_STATE, 0, "SHUTDOWN_STATE" },
			 "SHUTDOWN_STATE (supervisord is shutting down or restarting)");
	assert_explained((struct xmlrpc_error){ XMLRPC_FAULT, SUPERVISOR_FAULT_FAILED, 0, "FAILED: x" }, "FAILED: x");
	assert_explained((struct xmlrpc_error){ XMLRPC_MISSING, 0, -ENOENT, "libxml2 is not installed" },
			 "libxml2 is not installed (install it, or restart programs with -x SCRIPT)");

	setenv("SUPERVISOR_SERVER_URL", "unix:///run/at@home.sock", 1);
	assert_explained((struct xmlrpc_error){ XMLRPC_FAILED, 0, -EACCES, "Permission denied" },
			 "unix:///run/at@home.sock: Permission denied (the socket's chmod= and chown= in "
			 "[unix_http_server] must let the listener's user= in)");
}
END_TEST

START_TEST(no_url)
{
	unsetenv("SUPERVISOR_SERVER_URL");
	ck_assert_int_eq(supervisor_connect(20000, &client, &error), XMLRPC_MISSING);
	ck_assert_ptr_null(client);
	assert_explained(error, "SUPERVISOR_SERVER_URL is not set (supervisord.conf needs [unix_http_server] (or "
				"[inet_http_server]) and [rpcinterface:supervisor])");
	setenv("SUPERVISOR_SERVER_URL", "", 1);
	ck_assert_int_eq(supervisor_connect(20000, &client, NULL), XMLRPC_MISSING);
}
END_TEST

/* --- answers that supervisord does not give --- */

static void serve_text(struct stub_call *c)
{
	while (stub_read(c))
		stub_answer(c, "200 OK", "", c->arg, strlen(c->arg));
}

#define MEMBER(name, value) "<member><name>" name "</name><value>" value "</value></member>"
#define INT(number) "<int>" number "</int>"
#define WEB MEMBER("group", "g") MEMBER("name", "web")

/* What supervisor_info() makes of it. */
static enum xmlrpc_outcome info_from(const char *answer, struct supervisor_info *ret)
{
	enum xmlrpc_outcome outcome;
	struct stub stub;

	stub_start(&stub, NULL, serve_text, answer);
	setenv("SUPERVISOR_SERVER_URL", stub.url, 1);
	connect_now();
	outcome = supervisor_info(client, "g:web", ret, &error);
	xmlrpc_free(client);
	client = NULL;
	stub_stop(&stub);
	return outcome;
}

START_TEST(answers_of_others)
{
	static const char *const bad[] = {
		ANSWER("text"), ANSWER("<struct></struct>"), ANSWER("<struct>" WEB "</struct>"),
		ANSWER("<struct>" WEB MEMBER("state", "RUNNING") "</struct>"),
		ANSWER("<struct>" WEB MEMBER("state", INT("20")) MEMBER("pid", INT("-7")) "</struct>"),
		ANSWER("<struct>" WEB MEMBER("state", INT("20")) MEMBER("pid", INT("4294967303")) "</struct>"),
		ANSWER("<struct>" MEMBER("name", "web") MEMBER("state", INT("20")) "</struct>"),
	};
	struct supervisor_info info = { .state = SUPERVISOR_FATAL };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		ck_assert_int_eq(info_from(bad[i], &info), XMLRPC_FAILED);
		ck_assert_str_eq(error.text, "the answer is not one of supervisord");
		ck_assert_int_eq(info.state, SUPERVISOR_FATAL);
		ck_assert_ptr_null(info.name);
	}
	ck_assert_int_eq(info_from(ANSWER("<struct>" WEB MEMBER("state", INT("15")) "</struct>"), &info), XMLRPC_OK);
	ck_assert_int_eq(info.state, SUPERVISOR_UNKNOWN);
	ck_assert_int_eq(info.pid, 0);
	ck_assert_str_eq(info.description, "");
	supervisor_info_done(&info);
	supervisor_info_done(NULL);
	supervisor_all_done(NULL, 0);
}
END_TEST

/* --- a real supervisord --- */

static struct supervisord supervisord;

static void setup(void)
{
	client = NULL;
	supervisord_start(&supervisord);
	supervisord_environment(&supervisord, false);
	connect_now();
}

static void teardown(void)
{
	xmlrpc_free(client);
	supervisord_stop(&supervisord);
}

/* Ask until NAMESPEC is in STATE; its pid. */
static pid_t wait_state(const char *namespec, enum supervisor_state state)
{
	for (int tries = 0; tries < 1000; tries++) {
		struct supervisor_info info = { .state = SUPERVISOR_UNKNOWN };
		enum xmlrpc_outcome outcome = supervisor_info(client, namespec, &info, &error);
		enum supervisor_state now = info.state;
		pid_t pid = info.pid;

		/* At first there is no socket yet, or nobody listens. */
		ck_assert_msg(outcome == XMLRPC_OK || error.cause, "%s", error.text);
		supervisor_info_done(&info);
		if (outcome == XMLRPC_OK && now == state)
			return pid;
		nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000 * 1000 }, NULL);
	}
	ck_abort_msg("%s does not come to state %d: %s", namespec, state, error.text);
}

static void assert_fault(enum xmlrpc_outcome outcome, int code)
{
	ck_assert_msg(outcome == XMLRPC_FAULT, "%d: %s", outcome, error.text);
	ck_assert_int_eq(error.fault_code, code);
}

START_TEST(programs_are_stopped_and_started)
{
	pid_t pid = wait_state("web", SUPERVISOR_RUNNING), again;

	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(supervisor_stop(client, "web", &error), XMLRPC_OK);
	ck_assert_int_eq(wait_state("web", SUPERVISOR_STOPPED), 0);
	assert_fault(supervisor_stop(client, "web", &error), SUPERVISOR_NOT_RUNNING);
	ck_assert_int_eq(supervisor_start(client, "web", &error), XMLRPC_OK);
	again = wait_state("web", SUPERVISOR_RUNNING);
	ck_assert_int_gt(again, 0);
	ck_assert_int_ne(again, pid);
	assert_fault(supervisor_start(client, "web", &error), SUPERVISOR_ALREADY_STARTED);

	wait_state("many:many_1", SUPERVISOR_RUNNING);
	assert_fault(supervisor_stop(client, "many_1", &error), SUPERVISOR_BAD_NAME);
	ck_assert_int_eq(supervisor_start(client, "slow", &error), XMLRPC_OK); /* not in five minutes, but now */
	wait_state("slow", SUPERVISOR_STARTING);
	assert_fault(supervisor_start(client, "broken", &error), SUPERVISOR_NO_FILE);
}
END_TEST

START_TEST(all_programs_are_told)
{
	struct supervisor_info *infos = NULL;
	size_t count = 0;

	wait_state("many:many_1", SUPERVISOR_RUNNING);
	ck_assert_int_eq(supervisor_all(client, &infos, &count, &error), XMLRPC_OK);
	ck_assert_uint_eq(count, 5);
	for (size_t i = 0; i < count; i++)
		ck_assert_str_eq(infos[i].group, strncmp(infos[i].name, "many_", 5) ? infos[i].name : "many");
	supervisor_all_done(infos, count);
}
END_TEST

START_TEST(passwords)
{
	wait_state("web", SUPERVISOR_RUNNING);
	supervisord_environment(&supervisord, true);
	connect_now();
	wait_state("web", SUPERVISOR_RUNNING);
	ck_assert_int_eq(supervisor_stop(client, "web", &error), XMLRPC_OK); /* the same connection */

	setenv("SUPERVISOR_PASSWORD", "wrong", 1);
	connect_now();
	ck_assert_int_eq(supervisor_start(client, "web", &error), XMLRPC_UNAUTHORIZED);
	setenv("SUPERVISOR_USERNAME", "", 1);
	connect_now();
	ck_assert_int_eq(supervisor_start(client, "web", &error), XMLRPC_UNAUTHORIZED);
}
END_TEST

static TCase *real_case(void)
{
	TCase *tc = tcase_create("supervisord");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 90);
	tcase_add_test(tc, programs_are_stopped_and_started);
	tcase_add_test(tc, all_programs_are_told);
	tcase_add_test(tc, passwords);
	return tc;
}

static TCase *alone_case(bool rpc)
{
	TCase *tc = tcase_create("alone");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, names_match);
	tcase_add_test(tc, names_are_written);
	tcase_add_test(tc, the_parent_is_supervisord);
	tcase_add_test(tc, wrappers_are_passed_over);
	tcase_add_test(tc, a_supervisord_below_another);
	tcase_add_test(tc, environments_that_we_may_not_read);
	tcase_add_test(tc, nobody_is_above_us);
	tcase_add_test(tc, errors_are_explained);
	tcase_add_test(tc, no_url);
	if (rpc)
		tcase_add_test(tc, answers_of_others);
	return tc;
}

/* Asked in a child, which is the one that loads the libraries. */
static bool is_built_without(void)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		setenv("SUPERVISOR_SERVER_URL", "http://localhost", 1);
		_exit(supervisor_connect(20000, &client, &error) == XMLRPC_MISSING && error.cause == -ENOSYS);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

int main(int argc, char **argv)
{
	Suite *suite;
	SRunner *runner;
	int failed = wrapped_main(argc, argv);
	bool rpc = failed < 0 && !is_built_without();

	if (failed >= 0)
		return failed;
	suite = suite_create("supervisor");
	suite_add_tcase(suite, alone_case(rpc));
	if (rpc)
		suite_add_tcase(suite, real_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
