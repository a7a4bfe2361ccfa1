/* runner.c: see runner.h: start a command, wait for its end. */
#include "applets/cluster/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "applets/cluster/relay.h"
#include "applets/cluster/runner_private.h"
#include "core/cleanup.h"
#include "core/command.h"
#include "core/log.h"
#include "core/units.h"

bool runner_is_cancelled(const struct runner *r)
{
	return r->cancelled && *r->cancelled;
}

int runner_say(struct runner_result *ret, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(ret->why, sizeof(ret->why), format, args);
	va_end(args);
	return error;
}

/* ---- wait ---- */

int64_t runner_deadline(const struct runner *r)
{
	return r->config->command_timeout_ms < 0 ? INT64_MAX : loop_now() + r->config->command_timeout_ms;
}

static void on_late(struct loop *loop, void *context)
{
	struct runner *r = context;

	r->late = true;
	loop_stop(loop, 0);
}

int runner_wait(struct runner *r, bool *over, int64_t deadline)
{
	int status = 0;

	r->late = false;
	r->over = over;
	if (deadline != INT64_MAX)
		status = loop_set_timer(r->loop, deadline - loop_now(), on_late, r);
	while (!*over && !runner_is_cancelled(r) && !r->late && status >= 0)
		status = loop_run(r->loop);
	loop_clear_timer(r->loop, on_late, r);
	r->over = NULL;
	if (*over)
		return 0;
	if (runner_is_cancelled(r))
		return -ECANCELED;
	return r->late ? -ETIMEDOUT : status;
}

/* ---- start ---- */

static void on_child(struct loop *loop, pid_t pid, int status, void *context)
{
	struct runner *r = context;

	if (!WIFEXITED(status) && !WIFSIGNALED(status))
		return;
	if (r->ended)
		r->ended(r->context, pid, status);
	if (pid != r->child.pid || r->child.ended)
		return;
	r->child.ended = true;
	r->child.status = status;
	if (!r->over)
		return;
	*r->over = true;
	loop_stop(loop, 0);
}

/* What the command gets into its environment: ours, ADD (NULL: none). An outer service manager's socket is not its. */
static const char **make_environment(const char *const *ours, const char *add)
{
	const char **all;
	size_t count = 0, n = 0;

	while (ours && ours[count])
		count++;
	all = calloc(count + 3, sizeof(*all));
	if (!all)
		return NULL;
	all[n++] = "NOTIFY_SOCKET";
	for (size_t i = 0; i < count; i++)
		all[n++] = ours[i];
	all[n] = add;
	return all;
}

/* Does the failed start fail for the directory, as seen by us? Its user may see another one. */
static bool is_no_directory(const char *directory)
{
	CLEANUP(fd_done) int fd = directory ? open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	return directory && fd < 0;
}

static const char *hint(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
		return "no such command, or its interpreter is missing";
	case -EACCES:
		return "Permission denied (is it executable, and may its user enter the directory?)";
	case -ENOEXEC:
		return "it is no program for this machine";
	case -E2BIG:
		return "the command, or its environment, is too long";
	case -EPERM:
		return "Operation not permitted (only root may become another user)";
	case -EMFILE:
		return "Too many open files (the limit is too low: ulimit -n)";
	case -EAGAIN:
		return "Resource temporarily unavailable (the limit of processes is too low: ulimit -u, pids.max)";
	default:
		return log_errno(error);
	}
}

static int not_started(const struct runner *r, int error, const char *shell, struct runner_result *ret)
{
	const char *directory = r->config->directory;

	if (error == -EINVAL && shell[0])
		return runner_say(ret, error, "there is no /bin/sh, and %s needs one (use plain words, or a program)",
				  shell);
	if ((error == -ENOENT || error == -ENOTDIR || error == -EACCES) && is_no_directory(directory))
		return runner_say(ret, error, "cannot enter the directory '%.150s': %s", directory, log_errno(error));
	return runner_say(ret, error, "%s", hint(error));
}

/* One that was forked and got no further is reaped already: it ends as a shell would end of ERROR. */
static void tell_end(struct runner *r, pid_t pid, int error)
{
	int status = command_status(error);

	if (r->ended)
		r->ended(r->context, pid, status < 0 ? command_status(-EACCES) : status);
}

int runner_begin(struct runner *r, const struct line *line, int out, const char *add_environment,
		 struct runner_begun *ret_begun, struct runner_result *ret)
{
	CLEANUP(free_done) const char **environment = make_environment(r->environment, add_environment);
	const struct spawn how = {
		.env = environment, .in = -1, .out = out, .err = out, .group = SPAWN_SESSION,
		.directory = r->config->directory, .user = r->user, .readable = r->reporting != NULL,
	};
	char shell[COMMAND_WHY_SIZE] = "";
	struct spawn_begun begun;
	int error = environment ? loop_reserve_child(r->loop) : -ENOMEM;

	*ret = (struct runner_result){ .rest = -1 };
	if (error == 0)
		error = command_begin(line->text, &how, &begun, shell);
	if (error < 0)
		return not_started(r, error, shell, ret);
	error = r->forked ? r->forked(r->context, line, begun.pid) : 0;
	if (error < 0) {
		spawn_cancel(&begun);
		tell_end(r, begun.pid, error);
		return runner_say(ret, error, "%s", log_errno(error));
	}
	/* It ends only in the loop, which is not run before it is told how the start went. */
	loop_add_child(r->loop, begun.pid, on_child, r);
	*ret_begun = (struct runner_begun){ .spawn = begun };
	return 0;
}

void runner_go(const struct runner_begun *begun)
{
	spawn_go(&begun->spawn);
}

int runner_finish(struct runner *r, struct runner_begun *begun, struct runner_result *ret)
{
	pid_t pid = spawn_finish(&begun->spawn);

	if (pid < 0) {
		loop_remove_child(r->loop, begun->spawn.pid);
		tell_end(r, begun->spawn.pid, pid);
		return not_started(r, pid, "", ret);
	}
	ret->pid = r->child.pid = pid;
	r->child.ended = false;
	return pid;
}

void runner_cancel(struct runner *r, struct runner_begun *begun, int error, struct runner_result *ret)
{
	loop_remove_child(r->loop, begun->spawn.pid);
	spawn_cancel(&begun->spawn);
	tell_end(r, begun->spawn.pid, error);
	runner_say(ret, error, "%s", log_errno(error));
}

int runner_start(struct runner *r, const struct line *line, int out, const char *add_environment,
		 struct runner_result *ret)
{
	struct runner_begun begun;
	int error = runner_begin(r, line, out, add_environment, &begun, ret);

	if (error < 0)
		return error;
	runner_go(&begun);
	return runner_finish(r, &begun, ret);
}

/* ---- a command that has to return ---- */

static int failed(int status, struct runner_result *ret)
{
	char how[64];

	return status == 0 ? 0 : runner_say(ret, -ECHILD, "%s", spawn_describe(status, how));
}

/* ERROR: why it is given up. Its last words, said in the loop or left in the pipe, are relayed. */
static int give_up(struct runner *r, struct relay *relay, int error, struct runner_result *ret)
{
	char time[32];
	int left = runner_end(r, error == -ETIMEDOUT);
	bool over;

	relay_finish(relay, &over);
	if (error == -ETIMEDOUT) {
		units_format_time(r->config->command_timeout_ms, time);
		runner_say(ret, -ECHILD, "it took longer than %s", time);
	} else if (error == -ECANCELED)
		runner_say(ret, error, "cancelled");
	else
		runner_say(ret, error, "%s", log_errno(error));
	if (left < 0)
		runner_say(ret, error, "%s, and cannot be ended: %s",
			   error == -ETIMEDOUT ? "it took too long" : "it was given up", log_errno(left));
	return error == -ETIMEDOUT ? -ECHILD : error;
}

/* Its output is relayed to the end, which a reader who does not read may put off: until the deadline. */
static int wait_for_end(struct runner *r, struct relay *relay, int64_t deadline, struct runner_result *ret)
{
	bool over = false;
	int error = runner_wait(r, &over, deadline);

	if (error < 0)
		return give_up(r, relay, error, ret);
	over = false;
	relay_finish(relay, &over);
	runner_wait(r, &over, deadline);
	return failed(r->child.status, ret);
}

int runner_command(struct runner *r, const struct line *line, struct runner_result *ret)
{
	CLEANUP(fd_done) int writer = -1;
	struct relay relay;
	int64_t deadline = runner_deadline(r);
	bool over;
	int result;

	*ret = (struct runner_result){ .rest = -1 };
	if (runner_is_cancelled(r))
		return runner_say(ret, -ECANCELED, "cancelled");
	result = loop_reserve_timer(r->loop, on_late, r);
	if (result == 0)
		result = relay_open(&relay, r->loop, &writer);
	if (result < 0)
		return runner_say(ret, result, "%s", hint(result));
	result = runner_start(r, line, writer, NULL, ret);
	writer = fd_close(writer);
	if (result > 0)
		result = wait_for_end(r, &relay, deadline, ret);
	else
		relay_finish(&relay, &over);
	ret->rest = relay_close(&relay);
	return result;
}
