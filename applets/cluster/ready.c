/* ready.c: see runner.h: wait until a member is ready. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applets/cluster/ready_private.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/units.h"

enum { ANCESTORS_MAX = 4096 }; /* processes change while they are walked */

int ready_new(struct runner *r, const struct line *line, struct ready **ret, const char **ret_environment,
	      struct runner_result *ret_result)
{
	CLEANUP(free_done) struct ready *ready = calloc(1, sizeof(*ready));
	int error = ready ? 0 : -ENOMEM;

	if (error == 0) {
		ready->runner = r;
		ready->line = line;
		ready->notify = NOTIFY_NONE;
		ready->tcp.fd = -1;
	}
	if (error == 0 && line->ready.kind == LINE_READY_NOTIFY)
		error = notify_open(&ready->notify);
	if (error < 0)
		return runner_say(ret_result, error, "cannot open a socket to be notified by: %s", log_errno(error));
	*ret_environment = ready->notify.fd >= 0 ? ready->notify.env : NULL;
	*ret = TAKE_PTR(ready);
	return 0;
}

void ready_free(struct ready *ready)
{
	if (!ready)
		return;
	notify_done(&ready->notify);
	free(ready);
}

void ready_set(struct ready *ready)
{
	ready->is_ready = ready->over = true;
	loop_stop(ready->runner->loop, 0);
}

/* ---- a file ---- */

static void look_at_file(struct loop *loop, void *context)
{
	struct ready *ready = context;
	struct stat st;

	if (stat(ready->line->ready.path, &st) == 0)
		ready_set(ready);
	else
		loop_set_timer(loop, READY_LOOK_MS, look_at_file, ready);
}

/* ---- notify ---- */

/* The child of ours that PID comes from; 0: that cannot be told. */
static pid_t ancestor(const struct procfs *proc, pid_t pid)
{
	pid_t us = getpid();

	for (int i = 0; i < ANCESTORS_MAX && pid > 0; i++) {
		struct procparse_stat stat;

		if (procfs_stat_of(proc, pid, &stat) < 0)
			return 0;
		if (stat.ppid == us)
			return pid;
		pid = stat.ppid;
	}
	return 0;
}

/* One that comes from another member does not. An orphan may have come from this one. */
static bool speaks_for_it(struct ready *ready, const struct notify_sender *sender)
{
	const struct runner *r = ready->runner;
	pid_t from;

	if (!notify_sender_is_ours(&ready->notify, r->proc, sender))
		return false;
	from = ancestor(r->proc, sender->pid);
	return from == 0 || from == ready->pid || !loop_has_child(r->loop, from);
}

static void on_message(struct loop *loop, int fd, short revents, void *context)
{
	struct ready *ready = context;
	struct notify_message message;
	struct notify_sender sender;

	(void)loop, (void)fd, (void)revents;
	while (!ready->over && notify_receive(&ready->notify, &message, &sender) > 0)
		if (message.ready && speaks_for_it(ready, &sender))
			ready_set(ready);
}

/* ---- wait ---- */

static int begin(struct ready *ready)
{
	struct loop *loop = ready->runner->loop;

	switch (ready->line->ready.kind) {
	case LINE_READY_TCP:
		return loop_set_timer(loop, 0, ready_tcp_try, ready);
	case LINE_READY_FILE:
		return loop_set_timer(loop, 0, look_at_file, ready);
	case LINE_READY_NOTIFY:
		return loop_add_fd(loop, ready->notify.fd, POLLIN, on_message, ready);
	default:
		ready->is_ready = ready->over = true;
		return 0;
	}
}

static void end(struct ready *ready)
{
	loop_clear_timer(ready->runner->loop, look_at_file, ready);
	ready_tcp_close(ready);
	if (ready->notify.fd >= 0)
		loop_remove_fd(ready->runner->loop, ready->notify.fd);
}

static int not_ready(const struct ready *ready, int error, struct runner_result *ret)
{
	const struct runner *r = ready->runner;
	char text[64], time[32];

	if (error == 0)
		return runner_say(ret, -ECHILD, "%s before it was ready", spawn_describe(r->child.status, text));
	if (error == -ECANCELED)
		return runner_say(ret, error, "cancelled");
	if (error != -ETIMEDOUT)
		return runner_say(ret, error, "%s", log_errno(error));
	units_format_time(r->config->command_timeout_ms, time);
	return runner_say(ret, -ECHILD, "it was not ready within %s", time);
}

/* It is ended next, with the others. */
static void report(const struct ready *ready)
{
	const struct runner *r = ready->runner;
	struct procparse_stat stat;

	if (r->reporting && !ready->line->may_fail && procfs_stat_of(r->proc, ready->pid, &stat) == 0)
		reporting_take(r->reporting, r->proc, &(struct tree_node){ ready->pid, stat.start_ticks }, 1, NULL);
}

int ready_wait(struct ready *ready, pid_t pid, struct runner_result *ret)
{
	struct runner *r = ready->runner;
	int error;

	ready->pid = pid;
	ready->is_ready = false;
	ready->over = r->child.ended;
	error = r->child.pid == pid ? begin(ready) : -EINVAL;
	if (error == 0)
		error = runner_wait(r, &ready->over, runner_deadline(r));
	end(ready);
	if (error == -ETIMEDOUT)
		report(ready);
	return error == 0 && ready->is_ready ? 0 : not_ready(ready, error, ret);
}
