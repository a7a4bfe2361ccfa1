/* test_python_text.c: strings of all kinds, in a memory made by hand. */
#include "core/python_private.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "tests/suite.h"

#define TYPE 0x10000UL   /* str, */
#define OTHER 0x11000UL  /* and a type that is none */
#define AT 0x21f00UL     /* a str: its end is in other pages */
#define DATA 0x31ff8UL   /* of those that have it elsewhere */

/* As 3.11 has it on 64-bit machines. */
struct header {
	uint64_t refs, type;
	int64_t length, hash;
	uint32_t state, pad;
	uint64_t wstr;
	int64_t utf8_length;
	uint64_t utf8;
	int64_t wstr_length;
	uint64_t data;
};

enum { ASCII_SIZE = 48, COMPACT_SIZE = 72, READY = 1 << 7, ASCII = 1 << 6, COMPACT = 1 << 5 };

#define KIND(n) ((uint32_t)(n) << 2)

static struct python python;

static void put(uint64_t address, const void *data, size_t len)
{
	ck_assert_int_eq(pages_put(python.pages, address, data, len), 0);
}

static void setup(void)
{
	uint64_t str[22] = { [21] = 1UL << PYTHON_IS_STR }, other[22] = { [21] = 1UL << PYTHON_IS_INT };

	python = (struct python){ .has_layout = true };
	python.layout.object.type = 8;
	python.layout.type.flags = 168;
	python.layout.unicode.length = 16;
	python.layout.unicode.state = 32;
	python.layout.unicode.ascii_size = ASCII_SIZE;
	python.layout.unicode.compact_size = COMPACT_SIZE;
	python.layout.unicode.wstr = 40;
	python.layout.unicode.wstr_length = 64;
	python.layout.unicode.kind_shift = 2;
	python.layout.unicode.compact_shift = 5;
	python.layout.unicode.ascii_shift = 6;
	ck_assert_int_eq(pages_new(256, &python.pages), 0);
	put(TYPE, str, sizeof str);
	put(OTHER, other, sizeof other);
}

static void teardown(void)
{
	pages_free(python.pages);
}

static void put_header(uint32_t state, int64_t length, size_t size)
{
	struct header header = { .refs = 1, .type = TYPE, .length = length, .state = state, .data = DATA };

	put(AT, &header, size);
}

static void is_text_of(size_t max, const char *wanted)
{
	struct buf text = BUF(max);

	ck_assert_int_eq(python_text(&python, AT, &text), 0);
	ck_assert_str_eq(text.len ? text.data : "", wanted);
	ck_assert_int_eq(python_text_touch(&python, AT), 0);
	buf_done(&text);
}

static void is_text(const char *wanted)
{
	is_text_of(1 << 20, wanted);
}

static void is_error(int error)
{
	struct buf text = BUF(100);

	ck_assert_int_eq(buf_adds(&text, "before"), 0);
	ck_assert_int_eq(python_text(&python, AT, &text), error);
	ck_assert_str_eq(text.data, "before");
	ck_assert_int_eq(python_text_touch(&python, AT), error);
	ck_assert(!python_text_is(&python, AT, "before"));
	buf_done(&text);
}

START_TEST(ascii)
{
	put_header(READY | ASCII | COMPACT | KIND(1), 11, ASCII_SIZE);
	put(AT + ASCII_SIZE, "hello world", 12);
	is_text("hello world");
	ck_assert(python_text_is(&python, AT, "hello world"));
	ck_assert(!python_text_is(&python, AT, "hello worl"));
	ck_assert(!python_text_is(&python, AT, "hello World"));
	put_header(READY | ASCII | COMPACT | KIND(1), 0, ASCII_SIZE);
	is_text("");
	ck_assert(python_text_is(&python, AT, ""));
}
END_TEST

START_TEST(latin)
{
	put_header(READY | COMPACT | KIND(1), 4, COMPACT_SIZE);
	put(AT + COMPACT_SIZE, "caf\xe9", 5);
	is_text("café");
}
END_TEST

START_TEST(two_bytes)
{
	const uint16_t data[] = { 'a', 0x20ac, 0xdcff, 0xd800, 0xdc41, 0 };

	put_header(READY | COMPACT | KIND(2), 5, COMPACT_SIZE);
	put(AT + COMPACT_SIZE, data, sizeof data);
	is_text("a€\xff\xed\xa0\x80\xed\xb1\x81"); /* a byte as it was, and what is no UTF-8 */
}
END_TEST

START_TEST(four_bytes)
{
	const uint32_t data[] = { 0x1f40d, 0x110000, 0xffffffff, 'z', 0 };

	put_header(READY | COMPACT | KIND(4), 4, COMPACT_SIZE);
	put(AT + COMPACT_SIZE, data, sizeof data);
	is_text("🐍��z");
}
END_TEST

/* An instance of a class that is derived from str. */
START_TEST(derived)
{
	put_header(READY | ASCII | KIND(1), 12, sizeof(struct header));
	put(DATA, "derived text", 13);
	is_text("derived text");
	put_header(READY | KIND(2), 2, sizeof(struct header));
	put(DATA, (const uint16_t[]){ 0x416, 'b' }, 4);
	is_text("Жb");
}
END_TEST

START_TEST(not_ready)
{
	struct header header = { .type = TYPE, .wstr = DATA, .wstr_length = 3 };

	put(AT, &header, sizeof header);
	put(DATA, L"w\u20acx", 16);
	is_text("w€x");
	python.layout.unicode.wstr = PYTHON_NONE; /* from 3.12 on there are none */
	is_error(-EBADMSG);
}
END_TEST

START_TEST(bounds)
{
	static char many[PYTHON_TEXT_MAX + 4];

	memset(many, 'm', sizeof many);
	put_header(READY | ASCII | COMPACT | KIND(1), INT64_MAX, ASCII_SIZE);
	put(AT + ASCII_SIZE, many, sizeof many);
	is_text_of(10, "mmmmmmm...");
	memcpy(many + PYTHON_TEXT_MAX, "...", 4);
	is_text(many);
	put_header(READY | ASCII | COMPACT | KIND(1), PYTHON_TEXT_MAX, ASCII_SIZE);
	many[PYTHON_TEXT_MAX] = '\0';
	is_text(many);
}
END_TEST

/* No character is torn. */
START_TEST(room)
{
	const uint16_t data[] = { 0x20ac, 0x20ac, 0x20ac };
	struct buf none = BUF(2);

	put_header(READY | COMPACT | KIND(2), 3, COMPACT_SIZE);
	put(AT + COMPACT_SIZE, data, sizeof data);
	is_text_of(11, "€€...");
	is_text_of(12, "€€€"); /* 9 and 3 */
	ck_assert_int_eq(python_text(&python, AT, &none), -ENOBUFS);
	buf_done(&none);
}
END_TEST

START_TEST(broken)
{
	uint64_t type = OTHER;

	put_header(READY | ASCII | COMPACT | KIND(1), -1, ASCII_SIZE);
	is_error(-EBADMSG);
	put_header(READY | COMPACT | KIND(3), 1, COMPACT_SIZE);
	is_error(-EBADMSG);
	put_header(READY | COMPACT | KIND(4), 1 << 20, COMPACT_SIZE); /* more than is there */
	is_error(-EFAULT);
	put_header(READY | KIND(1), 1, COMPACT_SIZE);
	put(AT + COMPACT_SIZE, &(uint64_t){ 0 }, 8);
	is_error(-EBADMSG);
	put_header(0, 0, COMPACT_SIZE); /* not ready, and no wchar_t */
	is_error(-EBADMSG);
	put_header(READY | ASCII | COMPACT | KIND(1), 1, ASCII_SIZE);
	put(AT + 8, &type, sizeof type);
	is_error(-EBADMSG);
	type = 0xdead0000;
	put(AT + 8, &type, sizeof type);
	is_error(-EBADMSG);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ascii);
	tcase_add_test(t, latin);
	tcase_add_test(t, two_bytes);
	tcase_add_test(t, four_bytes);
	tcase_add_test(t, derived);
	tcase_add_test(t, not_ready);
	tcase_add_test(t, bounds);
	tcase_add_test(t, room);
	tcase_add_test(t, broken);
	return suite_run("python_text", t);
}
