#include "applets/heart/schedulers.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/cleanup.h"

enum { KCMP_MEMORY = 1 }; /* kcmp(2)'s KCMP_VM: older headers have none */

/* A look that is being taken, beside the last one in S. */
struct look {
	const struct schedulers *s;
	const struct procfs *proc;
	pid_t pid;
	bool hangs;
	struct schedulers_thread hung;
	size_t count;
	struct schedulers_thread threads[SCHEDULERS_MAX];
};

struct vfork {
	const struct look *look;
	const struct procparse_stat *parent;
	bool found;
};

/* Do both use one address space? kcmp(2) knows, where we may ask (ptrace(2)'s rights, and no seccomp filter against
 * it). Else by its size: of two that were only copied, one has run on and has other pages present. */
static bool share_memory(const struct procparse_stat *a, const struct procparse_stat *b)
{
	long r = syscall(SYS_kcmp, a->pid, b->pid, KCMP_MEMORY, 0, 0);

	return r < 0 ? a->size == b->size && a->resident == b->resident && a->size > 0 : r == 0;
}

static int look_at_child(pid_t pid, void *context)
{
	struct vfork *vfork = context;
	CLEANUP(fd_done) int dir = procfs_process(vfork->look->proc, pid);
	struct procparse_stat stat;

	if (dir < 0 || procfs_stat(dir, &stat) < 0 || stat.ppid != vfork->look->pid)
		return 0;
	vfork->found = (stat.flags & PROCPARSE_FORKED) && share_memory(vfork->parent, &stat);
	return vfork->found;
}

/* Does the thread DIR wait for a vfork(2), as posix_spawn(3) makes it? Then it has a child that has not called exec(3)
 * and runs in its memory. Nothing in stat or status says so outright, and wchan is shown to few. */
static bool waits_for_vfork(const struct look *look, int dir, const struct procparse_stat *thread)
{
	struct vfork vfork = { look, thread, false };

	/* A kernel without lists of children: another thread's will do. */
	if (procfs_each_thread_child(dir, look_at_child, &vfork) == -ENOENT)
		procfs_each_child(look->proc, look->pid, look_at_child, &vfork);
	return vfork.found;
}

static bool seen_before(const struct schedulers *s, const struct schedulers_thread *thread)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->threads[i].tid == thread->tid && s->threads[i].start_ticks == thread->start_ticks)
			return s->threads[i].switches == thread->switches;
	return false;
}

static int look_at_thread(pid_t tid, int dir, void *context)
{
	struct look *look = context;
	struct schedulers_thread thread = { .tid = tid };
	struct procparse_stat stat;

	if (procfs_stat(dir, &stat) < 0 || (stat.state != 'D' && stat.state != 'T') ||
	    procfs_switches(dir, &thread.switches) < 0)
		return 0;
	if (stat.state == 'D' && waits_for_vfork(look, dir, &stat))
		return 0;
	thread.state = stat.state;
	thread.start_ticks = stat.start_ticks;
	if (!look->hangs && seen_before(look->s, &thread)) {
		look->hangs = true;
		look->hung = thread;
	}
	if (look->count < SCHEDULERS_MAX)
		look->threads[look->count++] = thread;
	return 0;
}

static void take_look(struct schedulers *s, const struct procfs *proc, pid_t pid)
{
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);
	struct look look;

	look.s = s;
	look.proc = proc;
	look.pid = pid;
	look.hangs = false;
	look.hung = (struct schedulers_thread){ 0 };
	look.count = 0;
	if (dir >= 0)
		procfs_each_thread(dir, look_at_thread, &look);
	s->hangs = look.hangs;
	s->hung = look.hung;
	s->count = look.count;
	memcpy(s->threads, look.threads, look.count * sizeof(*look.threads));
}

bool schedulers_get_on(struct schedulers *s, const struct procfs *proc, pid_t pid, int64_t now,
		       struct schedulers_thread *ret_hung)
{
	if (!proc)
		return true;
	if (pid != s->pid || now - s->looked_ms >= SCHEDULERS_APART_MS) {
		take_look(s, proc, pid);
		s->pid = pid;
		s->looked_ms = now;
	}
	if (s->hangs)
		*ret_hung = s->hung;
	return !s->hangs;
}
