/* capture_threads.c: see capture_private.h: who the threads are. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/capture_private.h"
#include "core/cleanup.h"
#include "core/procfs_private.h"

/* Read the file NAME of DIR into RET; its length. */
static ssize_t read_small(int dir, const char *name, char *ret, size_t size)
{
	CLEANUP(fd_done) int fd = procfs_open_at(dir, name, O_RDONLY);

	return fd < 0 ? fd : procfs_read_once(fd, ret, size);
}

/* "task/7/NAME" */
static const char *thread_path(char *text, pid_t tid, const char *name)
{
	char *end;

	memcpy(text, "task/", 5);
	end = procfs_pid_text(text + 5, tid);
	*end++ = '/';
	strcpy(end, name); /* the names are ours, and short */
	return text;
}

enum { PATH_ROOM = sizeof "task//schedstat" + PROCFS_PID_TEXT, STATUS_ROOM = 4096 };

int capture_open_thread_file(const struct capture *c, pid_t tid, const char *name)
{
	char path[PATH_ROOM];

	return procfs_open_at(c->private->dir, thread_path(path, tid, name), O_RDONLY);
}

ssize_t capture_thread_file(const struct capture *c, pid_t tid, const char *name, char *ret, size_t size)
{
	char path[PATH_ROOM];

	return read_small(c->private->dir, thread_path(path, tid, name), ret, size);
}

bool capture_has_thread(const struct capture *c, pid_t tid)
{
	char path[PATH_ROOM];

	return faccessat(c->private->dir, thread_path(path, tid, "stat"), F_OK, 0) == 0;
}

/* "futex_do_wait", or "0" where it does not sleep or we may not know. */
static void read_wchan(int dir, struct capture_thread *t)
{
	ssize_t n = read_small(dir, "wchan", t->wchan, sizeof t->wchan - 1);

	if (n < 0 || (n == 1 && t->wchan[0] == '0'))
		n = 0;
	t->wchan[n] = '\0';
}

/* False: it has ended. */
static bool describe(int dir, struct capture_thread *t)
{
	struct procparse_stat stat;
	char text[1024]; /* the kernel gives it at once */
	ssize_t n = read_small(dir, "stat", text, sizeof text);

	if (n < 0 || procparse_stat(text, (size_t)n, &stat) < 0)
		return false;
	memcpy(t->comm, stat.comm, sizeof t->comm);
	t->state = stat.state;
	read_wchan(dir, t);
	return true;
}

static int grow(struct capture *c, size_t *room)
{
	size_t wanted = *room ? *room * 2 : 64;
	struct capture_thread *threads = reallocarray(c->threads, wanted, sizeof *threads);

	if (!threads)
		return -ENOMEM;
	c->threads = threads;
	*room = wanted;
	return 0;
}

struct capture_thread *capture_add_thread(struct capture *c, pid_t tid, int dir)
{
	struct capture_thread *t;
	size_t room = c->thread_count < 64 ? 0 : c->thread_count;

	/* Room is doubled at 0, 64, 128, 256... */
	if ((c->thread_count == 0 || (c->thread_count >= 64 && (room & (room - 1)) == 0)) && grow(c, &room) < 0)
		return NULL;
	t = &c->threads[c->thread_count];
	*t = (struct capture_thread){ .tid = tid, .error = -EBUSY, .state = '?' };
	t->call.number = PROCPARSE_CALL_UNKNOWN;
	if (!describe(dir, t) || strchr("ZXx", t->state))
		t->error = -ESRCH;
	c->thread_count++;
	return t;
}

static int add(pid_t tid, int dir, void *context)
{
	struct capture *c = context;

	if (c->thread_count == CAPTURE_THREADS_MAX ||
	    (c->thread_count % CAPTURE_BATCH == CAPTURE_BATCH - 1 && capture_is_late(c))) {
		c->threads_cut = true;
		return 1;
	}
	return capture_add_thread(c, tid, dir) ? 0 : -ENOMEM;
}

void capture_refresh_thread(const struct capture *c, struct capture_thread *t)
{
	char path[PATH_ROOM];
	CLEANUP(fd_done) int dir = procfs_open_at(c->private->dir, thread_path(path, t->tid, ""), O_PATH);

	if (dir >= 0)
		(void)describe(dir, t);
}

/* The main thread first: its number may be higher than others', where numbers have begun again. */
static int by_number(const void *a, const void *b)
{
	const struct capture_thread *x = a, *y = b;

	return (x->tid > y->tid) - (x->tid < y->tid);
}

void capture_sort_threads(struct capture *c)
{
	if (c->thread_count == 0)
		return;
	for (size_t i = 0; i < c->thread_count; i++) {
		if (c->threads[i].tid == c->pid) {
			struct capture_thread first = c->threads[i];

			c->threads[i] = c->threads[0];
			c->threads[0] = first;
		}
	}
	if (c->threads[0].tid == c->pid)
		qsort(c->threads + 1, c->thread_count - 1, sizeof *c->threads, by_number);
	else
		qsort(c->threads, c->thread_count, sizeof *c->threads, by_number);
}

struct capture_thread *capture_find_thread(const struct capture *c, pid_t tid)
{
	const struct capture_thread key = { .tid = tid };
	size_t first = c->thread_count && c->threads[0].tid == c->pid;

	if (first && tid == c->pid)
		return c->threads;
	return bsearch(&key, c->threads + first, c->thread_count - first, sizeof key, by_number);
}

int capture_list_threads(struct capture *c)
{
	int r = procfs_each_thread(c->private->dir, add, c);

	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	if (c->thread_count == 0)
		return -ESRCH;
	capture_sort_threads(c);
	return 0;
}

/* "NSpid:\t4711\t12\t3": the last is that of its own namespace. */
pid_t capture_inner_tid(const struct capture *c, size_t index)
{
	char status[STATUS_ROOM];
	ssize_t len = capture_thread_file(c, c->threads[index].tid, "status", status, sizeof status);
	uint64_t tid = 0, number;

	for (size_t i = 0; len > 0 && procparse_field_item(status, (size_t)len, "NSpid", i, &number) == 0; i++)
		tid = number;
	return tid <= INT_MAX ? (pid_t)tid : 0;
}
