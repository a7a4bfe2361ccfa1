/* Green threads that a program registers with the C library: their numbers, and what is read of them from outside. */
#include <errno.h>
#include <signal.h>

#include "tests/inside.h"
#include "tests/suite.h"

static char stack[64];
static ucontext_t context;
static struct gmr_registers registers;

static const struct gmr_green_thread good = {
	.size = sizeof(good), .name = "reader", .stack = stack, .stack_size = sizeof(stack), .registers = &registers,
};

START_TEST(registered)
{
	struct gmr_green_thread other = good;
	struct registry_copy *copy;
	int64_t first, second;

	errno = 4711;
	other.registers = NULL;
	other.context = &context;
	other.name = "012345678901234567890123456789\xc3\xa9"; /* 32 bytes */
	first = gmr_register_green_thread(&good);
	second = gmr_register_green_thread(&other);
	ck_assert(first > 0 && second > 0 && first != second);
	copy = inside_copy();
	ck_assert(copy->green_count == 2 && copy->torn == 0);
	ck_assert_str_eq(copy->green[0].name, "reader");
	ck_assert_str_eq(copy->green[1].name, "012345678901234567890123456789");
	ck_assert(copy->green[0].registers == (uintptr_t)&registers && copy->green[0].context == 0);
	ck_assert(copy->green[1].registers == 0 && copy->green[1].context == (uintptr_t)&context);
	ck_assert(copy->green[1].stack == (uintptr_t)stack && copy->green[1].stack_size == sizeof(stack));
	registry_copy_free(copy);
	ck_assert_int_eq(gmr_unregister_green_thread(first), 0);
	ck_assert_int_eq(gmr_unregister_green_thread(second), 0);
	copy = inside_copy();
	ck_assert_uint_eq(copy->green_count, 0);
	registry_copy_free(copy);
	ck_assert_int_eq(errno, 4711);
}
END_TEST

START_TEST(refused)
{
	struct gmr_green_thread bad[6] = { good, good, good, good, good, good };

	bad[0].size--;
	bad[1].stack = NULL;
	bad[2].stack_size = 0;
	bad[3].stack_size = SIZE_MAX;
	bad[4].context = &context;
	bad[5].registers = NULL;
	for (size_t i = 0; i < 6; i++)
		ck_assert_int_eq(gmr_register_green_thread(&bad[i]), -EINVAL);
	ck_assert_int_eq(gmr_register_green_thread(NULL), -EINVAL);
}
END_TEST

START_TEST(numbers)
{
	struct gmr_green_thread nameless = good;
	int64_t old, number;

	nameless.name = NULL;
	nameless.size += 16; /* of a program that knows more of them than this library */
	old = gmr_register_green_thread(&nameless);
	ck_assert_int_gt(old, 0);
	ck_assert_int_eq(gmr_unregister_green_thread(old), 0);
	number = gmr_register_green_thread(&nameless); /* the same place */
	ck_assert_int_eq(number & 0xffff, old & 0xffff);
	ck_assert_int_eq(gmr_unregister_green_thread(old), -ENOENT);
	ck_assert_int_eq(gmr_unregister_green_thread(number - (1 << 16)), -ENOENT); /* odd */
	ck_assert_int_eq(gmr_unregister_green_thread(number + 1), -ENOENT);
	ck_assert_int_eq(gmr_unregister_green_thread(number + 0xffff - (number & 0xffff)), -ENOENT);
	ck_assert_int_eq(gmr_unregister_green_thread(number | INT64_C(1) << 48), -ENOENT);
	ck_assert_int_eq(gmr_unregister_green_thread(0), -ENOENT);
	ck_assert_int_eq(gmr_unregister_green_thread(INT64_MIN), -ENOENT);
	ck_assert_int_eq(gmr_unregister_green_thread(-number), -ENOENT);
	ck_assert_int_eq(gmr_unregister_green_thread(number), 0);
	ck_assert_int_eq(gmr_unregister_green_thread(number), -ENOENT);
	ck_assert_int_eq(gmr_unregister_green_thread(number + (2 << 16)), -ENOENT); /* free, with that number */
}
END_TEST

START_TEST(full)
{
	static int64_t all[REGISTRY_GREEN_MAX];
	struct registry_copy *copy;
	int64_t again;

	for (size_t i = 0; i < REGISTRY_GREEN_MAX; i++) {
		all[i] = gmr_register_green_thread(&good);
		ck_assert_int_gt(all[i], 0);
	}
	ck_assert_int_eq(gmr_register_green_thread(&good), -ENOSPC);
	copy = inside_copy();
	ck_assert_uint_eq(copy->green_count, REGISTRY_GREEN_MAX);
	registry_copy_free(copy);
	ck_assert_int_eq(gmr_unregister_green_thread(all[60000]), 0);
	again = gmr_register_green_thread(&good);
	ck_assert_int_eq(again & 0xffff, all[60000] & 0xffff);
	all[60000] = again;
	for (size_t i = 0; i < REGISTRY_GREEN_MAX; i++)
		ck_assert_int_eq(gmr_unregister_green_thread(all[i]), 0);
}
END_TEST

/* --- a handler in the middle of it --- */

enum { TURNS = 20000 };

static volatile sig_atomic_t wrong, handled;

static void handler(int signal)
{
	int64_t number = gmr_register_green_thread(&good);

	(void)signal;
	if (number <= 0 || gmr_unregister_green_thread(number) < 0)
		wrong = 1;
	handled++;
}

static pid_t start_signals(pid_t to)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0; i < TURNS && getppid() == to; i++)
			if (kill(to, SIGUSR1) < 0)
				break;
		_exit(0);
	}
	return pid;
}

START_TEST(interrupted)
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };
	struct registry_copy *copy;
	int status;
	pid_t pid;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	pid = start_signals(getpid());
	ck_assert_int_gt(pid, 0);
	for (int i = 0; i < TURNS; i++) {
		int64_t number = gmr_register_green_thread(&good);

		ck_assert_int_gt(number, 0);
		ck_assert_int_eq(gmr_unregister_green_thread(number), 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_gt(handled, 0);
	ck_assert_int_eq(wrong, 0);
	copy = inside_copy();
	ck_assert_uint_eq(copy->green_count + copy->torn, 0);
	registry_copy_free(copy);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, registered);
	tcase_add_test(t, refused);
	tcase_add_test(t, numbers);
	tcase_add_test(t, full);
	tcase_add_test(t, interrupted);
	return suite_run("inside_green", t);
}
