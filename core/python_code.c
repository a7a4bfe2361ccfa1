/* python_code.c: see python.h: what code objects say. PyCodeObject, Include/cpython/code.h. */
#include "core/python_private.h"

#include <errno.h>

#include "core/cleanup.h"

/* Where the bytes of a code's line table are, and how many; no more than PYTHON_TABLE_MAX of them. */
static int find_table(struct python *p, uint64_t code, uint64_t *ret_at, size_t *ret_len)
{
	uint64_t table;
	int64_t size;
	int r = python_pointer(p, code, p->layout.code.lines, &table);

	if (r == 0)
		r = table && python_is(p, table, PYTHON_IS_BYTES) ? 0 : -EBADMSG;
	if (r == 0)
		r = python_int64(p, table, p->layout.bytes.size, &size);
	if (r < 0)
		return r;
	if (size < 0)
		return -EBADMSG;
	*ret_at = table + p->layout.bytes.data;
	*ret_len = size < PYTHON_TABLE_MAX ? (size_t)size : PYTHON_TABLE_MAX;
	return 0;
}

static int read_line(struct python *p, const struct python_frame *frame)
{
	CLEANUP(buf_done) struct buf table = BUF(PYTHON_TABLE_MAX);
	uint64_t at;
	size_t len;
	int32_t first;

	if (python_int32(p, frame->code, p->layout.code.firstlineno, &first) < 0 ||
	    find_table(p, frame->code, &at, &len) < 0 || buf_reserve(&table, len) < 0)
		return 0;
	if (len && pages_read(p->pages, at, table.data, len) < 0)
		return 0;
	return python_lines(p->layout.lines_kind, (const unsigned char *)table.data, len, first, frame->lasti);
}

/* The str to which CODE points at OFFSET; empty where there is none. */
static int read_text(struct python *p, uint64_t code, uint32_t offset, struct buf *ret)
{
	uint64_t text;
	int r;

	buf_reset(ret);
	if (offset == PYTHON_NONE)
		return 0;
	r = python_pointer(p, code, offset, &text);
	if (r == 0)
		r = text ? python_text(p, text, ret) : -EBADMSG;
	return r;
}

/* A part that is missing leaves the others of use; who has neither file nor name has no code. */
int python_line(struct python *p, const struct python_frame *frame, struct python_line *ret)
{
	int file = read_text(p, frame->code, p->layout.code.filename, &ret->filename);
	int name = read_text(p, frame->code, p->layout.code.name, &ret->name);

	(void)read_text(p, frame->code, p->layout.code.qualname, &ret->qualname);
	ret->line = 0;
	if (file < 0 && name < 0)
		return file;
	ret->line = read_line(p, frame);
	return 0;
}

void python_line_done(struct python_line *line)
{
	if (!line)
		return;
	buf_done(&line->filename);
	buf_done(&line->name);
	buf_done(&line->qualname);
}

static int touch_text(struct python *p, uint64_t code, uint32_t offset)
{
	uint64_t text;
	int r = offset == PYTHON_NONE ? 0 : python_pointer(p, code, offset, &text);

	return r < 0 || offset == PYTHON_NONE ? r : text ? python_text_touch(p, text) : -EBADMSG;
}

int python_code_touch(struct python *p, const struct python_frame *frame)
{
	int file = touch_text(p, frame->code, p->layout.code.filename);
	int name = touch_text(p, frame->code, p->layout.code.name);
	uint64_t at;
	size_t len;
	int32_t first;

	(void)touch_text(p, frame->code, p->layout.code.qualname);
	if (python_int32(p, frame->code, p->layout.code.firstlineno, &first) == 0 &&
	    find_table(p, frame->code, &at, &len) == 0)
		(void)pages_touch(p->pages, at, len);
	return file < 0 && name < 0 ? file : 0;
}
