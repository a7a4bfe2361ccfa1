/* A member is ready when it says so, when its file is there, when it accepts connections. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/wait.h>

#include "applets/cluster/ready_private.h"
#include "tests/capture.h"
#include "tests/child.h"
#include "tests/runner.h"
#include "tests/suite.h"

static struct ready *ready;
static struct line line;
static char host[32], file[128], program[PATH_MAX];

static void set_up(void)
{
	runner_up();
	ready = NULL;
	snprintf(file, sizeof(file), "%s/ready", dir);
	line = (struct line){ .kind = LINE_BACKGROUND, .text = program, .place = program };
	line.ready = (struct line_ready){ .host = host, .path = file };
}

static void tear_down(void)
{
	ready_free(ready);
	runner_down();
}

/* Start the member TEXT, and wait for it. */
static int wait_for(enum line_ready_kind kind, const char *text)
{
	const char *environment = "nothing";
	pid_t pid;

	line.ready.kind = kind;
	if (!ready)
		ck_assert_int_eq(ready_new(&run, &line, &ready, &environment, &result), 0);
	else
		environment = kind == LINE_READY_NOTIFY ? ready->notify.env : NULL;
	pid = run_start(text, environment);
	ck_assert_int_gt(pid, 0);
	return ready_wait(ready, pid, &result);
}

START_TEST(at_once)
{
	ck_assert_int_eq(wait_for(LINE_READY_AT_ONCE, "exit 3"), 0);
}
END_TEST

START_TEST(file_is_there)
{
	ck_assert_int_eq(wait_for(LINE_READY_FILE, "sleep 0.1; >ready; sleep 1000"), 0);
	ck_assert(exists("ready"));
}
END_TEST

/* ---- what comes in between ---- */

static bool cancel_when_up(void)
{
	if (!exists("up"))
		return true;
	cancelled = true;
	loop_stop(loop, 0);
	return false;
}

START_TEST(not_ready)
{
	struct often often;

	ck_assert_int_eq(wait_for(LINE_READY_FILE, "exit 7"), -ECHILD);
	ck_assert_str_eq(result.why, "exit status 7 before it was ready");
	ck_assert_int_eq(ended_status, 7 << 8);
	config.command_timeout_ms = 100;
	ck_assert_int_eq(wait_for(LINE_READY_FILE, "sleep 1000"), -ECHILD);
	ck_assert_str_eq(result.why, "it was not ready within 100ms");
	ck_assert(loop_has_child(loop, forked_pid));
	config.command_timeout_ms = -1;
	begin_often(&often, cancel_when_up);
	ck_assert_int_eq(wait_for(LINE_READY_FILE, ">up; sleep 1000"), -ECANCELED);
	ck_assert_str_eq(result.why, "cancelled");
}
END_TEST

/* ---- a port ---- */

static int listener;
static int looks;

/* A socket that is bound, and does not listen. */
static void bind_port(int family)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	socklen_t len = family == AF_INET ? sizeof(in) : sizeof(in6);
	struct sockaddr *address = family == AF_INET ? (struct sockaddr *)&in : (struct sockaddr *)&in6;

	listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, address, len) < 0) {
		listener = fd_close(listener);
		return;
	}
	ck_assert_int_eq(getsockname(listener, address, &len), 0);
	line.ready.port = ntohs(family == AF_INET ? in.sin_port : in6.sin6_port);
	looks = 0;
}

static bool listen_later(void)
{
	if (++looks < 40)
		return true;
	make_file("listening", "");
	ck_assert_int_eq(listen(listener, 5), 0);
	return false;
}

static void waits_for_port(int family, const char *name)
{
	struct often often;

	bind_port(family);
	if (listener < 0) {
		printf("warning: no address %s\n", name);
		return;
	}
	strcpy(host, name);
	begin_often(&often, listen_later);
	ck_assert_int_eq(wait_for(LINE_READY_TCP, "sleep 1000"), 0);
	ck_assert(exists("listening"));
	listener = fd_close(listener);
}

START_TEST(port_accepts)
{
	static const struct { int family; const char *host; } hosts[] = {
		{ AF_INET, "127.0.0.1" }, { AF_INET6, "::1" }, { AF_INET, "localhost" }, { AF_INET6, "localhost" },
	};

	waits_for_port(hosts[_i].family, hosts[_i].host);
}
END_TEST

START_TEST(unknown_host)
{
	struct capture capture;
	int r;

	strcpy(host, "a..b");
	line.ready.port = 80;
	config.command_timeout_ms = 1500;
	strcpy(program, "x.cfg:3");
	capture_begin(&capture, STDERR_FILENO);
	r = wait_for(LINE_READY_TCP, "sleep 1000");
	capture_end(&capture);
	ck_assert_int_eq(r, -ECHILD);
	ck_assert_ptr_nonnull(strstr(capture.text, "x.cfg:3: cannot look up the host 'a..b': "));
	ck_assert_ptr_eq(strchr(capture.text, '\n'), capture.text + strlen(capture.text) - 1);
}
END_TEST

/* The one port that connect(2) has to choose from is the one that nobody listens at. */
static int play_alone(void)
{
	int status;

	if (unshare(CLONE_NEWNET) < 0 || system("ip link set lo up && "
	    "echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range") != 0)
		return 77;
	line.ready.port = 40000;
	strcpy(host, "127.0.0.1");
	config.command_timeout_ms = 500;
	status = wait_for(LINE_READY_TCP, "sleep 1000");
	return status == -ECHILD ? 0 : 1;
}

START_TEST(connection_with_itself)
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(play_alone());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (status == 77 << 8)
		printf("warning: no network of our own: a connection with itself is not tested\n");
	else
		ck_assert_int_eq(status, 0);
}
END_TEST

/* ---- a message ---- */

/* What a member does that is this very program. */
static int speak(const char *text)
{
	const char *address = getenv("NOTIFY_SOCKET");

	if (!address || notify_send(address, text, false, 10000) < 0)
		return 9;
	for (;;)
		pause();
}

static const char *speaker(const char *before, const char *text)
{
	static char command[PATH_MAX + 200];

	snprintf(command, sizeof(command), "%s '%s' speak '%s'; :", before, program, text);
	return command;
}

static void find_program(void)
{
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

	ck_assert_int_gt(n, 0);
	program[n] = '\0';
}

START_TEST(says_so)
{
	find_program();
	ck_assert_int_eq(wait_for(LINE_READY_NOTIFY, speaker("exec", "STATUS=x\nREADY=1")), 0);
	ready_free(ready);
	ready = NULL;
	ck_assert_int_eq(wait_for(LINE_READY_NOTIFY, speaker("", "READY=1")), 0); /* a child */
}
END_TEST

static bool let_it_speak(void)
{
	if (++looks < 20)
		return true;
	make_file("go", "");
	return false;
}

/* We ourselves, who are no member; a member that is another one. */
START_TEST(others_say_so)
{
	const char *environment;
	struct often often;

	find_program();
	line.ready.kind = LINE_READY_NOTIFY;
	ck_assert_int_eq(ready_new(&run, &line, &ready, &environment, &result), 0);
	ck_assert_int_eq(notify_send(strchr(environment, '=') + 1, "READY=1", false, 10000), 0);
	ck_assert_int_gt(run_start(speaker("", "READY=1"), environment), 0);
	looks = 0;
	begin_often(&often, let_it_speak);
	ck_assert_int_eq(wait_for(LINE_READY_NOTIFY,
				  speaker("while [ ! -e go ]; do sleep 0.01; done;", "READY=1")), 0);
	ck_assert(exists("go"));
}
END_TEST

START_TEST(nothing_to_release)
{
	ready_free(NULL);
}
END_TEST

static int run_tests(void)
{
	TCase *tests = tcase_create("ready");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, at_once);
	tcase_add_test(tests, file_is_there);
	tcase_add_test(tests, not_ready);
	tcase_add_loop_test(tests, port_accepts, 0, 4);
	tcase_add_test(tests, unknown_host);
	tcase_add_test(tests, connection_with_itself);
	tcase_add_test(tests, says_so);
	tcase_add_test(tests, others_say_so);
	tcase_add_test(tests, nothing_to_release);
	return suite_run("ready", tests);
}

int main(int argc, char **argv)
{
	return argc == 3 ? speak(argv[2]) : run_tests();
}
