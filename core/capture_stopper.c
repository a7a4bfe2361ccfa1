/* capture_stopper.c: see capture_stop_private.h: the child that calls ptrace(2).
 *
 * It is a process of its own since a thread that has been told to stop and does not (it is held in the kernel) can only
 * be let go by the end of its tracer: PTRACE_DETACH wants a thread that stands still. */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/capture_stop_private.h"
#include "core/cleanup.h"
#include "core/clock.h"

enum {
	STOPPER_COST_NS = 20000,    /* of a thread, until it was measured */
	STOPPER_LEAST = 4,          /* threads at a time */
	STOPPER_LATE_NS = 20000000, /* for those that are held in the kernel */
	STOPPER_ROUNDS = 3,         /* how often threads are looked for that have come meanwhile */
	STOPPER_STACK = 64 << 10,   /* of pool that is made ready for a thread that runs */
	STOPPER_SLACK = 4 << 10,    /* for one that slept: besides what its stack had then */
};

static void beat(struct capture_stopping *s)
{
	__atomic_store_n(&s->beat_ns, clock_ns(), __ATOMIC_RELAXED);
}

static void hold(struct capture_stopping *s, int64_t until_ns)
{
	__atomic_store_n(&s->hold_until_ns, until_ns, __ATOMIC_RELAXED);
}

/* The stacks of the N slots from FIRST that stand still. Any of them can stand for the process. */
static void copy(struct capture_stopper *st, size_t first, size_t n)
{
	struct capture_stopping *s = st->s;
	const int pagemap = st->c->private->pagemap;
	pid_t reader = 0;
	int r = -ESRCH;

	for (size_t i = first; r == -ESRCH && i < first + n; i++) {
		if (!s->slots[i].held)
			continue;
		reader = s->slots[i].tid;
		r = capture_copy(pagemap, reader, s->pieces + first, n, s->iov, CAPTURE_IOV);
	}
	if (r == 0)
		capture_copy_interrupted(st->c, &s->pool, pagemap, reader, s->pieces + first,
					 s->pieces + s->room + first, n, s->iov, CAPTURE_IOV);
	for (size_t i = first; i < first + n; i++) {
		if (!s->slots[i].held)
			continue;
		if (r < 0 && s->slots[i].error == 0)
			s->slots[i].error = r;
		__atomic_store_n(&s->slots[i].read, true, __ATOMIC_RELEASE);
	}
}

/* While those from FIRST to END (exclusive) stand still. */
static void call_hook(struct capture_stopper *st, size_t first, size_t end, int64_t until_ns)
{
	const struct capture_hook *hook = st->c->private->options.hook;
	struct capture_slot *slots = st->s->slots;
	pid_t reader = 0;

	if (!hook || !hook->stopped || st->s->hooked)
		return;
	for (size_t i = first; i < end; i++) {
		slots[i].at_hook = slots[i].held;
		if (slots[i].held)
			reader = slots[i].tid;
	}
	if (!reader)
		return;
	st->s->hooked = true;
	hook->stopped(hook->context, reader, until_ns);
	beat(st->s);
}

static bool is_new(const struct capture_stopper *st, pid_t tid)
{
	for (size_t i = st->s->known; i < st->s->count; i++)
		if (st->s->slots[i].tid == tid)
			return false;
	return !capture_find_thread(st->c, tid);
}

/* Threads that were made since the list was. Returns how many. */
static size_t find_new(struct capture_stopper *st)
{
	struct capture_stopping *s = st->s;
	size_t before = s->count;
	pid_t tid;

	st->tasks.have = st->tasks.at = 0;
	if (lseek(st->tasks.fd, 0, SEEK_SET) < 0)
		return 0;
	while (s->count < s->room && procfs_next(&st->tasks, &tid) > 0) {
		if (!is_new(st, tid))
			continue;
		s->slots[s->count] = (struct capture_slot){ .tid = tid };
		capture_slot_seize(st, &s->slots[s->count]);
		capture_slot_interrupt(&s->slots[s->count]);
		s->count++;
	}
	return s->count - before;
}

/* While all others stand still, whoever has come is soon found. */
static void stop_new(struct capture_stopper *st, int64_t until)
{
	for (int round = 0; round < STOPPER_ROUNDS; round++) {
		size_t found = find_new(st);

		for (size_t i = st->s->count - found; i < st->s->count; i++)
			capture_slot_await(st, &st->s->slots[i], until);
		if (found == 0)
			return;
	}
}

/* Ask up to N slots from FIRST to stop; fewer where that takes long. Returns how many. */
static size_t interrupt(struct capture_stopper *st, size_t first, size_t n)
{
	int64_t began = clock_ns();

	if (st->s->first_ns == 0)
		st->s->first_ns = began;
	for (size_t i = 0; i < n; i++) {
		if (!st->s->slots[first + i].late)
			capture_slot_interrupt(&st->s->slots[first + i]);
		if (clock_ns() - began > st->budget_ns / 2)
			return i + 1;
	}
	return n;
}

/* One stop of up to N threads from FIRST. Returns behind which slot it ended. */
static size_t stop_batch(struct capture_stopper *st, size_t first, size_t n)
{
	struct capture_stopping *s = st->s;
	int64_t began = clock_ns(), until = began + st->budget_ns, all_stopped;
	size_t end, stopped = s->stopped;

	hold(s, until);
	end = first + interrupt(st, first, n);
	for (size_t i = first; i < end; i++)
		capture_slot_await(st, &s->slots[i], began + st->budget_ns * 3 / 4);
	if (s->all && first == 0 && end == s->count) {
		stop_new(st, began + st->budget_ns * 3 / 4);
		end = s->count;
	}
	all_stopped = clock_ns();
	copy(st, first, end - first);
	call_hook(st, first, end, until);
	if (clock_ns() - all_stopped > s->all_stopped_ns)
		s->all_stopped_ns = clock_ns() - all_stopped;
	for (size_t i = first; i < end; i++)
		capture_slot_let_go(st, &s->slots[i]);
	hold(s, 0);
	s->stops += s->stopped > stopped;
	/* One that was late on a busy machine says little of the next ones. */
	st->cost_ns = (3 * st->cost_ns + (clock_ns() - began) / (int64_t)(end - first)) / 4;
	return end;
}

static size_t batch_size(const struct capture_stopper *st, size_t left)
{
	int64_t fits = st->budget_ns * 7 / 10 / (st->cost_ns + 1);

	if (fits < STOPPER_LEAST)
		fits = STOPPER_LEAST;
	return (size_t)fits < left ? (size_t)fits : left;
}

/* Those that were asked and have not stopped: each is read and let go when it does. */
static bool read_late(struct capture_stopper *st)
{
	struct capture_stopping *s = st->s;
	bool left = false;

	for (size_t i = 0; i < s->count; i++) {
		struct capture_slot *slot = &s->slots[i];
		int64_t asked = clock_ns();

		if (slot->done || !slot->asked)
			continue;
		if (!capture_slot_check(st, slot)) {
			slot->asked_ns = asked;
			left = true;
			continue;
		}
		hold(s, asked + st->budget_ns);
		copy(st, i, 1);
		s->stops += slot->held;
		capture_slot_let_go(st, slot);
		hold(s, 0);
	}
	return left;
}

static void await_late(struct capture_stopper *st)
{
	int64_t until = clock_ns() + (st->budget_ns > STOPPER_LATE_NS ? st->budget_ns : STOPPER_LATE_NS);

	if (until > st->c->private->options.deadline_ns)
		until = st->c->private->options.deadline_ns;
	for (size_t i = 0; i < st->s->count; i++)
		if (st->s->slots[i].late && !st->s->slots[i].asked)
			capture_slot_interrupt(&st->s->slots[i]);
	while (read_late(st) && clock_ns() < until) {
		beat(st->s);
		capture_slot_nap();
	}
	for (size_t i = 0; i < st->s->count; i++)
		if (!st->s->slots[i].done)
			capture_slot_end(&st->s->slots[i], -ETIMEDOUT);
}

static void touch(volatile char *memory, size_t len)
{
	char byte;

	for (size_t at = 0; at < len; at += 4096) {
		byte = memory[at];
		memory[at] = byte;
	}
	(void)mlock((const char *)memory, len);
}

/* How much of its stack will probably be copied. */
static size_t probable(const struct capture *c, pid_t tid)
{
	const struct capture_thread *t = capture_find_thread(c, tid);
	bool known = t && t->call.sp;
	uint64_t len = known ? capture_stack_end(c, t->call.sp, &known) - t->call.sp : 0;

	if (!known)
		return STOPPER_STACK;
	return (size_t)(len < c->private->options.stack_max ? len : c->private->options.stack_max) + STOPPER_SLACK;
}

/* Touch what is written in a stop, and lock it as far as RLIMIT_MEMLOCK allows. */
static void make_ready(const struct capture *c, struct capture_stopping *s)
{
	const struct capture_hook *hook = c->private->options.hook;
	size_t left = s->pool.size - s->pool.used, wanted = 0;

	for (size_t i = 0; i < s->count && wanted < left; i++)
		wanted += probable(c, s->slots[i].tid);
	touch((volatile char *)s, (size_t)((char *)&s->pieces[2 * s->room] - (char *)s));
	touch(s->pool.base + s->pool.used, wanted < left ? wanted : left);
	if (hook && hook->ready && !s->hooked)
		hook->ready(hook->context);
}

void capture_stopper(struct capture *c, struct capture_stopping *s)
{
	struct capture_stopper st = { .c = c, .s = s, .budget_ns = c->private->options.max_stop_ns };
	CLEANUP(fd_done) int task = openat(c->private->dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int64_t deadline = c->private->options.deadline_ns;
	size_t first = 0;

	st.cost_ns = STOPPER_COST_NS;
	st.tasks.fd = task;
	(void)setpriority(PRIO_PROCESS, 0, -20); /* where that is allowed, a busy machine makes no long stop of it */
	make_ready(c, s);
	for (size_t i = 0; i < s->count; i++) {
		capture_slot_seize(&st, &s->slots[i]);
		beat(s);
	}
	while (first < s->count && clock_ns() < deadline) {
		first = stop_batch(&st, first, batch_size(&st, s->count - first));
		if (st.has_late)
			(void)read_late(&st);
		beat(s);
	}
	await_late(&st);
}
