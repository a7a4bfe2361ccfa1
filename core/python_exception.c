/* python_exception.c: see python.h: the exception that a thread handles.
 *
 * A thread's exc_info leads to a chain of _PyErr_StackItem: one for each generator or coroutine that runs, the thread's
 * own the last; what none of them handles is NULL or None (Python/errors.c, _PyErr_GetTopmostException()). The value
 * has its traceback, from the frame that caught it to the one that raised it, and its arguments, a tuple. */
#include "core/python_private.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	ITEMS_MAX = 4096,
	ARGS_MAX = 64,
	TRACEBACKS_MAX = 16384,
	TYPE_SIZE = 256,
};

static int find_value(struct python *p, uint64_t item, uint64_t *ret)
{
	for (unsigned i = 0; item && i < ITEMS_MAX; i++) {
		uint64_t value;
		int r = python_pointer(p, item, p->layout.exc_item.value, &value);

		if (r == 0 && value && python_is(p, value, PYTHON_IS_EXCEPTION)) {
			*ret = value;
			return 0;
		}
		if (r == 0)
			r = python_pointer(p, item, p->layout.exc_item.previous, &item);
		if (r < 0)
			return r;
	}
	return -ENOENT;
}

/* ---- its arguments ---- */

/* A return other than 0 ends it and is returned. -E2BIG: there are more than these. */
typedef int (*arg_fn)(struct python *p, int64_t index, uint64_t arg, struct buf *ret);

static int each_arg(struct python *p, uint64_t value, arg_fn function, struct buf *ret)
{
	uint64_t args, arg;
	int64_t count = 0;
	int r = python_pointer(p, value, p->layout.exception.args, &args);

	if (r == 0)
		r = args && python_is(p, args, PYTHON_IS_TUPLE) ? 0 : -EBADMSG;
	if (r == 0)
		r = python_int64(p, args, p->layout.tuple.size, &count);
	for (int64_t i = 0; r == 0 && i < count && i < ARGS_MAX; i++) {
		r = python_pointer(p, args + (uint64_t)i * sizeof(arg), p->layout.tuple.items, &arg);
		if (r == 0)
			r = arg ? function(p, i, arg, ret) : -EBADMSG;
	}
	return r == 0 && count > ARGS_MAX ? -E2BIG : r;
}

static int type_of(struct python *p, uint64_t object, char *ret, size_t size)
{
	uint64_t type;
	int r = python_type_of(p, object, &type);

	return r < 0 ? r : python_type_name(p, type, ret, size);
}

/* What is neither: "<module.Name>". */
static int add_other(struct python *p, uint64_t arg, struct buf *ret)
{
	char name[TYPE_SIZE];
	int r = type_of(p, arg, name, sizeof(name));

	return r < 0 ? buf_adds(ret, "<?>") : buf_printf(ret, "<%s>", name);
}

/* A bool is an int to CPython. */
static int add_number(struct python *p, uint64_t arg, struct buf *ret)
{
	char name[TYPE_SIZE];
	int64_t number;

	if (python_integer(p, arg, &number) < 0)
		return add_other(p, arg, ret);
	if (type_of(p, arg, name, sizeof(name)) == 0 && strcmp(name, "bool") == 0)
		return buf_adds(ret, number ? "True" : "False");
	return buf_printf(ret, "%" PRId64, number);
}

static int add_arg(struct python *p, int64_t index, uint64_t arg, struct buf *ret)
{
	int r = index ? buf_adds(ret, ", ") : 0;

	if (r < 0)
		return r;
	if (python_is(p, arg, PYTHON_IS_STR) && python_text(p, arg, ret) == 0)
		return 0;
	return python_is(p, arg, PYTHON_IS_INT) ? add_number(p, arg, ret) : add_other(p, arg, ret);
}

/* For those that are not there. It is not known then whether there are any, where none is. */
static int add_missing(struct buf *ret)
{
	static const char more[] = ", ...";
	size_t room = ret->max - (sizeof(more) - 1);

	if (ret->len == 0)
		return buf_adds(ret, "<?>");
	if (ret->len > room) {
		while (room > 0 && ((unsigned char)ret->data[room] & 0xc0) == 0x80) /* no character is torn */
			room--;
		ret->len = room;
	}
	return buf_adds(ret, more);
}

static int touch_arg(struct python *p, int64_t index, uint64_t arg, struct buf *ret)
{
	char name[TYPE_SIZE];
	int64_t number;

	(void)index;
	(void)ret;
	if (python_is(p, arg, PYTHON_IS_STR) && python_text_touch(p, arg) == 0)
		return 0;
	if (python_is(p, arg, PYTHON_IS_INT))
		(void)python_integer(p, arg, &number);
	(void)type_of(p, arg, name, sizeof(name));
	return 0;
}

/* ---- where it was raised ---- */

/* The last entry of its traceback. -ENOENT: it has none yet, or too many. */
static int find_entry(struct python *p, uint64_t value, uint64_t *ret)
{
	uint64_t entry, next;
	int r = python_pointer(p, value, p->layout.exception.traceback, &entry);

	for (unsigned i = 0; r == 0 && entry && i < TRACEBACKS_MAX; i++) {
		r = python_pointer(p, entry, p->layout.traceback.next, &next);
		if (r == 0 && !next) {
			*ret = entry;
			return 0;
		}
		entry = next;
	}
	return r < 0 ? r : -ENOENT;
}

/* From 3.11 on a PyFrameObject is a view of a _PyInterpreterFrame, which has what it had itself. */
static int find_code(struct python *p, uint64_t frame_object, struct python_frame *ret)
{
	uint64_t frame = frame_object;
	int64_t code;
	int r = 0;

	if (p->layout.frame_kind == PYTHON_FRAME_INTERPRETER)
		r = python_pointer(p, frame_object, p->layout.frame_object_frame, &frame);
	if (r == 0)
		r = frame ? python_int64(p, frame, p->layout.frame.code, &code) : -EBADMSG;
	if (r < 0)
		return r;
	code &= ~(int64_t)p->layout.frame.tagged;
	if (!code || code % (int64_t)sizeof(code))
		return -EBADMSG;
	ret->address = frame;
	ret->code = (uint64_t)code;
	return 0;
}

/* RET_LINE: what the entry itself says; 0: the code's table is to be asked. */
static int find_where(struct python *p, uint64_t value, struct python_frame *ret, int *ret_line)
{
	uint64_t entry, frame;
	int32_t lasti, line;
	int r = find_entry(p, value, &entry);

	if (r == 0)
		r = python_pointer(p, entry, p->layout.traceback.frame, &frame);
	if (r == 0)
		r = python_int32(p, entry, p->layout.traceback.lasti, &lasti);
	if (r == 0)
		r = python_int32(p, entry, p->layout.traceback.lineno, &line);
	if (r == 0)
		r = frame ? find_code(p, frame, ret) : -EBADMSG;
	if (r < 0)
		return r;
	ret->lasti = lasti;
	*ret_line = line > 0 ? line : 0;
	return 0;
}

/* ---- all of it ---- */

static void reset(struct python_exception *e)
{
	buf_reset(&e->type);
	buf_reset(&e->args);
	buf_reset(&e->where.filename);
	buf_reset(&e->where.name);
	buf_reset(&e->where.qualname);
	e->where.line = 0;
}

static void read_where(struct python *p, uint64_t value, struct python_line *ret)
{
	struct python_frame frame;
	int line;

	if (find_where(p, value, &frame, &line) == 0 && python_line(p, &frame, ret) == 0 && line)
		ret->line = line;
}

int python_exception(struct python *p, const struct python_thread *thread, struct python_exception *ret)
{
	char type[TYPE_SIZE];
	uint64_t value;
	int r = find_value(p, thread->exception, &value);

	if (r == 0)
		r = type_of(p, value, type, sizeof(type));
	if (r < 0)
		return r;
	reset(ret);
	r = buf_adds(&ret->type, type);
	if (r == 0)
		r = each_arg(p, value, add_arg, &ret->args);
	if (r < 0 && r != -ENOMEM)
		r = add_missing(&ret->args);
	read_where(p, value, &ret->where);
	return r == -ENOMEM ? r : 0;
}

void python_exception_done(struct python_exception *exception)
{
	if (!exception)
		return;
	buf_done(&exception->type);
	buf_done(&exception->args);
	python_line_done(&exception->where);
}

int python_exception_touch(struct python *p, const struct python_thread *thread)
{
	char type[TYPE_SIZE];
	struct python_frame frame;
	uint64_t value;
	int line, r = find_value(p, thread->exception, &value);

	if (r == 0)
		r = type_of(p, value, type, sizeof(type));
	if (r < 0)
		return r;
	(void)each_arg(p, value, touch_arg, NULL);
	if (find_where(p, value, &frame, &line) == 0)
		(void)python_code_touch(p, &frame);
	return 0;
}
