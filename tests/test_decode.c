/* The talk with the child that decodes: how it may end, and the real one. */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "applets/gmr/decode_private.h"
#include "core/clock.h"
#include "core/confine.h"
#include "tests/captured.h"
#include "tests/child.h"
#include "tests/suite.h"

#define NO_TIME "no time was left, see --deadline"

enum { THREADS = 4 };

static int64_t soon(int ms)
{
	return clock_ns() + (int64_t)ms * 1000000;
}

/* ---- how a child ends ---- */

#define TREE VALUE_TREE(64 << 20)

static int send_value(int channel, struct value_tree *tree)
{
	struct buf message = BUF(DECODE_MESSAGE_MAX);
	int r = value_pack(&tree->root, &message);

	r = r < 0 ? r : confine_send(channel, -1, message.data, message.len);
	buf_done(&message);
	value_tree_done(tree);
	return r;
}

static int send_stack(int channel, int64_t index)
{
	struct value_tree tree = TREE;

	value_add_int(&tree, &tree.root, "index", index);
	value_add_list(&tree, &tree.root, "lines");
	return send_value(channel, &tree);
}

static int send_again(int channel, int64_t index)
{
	struct value_tree tree = TREE;

	value_add_int(&tree, value_add_list(&tree, &tree.root, "again"), NULL, index);
	return send_value(channel, &tree);
}

static int hang(void)
{
	while (pause() < 0)
		;
	return 0;
}

static int is_killed(int channel, void *unused)
{
	(void)unused;
	send_stack(channel, 1);
	return raise(SIGKILL);
}

static int crashes(int channel, void *unused)
{
	(void)unused;
	send_stack(channel, 1);
	signal(SIGSEGV, SIG_DFL); /* a sanitizer has its own handler */
	return raise(SIGSEGV);
}

static int leaves(int channel, void *unused)
{
	(void)unused;
	send_stack(channel, 1);
	return 3;
}

static int lies(int channel, void *unused)
{
	(void)unused;
	send_stack(channel, 1);
	send_stack(channel, THREADS);
	return hang();
}

static int sends_too_much(int channel, void *unused)
{
	size_t size = DECODE_MESSAGE_MAX + 1;

	(void)unused;
	send_stack(channel, 1);
	confine_send(channel, -1, calloc(1, size), size);
	return hang();
}

static int never_ends(int channel, void *unused)
{
	(void)unused;
	while (send_stack(channel, 1) == 0)
		;
	return 0;
}

static int asks_again(int channel, void *unused)
{
	(void)unused;
	send_stack(channel, 1);
	send_again(channel, 0);
	return hang();
}

static const struct {
	int (*child)(int channel, void *unused);
	int error;
	const char *why;
} ends[] = {
	{ is_killed, -ECONNRESET, "the decoder was killed by SIGKILL" },
	{ crashes, -ECONNRESET, "the decoder was killed by SIGSEGV" },
	{ leaves, -ECONNRESET, "the decoder ended too early" },
	{ lies, -EBADMSG, "the decoder sent what makes no sense" },
	{ sends_too_much, -ENOBUFS, "there is more than we take" },
	{ never_ends, -EBADMSG, "the decoder sent what makes no sense" },
	{ asks_again, -EBADMSG, "the decoder sent what makes no sense" }, /* though none may be stopped */
};

static void hand_made(struct captured *c)
{
	captured_open(c, getpid());
	for (size_t i = 0; i < THREADS; i++)
		c->threads[i] = (struct capture_thread){ .tid = getpid(), .how = CAPTURE_ASLEEP };
	c->capture.thread_count = THREADS;
}

START_TEST(child_ends)
{
	struct decode_options options = { .stacks = true, .deadline_ns = soon(50000) };
	struct decoded got;
	struct captured c;

	hand_made(&c);
	ck_assert_int_eq(decode_by(&c.target, &c.capture, &options, ends[_i].child, &got), 0);
	ck_assert_int_eq(got.error, ends[_i].error);
	ck_assert_msg(strstr(got.why, ends[_i].why) == got.why, "%s", got.why);
	ck_assert_ptr_nonnull(got.stacks[1]);
	ck_assert_ptr_null(got.stacks[0]);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* it was reaped */
	decoded_done(&got);
	decoded_done(NULL);
	captured_done(&c);
}
END_TEST

static int hangs(int channel, void *unused)
{
	(void)unused;
	send_stack(channel, 1);
	return hang();
}

/* Until the deadline came behind the child's message, which on a busy machine takes longer. */
static void decode_late(struct captured *c, struct decoded *ret)
{
	struct decode_options options = { .stacks = true };

	for (int ms = 200;; ms *= 10) {
		options.deadline_ns = soon(ms);
		ck_assert_int_eq(decode_by(&c->target, &c->capture, &options, hangs, ret), 0);
		ck_assert_int_eq(ret->error, -ETIMEDOUT);
		ck_assert_str_eq(ret->why, "no time left (--deadline)");
		ck_assert_ptr_nonnull(ret->stacks[1]);
		if (ms > 10000 || strcmp(value_string(ret->stacks[1], "end", ""), NO_TIME) != 0)
			return;
		decoded_done(ret);
	}
}

START_TEST(deadline)
{
	struct decoded got;
	struct captured c;

	hand_made(&c);
	c.threads[0].regs.pc = 0x1234;
	c.threads[1].regs.pc = 0x5678;
	decode_late(&c, &got);
	/* Where the first thread is, is known all the same. */
	ck_assert_ptr_nonnull(got.stacks[0]);
	ck_assert_str_eq(value_string(got.stacks[0], "end", ""), NO_TIME);
	ck_assert_str_eq(value_string(value_first(value_get(got.stacks[0], "lines")), "address", ""), "0x1234");
	ck_assert_str_ne(value_string(got.stacks[1], "end", ""), NO_TIME);
	ck_assert_ptr_null(got.stacks[2]);
	decoded_done(&got);
	captured_done(&c);
}
END_TEST

/* A child has the limits that decode() gives it, and not our rights. */
static int looks_around(int channel, void *context)
{
	const struct decode_job *job = context;
	struct value_tree tree = TREE;
	struct rlimit cpu, memory;

	if (getrlimit(RLIMIT_CPU, &cpu) < 0 || getrlimit(RLIMIT_AS, &memory) < 0 || job->exe < 0 || getuid() == 0)
		return 1;
	if (cpu.rlim_cur > 51 || memory.rlim_cur == RLIM_INFINITY)
		return 1;
	value_add_bool(&tree, &tree.root, "done", true);
	return send_value(channel, &tree);
}

START_TEST(limits)
{
	struct decode_options options = { .package = true, .deadline_ns = soon(50000) };
	struct decoded got;
	struct captured c;

	hand_made(&c);
	ck_assert_int_eq(decode_by(&c.target, NULL, &options, looks_around, &got), 0);
	ck_assert_int_eq(got.error, 0);
	ck_assert_str_eq(got.why, "");
	decoded_done(&got);
	captured_done(&c);
}
END_TEST

/* ---- the real ones ---- */

static struct capture *capture_of(const struct captured *c, enum capture_mode mode)
{
	struct capture_options options = { .mode = mode, .look_ns = 20000000, .max_stop_ns = 5000000000,
					   .deadline_ns = soon(50000), .stack_max = 1 << 20, .total_max = 64 << 20 };
	struct capture *capture = NULL;

	ck_assert_int_eq(capture_take(&c->proc, c->target.dir, &c->target.ref, &options, &capture), 0);
	return capture;
}

/* A capture of PID asleep, or NULL: nothing can be read here (a container without ptrace). */
static struct capture *asleep(struct captured *c, pid_t pid)
{
	struct capture *capture = NULL;

	captured_open(c, pid);
	CHILD_UNTIL((capture_free(capture), capture = capture_of(c, CAPTURE_NO_STOP)) &&
		    capture->threads[0].error != -EBUSY);
	if (capture->threads[0].how == CAPTURE_ASLEEP)
		return capture;
	printf("skipped: reading the stack of a child: %s\n", strerror(-capture->threads[0].error));
	capture_free(capture);
	return NULL;
}

START_TEST(real)
{
	struct decode_options options = { .stacks = true, .package = true, .may_stop = true, .sources = true,
					  .deadline_ns = soon(50000) };
	pid_t pid = child_start();
	struct decoded got;
	struct captured c;
	struct capture *capture = asleep(&c, pid);
	const struct value *lines;

	if (capture) {
		ck_assert_int_eq(decode(&c.target, capture, &options, &got), 0);
		ck_assert_msg(got.error == 0, "%s", got.why);
		ck_assert_ptr_nonnull(value_get(&got.tree.root, "package"));
		ck_assert_ptr_nonnull(got.stacks[0]);
		lines = value_get(got.stacks[0], "lines");
		ck_assert_uint_ge(lines->count, got.why[0] ? 1 : 3); /* no libdw: one */
		decoded_done(&got);
		capture_free(capture);
	}
	captured_done(&c);
	child_end(pid);
}
END_TEST

/* Ask for thread 0 again; it comes stopped, with its bytes in memory that both see. */
static int asks_for_more(int channel, void *context)
{
	const struct decode_job *job = context;
	struct value_tree tree = TREE;
	struct decode_again got;
	struct buf answer = BUF(65536);

	if (send_again(channel, 0) < 0 || confine_receive(channel, -1, &answer) != 1 || answer.len != sizeof(got))
		return 1;
	memcpy(&got, answer.data, sizeof(got));
	if (got.index != 0 || got.thread.error || got.thread.how != CAPTURE_STOPPED || !got.thread.regs.known ||
	    got.thread.stack_at != got.thread.regs.sp || got.thread.stack_len == 0)
		return 2;
	if (memchr(got.thread.stack, 0, got.thread.stack_len) == NULL) /* all zeroes would be found, too */
		return 4;
	if (job->capture->threads[0].how != CAPTURE_ASLEEP || send_stack(channel, 0) < 0)
		return 3;
	value_add_bool(&tree, &tree.root, "done", true);
	return send_value(channel, &tree);
}

START_TEST(asked_again)
{
	struct decode_options options = { .stacks = true, .may_stop = true, .deadline_ns = soon(50000) };
	pid_t pid = child_start();
	struct decoded got;
	struct captured c;
	struct capture *capture = asleep(&c, pid);

	if (capture) {
		ck_assert_int_eq(decode_by(&c.target, capture, &options, asks_for_more, &got), 0);
		ck_assert_msg(got.error == 0, "%s", got.why);
		ck_assert_ptr_nonnull(got.stacks[0]);
		ck_assert_int_eq(capture->threads[0].how, CAPTURE_STOPPED);
		decoded_done(&got);
		capture_free(capture);
	}
	captured_done(&c);
	child_end(pid);
}
END_TEST

static int asks_for_green(int channel, void *unused)
{
	(void)unused;
	send_stack(channel, 1);
	send_again(channel, THREADS);
	return hang();
}

/* Green threads stand behind the others, have stacks, and are not stopped: there is nothing to stop. */
START_TEST(green_threads)
{
	struct decode_options options = { .greens = true, .may_stop = true, .deadline_ns = soon(50000) };
	struct capture_thread greens[2] = { { .how = CAPTURE_ASLEEP, .regs.pc = 0x1230 }, { .tid = 1 } };
	struct decoded got;
	struct captured c;

	hand_made(&c);
	c.capture.greens = greens;
	c.capture.green_count = 2;
	ck_assert_int_eq(decode_by(&c.target, &c.capture, &options, asks_for_green, &got), 0);
	ck_assert_int_eq(got.error, -EBADMSG);
	ck_assert_uint_eq(got.count, THREADS + 2);
	ck_assert_ptr_nonnull(got.stacks[1]);
	ck_assert_ptr_null(got.stacks[0]); /* not asked for */
	ck_assert_str_eq(value_string(got.stacks[THREADS], "end", ""), "not decoded");
	ck_assert_ptr_null(got.stacks[THREADS + 1]);
	decoded_done(&got);
	captured_done(&c);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, child_ends, 0, sizeof(ends) / sizeof(*ends));
	tcase_add_test(t, deadline);
	tcase_add_test(t, limits);
	tcase_add_test(t, real);
	tcase_add_test(t, asked_again);
	tcase_add_test(t, green_threads);
	return suite_run("decode", t);
}
