/* Stacks of a real process, tests/progs/nest.c, by libdw. */
#include "core/unwind.h"

#include "tests/nest.h"
#include "tests/suite.h"

static const struct unwind_options plain = { .root = -1, .frames_max = 256 };
static const char *const calls[] = { "wait_here", "inner", "middle", "outer", "main", NULL };

/* Start, read and unwind, with the first STACK_MAX bytes of the stack; the strings end with the process's capture. */
static void look(const char *mode, const char *n, size_t stack_max, const struct unwind_options *options,
		 struct nest_stack *ret)
{
	struct capture capture;
	struct unwind *unwind;

	nest_start(mode, n);
	unwind = nest_open(stack_max, options, &capture);
	nest_unwind(unwind, &capture.threads[0], ret);
	if (ret->end == UNWIND_WHOLE) {
		ck_assert_uint_eq(ret->frame[0].address, capture.threads[0].regs.pc);
		nest_has(ret, (const char *const[]){ "wait_here", "inner", "outer", "main", NULL });
	}
	unwind_free(unwind);
	unwind_release(&capture);
	nest_end();
}

START_TEST(names_files_lines)
{
	struct unwind_options options = plain;
	struct nest_stack stack;
	struct capture capture;
	struct unwind *unwind;
	char program[PATH_MAX];
	size_t at;

	options.lines = true;
	nest_path(program);
	nest_start("calls", NULL);
	unwind = nest_open(1 << 20, &options, &capture);
	for (int i = 0; i < 2; i++) {
		nest_unwind(unwind, &capture.threads[0], &stack);
		ck_assert_int_eq(stack.end, UNWIND_WHOLE);
		nest_has(&stack, calls);
	}
	at = nest_find(&stack, 0, "middle");
	ck_assert_str_eq(stack.frame[at].module, program);
	ck_assert_uint_eq(stack.frame[at].offset - stack.frame[at + 1].offset,
			  stack.frame[at].address - stack.frame[at + 1].address);
	/* Unless it was compiled without -g. */
	if (stack.frame[at].file) {
		ck_assert_int_eq(stack.frame[at].file[0], '/');
		ck_assert_ptr_nonnull(strstr(stack.frame[at].file, "tests/progs/nest.c"));
		ck_assert_int_gt(stack.frame[at].line, 20);
		ck_assert_int_gt(stack.frame[at + 1].line, stack.frame[at].line);
	}
	unwind_free(unwind);
	unwind_release(&capture);
	nest_end();
}
END_TEST

START_TEST(through_a_signal)
{
	struct nest_stack stack;

	look("signal", NULL, 1 << 20, &plain, &stack);
	ck_assert_int_eq(stack.end, UNWIND_WHOLE);
}
END_TEST

START_TEST(deep)
{
	struct unwind_options options = plain;
	struct nest_stack stack;

	look("deep", "200", 1 << 20, &options, &stack);
	ck_assert_int_eq(stack.end, UNWIND_WHOLE);
	ck_assert_uint_gt(stack.count, 200);
	options.frames_max = 100;
	look("deep", "200", 1 << 20, &options, &stack);
	ck_assert_int_eq(stack.end, UNWIND_LIMIT);
	ck_assert_uint_eq(stack.count, 100);
}
END_TEST

/* The line beside a function's name is one of its own, not of what was inlined into it. */
START_TEST(inlined)
{
	struct unwind_options options = plain;
	struct capture capture;
	struct nest_stack stack;
	struct unwind *unwind;
	size_t at;

	options.lines = true;
	nest_start("deep", "1");
	unwind = nest_open(1 << 20, &options, &capture);
	nest_unwind(unwind, &capture.threads[0], &stack);
	at = nest_find(&stack, 0, "deeper");
	ck_assert_uint_lt(at + 1, stack.count);
	ck_assert_str_eq(stack.frame[at + 1].name, "outer");
	/* Unless it was compiled without -g. */
	if (stack.frame[at + 1].line)
		ck_assert_int_gt(stack.frame[at].line, 0);
	ck_assert_int_le(stack.frame[at].line, stack.frame[at + 1].line);
	unwind_free(unwind);
	unwind_release(&capture);
	nest_end();
}
END_TEST

/* 8 KiB of a stack on which one function alone has 64. */
START_TEST(cut)
{
	struct nest_stack stack;

	look("wide", "65536", 8192, &plain, &stack);
	ck_assert_int_eq(stack.end, UNWIND_TRUNCATED);
	ck_assert_uint_lt(stack.count, 6);
	look("wide", "65536", 1 << 20, &plain, &stack);
	ck_assert_int_eq(stack.end, UNWIND_WHOLE);
}
END_TEST

/* Of a sleeper the stack and the program counter are known: what is found is right as far as it goes, and called whole
 * only where nothing is missing. */
static void check_asleep(const char *mode)
{
	struct nest_stack stopped, asleep;
	struct capture capture;
	struct unwind *unwind;
	struct regs *regs;

	nest_start(mode, NULL);
	unwind = nest_open(1 << 20, &plain, &capture);
	nest_unwind(unwind, &capture.threads[0], &stopped);
	ck_assert_int_eq(stopped.end, UNWIND_WHOLE);
	regs = &capture.threads[0].regs;
	regs_of_syscall(regs->sp, regs->pc, regs);
	nest_unwind(unwind, &capture.threads[0], &asleep);
	ck_assert_uint_le(asleep.count, stopped.count);
	for (size_t i = 0; i < asleep.count; i++)
		ck_assert_uint_eq(asleep.frame[i].address, stopped.frame[i].address);
	ck_assert_int_eq(asleep.end, asleep.count == stopped.count ? UNWIND_WHOLE : UNWIND_UNKNOWN);
	unwind_free(unwind);
	unwind_release(&capture);
	nest_end();
}

START_TEST(asleep)
{
	check_asleep("calls");
	check_asleep("signal");
	check_asleep("bare");
}
END_TEST

/* A function that no table tells of is passed by its frame pointer. */
START_TEST(without_call_frame_information)
{
	struct nest_stack stack;

	look("bare", NULL, 1 << 20, &plain, &stack);
	ck_assert_int_eq(stack.end, UNWIND_WHOLE);
}
END_TEST

/* Without files a sleeper's registers alone would tell; not where they are known, and lead nowhere. */
static void check_registers_alone(struct unwind *unwind, struct capture_thread *thread)
{
	struct nest_stack stack;
	struct regs *regs = &thread->regs;
	uint64_t known = regs->known;

	regs_of_syscall(regs->sp, regs->pc, regs);
	nest_unwind(unwind, thread, &stack);
	ck_assert_int_eq(stack.end, UNWIND_UNKNOWN);
	ck_assert_uint_eq(stack.count, 1);
	regs->known = known;
	nest_unwind(unwind, thread, &stack);
	ck_assert_int_eq(stack.end, UNWIND_SHORT);
	ck_assert_uint_eq(stack.count, 1);
}

START_TEST(files_that_could_not_be_opened)
{
	struct capture capture;
	struct nest_stack stack;
	struct unwind *unwind = NULL;
	const char *why = "";

	nest_start("calls", NULL);
	unwind_take(nest_pid, 1 << 20, &capture);
	for (size_t i = 0; i < capture.module_count; i++) {
		close(capture.modules[i].fd);
		capture.modules[i].fd = -EACCES;
	}
	ck_assert_msg(unwind_open(&capture, &plain, &unwind, &why) == 0, "%s", why);
	nest_unwind(unwind, &capture.threads[0], &stack);
	ck_assert_int_eq(stack.end, UNWIND_SHORT);
	ck_assert_ptr_nonnull(stack.frame[0].module);
	ck_assert_ptr_null(stack.frame[0].name);
	ck_assert_uint_gt(stack.frame[0].offset, 0);
	check_registers_alone(unwind, &capture.threads[0]);
	unwind_free(unwind);
	unwind_release(&capture);
	nest_end();
}
END_TEST

static int stop_at_second(const struct unwind_frame *frame, void *context)
{
	(void)frame;
	return ++*(int *)context == 2 ? 7 : 0;
}

START_TEST(calls_end)
{
	struct capture capture;
	struct capture_thread unread = { .tid = 1, .how = CAPTURE_UNREAD, .error = -EPERM };
	enum unwind_end end = UNWIND_LIMIT;
	struct unwind *unwind;
	int count = 0;

	nest_start("calls", NULL);
	unwind = nest_open(1 << 20, &plain, &capture);
	ck_assert_int_eq(unwind_thread(unwind, &unread, stop_at_second, &count, &end), -ENODATA);
	ck_assert_int_eq(count, 0);
	ck_assert_int_eq(unwind_thread(unwind, &capture.threads[0], stop_at_second, &count, &end), 7);
	ck_assert_int_eq(count, 2);
	ck_assert_int_eq(end, UNWIND_LIMIT);
	unwind_free(unwind);
	unwind_free(NULL);
	unwind_release(&capture);
	nest_end();
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("unwind_dw");

	tcase_add_test(tests, names_files_lines);
	tcase_add_test(tests, through_a_signal);
	tcase_add_test(tests, deep);
	tcase_add_test(tests, inlined);
	tcase_add_test(tests, cut);
	tcase_add_test(tests, asleep);
	tcase_add_test(tests, without_call_frame_information);
	tcase_add_test(tests, files_that_could_not_be_opened);
	tcase_add_test(tests, calls_end);
	return suite_run("unwind_dw", tests);
}
