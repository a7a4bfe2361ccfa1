/* test_python_exception.c: exceptions, and the code that they come from, in a memory made by hand as 3.11 has it. */
#include "core/python_private.h"

#include <errno.h>
#include <string.h>

#include "tests/suite.h"

#define BASE 0x10000UL

enum { SIZE = 16384, OBJECT = 256 /* room for each */ };

static struct python python;
static const struct python_layout *layout;
static struct memory {
	char data[SIZE];
	uint64_t used;
} memory;
static uint64_t type_str, type_int, type_tuple, type_bytes, type_none, type_error;

static void put(uint64_t address, uint32_t offset, const void *data, size_t len)
{
	ck_assert(address >= BASE && address - BASE + offset + len <= SIZE);
	memcpy(memory.data + (address - BASE) + offset, data, len);
}

static void put64(uint64_t address, uint32_t offset, uint64_t value)
{
	put(address, offset, &value, sizeof value);
}

static void put32(uint64_t address, uint32_t offset, uint32_t value)
{
	put(address, offset, &value, sizeof value);
}

static uint64_t new_object(uint64_t type)
{
	uint64_t address = BASE + memory.used;

	memory.used += OBJECT;
	put64(address, layout->object.type, type);
	return address;
}

static uint64_t new_type(const char *name, int bit)
{
	uint64_t type = new_object(0);

	put64(type, layout->type.flags, bit < 0 ? 0 : 1UL << bit);
	put64(type, layout->type.name, type + OBJECT - 32);
	put(type, OBJECT - 32, name, strlen(name) + 1);
	return type;
}

static uint64_t new_str(const char *text)
{
	uint64_t str = new_object(type_str);

	put64(str, layout->unicode.length, strlen(text));
	put32(str, layout->unicode.state, 1U << layout->unicode.kind_shift | 1U << layout->unicode.compact_shift |
		      1U << layout->unicode.ascii_shift);
	put(str, layout->unicode.ascii_size, text, strlen(text) + 1);
	return str;
}

static uint64_t new_int(uint32_t digit)
{
	uint64_t number = new_object(type_int);

	put64(number, layout->integer.tag, 1);
	put32(number, layout->integer.digits, digit);
	return number;
}

static uint64_t new_pair(uint64_t one, uint64_t other)
{
	uint64_t tuple = new_object(type_tuple);

	put64(tuple, layout->tuple.size, 2);
	put64(tuple, layout->tuple.items, one);
	put64(tuple, layout->tuple.items + 8, other);
	return tuple;
}

/* From line 10 on; its table: tests/test_python_lines.c. */
static uint64_t new_code(const char *file, const char *name)
{
	uint64_t code = new_object(type_none), table = new_object(type_bytes);

	put64(table, layout->bytes.size, 8);
	put(table, layout->bytes.data, "\x80\x00\xd9\x05\x08\xf8\xe8\x0b", 8);
	put64(code, layout->code.filename, new_str(file));
	put64(code, layout->code.name, new_str(name));
	put64(code, layout->code.qualname, new_str("qualified"));
	put64(code, layout->code.lines, table);
	put32(code, layout->code.firstlineno, 10);
	return code;
}

static uint64_t new_entry(uint64_t next, uint64_t code, uint32_t lasti, uint32_t line)
{
	uint64_t entry = new_object(type_none), frame = new_object(type_none), inner = new_object(0);

	put64(inner, layout->frame.code, code);
	put64(frame, layout->frame_object_frame, inner);
	put64(entry, layout->traceback.next, next);
	put64(entry, layout->traceback.frame, frame);
	put32(entry, layout->traceback.lasti, lasti);
	put32(entry, layout->traceback.lineno, line);
	return entry;
}

static uint64_t new_error(uint64_t args, uint64_t traceback)
{
	uint64_t error = new_object(type_error);

	put64(error, layout->exception.args, args);
	put64(error, layout->exception.traceback, traceback);
	return error;
}

static uint64_t new_item(uint64_t value, uint64_t previous)
{
	uint64_t item = new_object(0);

	put64(item, layout->exc_item.value, value);
	put64(item, layout->exc_item.previous, previous);
	return item;
}

static void setup(void)
{
	layout = python_layout_of(11);
	memory = (struct memory){ .used = 0 };
	python = (struct python){ .has_layout = true, .layout = *layout };
	ck_assert_int_eq(pages_new(256, &python.pages), 0);
	type_str = new_type("str", PYTHON_IS_STR);
	type_int = new_type("int", PYTHON_IS_INT);
	type_tuple = new_type("tuple", PYTHON_IS_TUPLE);
	type_bytes = new_type("bytes", PYTHON_IS_BYTES);
	type_none = new_type("NoneType", -1);
	type_error = new_type("ValueError", PYTHON_IS_EXCEPTION);
}

static void teardown(void)
{
	pages_free(python.pages);
}

static int read_item(uint64_t item, struct python_exception *ret)
{
	struct python_thread thread = { .exception = item };

	ck_assert_int_eq(pages_put(python.pages, BASE, memory.data, SIZE), 0);
	(void)python_exception_touch(&python, &thread);
	return python_exception(&python, &thread, ret);
}

static void is_text(const struct buf *text, const char *wanted)
{
	ck_assert_str_eq(text->len ? text->data : "", wanted);
}

/* A generator handles none, who runs it one that came from the second of two frames. */
START_TEST(whole)
{
	struct python_exception e = PYTHON_EXCEPTION();
	uint64_t last = new_entry(0, new_code("b.py", "inner"), 4, 0);
	uint64_t first = new_entry(last, new_code("a.py", "outer"), 0, 77);
	uint64_t error = new_error(new_pair(new_str("bad"), new_int(42)), first);
	uint64_t item = new_item(0, new_item(new_object(type_none), new_item(error, 0)));

	ck_assert_int_eq(read_item(item, &e), 0);
	is_text(&e.type, "ValueError");
	is_text(&e.args, "bad, 42");
	is_text(&e.where.filename, "b.py");
	is_text(&e.where.name, "inner");
	is_text(&e.where.qualname, "qualified");
	ck_assert_int_eq(e.where.line, 11); /* of the table */
	put32(last, layout->traceback.lineno, 500);
	ck_assert_int_eq(read_item(item, &e), 0);
	ck_assert_int_eq(e.where.line, 500); /* which a traceback knows better */
	put64(error, layout->exception.traceback, 0); /* and not what was there before */
	put64(error, layout->exception.args, new_pair(new_object(type_none), new_str("")));
	ck_assert_int_eq(read_item(item, &e), 0);
	is_text(&e.args, "<NoneType>, ");
	is_text(&e.where.filename, "");
	ck_assert_int_eq(e.where.line, 0);
	python_exception_done(&e);
}
END_TEST

START_TEST(none)
{
	struct python_exception e = PYTHON_EXCEPTION();
	uint64_t item = new_item(0, 0);

	ck_assert_int_eq(read_item(0, &e), -ENOENT);
	ck_assert_int_eq(read_item(item, &e), -ENOENT);
	put64(item, layout->exc_item.previous, item); /* a circle */
	ck_assert_int_eq(read_item(item, &e), -ENOENT);
	put64(item, layout->exc_item.previous, 0xdead0000);
	ck_assert_int_eq(read_item(item, &e), -EFAULT);
	put64(item, layout->exc_item.previous, item + 1);
	ck_assert_int_eq(read_item(item, &e), -EBADMSG);
	python_exception_done(&e);
	python_exception_done(NULL);
}
END_TEST

/* What is broken is missing, all else is there. */
START_TEST(broken)
{
	struct python_exception e = PYTHON_EXCEPTION();
	uint64_t code = new_code("a.py", "f"), entry = new_entry(0, code, 4, 0);
	uint64_t error = new_error(new_pair(new_str("bad"), 0xdead0000), entry), item = new_item(error, 0);

	put64(code, layout->code.filename, 0);
	put64(code, layout->code.lines, error);
	ck_assert_int_eq(read_item(item, &e), 0);
	is_text(&e.args, "bad, <?>");
	is_text(&e.where.filename, "");
	is_text(&e.where.name, "f");
	ck_assert_int_eq(e.where.line, 0);
	put64(entry, layout->traceback.next, entry); /* a circle */
	put64(error, layout->exception.args, code);
	ck_assert_int_eq(read_item(item, &e), 0);
	is_text(&e.type, "ValueError");
	is_text(&e.args, "<?>");
	is_text(&e.where.name, "");
	python_exception_done(&e);
}
END_TEST

static uint64_t new_tuple(size_t count, uint64_t item)
{
	uint64_t tuple = new_object(type_tuple);

	memory.used += count * 8;
	put64(tuple, layout->tuple.size, count);
	for (size_t i = 0; i < count; i++)
		put64(tuple, layout->tuple.items + 8 * (uint32_t)i, item);
	return tuple;
}

/* That there are more than these is said. */
START_TEST(many)
{
	enum { TOLD = 64, ROOM = 64 };
	struct python_exception e = PYTHON_EXCEPTION();
	uint64_t seven = new_int(7), error = new_error(new_tuple(TOLD, seven), 0), item = new_item(error, 0);

	ck_assert_int_eq(read_item(item, &e), 0);
	ck_assert_uint_eq(e.args.len, 3 * TOLD - 2);
	put64(error, layout->exception.args, new_tuple(TOLD + 1, seven));
	ck_assert_int_eq(read_item(item, &e), 0);
	ck_assert_uint_eq(e.args.len, 3 * TOLD - 2 + 5);
	ck_assert_str_eq(e.args.data + e.args.len - 9, "7, 7, ...");
	python_exception_done(&e);
	e.args.max = ROOM;
	ck_assert_int_eq(read_item(item, &e), 0);
	ck_assert_uint_eq(e.args.len, ROOM);
	ck_assert_str_eq(e.args.data + ROOM - 5, ", ...");
	python_exception_done(&e);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, whole);
	tcase_add_test(t, none);
	tcase_add_test(t, broken);
	tcase_add_test(t, many);
	return suite_run("python_exception", t);
}
