/* reporter_exec.c: see reporter_private.h. This runs in a process of its own in the program's memory, on stacks
 * of ours, with the helper's thread-local data: nothing of libc may be called, nor what compilers do by themselves. */
#include "core/inside/reporter_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/inside/raw.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif

enum {
	KERNEL_SIGNALS = 64,
	KERNEL_MASK = 8,               /* bytes of the kernel's sigset_t */
	MIDDLE_LOOK_NS = 100000000,    /* how long a SIGCHLD is waited for before the time is looked at */
	MIDDLE_KILLED_NS = 1000000000, /* how long one is waited for that was killed: the kernel may hold it */
};

RAW static void set_limit(long resource, uint64_t most)
{
	uint64_t limit[2]; /* struct rlimit64: soft, hard */

	if (raw_call4(SYS_prlimit64, 0, resource, 0, limit) < 0)
		return;
	limit[0] = limit[1] < most ? limit[1] : most;
	limit[1] = limit[0];
	raw_call4(SYS_prlimit64, 0, resource, limit, 0);
}

/* In the child only, before it has a memory of its own: until then the kernel takes it to be in vfork(2), and does not
 * pass the value on to all who share the memory, proc_pid_oom_score_adj(5). */
RAW static void be_first_to_go(void)
{
	static const char path[] = "/proc/self/oom_score_adj", most[] = "1000";
	long fd = raw_call4(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return;
	raw_call3(SYS_write, fd, most, sizeof most - 1);
	raw_call1(SYS_close, fd);
}

/* A filter may refuse the first; the second needs /proc. */
RAW static int become_gmr(void *context)
{
	struct reporter_job *job = context;
	static const char nothing[] = "";
	long first, second;

	raw_call2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	be_first_to_go();
	set_limit(RLIMIT_AS, REPORTER_MEMORY);
	first = raw_call5(SYS_execveat, job->file, nothing, job->argv, job->environment, AT_EMPTY_PATH);
	second = raw_call3(SYS_execve, job->path, job->argv, job->environment);
	(void)second;
	__atomic_store_n(&job->error, (int32_t)first, __ATOMIC_RELEASE);
	return 127;
}

/* Neither a handler of the program's in this process, nor its SIG_IGN in gmr, by which gmr would not be waited for. */
RAW static void reset_signals(void)
{
	const uint64_t all = ~UINT64_C(0);
	const unsigned long by_default[4] = { 0, 0, 0, 0 }; /* struct sigaction of the kernel: SIG_DFL */

	raw_call4(SYS_rt_sigprocmask, SIG_SETMASK, &all, 0, KERNEL_MASK);
	for (long signal = 1; signal <= KERNEL_SIGNALS; signal++)
		raw_call4(SYS_rt_sigaction, signal, by_default, 0, KERNEL_MASK);
}

/* Keep stderr, which is gmr's output too, the statement and the file. This is a table of our own: what the program has
 * open is not kept open by gmr, and there is room. */
RAW static void keep_descriptors(const struct reporter_job *job)
{
	static const char null[] = "/dev/null";
	long low = job->file < job->statement ? job->file : job->statement;
	long high = job->file < job->statement ? job->statement : job->file, fd;

	raw_call3(SYS_close_range, STDERR_FILENO + 1, low - 1, 0);
	raw_call3(SYS_close_range, low + 1, high - 1, 0);
	raw_call3(SYS_close_range, high + 1, UINT_MAX, 0);
	raw_call3(SYS_fcntl, job->statement, F_SETFD, 0);
	raw_call1(SYS_close, STDIN_FILENO);
	fd = raw_call4(SYS_openat, AT_FDCWD, null, O_RDWR, 0);
	if (fd > STDIN_FILENO)
		raw_call1(SYS_close, fd);
	/* Where stderr was closed the report goes nowhere: stdout is the program's own. */
	if (raw_call3(SYS_fcntl, STDERR_FILENO, F_GETFD, 0) < 0)
		raw_call3(SYS_dup3, STDIN_FILENO, STDERR_FILENO, 0);
	if (raw_call3(SYS_dup3, STDERR_FILENO, STDOUT_FILENO, 0) < 0)
		raw_call1(SYS_close, STDOUT_FILENO);
}

RAW static int64_t now(void)
{
	struct timespec time = { 0, 0 };

	raw_call2(SYS_clock_gettime, CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

RAW static void tell(uint32_t *word)
{
	__atomic_store_n(word, 1, __ATOMIC_RELEASE);
	raw_call3(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX);
}

/* The SIGCHLD is blocked, and so waits for us. */
RAW static void nap(void)
{
	const uint64_t child = UINT64_C(1) << (SIGCHLD - 1);
	const struct timespec time = { 0, MIDDLE_LOOK_NS };

	raw_call4(SYS_rt_sigtimedwait, &child, 0, &time, KERNEL_MASK);
}

RAW static void await(struct reporter_job *job, long pid)
{
	int64_t killed_ns = 0;
	int status = 0;
	long r;

	for (;;) {
		r = raw_call4(SYS_wait4, pid, &status, WNOHANG | __WALL, 0);
		if (r == pid)
			job->status = status;
		if (r != 0 && r != -EINTR)
			return;
		if (killed_ns != 0 && now() > killed_ns + MIDDLE_KILLED_NS) {
			job->status = SIGKILL;
			return;
		}
		if (killed_ns == 0 && now() >= __atomic_load_n(&job->until_ns, __ATOMIC_ACQUIRE)) {
			raw_call2(SYS_kill, pid, SIGKILL);
			killed_ns = now();
		}
		nap();
	}
}

RAW int reporter_middle(void *context)
{
	struct reporter_job *job = context;
	long pid;

	reset_signals();
	raw_call2(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
	if (raw_call0(SYS_getppid) != job->program)
		return 1;
	keep_descriptors(job);
	pid = raw_clone(CLONE_VM | CLONE_VFORK | SIGCHLD, job->child + REPORTER_STACK, become_gmr, job);
	if (pid < 0)
		job->error = (int32_t)pid;
	else
		job->pid = (uint32_t)pid;
	tell(&job->begun);
	if (pid > 0)
		await(job, pid);
	tell(&job->ended);
	return 0;
}
