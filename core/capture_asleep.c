/* capture_asleep.c: see capture_private.h: threads that sleep, read without a stop.
 *
 * What a thread sleeps in, and where its stack is, says its "syscall"; that it has not run while its stack was copied,
 * its "schedstat", whose last number counts how often it came onto a processor:
 *
 *	2173406 11742 35 */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/capture_private.h"
#include "core/cleanup.h"

enum { CALL_ROOM = 256, RUNS_ROOM = 96 };

/* A thread that is being read. */
struct look {
	struct capture_thread *thread;
	int call_fd, runs_fd;
	char call[CALL_ROOM], runs[RUNS_ROOM];
	ssize_t call_len, runs_len;
	struct procparse_syscall parsed;
};

struct batch {
	size_t count;
	struct look looks[CAPTURE_BATCH];
	struct capture_piece pieces[CAPTURE_BATCH], others[CAPTURE_BATCH];
	struct iovec iov[2 * CAPTURE_BATCH];
};

static ssize_t read_start(int fd, char *ret, size_t size)
{
	ssize_t n;

	do
		n = pread(fd, ret, size, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static void look_done(struct look *l)
{
	l->call_fd = fd_close(l->call_fd);
	l->runs_fd = fd_close(l->runs_fd);
}

/* Where nothing is counted ("0 0 0") there is nothing to go by. */
static bool is_counted(const char *runs, ssize_t len)
{
	return len > 4 && memcmp(runs + len - 3, " 0\n", 3) != 0;
}

static uint64_t count_runs(const char *runs, ssize_t len)
{
	ssize_t at = len - 1; /* behind it is the newline */
	uint64_t count = 0;

	while (at > 0 && runs[at - 1] != ' ')
		at--;
	while (at < len && runs[at] >= '0' && runs[at] <= '9')
		count = count * 10 + (uint64_t)(runs[at++] - '0');
	return count;
}

/* 0: it sleeps, at l->parsed; -EBUSY: it runs, or one cannot tell; other errors as the kernel gives them. */
static int look_first(struct look *l)
{
	int r;

	l->runs_len = read_start(l->runs_fd, l->runs, sizeof l->runs);
	l->call_len = read_start(l->call_fd, l->call, sizeof l->call);
	if (l->call_len < 0)
		return (int)l->call_len;
	if (l->runs_len < 0 || !is_counted(l->runs, l->runs_len))
		return -EBUSY;
	r = procparse_syscall(l->call, (size_t)l->call_len, &l->parsed);
	if (r < 0 || l->parsed.number == PROCPARSE_CALL_UNKNOWN)
		return -EBUSY;
	return l->parsed.sp || l->parsed.pc ? 0 : -ENODATA;
}

/* Has it slept since? */
static bool look_second(struct look *l)
{
	char call[CALL_ROOM], runs[RUNS_ROOM];
	ssize_t call_len = read_start(l->call_fd, call, sizeof call);
	ssize_t runs_len = read_start(l->runs_fd, runs, sizeof runs);

	return call_len == l->call_len && memcmp(call, l->call, (size_t)call_len) == 0 && runs_len == l->runs_len &&
	       memcmp(runs, l->runs, (size_t)runs_len) == 0;
}

/* 0, or the thread's error. */
static int look_open(const struct capture *c, struct look *l)
{
	l->runs_fd = -1;
	l->call_fd = capture_open_thread_file(c, l->thread->tid, "syscall");
	if (l->call_fd >= 0)
		l->runs_fd = capture_open_thread_file(c, l->thread->tid, "schedstat");
	if (l->call_fd == -ENOENT || l->runs_fd == -ENOENT) /* it has ended, or the kernel has no such file */
		return capture_has_thread(c, l->thread->tid) ? -EBUSY : -ESRCH;
	if (l->call_fd < 0)
		return l->call_fd;
	return l->runs_fd < 0 ? l->runs_fd : look_first(l);
}

static void batch_add(struct capture *c, struct batch *b, struct capture_thread *t, bool copy)
{
	struct look *l = &b->looks[b->count];

	l->thread = t;
	t->error = look_open(c, l);
	if (t->error == 0 || t->error == -ENODATA)
		t->call = l->parsed;
	if (t->error == 0 && copy) {
		b->count++;
		return;
	}
	if (t->error == 0)
		t->error = -EBUSY;
	look_done(l);
}

static void take_asleep(const struct capture *c, const struct look *l, const struct capture_piece *piece,
			const struct capture_piece *other)
{
	struct capture_thread *t = l->thread;

	if (t->state == 'R')
		capture_refresh_thread(c, t);
	regs_of_syscall(l->parsed.sp, l->parsed.pc, &t->regs);
	t->how = CAPTURE_ASLEEP;
	t->error = 0;
	t->runs = count_runs(l->runs, l->runs_len);
	capture_set_stack(t, piece, other);
}

/* One call for the stacks of all: any thread that lives can stand for the process. */
static int batch_copy(struct capture *c, struct batch *b)
{
	pid_t reader = c->private->reader;
	int pagemap = c->private->pagemap;
	int r = capture_copy(pagemap, reader, b->pieces, b->count, b->iov, CAPTURE_BATCH);

	for (size_t i = 0; r == -ESRCH && i < b->count; i++) {
		reader = b->looks[i].thread->tid;
		r = capture_copy(pagemap, reader, b->pieces, b->count, b->iov, CAPTURE_BATCH);
	}
	if (r == 0)
		capture_copy_interrupted(c, &c->private->pool, pagemap, reader, b->pieces, b->others, b->count,
					 b->iov, CAPTURE_BATCH);
	return r;
}

/* How much of the pool is in use up to the end of PIECE. */
static size_t used_by(const struct capture_pool *pool, const struct capture_piece *piece)
{
	size_t used = piece->to ? (size_t)(piece->to - pool->base) + ((piece->len + 15) & ~(size_t)15) : 0;

	return used < pool->size ? used : pool->size;
}

/* What was copied of a thread that ran is not kept; its room in the pool is, unless it was the last. */
static void batch_read(struct capture *c, struct batch *b)
{
	struct capture_pool *pool = &c->private->pool;
	size_t kept = pool->used;
	int r;

	for (size_t i = 0; i < b->count; i++)
		capture_piece_of(c, pool, b->looks[i].parsed.sp, &b->pieces[i]);
	r = batch_copy(c, b);
	for (size_t i = 0; i < b->count; i++) {
		struct look *l = &b->looks[i];
		const struct capture_piece *piece = &b->pieces[i], *other = &b->others[i];

		if (r < 0) {
			l->thread->error = r;
		} else if (look_second(l)) {
			take_asleep(c, l, piece, other);
			kept = used_by(pool, piece) > kept ? used_by(pool, piece) : kept;
			kept = used_by(pool, other) > kept ? used_by(pool, other) : kept;
		} else {
			l->thread->error = -EBUSY;
			l->thread->call.number = PROCPARSE_CALL_UNKNOWN;
		}
		look_done(l);
	}
	pool->used = kept;
	b->count = 0;
}

size_t capture_asleep(struct capture *c, bool again, bool copy)
{
	struct batch b;
	size_t running = 0;
	bool late = false;

	b.count = 0;
	for (size_t i = 0; i < c->thread_count; i++) {
		struct capture_thread *t = &c->threads[i];

		if (t->error == -ESRCH || (again && t->error != -EBUSY))
			continue;
		if (i % CAPTURE_BATCH == 0)
			late = capture_is_late(c);
		if (late) {
			t->error = -ETIMEDOUT;
			continue;
		}
		t->ran |= again;
		batch_add(c, &b, t, copy);
		if (b.count == CAPTURE_BATCH)
			batch_read(c, &b);
	}
	if (b.count)
		batch_read(c, &b);
	for (size_t i = 0; i < c->thread_count; i++)
		running += c->threads[i].error == -EBUSY;
	return running;
}

bool capture_has_slept(const struct capture *c, size_t index)
{
	const struct capture_thread *t = &c->threads[index];
	char runs[RUNS_ROOM];
	ssize_t len;

	if (t->how != CAPTURE_ASLEEP)
		return false;
	len = capture_thread_file(c, t->tid, "schedstat", runs, sizeof runs);
	return len > 0 && count_runs(runs, len) == t->runs;
}
