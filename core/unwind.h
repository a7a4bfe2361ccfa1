/* unwind.h: stacks from what capture.h has copied, with names, by libdw (unwind_dw*.c), or the innermost frame alone,
 * without a name (unwind_none.c).
 *
 * Meant for a child without rights (core/confine.h): modules, their debug information and stacks are hostile bytes. It
 * reads the modules' files (capture_module.fd), opens debug information below the target's root, and reads nothing from
 * the process. All walks are bounded. */
#ifndef CORE_UNWIND_H
#define CORE_UNWIND_H

#include "core/capture.h"

struct unwind;

struct unwind_options {
	int root;          /* descriptor on the root of the target, where debug files are looked for; -1: nowhere */
	bool debuginfod;   /* ask the servers of DEBUGINFOD_URLS, too */
	bool lines;        /* source files and lines, too: to unpack a libc's debug information takes 40 ms */
	size_t frames_max; /* of a stack (256) */
};

/* Where a stack ended. */
enum unwind_end {
	UNWIND_WHOLE,     /* in the function of the entry point, or where the CFI says that nobody called */
	UNWIND_SHORT,     /* nothing tells how to go on */
	UNWIND_UNKNOWN,   /* a register would tell that is not known of a thread which slept */
	UNWIND_TRUNCATED, /* where the copy of the stack ends */
	UNWIND_LIMIT,     /* at frames_max */
};

struct unwind_frame {
	uint64_t address;      /* program counter; of a caller, the return address */
	const char *name;      /* of the function, as its source has it (core/demangle.h), or NULL */
	const char *module;    /* path of the file, or "[vdso]", or NULL */
	uint64_t offset;       /* of the address in that file, as its symbols count */
	const char *file;      /* source file as the debug information names it, absolute where it can be, or NULL */
	int line;              /* 0: not known */
};

/* Prepare. -ENOSYS: built without libdw; -ENOENT, -ENOEXEC: it is not installed, or is too old (RET_WHY says so for a
 * person in these three; RET is usable all the same, and gives the innermost frames without names); -ENOMEM. */
int unwind_open(const struct capture *capture, const struct unwind_options *options, struct unwind **ret,
		const char **ret_why);

/* Call FUNCTION for each frame of THREAD, the innermost first; the strings are valid until unwind_free(). A return
 * other than 0 ends it and is returned. 0: RET_END says how the stack ended. -ENODATA: nothing was read of this
 * thread. */
typedef int (*unwind_fn)(const struct unwind_frame *frame, void *context);
int unwind_thread(struct unwind *unwind, const struct capture_thread *thread, unwind_fn function, void *context,
		  enum unwind_end *ret_end);

void unwind_free(struct unwind *unwind);

#endif
