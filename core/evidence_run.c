/* evidence_run.c: see evidence_private.h: a child with a deadline, whatever becomes of it. */
#include "core/evidence_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/clock.h"
#include "core/keep.h"
#include "core/oomadj.h"
#include "core/pidref.h"
#include "core/sig.h"
#include "core/spawn.h"

/* Address space, not memory. 64 MiB are mapped for the stacks of who is reported, so 64 are too little for anybody;
 * with 128 the report of a JVM, of 500 threads and of 170 MB of libraries is whole: libelf reads what it cannot map.
 * A sanitizer maps terabytes. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SPACE_MAX RLIM_INFINITY
#endif
#endif
#if !defined(SPACE_MAX) && (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))
#define SPACE_MAX RLIM_INFINITY
#endif
#ifndef SPACE_MAX
#define SPACE_MAX ((rlim_t)256 << 20)
#endif

enum {
	LOOK_MS = 5,  /* between two looks at a child of which there is no pidfd */
	REAP_MS = 20, /* so long may a process take to die of SIGKILL before it is left alone */
};

enum { OUT, ERR, ENDED, WATCHED };

struct run {
	const struct evidence_job *job;
	struct pidref ref;
	struct pollfd fds[WATCHED];
	size_t why_len;
	bool why_over;
};

/* Where there is no /dev/null (an empty chroot) its stdin is closed. The copies are above what is overwritten. */
static int set_stdio(int out, int err)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

	out = fcntl(out, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	err = fcntl(err, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (out < 0 || err < 0)
		return -errno;
	if (in < 0)
		close(STDIN_FILENO);
	else if (dup2(in, STDIN_FILENO) < 0)
		return -errno;
	return dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0 ? -errno : 0;
}

/* To MAX, or our hard limit. A soft one that is lower is ours, not the child's. */
static void limit(int which, rlim_t max)
{
	struct rlimit ours;

	if (getrlimit(which, &ours) < 0)
		return;
	ours.rlim_max = ours.rlim_max < max ? ours.rlim_max : max;
	ours.rlim_cur = ours.rlim_max;
	setrlimit(which, &ours);
}

/* A session of its own: what the terminal sends is not for it, and all that it starts is one group. */
__attribute__((noreturn)) static void run_child(const struct evidence_job *job, pid_t parent, int out, int err)
{
	int kept = job->kept;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sig_reset();
	if (getppid() != parent || set_stdio(out, err) < 0)
		_exit(126);
	keep_only(&kept, job->kept ? 1 : 0);
	oomadj_go_first();
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_AS, SPACE_MAX);
	_exit(job->child(job->context));
}

/* Our ends do not block; the child's do. */
static int make_pipe(int *ret_ours, int *ret_theirs)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	*ret_ours = ends[0];
	*ret_theirs = ends[1];
	return fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

/* The first line that is not empty, as much as there is room for. */
static void add_why(struct run *run, const char *data, size_t len)
{
	for (size_t i = 0; i < len && !run->why_over; i++) {
		if (data[i] != '\n' && run->why_len < EVIDENCE_WHY_SIZE - 1)
			run->job->why[run->why_len++] = data[i];
		else
			run->why_over = run->why_len > 0;
	}
	run->job->why[run->why_len] = '\0';
}

/* Whatever there is by now. At the end of it, nobody listens there any more. */
static void drain(struct run *run, int which)
{
	char data[4096];
	ssize_t n;

	while (run->fds[which].fd >= 0) {
		n = read(run->fds[which].fd, data, sizeof data);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			run->fds[which].fd = -1;
		else if (which == ERR)
			add_why(run, data, (size_t)n);
		else if (run->job->output)
			run->job->output(run->job->context, data, (size_t)n);
	}
}

/* Until it has ended: 0, or the time is over: -ETIMEDOUT. */
static int follow(struct run *run, int64_t until_ms)
{
	for (;;) {
		int64_t left = until_ms - clock_ms();
		bool has_ended = pidref_verify(NULL, &run->ref) == -ESRCH;

		drain(run, OUT);
		drain(run, ERR);
		if (has_ended)
			return 0;
		if (left <= 0)
			return -ETIMEDOUT;
		if (run->ref.fd < 0 && left > LOOK_MS)
			left = LOOK_MS;
		poll(run->fds, WATCHED, left < INT_MAX ? (int)left : INT_MAX);
	}
}

/* Is PID still nobody else's? Not where it has been reaped without us, as with SIGCHLD ignored. */
static bool is_unreaped(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* Nothing of it stays: not what it has started either. */
static void end_group(const struct run *run)
{
	if (is_unreaped(run->ref.pid)) {
		kill(-run->ref.pid, SIGKILL);
		kill(run->ref.pid, SIGKILL); /* it may not have come as far as setsid(2) */
	}
}

/* A status of 0 stands for one that nobody knows. */
static int reap(const struct run *run)
{
	int status = 0;

	pidref_wait(NULL, &run->ref, REAP_MS);
	while (waitpid(run->ref.pid, &status, WNOHANG) < 0 && errno == EINTR)
		;
	return status;
}

static int settle(struct run *run, int r, int status)
{
	char text[64];

	if (r < 0 || status == 0)
		return r;
	if (run->job->why[0] == '\0')
		snprintf(run->job->why, EVIDENCE_WHY_SIZE, "gmr: %s", spawn_describe(status, text));
	return -ECHILD;
}

/* Not vfork(2): who calls exec from a disk that hangs would hold us. */
static int start(struct run *run, int out, int err)
{
	pid_t parent = getpid(), pid = sig_fork();

	if (pid < 0)
		return pid;
	if (pid == 0)
		run_child(run->job, parent, out, err);
	if (pidref_open(NULL, pid, &run->ref) < 0) /* it has ended already, or no descriptor is to be had: by looks */
		run->ref = (struct pidref){ .pid = pid, .fd = -1 };
	return 0;
}

int evidence_run(const struct evidence_job *job, int64_t until_ms)
{
	CLEANUP(fd_done) int out = -1;
	CLEANUP(fd_done) int err = -1;
	CLEANUP(fd_done) int their_out = -1;
	CLEANUP(fd_done) int their_err = -1;
	struct run run = { .job = job, .ref = PIDREF_NONE };
	int r = job->shown ? 0 : make_pipe(&out, &their_out);

	job->why[0] = '\0';
	if (r == 0)
		r = make_pipe(&err, &their_err);
	if (r == 0)
		r = start(&run, job->shown ? STDERR_FILENO : their_out, their_err);
	if (r < 0)
		return r;
	their_out = fd_close(their_out);
	their_err = fd_close(their_err);
	run.fds[OUT] = (struct pollfd){ .fd = out, .events = POLLIN };
	run.fds[ERR] = (struct pollfd){ .fd = err, .events = POLLIN };
	run.fds[ENDED] = (struct pollfd){ .fd = run.ref.fd, .events = POLLIN };
	if (job->begun)
		job->begun(job->context, run.ref.pid, until_ms);
	r = follow(&run, until_ms);
	end_group(&run);
	r = settle(&run, r, reap(&run));
	pidref_done(&run.ref);
	return r;
}
