/* fuzz_python_exception.c: strings, code objects, exceptions in a memory that is the input: minor version (a byte,
 * modulo 7, from 3.8 on), where each of them is (a byte, in steps of 64), and what stands at BASE. */
#include "core/python_private.h"

#include <stdlib.h>

enum { BASE = 0x10000, HEAD = 2, STEP = 64, MEMORY_MAX = 1 << 14 };

static void check_text(const struct buf *text)
{
	if (text->len > text->max)
		abort();
}

static void check_line(const struct python_line *line)
{
	check_text(&line->filename);
	check_text(&line->name);
	check_text(&line->qualname);
	if (line->line < 0)
		abort();
}

static void read_text(struct python *p, uint64_t address)
{
	struct buf text = BUF(4096);

	if (python_text(p, address, &text) < 0 && text.len)
		abort();
	(void)python_text_touch(p, address);
	(void)python_text_is(p, address, "bad");
	check_text(&text);
	buf_done(&text);
}

static void read_line(struct python *p, uint64_t address)
{
	struct python_frame frame = { .code = address, .lasti = 4 };
	struct python_line line = PYTHON_LINE();

	(void)python_code_touch(p, &frame);
	(void)python_line(p, &frame, &line);
	check_line(&line);
	python_line_done(&line);
}

static void read_exception(struct python *p, uint64_t address)
{
	struct python_thread thread = { .exception = address };
	struct python_exception exception = PYTHON_EXCEPTION();

	(void)python_exception_touch(p, &thread);
	(void)python_exception(p, &thread, &exception);
	check_text(&exception.type);
	check_text(&exception.args);
	check_line(&exception.where);
	python_exception_done(&exception);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct python python = { .has_layout = true };
	const struct python_layout *layout;
	uint64_t address;

	if (size < HEAD || size > MEMORY_MAX)
		return 0;
	layout = python_layout_of(PYTHON_LAYOUT_MINOR_MIN + data[0] % 7);
	if (!layout || pages_new(16, &python.pages) < 0)
		return 0;
	python.layout = *layout;
	address = BASE + data[1] * (uint64_t)STEP;
	(void)pages_put(python.pages, BASE, data + HEAD, size - HEAD);
	read_text(&python, address);
	read_line(&python, address);
	read_exception(&python, address);
	pages_free(python.pages);
	return 0;
}
