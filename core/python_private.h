/* python_private.h: what the files of python share.
 *
 * python_take.c      when pages are copied: the hook of capture
 * python_touch.c     what is copied: all that the child is going to read
 * python_find.c      _PyRuntime, and the version
 * python_layout*.c   where fields lie
 * python_memory.c    a pointer, a number of its memory
 * python_thread.c    interpreters, thread states, the GIL
 * python_frame.c     frames
 * python_code.c      code objects; python_lines.c: their line tables; python_text.c: strings
 * python_object.c    types, attributes; python_dict.c: dictionaries; python_is.c: which builtin type it derives from
 * python_name.c      names of threads
 * python_exception.c python_locals.c python_value.c
 * python_gc.c        where objects are found: the collector's lists
 * python_greenlet.c  greenlets; python_green.c: both these and tasks
 * python_task.c      tasks; python_coroutine.c: what they await */
#ifndef CORE_PYTHON_PRIVATE_H
#define CORE_PYTHON_PRIVATE_H

#include "core/pages.h"
#include "core/python.h"
#include "core/python_layout.h"

enum {
	PYTHON_INTERPRETERS_MAX = 1024,
	PYTHON_THREADS_MAX = 65536,
	PYTHON_TEXT_MAX = 1 << 16,     /* characters of a string that is read */
	PYTHON_TABLE_MAX = 1 << 20,    /* bytes of a line table */
	PYTHON_PAGES_MAX = 1 << 16,    /* 256 MiB, of which little is ever used */
	PYTHON_GREENS_MAX = 65536,
	PYTHON_THREADINGS_MAX = 16,    /* interpreters whose module threading is searched for once */
	PYTHON_DICT_MAX = 1 << 16,     /* entries of a dict that are looked at */
};

/* Lies in memory that is shared with children. */
struct python {
	struct python_options options;
	struct pages *pages;
	uint64_t runtime;                  /* address of _PyRuntime; 0: none was found */
	int version[3];                    /* 3, 11, 2; 0: not known; 3, 10, -1 */
	bool has_layout;
	struct python_layout layout;
	uint64_t pthread_tid;              /* to 3.10: where in what a pthread_t points to the tid lies; 0: not known */
	char why[128], greens_why[128];
	/* python_green.c: objects that may be greenlets or tasks: found without a stop, looked at again in one. */
	uint64_t *candidates;
	size_t candidate_count;
	size_t candidates_found;           /* by the search, in order; the others by python_greens_touch() */
	struct pages *gc_pages;            /* NULL: there was no search */
	uint64_t task_loop, task_thread;   /* the last loop of a task, and its thread; 0: not of this moment */
	uint32_t exc_state_at;             /* python_greenlet.c: of a PyThreadState; 0: not known yet */
	struct python_threading {
		uint64_t interpreter, active, main_thread; /* threading._active, threading._main_thread */
	} threadings[PYTHON_THREADINGS_MAX];
	size_t threading_count;
	/* python_take.c */
	enum python_moment { PYTHON_NO_MOMENT, PYTHON_ASLEEP, PYTHON_STOPPED } moment;
	bool cut, greens_cut;              /* at the moment, time was over before all was copied */
	int error;                         /* why nothing was read, or 0 */
	int pagemap;                       /* capture_reader()'s */
	pid_t *settled;                    /* threads as we count them, whose part was read at the moment, in order */
	size_t settled_count, settled_size;
	struct python_tid *tids;           /* of a process in another pid namespace, by their number there */
	size_t tid_count;
};

/* A pointer, a number, at ADDRESS + OFFSET. -EBADMSG where OFFSET is PYTHON_NONE, or a pointer is not aligned. */
int python_pointer(struct python *p, uint64_t address, uint32_t offset, uint64_t *ret);
int python_int64(struct python *p, uint64_t address, uint32_t offset, int64_t *ret);
int python_int32(struct python *p, uint64_t address, uint32_t offset, int32_t *ret);
int python_byte(struct python *p, uint64_t address, uint32_t offset, uint8_t *ret);

/* python_find.c: runtime and version from the files that CAPTURE has mapped, checked; layout. -ENOENT; -ENOTSUP. It
 * reads files, and memory by P->pages. */
int python_find(struct python *p, const struct capture *capture);

/* python_thread.c: to 3.10: find pthread_tid. */
void python_find_tids(struct python *p, const struct capture *capture);
int python_compare_pids(const void *a, const void *b); /* pid_t, for qsort(3) and bsearch(3) */

/* python_text.c: append the str at ADDRESS as UTF-8, at most PYTHON_TEXT_MAX characters of it and as many as RET has
 * room for, then "...". Lone surrogates that stand for a byte (PEP 383) are that byte, others three bytes that are no
 * UTF-8. -EBADMSG: no str; -EFAULT; -ENOBUFS: RET has no room at all; -ENOMEM. */
int python_text(struct python *p, uint64_t address, struct buf *ret);
int python_text_touch(struct python *p, uint64_t address);
bool python_text_is(struct python *p, uint64_t address, const char *ascii); /* is it this? */

/* python_is.c: is the object at ADDRESS a str, or of a type derived from it, ...? By its type's flags. */
enum python_is { PYTHON_IS_INT = 24, PYTHON_IS_LIST, PYTHON_IS_TUPLE, PYTHON_IS_BYTES, PYTHON_IS_STR, PYTHON_IS_DICT,
		 PYTHON_IS_EXCEPTION, PYTHON_IS_TYPE }; /* bits of tp_flags: Py_TPFLAGS_LONG_SUBCLASS, ... */
bool python_is(struct python *p, uint64_t address, enum python_is what);

/* python_lines.c: pure. The line of byte LASTI of a code that begins in line FIRST, by its TABLE of LEN bytes; 0: it
 * has none. */
int python_lines(enum python_lines_kind kind, const unsigned char *table, size_t len, int first, int64_t lasti);

/* python_code.c: copy what python_line() is going to read. */
int python_code_touch(struct python *p, const struct python_frame *frame);
int python_exception_touch(struct python *p, const struct python_thread *thread);
int python_locals_touch(struct python *p, const struct python_frame *frame);
int python_thread_name_touch(struct python *p);

/* python_name.c: without a stop, and before anything is touched: find threading._active by sys.modules, whose many keys
 * lie in as many pages: these need not be copied at the moment, then. */
void python_threading_search(struct python *p);

/* python_object.c: the type of the object at ADDRESS. The name of a type, up to SIZE - 1 (at most 255) bytes of it, as
 * tp_name has it: "Name" of a builtin and of a class that is written in Python, "module.Name" of most others. */
int python_type_of(struct python *p, uint64_t address, uint64_t *ret_type);
int python_type_name(struct python *p, uint64_t type, char *ret, size_t size);

/* python_dict.c: the value in DICT (or what is derived from dict) under the str KEY, ASCII. -ENOENT; -EBADMSG: no dict;
 * -E2BIG: not among the first PYTHON_DICT_MAX. */
int python_dict_get(struct python *p, uint64_t dict, const char *key, uint64_t *ret);

/* Call FUNCTION for each pair; a return other than 0 ends it and is returned. -E2BIG: there are more than
 * PYTHON_DICT_MAX; it was called for those. */
typedef int (*python_pair_fn)(uint64_t key, uint64_t value, void *context);
int python_dict_each(struct python *p, uint64_t dict, python_pair_fn function, void *context);

/* The attribute NAME of the instance at ADDRESS, from its own dict or inline values (not of its class). -ENOENT. */
int python_attribute(struct python *p, uint64_t address, const char *name, uint64_t *ret);

/* An int that fits; -ERANGE: it does not; -EBADMSG: no int. */
int python_integer(struct python *p, uint64_t address, int64_t *ret);
int python_integer_bits(struct python *p, uint64_t address, uint64_t *ret); /* int.bit_length() */

/* sys.modules[NAME].__dict__ of INTERPRETER. -ENOENT. */
int python_module_dict(struct python *p, uint64_t interpreter, const char *name, uint64_t *ret);

/* python_value.c: append the type of the object at ADDRESS ("list of 3"), and its value if that is simple and short. */
int python_value(struct python *p, uint64_t address, struct buf *ret_type, struct buf *ret_value);
int python_value_touch(struct python *p, uint64_t address);

/* python_gc.c: call FUNCTION for each object that the collector knows of INTERPRETER, some perhaps twice; a return
 * other than 0 ends it and is returned. YOUNG: of its youngest lists only, and the latest of these. Reads by PAGES,
 * which it clears when they are full. -ETIMEDOUT: P->options.deadline_ns; -ENOTSUP; -EBADMSG, -EFAULT: behind all that
 * could be walked, where not all could be. */
typedef int (*python_object_fn)(uint64_t object, uint64_t type, void *context);
int python_gc_each(struct python *p, struct pages *pages, uint64_t interpreter, bool young, python_object_fn function,
		   void *context);

/* python_green.c: without a stop: fill candidates (room for PYTHON_GREENS_MAX) from all objects; then, at the moment,
 * when what was copied is refreshed (P->gc_pages, too), add those of the youngest lists, and touch what python_greens()
 * is going to read. -ETIMEDOUT: not all of it. */
int python_greens_search(struct python *p);
int python_greens_touch(struct python *p);

/* python_greenlet.c: is OBJECT a greenlet (or of a type derived from it)? -ENOENT: no. 1: it has frames, RET is filled;
 * 0: it runs, was not started, or has finished. -ENOTSUP: its layout is not known. */
int python_greenlet_read(struct python *p, uint64_t object, struct python_green *ret);

/* python_task.c: the same for an asyncio task: 1: it is not done; 0: it is done. -ENOENT depends on the object's type
 * alone. */
int python_task_read(struct python *p, uint64_t object, struct python_green *ret);
int python_task_frames(struct python *p, const struct python_green *green, python_frame_fn function, void *context,
		       enum python_end *ret_end);

/* Copy what python_green_name() and python_green_waits() are going to read of a task. */
void python_task_touch(struct python *p, const struct python_green *green);

/* python_coroutine.c: is NAME, shorter than 64 bytes, the tp_name of TYPE? */
bool python_type_is(struct python *p, uint64_t type, const char *name);

/* The frames of COROUTINE, of what it awaits, and so on: the outermost is frames[0]. The last ROOM of COUNT are kept:
 * the one with number I is frames[I % ROOM]. */
struct python_chain {
	struct python_frame *frames; /* the caller's */
	size_t room, count;
	enum python_end end;         /* of its inner end */
	bool running;                /* it runs: its frames are its thread's */
};
void python_chain_read(struct python *p, uint64_t coroutine, struct python_chain *chain);

/* python_touch.c: copy all that the child is going to read; P->greens_cut: not all of greens, for want of time. 0; the
 * first error that keeps all threads from being read; -ETIMEDOUT: some were not. */
int python_touch(struct python *p);

/* The same of one frame; CONTEXT: struct python_touching. 1: time is over; it is looked at now and then. */
struct python_touching {
	struct python *p;
	unsigned frames;
	uint64_t codes[256]; /* code objects that were copied lately: many are in the same functions */
};
int python_touch_frame(const struct python_frame *frame, void *context);
bool python_is_late(const struct python *p);

#endif
