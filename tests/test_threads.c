/* The section Threads from captures and stacks that are made by hand. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "applets/gmr/syscalls.h"
#include "tests/child.h"
#include "tests/deadlock.h"
#include "tests/suite.h"
#include "tests/threads_made.h"

static const struct sections_options plain, folded = { .fold = true };

START_TEST(fields)
{
	struct made m;
	const struct value *list, *thread;

	made_open(&m, 2);
	strcpy(m.c.threads[0].comm, "web\n1");
	strcpy(m.c.threads[0].wchan, "pipe_read");
	strcpy(m.c.threads[1].comm, "token=abc");
	m.c.threads[1].how = CAPTURE_STOPPED;
	m.c.threads[1].state = 'R';
	m.c.threads[1].regs.thread_pointer = 0x7f0012345678;
	strcpy(m.c.threads[1].wchan, "0");
	made_stack(&m, 0, "0x1", NULL);
	made_stack(&m, 1, "0x2", "short");
	list = make_threads(&m, &plain);
	ck_assert_uint_eq(list->count, 2);
	thread = item(list, 0);
	ck_assert_int_eq(value_int(thread, "thread_id", 0), 1000000);
	ck_assert_str_eq(value_string(thread, "name", ""), "web\\x0a1");
	ck_assert_str_eq(value_string(thread, "state", ""), "sleeping");
	ck_assert_str_eq(value_string(thread, "read", ""), "asleep");
	ck_assert_str_eq(value_string(thread, "wchan", ""), "pipe_read");
	ck_assert(is_null(thread, "system_call") && is_null(thread, "pthread_id") && is_null(thread, "waits_for"));
	ck_assert_ptr_null(value_get(thread, "thread_ids"));
	ck_assert(value_equal(value_get(thread, "stack_trace"), m.stacks[0]));
	thread = item(list, 1);
	ck_assert_str_eq(value_string(thread, "name", ""), "token=***");
	ck_assert_str_eq(value_string(thread, "state", ""), "running");
	ck_assert_str_eq(value_string(thread, "read", ""), "stopped");
	ck_assert(is_null(thread, "wchan"));
#ifdef __x86_64__
	ck_assert_int_eq(value_int(thread, "pthread_id", 0), 0x7f0012345678);
#endif
	ck_assert_str_eq(value_string(value_get(thread, "stack_trace"), "end", ""), "short");
	ck_assert(!m.report.incomplete);
	ck_assert_uint_eq(m.report.notes->count + m.report.denied->count + m.report.deadlocks->count, 0);
	made_done(&m);
}
END_TEST

#if defined(__x86_64__) || defined(__aarch64__)

static const struct {
	long number;
	uint64_t first;
	const char *text;
} calls[] = {
	{ SYS_futex, 0x7f00deadbeef, "futex(0x7f00deadbeef)" },
	{ SYS_ppoll, 0x7f00, "ppoll(...)" },
	{ SYS_sched_yield, 3, "sched_yield()" },
	{ SYS_wait4, (uint64_t)-1, "wait4(-1)" },
	{ SYS_wait4, 0xffffffff, "wait4(-1)" },
	{ SYS_openat, (uint64_t)AT_FDCWD, "openat(AT_FDCWD)" },
	{ SYS_read, 54321, "read(54321)" }, /* closed meanwhile */
	{ SYS_read, (uint64_t)-5, "read(-5)" },
	{ 999, 0xab, "syscall 999(0xab)" },
};

START_TEST(call)
{
	struct made m;

	made_open(&m, 1);
	m.c.threads[0].call.number = calls[_i].number;
	m.c.threads[0].call.args[0] = calls[_i].first;
	ck_assert_str_eq(value_string(item(make_threads(&m, &plain), 0), "system_call", ""), calls[_i].text);
	made_done(&m);
}
END_TEST

START_TEST(call_of_a_descriptor)
{
	char prefix[64];
	const char *text;
	struct made m;
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	made_open(&m, 1);
	m.c.threads[0].call.number = SYS_read;
	m.c.threads[0].call.args[0] = (uint64_t)ends[0];
	text = value_string(item(make_threads(&m, &plain), 0), "system_call", "");
	snprintf(prefix, sizeof(prefix), "read(%d: pipe ", ends[0]);
	ck_assert_msg(strncmp(text, prefix, strlen(prefix)) == 0 && text[strlen(text) - 1] == ')', "%s", text);
	made_done(&m);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(call_of_a_32_bit_program)
{
	struct procparse_map mapping = { .start = 0xfffdd000, .end = 0xffffe000 };
	struct made m;

	made_open(&m, 1);
	m.c.capture.mappings = &mapping;
	m.c.capture.mapping_count = 1;
	m.c.threads[0].call.number = 3;
	ck_assert_str_eq(value_string(item(make_threads(&m, &plain), 0), "system_call", ""), "syscall 3(0x0)");
	made_done(&m);
}
END_TEST

#endif

START_TEST(unread)
{
	static const int errors[] = { -EPERM, -ESRCH, -EBUSY, -ETIMEDOUT, -EPERM, -EIO };
	static const char *const texts[] = {
		"not read: not permitted", "not read: it was running, and was not to be stopped",
		"not read: it did not stop within --max-stop, or --deadline was over", "not read: not permitted",
		"not read",
	};
	const struct value *list;
	struct made m;

	made_open(&m, 6);
	for (size_t i = 0; i < 6; i++) {
		m.c.threads[i].how = CAPTURE_UNREAD;
		m.c.threads[i].error = errors[i];
	}
	list = make_threads(&m, &plain);
	ck_assert_uint_eq(list->count, 5); /* one has ended */
	for (size_t i = 0; i < 5; i++) {
		ck_assert(is_null(item(list, i), "read"));
		ck_assert_str_eq(value_string(value_get(item(list, i), "stack_trace"), "end", ""), texts[i]);
	}
	ck_assert_uint_eq(m.report.denied->count, 1);
	ck_assert_str_eq(value_string(item(m.report.denied, 0), "section", ""), REPORT_THREADS);
	ck_assert(m.report.incomplete);
	made_done(&m);
}
END_TEST

START_TEST(kernel_thread)
{
	const struct value *thread;
	struct made m;

	made_open(&m, 1);
	m.c.threads[0].how = CAPTURE_UNREAD;
	m.c.threads[0].error = -ENODATA;
	m.c.threads[0].call.number = 0; /* as the kernel says */
	thread = item(make_threads(&m, &plain), 0);
	ck_assert(is_null(thread, "system_call"));
	ck_assert_str_eq(value_string(value_get(thread, "stack_trace"), "end", ""),
			 "not read: a thread of the kernel's own");
	ck_assert(!m.report.incomplete);
	made_done(&m);
}
END_TEST

START_TEST(no_capture)
{
	struct made m;

	made_open(&m, 0);
	section_threads(&m.report, &m.c.target, NULL, NULL, &folded);
	ck_assert_uint_eq(value_get(&m.report.tree.root, REPORT_THREADS)->count, 0);
	made_done(&m);
}
END_TEST

/* A decoder that died: what came is there, the others are, too. */
START_TEST(decoder_died)
{
	const struct value *list;
	struct made m;

	made_open(&m, 3);
	made_stack(&m, 0, "0x1", NULL);
	m.decoded.error = -ECONNRESET;
	strcpy(m.decoded.why, "the decoder was killed by SIGSEGV");
	list = make_threads(&m, &folded);
	ck_assert_uint_eq(list->count, 2);
	ck_assert_uint_eq(value_get(item(list, 1), "thread_ids")->count, 2);
	ck_assert_str_eq(value_string(value_get(item(list, 1), "stack_trace"), "end", ""),
			 "not read: its stack was not decoded");
	ck_assert_uint_eq(m.report.notes->count, 1);
	ck_assert_str_eq(value_string(item(m.report.notes, 0), "text", ""), "the decoder was killed by SIGSEGV");
	ck_assert(m.report.incomplete);
	made_done(&m);
}
END_TEST

START_TEST(no_libdw)
{
	struct made m;

	made_open(&m, 1);
	made_stack(&m, 0, "0x1", "short");
	strcpy(m.decoded.why, "built without libdw");
	make_threads(&m, &plain);
	ck_assert_str_eq(value_string(item(m.report.notes, 0), "text", ""),
			 "stacks are not followed beyond the innermost frame: built without libdw");
	ck_assert(m.report.incomplete);
	made_done(&m);
}
END_TEST

START_TEST(java)
{
	struct capture_module modules[] = { { .path = (char *)"/usr/bin/java" },
					    { .path = (char *)"/usr/lib/jvm/lib/server/libjvm.so" }, { .path = NULL } };
	char command[64];
	struct made m;

	made_open(&m, 0);
	m.c.capture.modules = modules;
	m.c.capture.module_count = 3;
	make_threads(&m, &plain);
	snprintf(command, sizeof(command), "`jcmd %d Thread.print`", m.c.target.inner_pid);
	ck_assert_uint_eq(m.report.notes->count, 1);
	ck_assert_ptr_nonnull(strstr(value_string(item(m.report.notes, 0), "text", ""), command));
	made_done(&m);
}
END_TEST

#ifdef __GLIBC__

START_TEST(deadlock)
{
	const struct value *list, *ring;
	pid_t pid = deadlock_start();
	struct made m;

	made_open(&m, 0);
	captured_done(&m.c);
	captured_open(&m.c, pid);
	CHILD_UNTIL(captured_look(&m.c) == 3 && deadlock_is_in(&m.c, 1, "futex") &&
		    deadlock_is_in(&m.c, 2, "futex") && m.c.threads[1].call.args[2] == 2 &&
		    m.c.threads[2].call.args[2] == 2);
	list = make_threads(&m, &plain);
	ck_assert_int_eq(value_int(item(list, 1), "waits_for", 0), m.c.threads[2].tid);
	ck_assert_int_eq(value_int(item(list, 2), "waits_for", 0), m.c.threads[1].tid);
	ck_assert_uint_eq(m.report.deadlocks->count, 1);
	ring = item(m.report.deadlocks, 0);
	ck_assert_uint_eq(ring->count, 2);
	ck_assert_int_eq(item(ring, 0)->integer, m.c.threads[1].tid);
	made_done(&m);
	child_end(pid);
}
END_TEST

#endif

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, fields);
#if defined(__x86_64__) || defined(__aarch64__)
	tcase_add_loop_test(t, call, 0, sizeof(calls) / sizeof(*calls));
	tcase_add_test(t, call_of_a_descriptor);
	tcase_add_test(t, call_of_a_32_bit_program);
#endif
	tcase_add_test(t, unread);
	tcase_add_test(t, kernel_thread);
	tcase_add_test(t, no_capture);
	tcase_add_test(t, decoder_died);
	tcase_add_test(t, no_libdw);
	tcase_add_test(t, java);
#ifdef __GLIBC__
	tcase_add_test(t, deadlock);
#endif
	return suite_run("threads", t);
}
