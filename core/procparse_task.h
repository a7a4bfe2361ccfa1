/* procparse_task.h: pure parsers of what proc(5) tells of a process for a report: maps, syscall, status, auxv, limits.
 * No I/O, no allocation. The rules are procparse.h's: hostile bytes, -EBADMSG, outputs untouched on failure. */
#ifndef CORE_PROCPARSE_TASK_H
#define CORE_PROCPARSE_TASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/span.h"

/* One line of /proc/PID/maps. */
struct procparse_map {
	uint64_t start, end, offset;
	char perms[5];       /* "r-xp" */
	uint64_t dev, inode; /* makedev(3) */
	struct span path;    /* as it stands there: newlines are \012; "[heap]", "/a b", "/x (deleted)", or empty */
};

/* The next line at *AT, which moves on. 1 and a mapping, 0 at the end, -EBADMSG (also of a last line that was cut; *AT
 * has not moved). */
int procparse_map(const char *text, size_t len, size_t *at, struct procparse_map *ret);

/* /proc/PID/task/TID/syscall. */
enum { PROCPARSE_CALL_NONE = -1, PROCPARSE_CALL_UNKNOWN = -2 };
struct procparse_syscall {
	long number;      /* PROCPARSE_CALL_NONE: blocked outside of any; _UNKNOWN: running, or not read */
	uint64_t args[6]; /* where number >= 0 */
	uint64_t sp, pc;  /* 0 where unknown */
};
int procparse_syscall(const char *text, size_t len, struct procparse_syscall *ret);

/* /proc/PID/status, limits...: what stands behind "KEY:", or KEY and at least two blanks (limits), at the beginning of
 * a line, without the blanks around it. -ENOENT: no such line that is whole. */
int procparse_field(const char *text, size_t len, const char *key, struct span *ret);

/* The same as a number in hexadecimal (SigCgt, CapEff), in decimal (TracerPid, Seccomp). */
int procparse_field_hex(const char *text, size_t len, const char *key, uint64_t *ret);
int procparse_field_number(const char *text, size_t len, const char *key, uint64_t *ret);

/* The same where blanks separate several: the INDEXth (Uid: real, effective, saved, filesystem; NSpid). -ENOENT: not as
 * many. */
int procparse_field_item(const char *text, size_t len, const char *key, size_t index, uint64_t *ret);

/* /proc/PID/auxv of a process with our word size: the value of TYPE (getauxval(3)). -ENOENT. */
int procparse_auxv(const void *data, size_t len, uint64_t type, uint64_t *ret);

#endif
