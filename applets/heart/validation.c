#include "applets/heart/validation.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/log.h"
#include "core/spawn.h"
#include "core/tree.h"

/* From here on V may be started anew, by done() too. */
static void conclude(struct validation *v, enum validation_state next, bool ok)
{
	char why[VALIDATOR_WHY_SIZE];

	v->fd = fd_close(v->fd);
	v->state = next;
	snprintf(why, sizeof(why), "%s", ok ? "" : v->why);
	v->done(v->context, ok, why);
}

/* What it has told, if it has. False: nothing yet. */
static bool take_verdict(struct validation *v, bool *ret_ok)
{
	char verdict[1 + VALIDATOR_WHY_SIZE];
	ssize_t n;

	do
		n = read(v->fd, verdict, sizeof(verdict) - 1);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	verdict[n] = '\0';
	*ret_ok = verdict[0] == '+';
	snprintf(v->why, sizeof(v->why), "%s", verdict + 1);
	return true;
}

/* The validator ends by itself when nothing is left of what it started, and sees to that. Where that is held in an
 * exec(3) the validator waits for it, so it is killed from here. */
static void end_validator(const struct validation *v)
{
	tree_signal_below(v->proc, v->pid, SIGKILL);
	kill(v->pid, SIGTERM);
	kill(v->pid, SIGCONT);
}

static void on_time(struct loop *loop, void *context)
{
	struct validation *v = context;
	bool ok = false;

	(void)loop;
	if (v->state == VALIDATION_FAILED) {
		conclude(v, v->pid > 0 ? VALIDATION_LATE : VALIDATION_IDLE, false);
		return;
	}
	if (v->state != VALIDATION_RUNNING)
		return;
	if (!take_verdict(v, &ok))
		validator_late(v->timeout_ms, v->why);
	end_validator(v);
	conclude(v, VALIDATION_LATE, ok);
}

static void on_child(struct loop *loop, pid_t pid, int status, void *context)
{
	struct validation *v = context;
	char how[64];
	bool ok = false;

	if (pid != v->pid || (!WIFEXITED(status) && !WIFSIGNALED(status)))
		return;
	v->pid = 0;
	if (v->state == VALIDATION_LATE)
		v->state = VALIDATION_IDLE;
	if (v->state != VALIDATION_RUNNING)
		return;
	loop_clear_timer(loop, on_time, v);
	if (!take_verdict(v, &ok))
		snprintf(v->why, sizeof(v->why), "cut short (%s)", spawn_describe(status, how));
	conclude(v, VALIDATION_IDLE, ok);
}

int validation_init(struct validation *v, struct loop *loop, const struct procfs *proc, const struct oomadj *oomadj,
		    validation_fn done, void *context)
{
	*v = (struct validation){
		.loop = loop, .proc = proc, .oomadj = oomadj, .done = done, .context = context, .fd = -1,
	};
	return loop_reserve_timer(loop, on_time, v);
}

/* Above 2: the child's own 0, 1 and 2 come there, and we may have been started without. */
static int open_pipe(int *ret_reader, int *ret_writer)
{
	CLEANUP(fd_done) int reader = -1, writer = -1;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	reader = fcntl(ends[0], F_DUPFD_CLOEXEC, 3);
	writer = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
	close(ends[0]);
	close(ends[1]);
	if (reader < 0 || writer < 0)
		return -EMFILE;
	*ret_reader = TAKE_FD(reader);
	*ret_writer = TAKE_FD(writer);
	return 0;
}

static int start(struct validation *v, const char *target)
{
	CLEANUP(fd_done) int reader = -1, writer = -1;
	struct validator validator = {
		.target = target, .timeout_ms = v->timeout_ms, .guard = getpid(), .oomadj = v->oomadj,
	};
	pid_t pid = loop_reserve_child(v->loop);

	if (pid == 0)
		pid = open_pipe(&reader, &writer);
	if (pid < 0)
		return pid;
	validator.fd = writer;
	pid = spawn_function(validator_run, &validator, true);
	if (pid < 0)
		return pid;
	loop_add_child(v->loop, pid, on_child, v);
	v->pid = pid;
	v->fd = TAKE_FD(reader);
	return 0;
}

void validation_start(struct validation *v, const char *target, int64_t timeout_ms)
{
	int r = 0;

	if (validation_runs(v))
		return;
	v->timeout_ms = timeout_ms;
	if (v->state == VALIDATION_LATE) {
		end_validator(v); /* it may have been missed, or have forked meanwhile */
		snprintf(v->why, sizeof(v->why), "the one before does not end, though it was killed");
	} else {
		r = start(v, target);
		snprintf(v->why, sizeof(v->why), "cannot be started: %s", log_errno(r));
	}
	v->state = v->pid > 0 && v->state == VALIDATION_IDLE ? VALIDATION_RUNNING : VALIDATION_FAILED;
	loop_set_timer(v->loop, v->state == VALIDATION_RUNNING ? timeout_ms : 0, on_time, v);
}

bool validation_runs(const struct validation *v)
{
	return v->state == VALIDATION_RUNNING || v->state == VALIDATION_FAILED;
}

void validation_cancel(struct validation *v)
{
	if (!v || !v->loop)
		return;
	if (v->pid > 0)
		end_validator(v);
	v->pid = 0;
	v->state = VALIDATION_IDLE;
	v->fd = fd_close(v->fd);
	loop_clear_timer(v->loop, on_time, v);
}
