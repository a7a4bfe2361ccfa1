/* Threads that sleep, memory, files. Stops are in test_capture_stop.c. */
#include "core/capture.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "tests/suite.h"
#include "tests/threads_target.h"

static void check_sleeper(const struct capture *c, const struct capture_thread *t)
{
	ck_assert_int_eq(t->how, CAPTURE_ASLEEP);
	ck_assert_str_eq(t->comm, "threads");
	ck_assert_int_ne(t->state, 'R');
	ck_assert_int_ge(t->call.number, 0);
	ck_assert_uint_eq(t->regs.sp, t->stack_at);
	ck_assert_uint_eq(t->regs.sp, t->call.sp);
	ck_assert_uint_ne(t->regs.pc, 0);
	ck_assert(!t->stack_cut);
	ck_assert_uint_gt(t->stack_len, 0);
	ck_assert(t->tid == c->pid || target_marked(t));
}

START_TEST(who_sleeps_is_read_without_a_stop)
{
	struct target t;
	struct capture *c;

	target_start(&t, "70", "0", NULL);
	CHILD_UNTIL((c = target_take(&t, CAPTURE_GENTLE))->stops == 0 || (capture_free(c), false));
	ck_assert_uint_eq(c->thread_count, 71);
	ck_assert(!c->threads_cut);
	ck_assert_int_eq(c->threads[0].tid, t.ref.pid);
	ck_assert_int_eq(c->threads[0].call.number, SYS_read);
	for (size_t i = 0; i < c->thread_count; i++) {
		check_sleeper(c, &c->threads[i]);
		ck_assert(i < 2 || c->threads[i].tid > c->threads[i - 1].tid);
	}
	ck_assert_uint_eq(c->stopped_threads, 0);
	capture_free(c);
	target_end(&t);
}
END_TEST

START_TEST(who_runs_is_not_read_where_nobody_is_to_be_stopped)
{
	struct target t;
	struct capture *c;

	target_start(&t, "3", "2", NULL);
	CHILD_UNTIL(target_count(c = target_take(&t, CAPTURE_NO_STOP), CAPTURE_UNREAD) == 2 ||
		    (capture_free(c), false));
	ck_assert_uint_eq(c->thread_count, 6);
	ck_assert_int_eq(c->threads[5].error, -EBUSY);
	ck_assert_int_eq(c->threads[5].call.number, PROCPARSE_CALL_UNKNOWN);
	ck_assert_ptr_null(c->threads[5].stack);
	ck_assert_uint_eq(c->stops, 0);
	capture_free(c);
	target_end(&t);
}
END_TEST

START_TEST(a_stack_is_cut)
{
	struct target t;
	struct capture *c;
	size_t sum = 0;

	target_start(&t, "3", "0", NULL);
	t.options.stack_max = 100;
	t.options.total_max = 250;
	CHILD_UNTIL(target_count(c = target_take(&t, CAPTURE_NO_STOP), CAPTURE_ASLEEP) == 4 ||
		    (capture_free(c), false));
	for (size_t i = 0; i < 4; i++) {
		ck_assert(c->threads[i].stack_cut);
		ck_assert_uint_le(c->threads[i].stack_len, 100);
		ck_assert_int_eq(c->threads[i].stack == NULL, c->threads[i].stack_len == 0);
		sum += c->threads[i].stack_len;
	}
	ck_assert_uint_ge(sum, 100);
	ck_assert_uint_le(sum, 250);
	capture_free(c);
	target_end(&t);
}
END_TEST

/* In a signal's handler, on a stack of its own: the one that it interrupted is read as well. */
START_TEST(a_handler_with_a_stack_of_its_own)
{
	const unsigned long mark[2] = { TARGET_MARK, TARGET_MARK };
	const struct capture_thread *thread;
	struct target t;
	struct capture *c;

	target_start(&t, "2", "0", "signal");
	CHILD_UNTIL((c = target_take(&t, _i ? CAPTURE_STOP : CAPTURE_NO_STOP))->threads[3].other ||
		    (capture_free(c), false));
	thread = &c->threads[3];
	ck_assert(!target_marked(thread));
	ck_assert_ptr_nonnull(memmem(thread->other, thread->other_len, mark, sizeof mark));
	ck_assert(!thread->other_cut);
	ck_assert_uint_ne(thread->other_at, thread->stack_at);
	for (size_t i = 0; i < 3; i++)
		ck_assert_ptr_null(c->threads[i].other);
	capture_free(c);
	target_end(&t);
}
END_TEST

START_TEST(a_stack_with_pages_that_are_not_there)
{
	struct target t;
	struct capture *c;

	target_start(&t, "0", "0", "gap");
	CHILD_UNTIL(target_marked(&(c = target_take(&t, CAPTURE_NO_STOP))->threads[1]) || (capture_free(c), false));
	ck_assert_int_eq(c->threads[1].how, CAPTURE_ASLEEP);
	ck_assert_uint_gt(c->threads[1].stack_len, 24 << 10);
	capture_free(c);
	target_end(&t);
}
END_TEST

#ifdef __x86_64__
/* It is none of the kernel's own for that. */
START_TEST(a_stack_pointer_of_zero)
{
	struct target t;
	struct capture *c;

	target_start(&t, "0", "0", "lost");
	CHILD_UNTIL((c = target_take(&t, CAPTURE_NO_STOP))->threads[1].how == CAPTURE_ASLEEP ||
		    (capture_free(c), false));
	ck_assert_uint_ne(c->threads[1].regs.pc, 0);
	ck_assert_uint_eq(c->threads[1].stack_len, 0);
	capture_free(c);
	target_end(&t);
}
END_TEST
#endif

static const struct capture_module *module_at(const struct capture *c, uint64_t address)
{
	for (size_t i = 0; i < c->module_count; i++)
		if (address >= c->modules[i].start && address < c->modules[i].end)
			return &c->modules[i];
	return NULL;
}

static void check_elf(int fd)
{
	char head[SELFMAG];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pread(fd, head, sizeof head, 0), SELFMAG);
	ck_assert_mem_eq(head, ELFMAG, SELFMAG);
}

START_TEST(files)
{
	struct target t;
	struct capture *c;
	const struct capture_module *m;
	char path[PATH_MAX];

	target_start(&t, "1", "0", NULL);
	target_program(path);
	c = target_take(&t, CAPTURE_NO_STOP);
	m = module_at(c, c->entry);
	ck_assert_ptr_nonnull(m);
	ck_assert_str_eq(m->path, path);
	ck_assert(!m->deleted);
	for (size_t i = 0; i < c->module_count; i++) {
		check_elf(c->modules[i].fd);
		ck_assert(i == 0 || c->modules[i].start >= c->modules[i - 1].end);
	}
	ck_assert_uint_gt(c->mapping_count, 5);
	if (c->vdso_at) {
		ck_assert_uint_gt(c->vdso.len, 1000);
		ck_assert_mem_eq(c->vdso.data, ELFMAG, SELFMAG);
	}
	capture_free(c);
	target_end(&t);
}
END_TEST

static void copy_file(const char *from, const char *to)
{
	CLEANUP(fd_done) int in = open(from, O_RDONLY | O_CLOEXEC);
	CLEANUP(fd_done) int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	char block[65536];
	ssize_t n;

	ck_assert_int_ge(in, 0);
	ck_assert_int_ge(out, 0);
	while ((n = read(in, block, sizeof block)) > 0)
		ck_assert_int_eq(write(out, block, (size_t)n), n);
	ck_assert_int_eq(n, 0);
}

/* Deleted, with another file, or something worse, in its place. */
START_TEST(an_executable_that_is_gone)
{
	char program[PATH_MAX], path[] = "/tmp/procguard-capture-XXXXXX/a b", *slash = strrchr(path, '/');
	const struct capture_module *m;
	struct capture *c;
	struct target t;

	target_program(program);
	*slash = '\0';
	ck_assert_ptr_nonnull(mkdtemp(path));
	*slash = '/';
	copy_file(program, path);
	target_start_at(&t, path, "1", "0", NULL);
	ck_assert_int_eq(unlink(path), 0);
	if (_i == 1)
		ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	if (_i == 2)
		ck_assert_int_eq(mkfifo(path, 0600), 0);
	c = target_take(&t, CAPTURE_NO_STOP);
	m = module_at(c, c->entry);
	ck_assert_ptr_nonnull(m);
	ck_assert_str_eq(m->path, path);
	ck_assert(m->deleted);
	check_elf(m->fd);
	capture_free(c);
	target_end(&t);
	unlink(path);
	*slash = '\0';
	rmdir(path);
}
END_TEST

START_TEST(one_that_has_ended)
{
	struct capture *c = NULL;
	struct target t;

	target_start(&t, "1", "1", NULL);
	kill(t.ref.pid, SIGKILL);
	child_await_zombie(t.ref.pid);
	ck_assert_int_eq(target_try(&t, CAPTURE_GENTLE, &c), -ESRCH);
	child_end(t.ref.pid);
	ck_assert_int_eq(target_try(&t, CAPTURE_GENTLE, &c), -ESRCH);
	ck_assert_ptr_null(c);
	capture_free(c);
	target_end(&t);
}
END_TEST

static bool first_has_ended(const struct target *t)
{
	struct procparse_stat stat;

	return procfs_stat(t->dir, &stat) == 0 && stat.state == 'Z';
}

START_TEST(one_whose_first_thread_has_ended)
{
	struct capture *c;
	struct target t;

	target_start(&t, "5", "0", "leader");
	CHILD_UNTIL(first_has_ended(&t));
	c = target_take(&t, _i ? CAPTURE_STOP : CAPTURE_GENTLE);
	ck_assert_uint_eq(c->thread_count, 7);
	ck_assert_int_eq(c->threads[0].error, -ESRCH);
	ck_assert_uint_eq(target_count(c, CAPTURE_UNREAD), 1);
	ck_assert_uint_eq(target_count_marked(c), 5);
	ck_assert_uint_gt(c->module_count, 0);
	ck_assert_uint_ne(c->entry, 0);
	check_elf(c->modules[0].fd);
	capture_free(c);
	target_end(&t);
}
END_TEST

/* A debugger has it, and it sleeps: it is read as it is. */
START_TEST(one_that_is_traced)
{
	struct capture *c;
	struct target t;
	int ready[2];
	pid_t tracer;
	char byte;

	target_start(&t, "2", "0", NULL);
	ck_assert_int_eq(pipe(ready), 0);
	tracer = fork();
	if (tracer == 0) {
		if (ptrace(PTRACE_SEIZE, t.ref.pid, NULL, NULL) == 0)
			ck_assert_int_eq(write(ready[1], "", 1), 1);
		for (;;)
			pause();
	}
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	CHILD_UNTIL((c = target_take(&t, CAPTURE_GENTLE))->threads[0].how == CAPTURE_ASLEEP ||
		    (capture_free(c), false));
	capture_free(c);
	c = target_take(&t, CAPTURE_STOP);
	ck_assert_int_eq(c->threads[0].how, CAPTURE_ASLEEP);
	ck_assert_uint_eq(target_count(c, CAPTURE_STOPPED), 2);
	capture_free(c);
	child_end(tracer);
	target_end(&t);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, who_sleeps_is_read_without_a_stop);
	tcase_add_test(t, who_runs_is_not_read_where_nobody_is_to_be_stopped);
	tcase_add_test(t, a_stack_is_cut);
	tcase_add_loop_test(t, a_handler_with_a_stack_of_its_own, 0, 2);
	tcase_add_test(t, a_stack_with_pages_that_are_not_there);
#ifdef __x86_64__
	tcase_add_test(t, a_stack_pointer_of_zero);
#endif
	tcase_add_test(t, files);
	tcase_add_loop_test(t, an_executable_that_is_gone, 0, 3);
	tcase_add_test(t, one_that_has_ended);
	tcase_add_loop_test(t, one_whose_first_thread_has_ended, 0, 2);
	tcase_add_test(t, one_that_is_traced);
	return suite_run("capture", t);
}
