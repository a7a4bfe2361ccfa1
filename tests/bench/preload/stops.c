/* stops.c: for LD_PRELOAD into a tracer: when it asked each thread to stop, when it saw it stopped, when it let it go on.
 * They are written to a shared mapping of $STOPS_FILE, without a system call. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/stops.h"

static struct stops_file *file;
static long (*real_ptrace)(int, ...);
static pid_t (*real_waitpid)(pid_t, int *, int);

static void __attribute__((constructor)) begin(void)
{
	const char *path = getenv("STOPS_FILE");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

	real_ptrace = (long (*)(int, ...))dlsym(RTLD_NEXT, "ptrace");
	real_waitpid = (pid_t (*)(pid_t, int *, int))dlsym(RTLD_NEXT, "waitpid");
	if (fd >= 0 && ftruncate(fd, sizeof(*file)) == 0) {
		void *at = mmap(NULL, sizeof(*file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		file = at == MAP_FAILED ? NULL : at;
	}
	if (fd >= 0)
		close(fd);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void record(enum stops_kind kind, pid_t tid, int64_t ns)
{
	unsigned at = file ? atomic_fetch_add(&file->count, 1) : STOPS_MAX;

	if (at < STOPS_MAX)
		file->events[at] = (struct stops_event){ .ns = ns, .tid = tid, .kind = kind };
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list args;
	pid_t tid;
	void *address, *data;
	int64_t asked = now();
	long r;

	va_start(args, request);
	tid = va_arg(args, pid_t);
	address = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	/* Noted before: once it is let go it runs. */
	if (request == PTRACE_DETACH || request == PTRACE_CONT)
		record(STOPS_LET_GO, tid, now());
	r = real_ptrace((int)request, tid, address, data);
	if (r == 0 && (request == PTRACE_ATTACH || request == PTRACE_INTERRUPT))
		record(STOPS_ASKED, tid, asked);
	return r;
}

pid_t waitpid(pid_t pid, int *status, int options)
{
	int own = 0;
	pid_t r = real_waitpid(pid, &own, options);

	if (r > 0 && WIFSTOPPED(own))
		record(STOPS_SEEN, r, now());
	if (status && r > 0)
		*status = own;
	return r;
}

/* The same: a library may have been linked to this name. */
pid_t __waitpid(pid_t pid, int *status, int options)
{
	return waitpid(pid, status, options);
}
