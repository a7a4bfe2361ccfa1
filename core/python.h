/* python.h: what a CPython process (3.8 to 3.14) executes, read from outside, without its help.
 *
 * All begins at the symbol _PyRuntime: it leads to interpreters, these to thread states, these to frames, and frames to
 * code objects, which tell file, function and line. Where each field lies depends on the version (python_layout.h).
 *
 * Reading and understanding are apart. Who may read the process follows pointers and copies pages (core/pages.h), at a
 * moment when it stands still or sleeps; it looks at no text. A child without rights (core/confine.h) walks through the
 * copies once more, and makes texts and line numbers of them. Both use the same walks: all of them are bounded, and
 * check what they follow; a structure that makes no sense ends them with -EBADMSG, a page that is not there with
 * -EFAULT. */
#ifndef CORE_PYTHON_H
#define CORE_PYTHON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/capture.h"

struct python;

/* ---- reading: python_take.c ---- */

struct python_options {
	bool greens;         /* suspended greenlets and tasks, too */
	bool locals;         /* what local variables refer to, too */
	int64_t deadline_ns; /* CLOCK_MONOTONIC */
};

/* Nothing is read yet. -ENOMEM. Free with python_free(), which takes NULL. */
int python_new(const struct python_options *options, struct python **ret);
void python_free(struct python *python);

/* For capture_options.hook: reads Python's part at the moments when threads are read. */
struct capture_hook;
void python_hook(struct python *python, struct capture_hook *ret);

/* Behind capture_take(): which threads were read at one moment? 0; -ENOENT: the process is no CPython; -ENOTSUP: one
 * whose layout is not known; -EFAULT, -EBADMSG: its structures could not be read. python_why() has it in words. */
int python_settle(struct python *python, const struct capture *capture);

/* What is to be said of it ("CPython 3.15: its layout is not known"), or "". */
const char *python_why(const struct python *python);

/* ---- understanding: in the child ---- */

/* One Python thread. */
struct python_thread {
	pid_t tid;                /* as the process itself counts (its pid namespace); 0: not known */
	uint64_t state;           /* address of its PyThreadState */
	uint64_t interpreter;     /* and of its interpreter, */
	int64_t interpreter_id;   /* 0: the main one */
	uint64_t ident;           /* threading.get_ident(): its pthread_t */
	uint64_t frame;           /* its innermost frame; 0: it runs no Python code */
	uint64_t exception;       /* of the exception that it handles: _PyErr_StackItem; 0: none */
	bool holds_gil;
};

/* Call FUNCTION for each, the latest first, as the interpreter lists them. A return other than 0 ends the walk and is
 * returned. */
typedef int (*python_thread_fn)(const struct python_thread *thread, void *context);
int python_threads(struct python *python, python_thread_fn function, void *context);

/* Does a futex(2) at ADDRESS belong to the GIL of INTERPRETER: does who waits there wait for it? */
bool python_is_gil(struct python *python, uint64_t interpreter, uint64_t address);

/* threading.Thread.name of THREAD, as UTF-8, appended to RET. -ENOENT: it has none. */
int python_thread_name(struct python *python, const struct python_thread *thread, struct buf *ret);

/* Where a frame is. */
struct python_frame {
	uint64_t address;  /* of the frame itself: _PyInterpreterFrame, before 3.11 PyFrameObject */
	uint64_t code;     /* of its code object */
	int64_t lasti;     /* bytes into its code; -1: before the first instruction */
};

enum python_end {
	PYTHON_WHOLE,    /* to the outermost frame */
	PYTHON_CUT,      /* more frames than PYTHON_FRAMES_MAX */
	PYTHON_LOST,     /* a frame is not in memory */
	PYTHON_BROKEN,   /* what is there makes no sense: it ran meanwhile */
};

enum { PYTHON_FRAMES_MAX = 4096 };

/* Call FUNCTION for each frame from the one at FRAME on, the innermost first. 0, with RET_END; or what FUNCTION has
 * returned. */
typedef int (*python_frame_fn)(const struct python_frame *frame, void *context);
int python_frames(struct python *python, uint64_t frame, python_frame_fn function, void *context,
		  enum python_end *ret_end);

/* What a frame's code object says; texts are UTF-8, and in RET's own buffers, of which python_line_done() disposes and
 * which the next python_line() of the same RET replaces. */
struct python_line {
	struct buf filename, name, qualname; /* qualname: empty before 3.11 */
	int line;                            /* 0: not known */
};
#define PYTHON_LINE() ((struct python_line){ BUF(4096), BUF(1024), BUF(1024), 0 })
int python_line(struct python *python, const struct python_frame *frame, struct python_line *ret);
void python_line_done(struct python_line *line);

/* The exception that a thread handles (thread.exception), the innermost that is one. Its type's name, its arguments as
 * far as they are strings and integers (", " between them), and where it was raised: the last entry of its traceback.
 * -ENOENT: it handles none. */
struct python_exception {
	struct buf type, args;
	struct python_line where;            /* .line 0: not known */
};
#define PYTHON_EXCEPTION() ((struct python_exception){ BUF(512), BUF(4096), PYTHON_LINE() })
int python_exception(struct python *python, const struct python_thread *thread, struct python_exception *ret);
void python_exception_done(struct python_exception *exception);

/* A local variable: its name, its type's name ("list of 3" of a list, tuple, dict), and its value where that is simple
 * (None, booleans, numbers, and, quoted, the first 64 characters of strings and bytes), else an empty text. Those that
 * are not set are left out; of a value that is not in memory the type is empty, too. */
struct python_local {
	struct buf name, type, value;
};
#define PYTHON_LOCAL() ((struct python_local){ BUF(256), BUF(512), BUF(1024) })
typedef int (*python_local_fn)(const struct python_local *local, void *context);
int python_locals(struct python *python, const struct python_frame *frame, python_local_fn function, void *context);

/* A greenlet that is suspended, or an asyncio task that is not done. (A greenlet that runs has nothing of its own.) */
enum python_green_kind { PYTHON_GREENLET, PYTHON_TASK };

struct python_green {
	enum python_green_kind kind;
	uint64_t address;   /* of the object: id() */
	uint64_t parent;    /* greenlet: of its parent, 0: none */
	uint64_t thread;    /* PyThreadState of the thread that it belongs to; 0: not known */
	uint64_t frame;     /* its innermost frame; of a task that awaits none that is Python's: the coroutine's own */
	bool running;       /* task: its frames are its thread's, and it has none here */
	uint64_t coroutine; /* task: its coroutine object */
	uint64_t waiter;    /* task: the future that it waits for, or 0 */
};

/* Call FUNCTION for each; a return other than 0 ends the walk and is returned. RET_REST: how many greenlets there are
 * that have no frames: main ones, unstarted, finished. */
typedef int (*python_green_fn)(const struct python_green *green, void *context);
int python_greens(struct python *python, python_green_fn function, void *context, size_t *ret_rest);

/* Frames of GREEN, as python_frames(): of a task those of its coroutine and of what that awaits. */
int python_green_frames(struct python *python, const struct python_green *green, python_frame_fn function,
			void *context, enum python_end *ret_end);

/* A task's name (Task.get_name()), and what it waits for ("<Future at 0x7f…>", the name of a task), where known. */
int python_green_name(struct python *python, const struct python_green *green, struct buf *ret);
int python_green_waits(struct python *python, const struct python_green *green, struct buf *ret);

/* Why greens are not told ("unknown greenlet layout"), or "". */
const char *python_greens_why(const struct python *python);

/* Was what THREAD had read at one moment: did it stand still or sleep meanwhile? THREAD NULL: all of them. */
bool python_is_settled(struct python *python, const struct python_thread *thread);

/* The number that we have for the thread that the process itself counts as TID; 0: it is not known. */
pid_t python_outer_tid(const struct python *python, pid_t tid);

#endif
