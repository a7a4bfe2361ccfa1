#include "applets/heart/validator.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "core/command.h"
#include "core/http.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/procfs.h"
#include "core/spawn.h"
#include "core/tree.h"
#include "core/units.h"

enum { LINE_MAX_BYTES = 256, LAST_READS = 64, PAUSE_FIRST_MS = 1, PAUSE_MAX_MS = 100 };

bool validator_is_url(const char *target)
{
	return !strncasecmp(target, "http://", 7) || !strncasecmp(target, "https://", 8);
}

void validator_late(int64_t timeout_ms, char ret[VALIDATOR_WHY_SIZE])
{
	char time[32];

	units_format_time(timeout_ms, time);
	snprintf(ret, VALIDATOR_WHY_SIZE, "no answer within %s", time);
}

/* ---- the verdict ---- */

static void tell(const struct validator *v, const char *text, size_t len)
{
	while (write(v->fd, text, len) < 0 && errno == EINTR)
		;
}

static void tell_success(const struct validator *v)
{
	tell(v, "+", 1);
}

static void __attribute__((format(printf, 2, 3))) tell_failure(const struct validator *v, const char *format, ...)
{
	char text[2 * LINE_MAX_BYTES], verdict[1 + VALIDATOR_WHY_SIZE] = "-";
	struct buf out = { .data = verdict, .len = 1, .size = sizeof(verdict), .max = VALIDATOR_WHY_SIZE };
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	buf_add_escaped_part(&out, text, strlen(text), false);
	tell(v, out.data, out.len);
}

/* ---- a URL ---- */

static void fetch_with(const struct validator *v, struct http_client *client)
{
	const struct http_request request = {
		.url = v->target, .timeout_ms = v->timeout_ms < INT_MAX ? (int)v->timeout_ms : INT_MAX,
	};
	char late[VALIDATOR_WHY_SIZE];
	long status = 0;
	int r = http_do(client, &request, &status, NULL);

	validator_late(v->timeout_ms, late);
	if (r == -ETIMEDOUT)
		tell_failure(v, "%s", late);
	else if (r < 0)
		tell_failure(v, "%s", http_why(client));
	else if (status < 200 || status > 299)
		tell_failure(v, "HTTP status %ld", status);
	else
		tell_success(v);
}

static void fetch(const struct validator *v)
{
	struct http_client *client = NULL;
	const char *why = "";

	if (http_open(&client, &why) < 0)
		tell_failure(v, "cannot fetch a URL: %s", why);
	else
		fetch_with(v, client);
	http_free(client);
}

/* ---- a command ---- */

struct keeper {
	struct loop *loop;
	int out;                   /* what the command prints; -1: nothing any more */
	size_t len;
	char last[LINE_MAX_BYTES]; /* the end of that */
	pid_t pid;
	bool ended;
	int status;                /* waitpid(2)'s */
};

static void keep_end_of(struct keeper *keeper, const char *text, size_t len)
{
	size_t over;

	if (len > sizeof(keeper->last)) {
		text += len - sizeof(keeper->last);
		len = sizeof(keeper->last);
	}
	over = keeper->len + len > sizeof(keeper->last) ? keeper->len + len - sizeof(keeper->last) : 0;
	memmove(keeper->last, keeper->last + over, keeper->len - over);
	memcpy(keeper->last + keeper->len - over, text, len);
	keeper->len += len - over;
}

/* read(2)'s result. */
static ssize_t read_output(struct keeper *keeper)
{
	char block[4096];
	ssize_t n = read(keeper->out, block, sizeof(block));

	if (n > 0)
		keep_end_of(keeper, block, (size_t)n);
	return n;
}

static void on_output(struct loop *loop, int fd, short revents, void *context)
{
	ssize_t n = read_output(context);

	(void)revents;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		loop_remove_fd(loop, fd);
}

static void on_child(struct loop *loop, pid_t pid, int status, void *context)
{
	struct keeper *keeper = context;

	(void)pid;
	if (!WIFEXITED(status) && !WIFSIGNALED(status))
		return;
	keeper->ended = true;
	keeper->status = status;
	loop_stop(loop, 0);
}

static void on_term(struct loop *loop, int signal, pid_t sender, void *context)
{
	(void)signal, (void)sender, (void)context;
	loop_stop(loop, 0);
}

/* The last line with anything in it. */
static const char *last_line(struct keeper *keeper, size_t *ret_len)
{
	size_t end = keeper->len, begin;

	while (end > 0 && strchr(" \t\r\n", keeper->last[end - 1]))
		end--;
	for (begin = end; begin > 0 && keeper->last[begin - 1] != '\n' && keeper->last[begin - 1] != '\r';)
		begin--;
	*ret_len = end - begin;
	return keeper->last + begin;
}

static void judge(const struct validator *v, struct keeper *keeper)
{
	const char *line;
	char how[64];
	size_t len;

	if (WIFEXITED(keeper->status) && WEXITSTATUS(keeper->status) == 0) {
		tell_success(v);
		return;
	}
	for (int i = 0; i < LAST_READS && read_output(keeper) > 0;) /* it may have left somebody who prints for ever */
		i++;
	line = last_line(keeper, &len);
	tell_failure(v, "%s%s%.*s", spawn_describe(keeper->status, how), len > 0 ? ": " : "", (int)len, line);
}

static int prepare(struct keeper *keeper, int *ret_writer)
{
	int ends[2], r = loop_new(&keeper->loop);

	if (r == 0)
		r = loop_add_signal(keeper->loop, SIGTERM, on_term, keeper);
	if (r == 0)
		r = loop_reserve_child(keeper->loop);
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
		return -errno;
	keeper->out = ends[0];
	*ret_writer = ends[1];
	return loop_add_fd(keeper->loop, keeper->out, POLLIN, on_output, keeper);
}

static void start(const struct validator *v, struct keeper *keeper)
{
	CLEANUP(fd_done) int writer = -1;
	struct spawn how = { .in = -1, .group = SPAWN_SESSION };
	char why[COMMAND_WHY_SIZE] = "";
	pid_t pid = prepare(keeper, &writer);

	how.out = how.err = writer;
	if (pid == 0)
		pid = command_start(v->target, &how, why);
	if (pid < 0 && why[0])
		tell_failure(v, "cannot run it: %s needs a shell, and there is no /bin/sh", why);
	else if (pid < 0)
		tell_failure(v, "cannot run it: %s", log_errno(pid));
	if (pid < 0)
		return;
	keeper->pid = pid;
	loop_add_child(keeper->loop, pid, on_child, keeper);
}

/* Where /proc cannot be read, that is the session of the command at most. */
static void end_the_rest(const struct procfs *proc, pid_t pgrp)
{
	for (int pause = PAUSE_FIRST_MS;; pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS) {
		int count = tree_signal(proc, pgrp, SIGKILL);
		pid_t reaped;

		while ((reaped = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if ((reaped < 0 && errno == ECHILD) || (!proc && count == 0))
			return;
		poll(NULL, 0, pause);
	}
}

static void run_command(const struct validator *v)
{
	CLEANUP(procfs_done) struct procfs proc = { .fd = -1 };
	struct keeper keeper = { .out = -1 };
	sigset_t term;

	/* Pending until the loop takes it, and behind the loop's end, too. */
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, NULL);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	start(v, &keeper);
	if (keeper.pid > 0)
		loop_run(keeper.loop);
	if (keeper.ended)
		judge(v, &keeper);
	if (keeper.pid > 0)
		end_the_rest(procfs_open(PROCFS_ROOT, &proc) == 0 ? &proc : NULL, keeper.pid);
	fd_close(keeper.out);
	loop_free(keeper.loop);
}

/* ---- both ---- */

int validator_run(void *context)
{
	/* They are the program's: a command that sends a heartbeat itself would be its own proof. */
	static const char *const not_for_it[] = {
		"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "HEART_FD", "HEART_CONTROL",
	};
	const struct validator *v = context;

	spawn_keep_only(v->fd);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != v->guard)
		return 1;
	oomadj_restore(v->oomadj);
	for (size_t i = 0; i < sizeof(not_for_it) / sizeof(*not_for_it); i++)
		unsetenv(not_for_it[i]);
	if (validator_is_url(v->target))
		fetch(v);
	else
		run_command(v);
	return 0;
}
