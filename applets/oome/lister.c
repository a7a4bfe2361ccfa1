#include "applets/oome/lister.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets/oome/supervisor.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/spawn.h"
#include "core/percent.h"
#include "core/write_all.h"

enum { ANSWER_MAX = 4 * 1024 * 1024, NAME_BYTES = 512 };

/* What the child needs. */
struct question {
	int fd;
	int timeout_ms;
	bool quiet; /* its failure was said before */
};

/* ---- in the child: one line a program, "PID GROUP NAME", the names encoded ---- */

static int format_program(struct buf *ret, const struct supervisor_info *info)
{
	char group[3 * NAME_BYTES], name[3 * NAME_BYTES];

	if (percent_encode(info->group, group, sizeof group) < 0 || percent_encode(info->name, name, sizeof name) < 0)
		return 0; /* too long a name for us is nobody we can act on */
	return buf_printf(ret, "%d %s %s\n", (int)info->pid, group, name);
}

static void client_done(struct xmlrpc_client **client)
{
	xmlrpc_free(*client);
}

static int child_main(void *context)
{
	const struct question *q = context;
	CLEANUP(client_done) struct xmlrpc_client *client = NULL;
	struct xmlrpc_error error = { 0 };
	CLEANUP(buf_done) struct buf text = BUF(ANSWER_MAX);
	struct supervisor_info *infos = NULL;
	size_t count = 0;
	char why[512];
	int r = 0;

	if (supervisor_connect(q->timeout_ms, &client, &error) != XMLRPC_OK ||
	    supervisor_all(client, &infos, &count, &error) != XMLRPC_OK) {
		if (!q->quiet)
			log_fail("cannot ask supervisord for the names of its programs: %s",
				 supervisor_explain(&error, why, sizeof why));
		return 1;
	}
	for (size_t i = 0; !r && i < count; i++)
		r = format_program(&text, &infos[i]);
	supervisor_all_done(infos, count);
	return r < 0 || write_all(q->fd, text.data ? text.data : "", text.len) < 0;
}

/* ---- in the listener ---- */

void lister_init(struct lister *lister)
{
	lister->child = 0;
	lister->fd = -1;
	lister->answer = BUF(ANSWER_MAX);
}

static void close_answer(struct lister *lister)
{
	if (lister->fd >= 0)
		loop_remove_fd(lister->loop, lister->fd);
	lister->fd = fd_close(lister->fd);
}

void lister_done(struct lister *lister)
{
	if (!lister)
		return;
	close_answer(lister);
	buf_done(&lister->answer);
}

static void parse_line(struct lister *lister, char *line)
{
	char *rest = line, *pid = strsep(&rest, " "), *group_code = strsep(&rest, " "), *name_code = rest;
	char group[NAME_BYTES], name[NAME_BYTES];

	if (!group_code || !name_code || percent_decode(group_code, group, sizeof group) < 0 ||
	    percent_decode(name_code, name, sizeof name) < 0)
		return;
	lister->program((pid_t)strtol(pid, NULL, 10), group, name, lister->context);
}

static void parse(struct lister *lister)
{
	char *rest = lister->answer.data;

	while (rest && *rest)
		parse_line(lister, strsep(&rest, "\n"));
}

static void on_child(struct loop *loop, pid_t pid, int status, void *context)
{
	struct lister *lister = context;
	bool answered = WIFEXITED(status) && !WEXITSTATUS(status);

	(void)loop;
	if (pid != lister->child || (!WIFEXITED(status) && !WIFSIGNALED(status)))
		return;
	lister->child = 0;
	if (lister->fd >= 0)
		buf_read_fd(&lister->answer, lister->fd); /* what stands in the pipe; its writer is gone */
	close_answer(lister);
	lister->failure_said = !answered;
	if (answered)
		parse(lister);
	lister->done(answered, lister->context);
}

/* Some of the answer: a pipe does not hold the whole. */
static void on_answer(struct loop *loop, int fd, short revents, void *context)
{
	struct lister *lister = context;
	ssize_t n;

	(void)loop;
	(void)revents;
	if (buf_reserve(&lister->answer, 4096) < 0) {
		close_answer(lister);
		return;
	}
	n = read(fd, lister->answer.data + lister->answer.len, 4096);
	if (n > 0) {
		lister->answer.len += (size_t)n;
		lister->answer.data[lister->answer.len] = 0;
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close_answer(lister);
	}
}

int lister_start(struct lister *lister)
{
	int ends[2];
	pid_t pid;

	if (lister->child)
		return 0;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	fcntl(ends[1], F_SETFL, 0); /* the child may wait for us */
	struct question q = { .fd = ends[1], .timeout_ms = lister->timeout_ms, .quiet = lister->failure_said };
	buf_reset(&lister->answer);
	pid = loop_reserve_child(lister->loop) < 0 ? -ENOMEM : spawn_function(child_main, &q, false);
	fd_close(ends[1]);
	if (pid < 0 || loop_add_fd(lister->loop, ends[0], POLLIN, on_answer, lister) < 0) {
		fd_close(ends[0]);
		return pid < 0 ? pid : -ENOMEM;
	}
	lister->child = pid;
	lister->fd = ends[0];
	return loop_add_child(lister->loop, pid, on_child, lister);
}
