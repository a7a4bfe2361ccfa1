/* procparse.h: pure parsers of what proc(5) and cgroups(7) files hold. No I/O, no allocation.
 *
 * Each takes the bytes and their number; the bytes need not end with NUL and may be hostile (a process chooses its own
 * name, command line and environment). -EBADMSG: not of the documented form; the output is untouched then. */
#ifndef CORE_PROCPARSE_H
#define CORE_PROCPARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROCPARSE_COMM_MAX = 64, PROCPARSE_GROUPS_MAX = 64 };

/* PF_FORKNOEXEC of the kernel's flags: forked, and has not called exec(3) yet. */
enum { PROCPARSE_FORKED = 0x40 };

/* /proc/PID/stat, or a thread's. */
struct procparse_stat {
	pid_t pid;
	char comm[PROCPARSE_COMM_MAX]; /* NUL-terminated, raw: may hold any byte but NUL */
	char state;                    /* R S D T t Z X I ... */
	pid_t ppid, pgrp, session, tpgid;
	uint64_t flags;                /* the kernel's PF_... */
	uint64_t utime, stime;         /* clock ticks */
	int num_threads;
	uint64_t start_ticks;          /* field 22: clock ticks since boot */
	uint64_t size, resident;       /* of its memory: bytes, pages; 0 without any, and where that was cut off */
	uint64_t caught;               /* signals that it has a handler for, bit 0: signal 1; up to 31; 0 as above */
};

int procparse_stat(const char *text, size_t len, struct procparse_stat *ret);

/* Has it ended? A zombie has, unless it is a process whose first thread alone ended (pthread_exit(3) in main). */
bool procparse_stat_ended(const struct procparse_stat *stat);

/* /proc/PID/status: the identity under which a process opens files. */
struct procparse_status {
	uid_t uid, fsuid; /* real, filesystem */
	gid_t gid, fsgid;
	gid_t groups[PROCPARSE_GROUPS_MAX];
	size_t group_count;  /* never more than PROCPARSE_GROUPS_MAX */
	int groups_cut;      /* there were more */
};
int procparse_status(const char *text, size_t len, struct procparse_status *ret);

/* The same file: how often it was switched away from, of its own will (voluntary_ctxt_switches) or not, in all. */
int procparse_switches(const char *text, size_t len, uint64_t *ret);

/* The value of NAME in an environment block ("A=1\0B=2\0"), that exact name; the value may hold '='. The first one
 * wins, as getenv(3). NULL: not there. The value lies in BLOCK, is RET_LEN long and not NUL-terminated when the
 * block was cut. */
const char *procparse_environ(const char *block, size_t len, const char *name, size_t *ret_len);

/* /proc/PID/task/TID/children: the next pid at *AT, which moves on. 1 and a pid, 0 at the end, -EBADMSG: no pid, or one
 * that was cut (nothing behind it; *AT has not moved). */
int procparse_children(const char *text, size_t len, size_t *at, pid_t *ret);

/* /proc/PID/cgroup: the path of the v1 CONTROLLER ("memory"), or of the v2 hierarchy when CONTROLLER is NULL.
 * -ENOENT: no such line. -ENAMETOOLONG. */
int procparse_cgroup(const char *text, size_t len, const char *controller, char *ret, size_t ret_size);

/* /proc/PID/mountinfo: where the cgroup v1 hierarchy of CONTROLLER, or v2 when NULL, is mounted (RET_MOUNT) and
 * which directory of the hierarchy is seen there (RET_ROOT, "/" unless bind-mounted); octal escapes are undone. Both
 * have room for SIZE bytes. -ENOENT; -ENAMETOOLONG. */
int procparse_cgroup_mount(const char *text, size_t len, const char *controller, char *ret_mount, char *ret_root,
			   size_t size);

/* "KEY VALUE" lines (memory.events, memory.oom_control, vmstat): the number behind KEY. -ENOENT: no such line. */
int procparse_keyed(const char *text, size_t len, const char *key, uint64_t *ret);

#endif
