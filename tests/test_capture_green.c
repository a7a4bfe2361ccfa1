/* Stacks of green threads of a child that has them where we have them. */
#include "core/capture.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "tests/child.h"
#include "tests/suite.h"

enum { SIZE = 64 << 10, USED = 1000, SECONDS = 40 };

struct fixture {
	struct procfs proc;
	struct pidref ref;
	int dir;
	size_t total_max;
	struct capture *capture;
};

static char *map(size_t size)
{
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(memory, MAP_FAILED);
	return memory;
}

/* A child that has what is mapped now, and a capture of it. */
static void take(struct fixture *f)
{
	struct capture_options options = { .look_ns = 20000000, .max_stop_ns = 5000000000, .stack_max = 1 << 20 };
	struct timespec now;
	pid_t pid = child_start();

	clock_gettime(CLOCK_MONOTONIC, &now);
	options.deadline_ns = ((int64_t)now.tv_sec + SECONDS) * 1000000000;
	options.total_max = f->total_max ? f->total_max : 64 << 20;
	ck_assert_int_eq(procfs_open_own(&f->proc), 0);
	ck_assert_int_eq(pidref_open(&f->proc, pid, &f->ref), 0);
	f->dir = procfs_process(&f->proc, pid);
	ck_assert_int_ge(f->dir, 0);
	ck_assert_int_eq(capture_take(&f->proc, f->dir, &f->ref, &options, &f->capture), 0);
	ck_assert_int_ne(f->capture->threads[0].how, CAPTURE_UNREAD);
}

static void done(struct fixture *f)
{
	capture_free(f->capture);
	child_end(f->ref.pid);
	close(f->dir);
	pidref_done(&f->ref);
	procfs_done(&f->proc);
}

static void fill(char *stack, size_t size)
{
	for (size_t i = 0; i < size; i++)
		stack[i] = (char)(i * 7 + 1);
}

static const struct capture_thread *green(const struct fixture *f, size_t index)
{
	ck_assert_uint_lt(index, f->capture->green_count);
	return &f->capture->greens[index];
}

/* Goes on in this function, with USED bytes on STACK. */
static struct capture_green_spec waiting_on(const char *stack, uint64_t saved[3])
{
	saved[0] = (uintptr_t)fill;
	saved[1] = (uintptr_t)stack + SIZE - USED;
	saved[2] = (uintptr_t)stack + SIZE - 16;
	return (struct capture_green_spec){ (uintptr_t)stack, SIZE, 0, (uintptr_t)saved };
}

#if defined(__x86_64__) || defined(__aarch64__)
START_TEST(one_that_waits)
{
	struct fixture f = { .dir = -1 };
	struct capture_green_spec spec;
	char *stack = map(SIZE);
	uint64_t *saved = (uint64_t *)(void *)map(4096);

	fill(stack, SIZE);
	spec = waiting_on(stack, saved);
	take(&f);
	ck_assert_int_eq(capture_green(f.capture, &spec, 1), 0);
	ck_assert_int_eq(green(&f, 0)->error, 0);
	ck_assert_int_eq(green(&f, 0)->how, CAPTURE_ASLEEP);
	ck_assert_int_eq(green(&f, 0)->tid, 0);
	ck_assert_uint_eq(green(&f, 0)->regs.pc, saved[0]);
	ck_assert_uint_eq(green(&f, 0)->stack_at, saved[1]);
	ck_assert_uint_eq(green(&f, 0)->stack_len, USED);
	ck_assert(!green(&f, 0)->stack_cut);
	ck_assert_int_eq(memcmp(green(&f, 0)->stack, stack + SIZE - USED, USED), 0);
	done(&f);
}
END_TEST

/* Of a stack only what is in memory is asked for. */
START_TEST(pages_that_are_not_there)
{
	struct fixture f = { .dir = -1 };
	struct capture_green_spec spec[2];
	char *stack = map(SIZE), *never = map(SIZE);
	uint64_t *saved = (uint64_t *)(void *)map(4096);

	fill(stack, SIZE / 2);
	spec[0] = waiting_on(stack, saved);
	saved[1] = (uintptr_t)stack + 16;
	spec[1] = waiting_on(never, saved + 3);
	take(&f);
	ck_assert_int_eq(capture_green(f.capture, spec, 2), 0);
	ck_assert_int_eq(green(&f, 0)->error, 0);
	ck_assert_uint_eq(green(&f, 0)->stack_len, SIZE / 2 - 16);
	ck_assert_int_eq(memcmp(green(&f, 0)->stack, stack + 16, SIZE / 2 - 16), 0);
	ck_assert_int_eq(green(&f, 1)->error, -ENODATA);
	done(&f);
}
END_TEST

/* Nothing is read of what makes no sense, and nothing outside a stack. */
START_TEST(nonsense)
{
	struct fixture f = { .dir = -1 };
	char *stack = map(SIZE), *gone = map(4096);
	uint64_t *saved = (uint64_t *)(void *)map(4096), at = (uintptr_t)stack, where = (uintptr_t)saved;
	const struct { struct capture_green_spec spec; int error; } wrong[] = {
		{ { at, 0, 0, where }, -EINVAL },
		{ { 0, SIZE, 0, where }, -EINVAL },
		{ { at, SIZE, 0, 0 }, -EINVAL },
		{ { at, SIZE, where, where }, -EINVAL },
		{ { at, UINT64_MAX, 0, where }, -EINVAL },
		{ { at, SIZE, 0, (uintptr_t)gone }, -EFAULT },
		{ { at, SIZE, UINT64_MAX - 8, 0 }, -EFAULT },
		{ { at, SIZE, where, 0 }, -EBADMSG },
		{ { at, SIZE - USED, 0, where }, -EBADMSG },
		{ { at + SIZE - USED + 1, USED, 0, where }, -EBADMSG },
		{ { at, SIZE, 0, where + 24 }, -EBADMSG }, /* its program counter is data */
	};
	enum { COUNT = sizeof(wrong) / sizeof(*wrong) };
	struct capture_green_spec specs[COUNT];

	munmap(gone, 4096);
	fill(stack, SIZE);
	waiting_on(stack, saved);
	memcpy(saved + 3, (uint64_t[]){ where, saved[1], 0 }, 24);
	for (size_t i = 0; i < COUNT; i++)
		specs[i] = wrong[i].spec;
	take(&f);
	ck_assert_int_eq(capture_green(f.capture, specs, COUNT), 0);
	for (size_t i = 0; i < COUNT; i++) {
		ck_assert_msg(green(&f, i)->error == wrong[i].error, "%zu: %d", i, green(&f, i)->error);
		ck_assert_int_eq(green(&f, i)->how, CAPTURE_UNREAD);
		ck_assert_ptr_null(green(&f, i)->stack);
	}
	done(&f);
}
END_TEST

/* A stack of which there is no more room than for a part, and those behind it; then more than are counted. */
START_TEST(too_many)
{
	enum { MANY = 65537 };
	struct fixture f = { .dir = -1, .total_max = 256 << 10 };
	struct capture_green_spec *specs = (struct capture_green_spec *)(void *)map(MANY * sizeof(*specs));
	char *stack = map(SIZE);
	uint64_t *saved = (uint64_t *)(void *)map(4096);
	size_t read = 0, cut = 0;

	fill(stack, SIZE);
	for (size_t i = 0; i < MANY; i++)
		specs[i] = waiting_on(stack, saved);
	saved[1] = (uintptr_t)stack;
	take(&f);
	ck_assert_int_eq(capture_green(f.capture, specs, MANY), 0);
	ck_assert(f.capture->greens_cut);
	ck_assert_uint_eq(f.capture->green_count, MANY - 1);
	for (size_t i = 0; i < MANY - 1; i++) {
		read += green(&f, i)->how == CAPTURE_ASLEEP;
		cut += green(&f, i)->stack_cut;
		ck_assert(green(&f, i)->how == CAPTURE_ASLEEP || green(&f, i)->error == -ENOBUFS);
	}
	ck_assert_uint_ge(read, 2);
	ck_assert_uint_le(read, 4);
	ck_assert_uint_eq(cut, 1);
	ck_assert(green(&f, read - 1)->stack_cut);
	done(&f);
}
END_TEST

static void add_read(TCase *t)
{
	tcase_add_test(t, one_that_waits);
	tcase_add_test(t, pages_that_are_not_there);
	tcase_add_test(t, nonsense);
	tcase_add_test(t, too_many);
}
#else
static void add_read(TCase *t)
{
	(void)t, (void)fill, (void)waiting_on;
}
#endif

START_TEST(one_that_runs)
{
	struct fixture f = { .dir = -1 };
	struct capture_green_spec spec[3];
	uint64_t sp, saved[3] = { 0 };

	take(&f);
	sp = f.capture->threads[0].regs.sp;
	for (int i = 0; i < 3; i++)
		spec[i] = (struct capture_green_spec){ sp, 1, 0, (uintptr_t)saved };
	spec[1].stack = sp - 4096;
	spec[1].stack_size = 4096;
	spec[2].stack = sp + 1;
	ck_assert_int_eq(capture_green(f.capture, spec, 3), 0);
	ck_assert_int_eq(green(&f, 0)->tid, f.ref.pid);
	ck_assert_int_eq(green(&f, 0)->error, 0);
	ck_assert_int_eq(green(&f, 0)->how, CAPTURE_UNREAD);
	ck_assert_int_eq(green(&f, 1)->tid, 0);
	ck_assert_int_eq(green(&f, 2)->tid, 0);
	done(&f);
}
END_TEST

START_TEST(none)
{
	struct fixture f = { .dir = -1 };

	take(&f);
	ck_assert_int_eq(capture_green(f.capture, NULL, 0), 0);
	ck_assert_uint_eq(f.capture->green_count, 0);
	done(&f);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 3 * SECONDS);
	add_read(t);
	tcase_add_test(t, one_that_runs);
	tcase_add_test(t, none);
	return suite_run("capture_green", t);
}
