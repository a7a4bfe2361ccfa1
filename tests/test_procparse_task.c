/* What proc(5) tells of a process for a report. */
#include "core/procparse_task.h"

#include <check.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "tests/suite.h"

static const char maps[] =
	"55d0c0a00000-55d0c0a21000 r-xp 00001000 fe:01 131090                     /usr/bin/a file (deleted)\n"
	"7ffd2d194000-7ffd2d1b5000 rw-p 00000000 00:00 0                          [stack]\n"
	"7ffd2d1b5000-7ffd2d1b6000 ---p 00000000 00:00 0 \n"
	"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";

START_TEST(mappings)
{
	struct procparse_map map;
	size_t at = 0, len = sizeof maps - 1;

	ck_assert_int_eq(procparse_map(maps, len, &at, &map), 1);
	ck_assert_uint_eq(map.start, 0x55d0c0a00000);
	ck_assert_uint_eq(map.end, 0x55d0c0a21000);
	ck_assert_str_eq(map.perms, "r-xp");
	ck_assert_uint_eq(map.offset, 0x1000);
	ck_assert_uint_eq(map.dev, makedev(0xfe, 1));
	ck_assert_uint_eq(map.inode, 131090);
	ck_assert(span_is(&map.path, "/usr/bin/a file (deleted)"));
	ck_assert_int_eq(procparse_map(maps, len, &at, &map), 1);
	ck_assert(span_is(&map.path, "[stack]"));
	ck_assert_int_eq(procparse_map(maps, len, &at, &map), 1);
	ck_assert_uint_eq(span_len(&map.path), 0);
	ck_assert_int_eq(procparse_map(maps, len, &at, &map), 1);
	ck_assert_uint_eq(map.end, 0xffffffffff601000);
	ck_assert_int_eq(procparse_map(maps, len, &at, &map), 0);
	ck_assert_uint_eq(at, len);
}
END_TEST

static const char *const bad_maps[] = {
	"\n", "x\n", "1-2 r-xp 0 0:0 1 /cut", "2-1 r-xp 0 0:0 1\n", "1-1 r-xp 0 0:0 1\n", "1-2 r-x 0 0:0 1\n",
	"1-2 r-xp 0 0:0\n", "1-2 r-xp 0 0:0 1x\n", "1-2 r-xp 0 1ffffffff:0 1\n", "1-2 r-xp 0 0:1ffffffff 1\n",
	"11111111111111111-2 r-xp 0 0:0 1\n", "1-2 r-xp 0 0:0 99999999999999999999\n", "1-2  0 0:0 1\n",
};

START_TEST(bad_mappings)
{
	struct procparse_map map = { .start = 7 };
	size_t at = 0;

	ck_assert_int_eq(procparse_map(bad_maps[_i], strlen(bad_maps[_i]), &at, &map), -EBADMSG);
	ck_assert_uint_eq(at, 0);
	ck_assert_uint_eq(map.start, 7);
}
END_TEST

static int syscall_of(const char *text, struct procparse_syscall *ret)
{
	return procparse_syscall(text, strlen(text), ret);
}

START_TEST(system_calls)
{
	struct procparse_syscall call;

	ck_assert_int_eq(syscall_of("202 0x7f1c 0x189 0x0 0x0 0x0 0xffffffffffffffff 0x7f10 0x7f16\n", &call), 0);
	ck_assert_int_eq(call.number, 202);
	ck_assert_uint_eq(call.args[0], 0x7f1c);
	ck_assert_uint_eq(call.args[5], UINT64_MAX);
	ck_assert_uint_eq(call.sp, 0x7f10);
	ck_assert_uint_eq(call.pc, 0x7f16);
	ck_assert_int_eq(syscall_of("-1 0x10 0x20\n", &call), 0);
	ck_assert_int_eq(call.number, PROCPARSE_CALL_NONE);
	ck_assert_uint_eq(call.sp, 0x10);
	ck_assert_int_eq(syscall_of("running\n", &call), 0);
	ck_assert_int_eq(call.number, PROCPARSE_CALL_UNKNOWN);
	ck_assert_uint_eq(call.sp, 0);
}
END_TEST

static const char *const bad_calls[] = {
	"", "running", "1\n", "-1\n", "-1 0x1\n", "-1 0x1 0x2 0x3\n", "-2 0x1 0x2\n", "-1 1 2\n", "-1 0x 0x1\n",
	"1 0x1 0x2 0x3 0x4 0x5 0x6 0x7\n", "1 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8 0x9\n", "9999999999999999999 0x1 0x2\n",
	"1 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8", "-1 0x11111111111111111 0x1\n",
};

START_TEST(bad_system_calls)
{
	struct procparse_syscall call = { .number = 77 };

	ck_assert_int_eq(syscall_of(bad_calls[_i], &call), -EBADMSG);
	ck_assert_int_eq(call.number, 77);
}
END_TEST

static const char status[] = "Name:\ta  b \nTracerPid:\t42\nUid:\t1\t2\t3\t4\nSigCgt:\tfffffffe7ffbfeff\nEmpty:\n"
			     "Max open files            1024                 4096                 files     \n"
			     "Tgid:\t12";

START_TEST(fields)
{
	struct span value;
	uint64_t number = 5;
	size_t len = sizeof status - 1;

	ck_assert_int_eq(procparse_field(status, len, "Name", &value), 0);
	ck_assert(span_is(&value, "a  b"));
	ck_assert_int_eq(procparse_field(status, len, "Empty", &value), 0);
	ck_assert_uint_eq(span_len(&value), 0);
	ck_assert_int_eq(procparse_field(status, len, "Tgid", &value), -ENOENT); /* cut */
	ck_assert_int_eq(procparse_field(status, len, "racerPid", &value), -ENOENT);
	ck_assert_int_eq(procparse_field(status, len, "Nam", &value), -ENOENT);
	ck_assert_int_eq(procparse_field_hex(status, len, "SigCgt", &number), 0);
	ck_assert_uint_eq(number, 0xfffffffe7ffbfeff);
	ck_assert_int_eq(procparse_field_number(status, len, "TracerPid", &number), 0);
	ck_assert_uint_eq(number, 42);
	ck_assert_int_eq(procparse_field_number(status, len, "Name", &number), -EBADMSG);
	ck_assert_int_eq(procparse_field_hex(status, len, "Uid", &number), -EBADMSG);
	ck_assert_int_eq(procparse_field_item(status, len, "Uid", 3, &number), 0);
	ck_assert_uint_eq(number, 4);
	ck_assert_int_eq(procparse_field_item(status, len, "Uid", 4, &number), -ENOENT);
	ck_assert_int_eq(procparse_field_item(status, len, "Max open files", 1, &number), 0);
	ck_assert_uint_eq(number, 4096);
	ck_assert_int_eq(procparse_field_item(status, len, "Max open files", 2, &number), -EBADMSG);
	ck_assert_uint_eq(number, 4096);
}
END_TEST

START_TEST(auxv)
{
	const unsigned long pairs[] = { 6, 4096, 9, 0x1234, 0, 0, 7, 1 };
	uint64_t value = 5;

	ck_assert_int_eq(procparse_auxv(pairs, sizeof pairs, 9, &value), 0);
	ck_assert_uint_eq(value, 0x1234);
	ck_assert_int_eq(procparse_auxv(pairs, sizeof pairs, 7, &value), -ENOENT);
	ck_assert_int_eq(procparse_auxv(pairs, 3 * sizeof *pairs, 9, &value), -ENOENT);
	ck_assert_int_eq(procparse_auxv(NULL, 0, 9, &value), -ENOENT);
	ck_assert_uint_eq(value, 0x1234);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, mappings);
	tcase_add_loop_test(t, bad_mappings, 0, sizeof bad_maps / sizeof *bad_maps);
	tcase_add_test(t, system_calls);
	tcase_add_loop_test(t, bad_system_calls, 0, sizeof bad_calls / sizeof *bad_calls);
	tcase_add_test(t, fields);
	tcase_add_test(t, auxv);
	return suite_run("procparse_task", t);
}
