/* capture_stop.c: see capture_private.h: have threads stopped by a child.
 *
 * It is in a process group of its own, with all signals held: what a terminal sends does not reach it. When we die, the
 * kernel kills it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/capture_stop_private.h"
#include "core/cleanup.h"
#include "core/clock.h"
#include "core/sig.h"

static size_t stopping_size(size_t room)
{
	return sizeof(struct capture_stopping) +
	       room * (sizeof(struct capture_slot) + 2 * sizeof(struct capture_piece)) + _Alignof(struct capture_piece);
}

/* Of the threads of INDICES those that can be stopped. */
static int stopping_open(const struct capture *c, const size_t *indices, size_t count, bool all,
			 struct capture_stopping **ret)
{
	size_t room = all ? count + count / 2 + 256 : count;
	struct capture_stopping *s = mmap(NULL, stopping_size(room), PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return -errno;
	s->pool = c->private->pool;
	s->beat_ns = clock_ns();
	s->all = all;
	s->room = room;
	s->pieces = (struct capture_piece *)(void *)&s->slots[room];
	for (size_t i = 0; i < count; i++) {
		const struct capture_thread *t = &c->threads[indices[i]];

		if (t->error == -ESRCH || t->error == -ENODATA)
			continue;
		s->slots[s->count++] = (struct capture_slot){ .tid = t->tid, .late = t->state == 'D' };
	}
	s->known = s->count;
	*ret = s;
	return 0;
}

static void stopping_close(struct capture_stopping *s)
{
	munmap(s, stopping_size(s->room));
}

static void child(struct capture *c, struct capture_stopping *s, pid_t parent)
{
	signal(SIGCHLD, SIG_DFL); /* else nothing would tell that a thread has stopped */
	(void)setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent)
		capture_stopper(c, s);
	_exit(0);
}

/* Fork it; what it holds of RET_PIPE closes when it ends. */
static pid_t start(struct capture *c, struct capture_stopping *s, int *ret_pipe)
{
	pid_t parent = getpid(), pid;
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	pid = sig_fork();
	if (pid == 0)
		child(c, s, parent);
	close(ends[1]);
	if (pid < 0)
		close(ends[0]);
	else
		*ret_pipe = ends[0];
	return pid;
}

/* Those that stood still when the child was killed. */
static void count_held(struct capture_stopping *s)
{
	const int64_t now = clock_ns();
	bool any = false;

	for (size_t i = 0; i < s->count; i++) {
		const struct capture_slot *slot = &s->slots[i];

		if (!slot->held)
			continue;
		any = true;
		s->stopped++;
		s->last_ns = now;
		if (now - slot->asked_ns > s->longest_ns)
			s->longest_ns = now - slot->asked_ns;
	}
	s->stops += any;
}

static void count_costs(struct capture *c, const struct capture_stopping *s)
{
	c->private->pool.used = s->pool.used;
	c->stops += s->stops;
	c->stopped_threads += s->stopped;
	if (s->longest_ns > c->longest_stop_ns)
		c->longest_stop_ns = s->longest_ns;
	if (s->all_stopped_ns > c->all_stopped_ns)
		c->all_stopped_ns = s->all_stopped_ns;
	if (s->last_ns > s->first_ns)
		c->window_ns += s->last_ns - s->first_ns;
}

/* One that could not be stopped keeps what it had; so does one for whose stack there was no room any more. */
static void take_slot(struct capture_thread *t, const struct capture_stopping *s, size_t i)
{
	const struct capture_piece *piece = &s->pieces[i], *other = &s->pieces[s->room + i];
	const struct capture_slot *slot = &s->slots[i];
	int error = __atomic_load_n(&slot->read, __ATOMIC_ACQUIRE) ? slot->error : -ETIMEDOUT;

	if (error < 0 || (t->how != CAPTURE_UNREAD && piece->got == 0)) {
		if (t->how == CAPTURE_UNREAD)
			t->error = error;
		return;
	}
	t->how = CAPTURE_STOPPED;
	t->at_hook = slot->at_hook;
	t->error = 0;
	t->regs = slot->regs;
	if (slot->call.number != PROCPARSE_CALL_UNKNOWN)
		t->call = slot->call;
	/* It was asleep when it was described. */
	if (t->state == 'S' && slot->call.number == PROCPARSE_CALL_NONE) {
		t->state = 'R';
		t->wchan[0] = '\0';
	}
	capture_set_stack(t, piece, other);
}

/* One that came while the others were being stopped. */
static int take_new(struct capture *c, const struct capture_stopping *s, size_t i)
{
	const struct capture_slot *slot = &s->slots[i];
	char name[sizeof "task/" + PROCFS_PID_TEXT] = "task/";
	struct capture_thread *t;

	if (!slot->read || slot->error < 0 || c->thread_count == CAPTURE_THREADS_MAX)
		return 0;
	procfs_pid_text(name + 5, slot->tid);
	CLEANUP(fd_done) int dir = openat(c->private->dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	t = capture_add_thread(c, slot->tid, dir);
	if (!t)
		return -ENOMEM;
	take_slot(t, s, i);
	return 0;
}

static int take_all(struct capture *c, const struct capture_stopping *s)
{
	size_t before = c->thread_count;
	int r = 0;

	for (size_t i = 0; i < s->known; i++) {
		struct capture_thread *t = capture_find_thread(c, s->slots[i].tid);

		if (t)
			take_slot(t, s, i);
	}
	for (size_t i = s->known; r == 0 && i < s->count; i++)
		r = take_new(c, s, i);
	if (c->thread_count > before)
		capture_sort_threads(c);
	return r;
}

int capture_stop_threads(struct capture *c, const size_t *indices, size_t count, bool all)
{
	struct capture_stopping *s = NULL;
	CLEANUP(fd_done) int pipe = -1;
	int r = stopping_open(c, indices, count, all, &s);
	pid_t pid;

	if (r < 0)
		return r;
	pid = start(c, s, &pipe);
	if (pid > 0) {
		capture_watch(c, s, pid, pipe);
		count_held(s);
		count_costs(c, s);
		r = take_all(c, s);
	} else {
		r = pid;
	}
	stopping_close(s);
	return r;
}
