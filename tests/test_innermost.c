/* The frame that is known without libdw. */
#include "core/innermost.h"

#include <check.h>
#include <errno.h>

#include "tests/suite.h"

static char libc[] = "/lib/libc.so";
static struct capture_module modules[] = {
	{ .start = 0x1000, .end = 0x3000, .offset = 0, .fd = -EACCES, .path = libc },
	{ .start = 0x8000, .end = 0x9000, .offset = 0x400, .fd = -EACCES },
};
static const struct capture capture = { .modules = modules, .module_count = 2, .vdso_at = 0xf000,
					.vdso = { .len = 0x1000 } };

static int take(const struct unwind_frame *frame, void *context)
{
	*(struct unwind_frame *)context = *frame;
	return 0;
}

static int refuse(const struct unwind_frame *frame, void *context)
{
	(void)frame;
	(void)context;
	return -ECANCELED;
}

static struct unwind_frame frame_at(uint64_t pc)
{
	const struct capture_thread thread = { .how = CAPTURE_ASLEEP, .regs = { .pc = pc } };
	struct unwind_frame frame = { .line = 7 };
	enum unwind_end end = UNWIND_WHOLE;

	ck_assert_int_eq(innermost_frame(&capture, &thread, take, &frame, &end), 0);
	ck_assert_int_eq(end, UNWIND_SHORT);
	ck_assert_uint_eq(frame.address, pc);
	ck_assert_ptr_null(frame.name);
	ck_assert_ptr_null(frame.file);
	ck_assert_int_eq(frame.line, 0);
	return frame;
}

START_TEST(places)
{
	struct unwind_frame frame = frame_at(0x2fff);

	ck_assert_str_eq(frame.module, "/lib/libc.so");
	ck_assert_uint_eq(frame.offset, 0x1fff);
	ck_assert_ptr_null(frame_at(0x3000).module);
	ck_assert_ptr_null(frame_at(0xfff).module);
	frame = frame_at(0x8010);
	ck_assert_ptr_null(frame.module); /* without a path */
	ck_assert_uint_eq(frame.offset, 0x410);
	frame = frame_at(0xf123);
	ck_assert_str_eq(frame.module, "[vdso]");
	ck_assert_uint_eq(frame.offset, 0x123);
	ck_assert_ptr_null(frame_at(0x10000).module);
	ck_assert_ptr_eq(innermost_module(&capture, 0x1000), &modules[0]);
	ck_assert_ptr_null(innermost_module(&capture, 0x7fff));
}
END_TEST

START_TEST(nothing)
{
	const struct capture_thread unread = { .how = CAPTURE_UNREAD, .regs = { .pc = 0x1000 } };
	const struct capture_thread lost = { .how = CAPTURE_STOPPED };
	const struct capture_thread asleep = { .how = CAPTURE_ASLEEP, .regs = { .pc = 0x1000 } };
	struct unwind_frame frame;
	enum unwind_end end = UNWIND_WHOLE;

	ck_assert_int_eq(innermost_frame(&capture, &unread, take, &frame, &end), -ENODATA);
	ck_assert_int_eq(innermost_frame(&capture, &lost, take, &frame, &end), -ENODATA);
	ck_assert_int_eq(innermost_frame(&capture, &asleep, refuse, NULL, &end), -ECANCELED);
	ck_assert_int_eq(end, UNWIND_WHOLE);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("innermost");

	tcase_add_test(tests, places);
	tcase_add_test(tests, nothing);
	return suite_run("innermost", tests);
}
