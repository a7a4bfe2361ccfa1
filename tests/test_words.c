/* Masks of the kernel as words. */
#include "applets/gmr/words.h"

#include <check.h>
#include <errno.h>
#include <signal.h>

#include "core/cleanup.h"
#include "tests/suite.h"

static const struct { uint64_t mask; const char *words; } signal_masks[] = {
	{ 0, "none" }, { 0x4002, "SIGINT SIGTERM" }, { 0x10000, "SIGCHLD" }, { (uint64_t)1 << 31, "signal-32" },
	{ (uint64_t)1 << 63, "SIGRTMIN+30" },
};

START_TEST(signals)
{
	CLEANUP(buf_done) struct buf text = BUF(4096);
	/* musl keeps one signal more to itself. */
	const char *last = SIGRTMIN == 34 ? "SIGRTMIN+30" : "SIGRTMIN+29";

	ck_assert_int_eq(words_signals(signal_masks[_i].mask, &text), 0);
	ck_assert_str_eq(text.data, signal_masks[_i].mask >> 63 ? last : signal_masks[_i].words);
}
END_TEST

/* The numbers and names as libcap's getpcaps(8) says them. */
static const struct { uint64_t mask; const char *words; } capability_masks[] = {
	{ 0, "none" }, { 1, "cap_chown" }, { 0x80400, "cap_net_bind_service cap_sys_ptrace" },
	{ (uint64_t)1 << 40, "cap_checkpoint_restore" }, { (uint64_t)1 << 41 | 0x20, "cap_kill cap_41" },
	{ (uint64_t)1 << 63, "cap_63" }, { 0x1ffffffffff, "all" }, { UINT64_MAX, "all" },
	{ 0x1fffeffffff, "all but cap_sys_resource" },
	{ (uint64_t)1 << 21 | (uint64_t)1 << 39, "cap_sys_admin cap_bpf" },
};

START_TEST(capabilities)
{
	CLEANUP(buf_done) struct buf text = BUF(4096);

	ck_assert_int_eq(words_capabilities(capability_masks[_i].mask, &text), 0);
	ck_assert_str_eq(text.data, capability_masks[_i].words);
}
END_TEST

START_TEST(too_long)
{
	CLEANUP(buf_done) struct buf text = BUF(10);

	ck_assert_int_eq(buf_adds(&text, "x"), 0);
	ck_assert_int_eq(words_signals(0x4002, &text), -ENOBUFS);
	ck_assert_int_eq(words_capabilities(0xffff, &text), -ENOBUFS);
	ck_assert_int_eq(words_capabilities(0x1fffffffffe, &text), -ENOBUFS);
	ck_assert_str_eq(text.data, "x");
}
END_TEST

START_TEST(all_at_once)
{
	CLEANUP(buf_done) struct buf text = BUF(4096);

	ck_assert_int_eq(words_signals(UINT64_MAX, &text), 0);
	ck_assert_int_eq(words_capabilities(UINT64_MAX - 1, &text), 0);
}
END_TEST

START_TEST(policies)
{
	CLEANUP(buf_done) struct buf text = BUF(4096);

	ck_assert_int_eq(words_policy(0, &text), 0);
	ck_assert_int_eq(words_policy(6, &text), 0);
	ck_assert_int_eq(words_policy(4, &text), 0);
	ck_assert_int_eq(words_policy(-1, &text), 0);
	ck_assert_int_eq(words_policy(INT64_MAX, &text), 0);
	ck_assert_str_eq(text.data, "SCHED_OTHERSCHED_DEADLINEpolicy 4policy -1policy 9223372036854775807");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("words");

	tcase_add_loop_test(tests, signals, 0, sizeof signal_masks / sizeof signal_masks[0]);
	tcase_add_loop_test(tests, capabilities, 0, sizeof capability_masks / sizeof capability_masks[0]);
	tcase_add_test(tests, too_long);
	tcase_add_test(tests, all_at_once);
	tcase_add_test(tests, policies);
	return suite_run("words", tests);
}
