/* python_task.c: see python_private.h: asyncio's tasks.
 *
 * _asyncio.Task is TaskObj in Modules/_asynciomodule.c, which is in no header. It begins as a future does (FutureObj),
 * and that part differs within a 3.x, too; but its own part is at its end, and its type says how large it is. Tasks of
 * asyncio's Python code (asyncio.tasks._PyTask, where there is no _asyncio) have the same fields as attributes. */
#include "core/python_private.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum {
	FRAMES_ROOM = 256, BASES_MAX = 64,
	SIZE_MIN = 128, SIZE_MAX_OF = 512, /* of TaskObj */
	LOOP = 16,                         /* fut_loop */
	STATE_BEFORE_DICT = 16,            /* to 3.12: fut_state, two more integers, and the dict */
};

/* Of TaskObj. waiter, coroutine, name: bytes from its end. */
struct details {
	uint32_t waiter, coroutine, name;
	uint32_t size, state; /* from 3.13 on, where its type has no dictoffset; else 0 */
};

static const struct details details[] = {
	[8] = { 40, 32, 24, 0, 0 },
	[9] = { 40, 32, 24, 0, 0 },
	[10] = { 40, 32, 24, 0, 0 },
	[11] = { 48, 40, 32, 0, 0 },
	[12] = { 48, 40, 32, 0, 0 },
	[13] = { 32, 24, 16, 144, 96 },
	[14] = { 48, 40, 32, 168, 104 },
};

/* What is read of one; objects, 0: none. */
struct task {
	uint64_t loop, coroutine, name, waiter;
	bool is_done;
};

/* ---- the type ---- */

static bool is_python_task(struct python *p, uint64_t type)
{
	uint64_t dict, module;

	return python_type_is(p, type, "Task") && python_pointer(p, type, p->layout.type.dict, &dict) == 0 && dict &&
	       python_dict_get(p, dict, "__module__", &module) == 0 && python_text_is(p, module, "asyncio.tasks");
}

/* Which of its bases makes OBJECT a task? -ENOENT. It depends on its type alone. */
static int find_type(struct python *p, uint64_t object, uint64_t *ret, bool *ret_in_c)
{
	uint64_t type;
	int r = python_type_of(p, object, &type);

	for (int i = 0; r == 0 && type && i < BASES_MAX; i++) {
		*ret_in_c = python_type_is(p, type, "_asyncio.Task");
		if (*ret_in_c || is_python_task(p, type)) {
			*ret = type;
			return 0;
		}
		r = python_pointer(p, type, p->layout.type.base, &type);
	}
	return r < 0 ? r : -ENOENT;
}

/* ---- its fields ---- */

static bool is_none(struct python *p, uint64_t object)
{
	uint64_t type;

	return python_type_of(p, object, &type) == 0 && python_type_is(p, type, "NoneType");
}

/* Where TYPE's fields are. -ENOENT: as in no version that is known. */
static int find_fields(struct python *p, uint64_t type, struct details *ret)
{
	const size_t minor = (size_t)p->layout.minor;
	int64_t size, dict = 0;
	int r = minor < sizeof(details) / sizeof(details[0]) && details[minor].name && !p->layout.free_threaded ?
		0 : -ENOENT;

	if (r == 0)
		r = python_int64(p, type, p->layout.type.basicsize, &size);
	if (r == 0 && !details[minor].state)
		r = python_int64(p, type, p->layout.type.dictoffset, &dict);
	if (r < 0)
		return r;
	*ret = details[minor];
	if (!ret->state && dict > STATE_BEFORE_DICT && dict < size)
		ret->state = (uint32_t)dict - STATE_BEFORE_DICT;
	if (size < SIZE_MIN || size > SIZE_MAX_OF || size % 8 || !ret->state || (ret->size && size != ret->size))
		return -ENOENT;
	ret->waiter = (uint32_t)size - ret->waiter;
	ret->coroutine = (uint32_t)size - ret->coroutine;
	ret->name = (uint32_t)size - ret->name;
	return 0;
}

static int read_in_c(struct python *p, uint64_t object, uint64_t type, struct task *ret)
{
	struct details at;
	int32_t state = 0;
	int r = find_fields(p, type, &at);

	if (r == 0)
		r = python_int32(p, object, at.state, &state);
	if (r == 0)
		r = python_pointer(p, object, LOOP, &ret->loop);
	if (r == 0)
		r = python_pointer(p, object, at.waiter, &ret->waiter);
	if (r == 0)
		r = python_pointer(p, object, at.coroutine, &ret->coroutine);
	if (r == 0)
		r = python_pointer(p, object, at.name, &ret->name);
	if (r == 0 && (state < 0 || state > 2))
		r = -EBADMSG;
	ret->is_done = state != 0;
	return r;
}

static int attribute(struct python *p, uint64_t object, const char *name, uint64_t *ret)
{
	int r = python_attribute(p, object, name, ret);

	if (r == -ENOENT || (r == 0 && is_none(p, *ret))) {
		*ret = 0;
		return 0;
	}
	return r;
}

static int read_in_python(struct python *p, uint64_t object, struct task *ret)
{
	uint64_t state = 0;
	int r = attribute(p, object, "_state", &state);

	if (r == 0)
		r = attribute(p, object, "_loop", &ret->loop);
	if (r == 0)
		r = attribute(p, object, "_fut_waiter", &ret->waiter);
	if (r == 0)
		r = attribute(p, object, "_coro", &ret->coroutine);
	if (r == 0)
		r = attribute(p, object, "_name", &ret->name);
	ret->is_done = state && !python_text_is(p, state, "PENDING"); /* an instance has none before it changes */
	return r;
}

static int read_task(struct python *p, uint64_t object, struct task *ret)
{
	struct task task = { 0 };
	uint64_t type;
	bool in_c;
	int r = find_type(p, object, &type, &in_c);

	if (r == 0)
		r = in_c ? read_in_c(p, object, type, &task) : read_in_python(p, object, &task);
	if (r == 0)
		*ret = task;
	return r;
}

/* ---- its thread: the one that runs its loop ---- */

struct ident { uint64_t ident, state; };

static int compare_ident(const struct python_thread *thread, void *context)
{
	struct ident *sought = context;

	if (thread->ident != sought->ident)
		return 0;
	sought->state = thread->state;
	return 1;
}

/* BaseEventLoop._thread_id is None where the loop does not run; loops that are not asyncio's have none at all. */
static uint64_t seek_thread(struct python *p, uint64_t loop)
{
	struct ident sought = { 0 };
	uint64_t value = 0;
	int64_t ident;

	if (attribute(p, loop, "_thread_id", &value) < 0 || !value || python_integer(p, value, &ident) < 0)
		return 0;
	sought.ident = (uint64_t)ident;
	return python_threads(p, compare_ident, &sought) == 1 ? sought.state : 0;
}

/* Most tasks have the same loop, and there may be many threads. */
static uint64_t find_thread(struct python *p, uint64_t loop)
{
	if (!loop)
		return 0;
	if (loop != p->task_loop) {
		p->task_thread = seek_thread(p, loop);
		p->task_loop = loop;
	}
	return p->task_thread;
}

/* ---- what others ask ---- */

int python_task_read(struct python *p, uint64_t object, struct python_green *ret)
{
	struct python_frame innermost = { 0 };
	struct python_chain chain = { .frames = &innermost, .room = 1 };
	struct task task;
	int r = read_task(p, object, &task);

	if (r < 0 || task.is_done || !task.coroutine)
		return r;
	python_chain_read(p, task.coroutine, &chain);
	*ret = (struct python_green){
		.kind = PYTHON_TASK,
		.address = object,
		.thread = find_thread(p, task.loop),
		.frame = chain.running ? 0 : innermost.address,
		.running = chain.running,
		.coroutine = task.coroutine,
		.waiter = task.waiter,
	};
	return 1;
}

int python_task_frames(struct python *p, const struct python_green *green, python_frame_fn function, void *context,
		       enum python_end *ret_end)
{
	struct python_frame frames[FRAMES_ROOM];
	struct python_chain chain = { .frames = frames, .room = FRAMES_ROOM };
	size_t first;

	python_chain_read(p, green->coroutine, &chain);
	first = chain.count > FRAMES_ROOM ? chain.count - FRAMES_ROOM : 0;
	for (size_t i = chain.count; i-- > first;) {
		int r = function(&frames[i % FRAMES_ROOM], context);

		if (r != 0)
			return r;
	}
	*ret_end = chain.end == PYTHON_WHOLE && first > 0 ? PYTHON_CUT : chain.end;
	return 0;
}

/* ---- names ---- */

/* From 3.13 on it is a number before somebody asks for it. */
static int add_name(struct python *p, uint64_t name, struct buf *ret)
{
	int64_t number;
	int r;

	if (!name)
		return -ENOENT;
	if (python_is(p, name, PYTHON_IS_STR))
		return python_text(p, name, ret);
	r = python_integer(p, name, &number);
	return r < 0 ? r : buf_printf(ret, "Task-%" PRId64, number);
}

int python_green_name(struct python *p, const struct python_green *green, struct buf *ret)
{
	struct task task;
	int r = green->kind == PYTHON_TASK ? read_task(p, green->address, &task) : -ENOENT;

	return r < 0 ? r : add_name(p, task.name, ret);
}

/* "_asyncio.Future": "Future". */
static int read_type_name(struct python *p, uint64_t object, char *ret, size_t size)
{
	uint64_t type;
	char *dot;
	int r = python_type_of(p, object, &type);

	if (r == 0)
		r = python_type_name(p, type, ret, size);
	dot = r == 0 ? strrchr(ret, '.') : NULL;
	if (dot)
		memmove(ret, dot + 1, strlen(dot + 1) + 1);
	return r;
}

int python_green_waits(struct python *p, const struct python_green *green, struct buf *ret)
{
	struct task task;
	char type[128];
	int r;

	if (green->kind != PYTHON_TASK || !green->waiter)
		return -ENOENT;
	r = read_task(p, green->waiter, &task);
	if (r == 0 && task.name)
		return add_name(p, task.name, ret);
	r = read_type_name(p, green->waiter, type, sizeof type);
	return r < 0 ? r : buf_printf(ret, "<%s at 0x%" PRIx64 ">", type, green->waiter);
}

static void touch_name(struct python *p, uint64_t name)
{
	int64_t number;

	if (!name)
		return;
	if (python_is(p, name, PYTHON_IS_STR))
		(void)python_text_touch(p, name);
	else
		(void)python_integer(p, name, &number);
}

void python_task_touch(struct python *p, const struct python_green *green)
{
	struct task task;
	char type[128];

	if (read_task(p, green->address, &task) == 0)
		touch_name(p, task.name);
	if (!green->waiter)
		return;
	if (read_task(p, green->waiter, &task) == 0 && task.name)
		touch_name(p, task.name);
	else
		(void)read_type_name(p, green->waiter, type, sizeof type);
}
