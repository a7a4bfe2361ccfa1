#include "applets/heart/validation.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/log.h"
#include "core/pidref.h"
#include "core/spawn.h"
#include "core/tree.h"

enum { ENDING_MS = 500, CANCEL_MS = 100 };

static void on_time(struct loop *loop, void *context);

/* From here on V may be started anew, by done() too. */
static void conclude(struct validation *v, enum validation_state next)
{
	char why[VALIDATOR_WHY_SIZE];

	loop_clear_timer(v->loop, on_time, v);
	v->fd = fd_close(v->fd);
	v->state = next;
	snprintf(why, sizeof(why), "%s", v->ok ? "" : v->why);
	v->done(v->context, v->ok, why);
}

/* What it has told, if it has. False: nothing yet. */
static bool take_verdict(struct validation *v)
{
	char verdict[1 + VALIDATOR_WHY_SIZE];
	ssize_t n;

	do
		n = read(v->fd, verdict, sizeof(verdict) - 1);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return false;
	verdict[n] = '\0';
	v->ok = verdict[0] == '+';
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

	switch (v->state) {
	case VALIDATION_FAILED:
		conclude(v, v->pid > 0 ? VALIDATION_STUCK : VALIDATION_IDLE);
		break;
	case VALIDATION_RUNNING:
		if (!take_verdict(v))
			validator_late(v->timeout_ms, v->why);
		end_validator(v);
		v->state = VALIDATION_ENDING;
		loop_set_timer(loop, ENDING_MS, on_time, v);
		break;
	case VALIDATION_ENDING:
		conclude(v, VALIDATION_STUCK);
		break;
	default:
		break;
	}
}

static void on_child(struct loop *loop, pid_t pid, int status, void *context)
{
	struct validation *v = context;
	char how[64];

	(void)loop;
	if (pid != v->pid || (!WIFEXITED(status) && !WIFSIGNALED(status)))
		return;
	v->pid = 0;
	if (v->state == VALIDATION_STUCK)
		v->state = VALIDATION_IDLE;
	if (v->state == VALIDATION_RUNNING && !take_verdict(v))
		snprintf(v->why, sizeof(v->why), "cut short (%s)", spawn_describe(status, how));
	if (v->state == VALIDATION_RUNNING || v->state == VALIDATION_ENDING)
		conclude(v, VALIDATION_IDLE);
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
	int r;

	if (validation_runs(v))
		return;
	v->timeout_ms = timeout_ms;
	v->ok = false;
	if (v->state == VALIDATION_STUCK) {
		end_validator(v); /* it may have been missed */
		snprintf(v->why, sizeof(v->why), "the one before does not end, though it was killed");
		v->state = VALIDATION_FAILED;
	} else {
		r = start(v, target);
		snprintf(v->why, sizeof(v->why), "cannot be started: %s", log_errno(r));
		v->state = r < 0 ? VALIDATION_FAILED : VALIDATION_RUNNING;
	}
	loop_set_timer(v->loop, v->state == VALIDATION_RUNNING ? timeout_ms : 0, on_time, v);
}

bool validation_runs(const struct validation *v)
{
	return v->state != VALIDATION_IDLE && v->state != VALIDATION_STUCK;
}

/* So that who counts what is left of the program does not count it. */
static void await_end(const struct validation *v)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;

	if (pidref_open(NULL, v->pid, &ref) == 0)
		pidref_wait(NULL, &ref, CANCEL_MS);
}

void validation_cancel(struct validation *v)
{
	if (!v || !v->loop)
		return;
	if (v->pid > 0) {
		end_validator(v);
		await_end(v);
	}
	v->pid = 0;
	v->state = VALIDATION_IDLE;
	v->fd = fd_close(v->fd);
	loop_clear_timer(v->loop, on_time, v);
}
