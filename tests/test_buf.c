/* Buffers: the cap holds, failures change nothing, foreign bytes come out harmless. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/cleanup.h"

START_TEST(grows_up_to_its_cap)
{
	CLEANUP(buf_done) struct buf b = BUF(1000);

	ck_assert_ptr_null(b.data);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(buf_add(&b, "x", 1), 0);
	ck_assert_uint_eq(b.len, 1000);
	ck_assert_uint_le(b.size, 1001);
	ck_assert_int_eq(buf_add(&b, "y", 1), -ENOBUFS);
	ck_assert_uint_eq(b.len, 1000);
	ck_assert_int_eq(b.data[1000], '\0');
	ck_assert_int_eq(buf_add(&b, "", 0), 0);
}
END_TEST

START_TEST(absurd_sizes_are_refused)
{
	CLEANUP(buf_done) struct buf all = BUF(SIZE_MAX), none = BUF(0);

	ck_assert_int_eq(buf_reserve(&all, SIZE_MAX), -ENOMEM);
	ck_assert_int_eq(buf_adds(&all, "abc"), 0);
	ck_assert_int_eq(buf_reserve(&all, SIZE_MAX - 1), -ENOBUFS);
	ck_assert_int_eq(buf_reserve(&all, SIZE_MAX - 3), -ENOMEM);
	ck_assert_str_eq(all.data, "abc");
	ck_assert_int_eq(buf_adds(&none, "a"), -ENOBUFS);
	ck_assert_int_eq(buf_adds(&none, ""), 0);
	ck_assert_str_eq(none.data, "");
}
END_TEST

START_TEST(prints)
{
	CLEANUP(buf_done) struct buf b = BUF(10);

	ck_assert_int_eq(buf_printf(&b, "%d-%s", 42, "abc"), 0);
	ck_assert_int_eq(buf_printf(&b, "%s", "12345"), -ENOBUFS);
	ck_assert_str_eq(b.data, "42-abc");
	ck_assert_int_eq(buf_printf(&b, "%s", "1234"), 0);
	ck_assert_str_eq(b.data, "42-abc1234");
	buf_reset(&b);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_str_eq(b.data, "");
	buf_done(&b);
	ck_assert_int_eq(buf_adds(&b, "again"), 0);
	buf_done(NULL);
}
END_TEST

static void check_escaped(const char *in, size_t n, const char *out)
{
	CLEANUP(buf_done) struct buf b = BUF(4096);

	ck_assert_int_eq(buf_add_escaped(&b, in, n, false), 0);
	ck_assert_str_eq(b.data ? b.data : "", out);
}

#define ESCAPED(in, out) check_escaped(in, sizeof(in) - 1, out)

START_TEST(text_passes)
{
	ESCAPED("", "");
	ESCAPED("plain text ~ \\", "plain text ~ \\");
	ESCAPED("\xc3\xa9 \xe2\x82\xac", "\xc3\xa9 \xe2\x82\xac");
	ESCAPED("\xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf", "\xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf");
	ESCAPED("\xc2\xa0", "\xc2\xa0");         /* U+00A0, the first behind C1 */
	ESCAPED("\xed\x9f\xbf\xee\x80\x80", "\xed\x9f\xbf\xee\x80\x80"); /* around the surrogates */
}
END_TEST

START_TEST(controls_are_escaped)
{
	ESCAPED("a\nb\tc\r\x1b[31m\x7f", "a\\x0ab\\x09c\\x0d\\x1b[31m\\x7f");
	ESCAPED("\0x", "\\x00x");
	ESCAPED("\xc2\x80\xc2\x9b\xc2\x9f", "\\xc2\\x80\\xc2\\x9b\\xc2\\x9f"); /* C1: U+009B is CSI */
}
END_TEST

START_TEST(what_is_no_utf8_is_escaped)
{
	ESCAPED("\x80", "\\x80");
	ESCAPED("\xff\xfe", "\\xff\\xfe");
	ESCAPED("\xc0\xaf", "\\xc0\\xaf");                         /* overlong '/' */
	ESCAPED("\xc1\xbf", "\\xc1\\xbf");
	ESCAPED("\xe0\x80\xaf", "\\xe0\\x80\\xaf");
	ESCAPED("\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf");
	ESCAPED("\xed\xa0\x80", "\\xed\\xa0\\x80");                 /* surrogate */
	ESCAPED("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");       /* behind U+10FFFF */
	ESCAPED("\xf8\x88\x80\x80\x80", "\\xf8\\x88\\x80\\x80\\x80");
	ESCAPED("\xe2\x82", "\\xe2\\x82");                         /* cut short */
	ESCAPED("\xe2\x82z", "\\xe2\\x82z");
	ESCAPED("\xc3\xc3\xa9", "\\xc3\xc3\xa9");                 /* goes on with the next character */
}
END_TEST

START_TEST(backslash_on_request)
{
	CLEANUP(buf_done) struct buf b = BUF(100);

	ck_assert_int_eq(buf_add_escaped(&b, "a\\b\n", 4, true), 0);
	ck_assert_str_eq(b.data, "a\\\\b\\x0a");
}
END_TEST

START_TEST(escaping_fails_as_a_whole)
{
	CLEANUP(buf_done) struct buf b = BUF(6);

	ck_assert_int_eq(buf_adds(&b, "ab"), 0);
	ck_assert_int_eq(buf_add_escaped(&b, "c\n", 2, false), -ENOBUFS);
	ck_assert_str_eq(b.data, "ab");
	ck_assert_int_eq(buf_add_escaped(&b, "\n", 1, false), 0);
	ck_assert_str_eq(b.data, "ab\\x0a");
}
END_TEST

START_TEST(escaping_in_part_tears_nothing)
{
	CLEANUP(buf_done) struct buf b = BUF(5);

	ck_assert_uint_eq(buf_add_escaped_part(&b, "abc\xe2\x82\xac", 6, false), 3);
	ck_assert_str_eq(b.data, "abc");
	ck_assert_uint_eq(buf_add_escaped_part(&b, "\n", 1, false), 0);
	ck_assert_uint_eq(buf_add_escaped_part(&b, "de", 2, false), 2);
	ck_assert_str_eq(b.data, "abcde");
}
END_TEST

/* A file of N bytes 'x'. */
static int file_of(size_t n)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	char chunk[1024];

	memset(chunk, 'x', sizeof(chunk));
	ck_assert_int_ge(fd, 0);
	for (size_t done = 0; done < n; done += sizeof(chunk))
		ck_assert_int_gt(write(fd, chunk, n - done < sizeof(chunk) ? n - done : sizeof(chunk)), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void check_read(size_t size, size_t max, int result)
{
	CLEANUP(buf_done) struct buf b = BUF(max);
	CLEANUP(fd_done) int fd = file_of(size);

	ck_assert_int_eq(buf_read_fd(&b, fd), result);
	ck_assert_uint_eq(b.len, size < max ? size : max);
	if (b.data)
		ck_assert_uint_eq(strlen(b.data), b.len);
}

START_TEST(reads_to_the_end_or_the_cap)
{
	check_read(0, 100, 0);
	check_read(99, 100, 0);
	check_read(100, 100, 0);
	check_read(101, 100, -ENOBUFS);
	check_read(100000, 1 << 20, 0);
	check_read(100000, 70000, -ENOBUFS);
	check_read(1, 0, -ENOBUFS);
	check_read(0, 0, 0);
}
END_TEST

START_TEST(says_why_it_cannot_read)
{
	CLEANUP(buf_done) struct buf b = BUF(100);
	CLEANUP(fd_done) int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	ck_assert_int_eq(buf_adds(&b, "kept"), 0);
	ck_assert_int_eq(buf_read_fd(&b, dir), -EISDIR);
	ck_assert_int_eq(buf_read_fd(&b, -1), -EBADF);
	ck_assert_str_eq(b.data, "kept");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("buf");
	TCase *cases = tcase_create("buf");
	SRunner *runner;
	int failed;

	tcase_add_test(cases, grows_up_to_its_cap);
	tcase_add_test(cases, absurd_sizes_are_refused);
	tcase_add_test(cases, prints);
	tcase_add_test(cases, text_passes);
	tcase_add_test(cases, controls_are_escaped);
	tcase_add_test(cases, what_is_no_utf8_is_escaped);
	tcase_add_test(cases, backslash_on_request);
	tcase_add_test(cases, escaping_fails_as_a_whole);
	tcase_add_test(cases, escaping_in_part_tears_nothing);
	tcase_add_test(cases, reads_to_the_end_or_the_cap);
	tcase_add_test(cases, says_why_it_cannot_read);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
