#include "core/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>

#include "core/capture_private.h"
#include "core/cleanup.h"
#include "core/clock.h"
#include "core/procfs_private.h"

enum { CAPTURE_NAP_NS = 500000 };

bool capture_is_late(const struct capture *c)
{
	return clock_ns() >= c->private->options.deadline_ns;
}

static void nap(void)
{
	const struct timespec time = { .tv_nsec = CAPTURE_NAP_NS };

	nanosleep(&time, NULL);
}

void capture_free(struct capture *c)
{
	if (!c)
		return;
	if (c->private) {
		capture_pool_done(&c->private->pool);
		fd_close(c->private->dir);
		fd_close(c->private->memory);
		fd_close(c->private->pagemap);
	}
	for (size_t i = 0; i < c->module_count; i++) {
		fd_close(c->modules[i].fd);
		free(c->modules[i].path);
	}
	free(c->modules);
	free(c->mappings);
	free(c->threads);
	free(c->greens);
	buf_done(&c->maps);
	buf_done(&c->vdso);
	free(c->private);
	free(c);
}

static void capture_done(struct capture **c)
{
	capture_free(*c);
}

/* DIR once more, for as long as we live. */
static int keep_dir(int dir)
{
	int fd = fcntl(dir, F_DUPFD_CLOEXEC, 3);

	return fd < 0 ? -errno : fd;
}

static int begin(int dir, const struct pidref *target, const struct capture_options *options, struct capture **ret)
{
	CLEANUP(capture_done) struct capture *c = calloc(1, sizeof *c);

	if (!c)
		return -ENOMEM;
	c->pid = target->pid;
	c->maps = BUF(CAPTURE_MAPS_MAX);
	c->vdso = BUF(CAPTURE_VDSO_MAX);
	c->private = calloc(1, sizeof *c->private);
	if (!c->private)
		return -ENOMEM;
	c->private->memory = c->private->pagemap = -1;
	c->private->reader = target->pid;
	c->private->options = *options;
	c->private->dir = keep_dir(dir);
	if (c->private->dir < 0)
		return c->private->dir;
	*ret = TAKE_PTR(c);
	return 0;
}

/* Whose memory is the process's? The main thread's, while it lives. */
static int choose_reader(struct capture *c)
{
	char name[sizeof "task/" + PROCFS_PID_TEXT] = "task/";

	for (size_t i = 0; i < c->thread_count; i++) {
		if (c->threads[i].error == -ESRCH)
			continue;
		c->private->reader = c->threads[i].tid;
		break;
	}
	procfs_pid_text(name + 5, c->private->reader);
	c->private->memory = c->private->reader == c->pid ? keep_dir(c->private->dir) :
							     procfs_open_at(c->private->dir, name, O_PATH);
	return c->private->memory < 0 ? c->private->memory : 0;
}

static void refuse_all(struct capture *c, int error)
{
	for (size_t i = 0; i < c->thread_count; i++)
		if (c->threads[i].error != -ESRCH)
			c->threads[i].error = error;
}

/* Who runs now may sleep a moment later. */
static size_t look_again(struct capture *c, size_t running)
{
	int64_t until = clock_ns() + c->private->options.look_ns;

	if (until > c->private->options.deadline_ns)
		until = c->private->options.deadline_ns;
	while (running > 0 && clock_ns() < until) {
		nap();
		running = capture_asleep(c, true, true);
	}
	return running;
}

static size_t rename_errors(struct capture *c, int from, int to)
{
	size_t count = 0;

	for (size_t i = 0; i < c->thread_count; i++) {
		if (c->threads[i].error != from)
			continue;
		c->threads[i].error = to;
		count++;
	}
	return count;
}

/* Who could not be stopped, being held in the kernel, kept from a processor, or traced by another, can be read as one
 * that sleeps. */
static void read_unstopped(struct capture *c, int error)
{
	size_t left = rename_errors(c, error, -EBUSY);

	if (left > 0 && capture_asleep(c, true, true) > 0 && look_again(c, left) > 0)
		(void)rename_errors(c, -EBUSY, error);
}

static bool is_unsettled(const struct capture *c)
{
	const struct capture_hook *hook = c->private->options.hook;

	return hook && hook->unsettled && hook->unsettled(hook->context);
}

static bool is_restless(const struct capture *c, size_t i)
{
	const struct capture_thread *t = &c->threads[i];

	return t->how == CAPTURE_ASLEEP && (t->ran || !capture_has_slept(c, i));
}

static int stop_running(struct capture *c)
{
	CLEANUP(free_done) size_t *indices = calloc(c->thread_count + 1, sizeof *indices);
	bool unsettled = is_unsettled(c);
	size_t count = 0;
	int r;

	if (!indices)
		return -ENOMEM;
	for (size_t i = 0; i < c->thread_count; i++)
		if (c->threads[i].error == -EBUSY || (unsettled && is_restless(c, i)))
			indices[count++] = i;
	if (count == 0)
		return 0;
	r = capture_stop_threads(c, indices, count, c->private->options.mode == CAPTURE_STOP);
	if (r < 0)
		return r;
	read_unstopped(c, -ETIMEDOUT);
	read_unstopped(c, -EPERM);
	return 0;
}

static void call_asleep(const struct capture *c)
{
	const struct capture_hook *hook = c->private->options.hook;

	if (hook && hook->asleep)
		hook->asleep(hook->context, c);
}

static int read_stacks(struct capture *c)
{
	bool stop_all = c->private->options.mode == CAPTURE_STOP;
	size_t running = 0;

	if (c->private->options.mode != CAPTURE_NOBODY)
		running = capture_asleep(c, false, !stop_all);
	if (!stop_all)
		call_asleep(c);
	if (running > 0 && !stop_all) {
		running = look_again(c, running);
		call_asleep(c);
	}
	if (c->private->options.mode == CAPTURE_NO_STOP || (running == 0 && !is_unsettled(c)))
		return 0;
	return stop_running(c);
}

/* What is mapped, and which files. 1: its threads cannot be read, and have been told so. */
static int read_memory_map(struct capture *c)
{
	const struct capture_hook *hook = c->private->options.hook;
	int r = capture_read_maps(c), opened;

	if (r == -ENOMEM)
		return r;
	opened = capture_open_modules(c);
	if (opened < 0)
		return opened;
	if (r == 0 && c->private->foreign)
		r = -EBADMSG;
	if (r < 0)
		refuse_all(c, r == -ENOENT ? -ESRCH : r);
	else if (hook && hook->begin)
		hook->begin(hook->context, c);
	return r < 0 ? 1 : 0;
}

static int read_all(struct capture *c)
{
	int r = capture_pool_open(&c->private->pool, c->private->options.total_max);

	if (r == 0)
		r = capture_list_threads(c);
	if (r == 0)
		r = choose_reader(c);
	if (r < 0)
		return r;
	r = read_memory_map(c);
	if (r == 0)
		r = read_stacks(c);
	c->private->options.hook = NULL; /* the moments for it are over */
	return r == -ENOMEM || r == -EAGAIN ? r : 0;
}

int capture_take(const struct procfs *proc, int dir, const struct pidref *target, const struct capture_options *options,
		 struct capture **ret)
{
	CLEANUP(capture_done) struct capture *c = NULL;
	int r = begin(dir, target, options, &c);

	if (r < 0)
		return r;
	r = read_all(c);
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	r = pidref_verify(proc, target);
	if (r == -ESRCH)
		return r;
	*ret = TAKE_PTR(c);
	return 0;
}

pid_t capture_reader(const struct capture *c, int *ret_pagemap)
{
	*ret_pagemap = c->private->pagemap;
	return c->private->reader;
}

int capture_stop(struct capture *c, const size_t *indices, size_t count)
{
	return capture_stop_threads(c, indices, count, false);
}
