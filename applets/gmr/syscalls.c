/* The system calls that all processors number alike, and what the first argument of one is: man-pages(7), section 2. */
#include "applets/gmr/syscalls.h"

#include <stdlib.h>
#include <string.h>

#include "applets/gmr/syscalls_private.h"

enum { COMMON_FIRST = 424 };

/* Since Linux 5.1. */
static const char *const common[] = {
	[424 - COMMON_FIRST] = "pidfd_send_signal", "io_uring_setup", "io_uring_enter", "io_uring_register",
	"open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "pidfd_open", "clone3", "close_range",
	"openat2", "pidfd_getfd", "faccessat2", "process_madvise", "epoll_pwait2", "mount_setattr", "quotactl_fd",
	"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "memfd_secret", "process_mrelease",
	"futex_waitv",
	[450 - COMMON_FIRST] = "set_mempolicy_home_node", "cachestat", "fchmodat2", "map_shadow_stack", "futex_wake",
	"futex_wait", "futex_requeue", "statmount", "listmount", "lsm_get_self_attr", "lsm_set_self_attr",
	"lsm_list_modules", "mseal", "setxattrat", "getxattrat", "listxattrat", "removexattrat", "open_tree_attr",
	"file_getattr", "file_setattr",
};

const char *syscall_name(long number)
{
	size_t at = (size_t)number;

	if (number < COMMON_FIRST)
		return number >= 0 && at < syscalls_own_count ? syscalls_own[at] : NULL;
	at -= COMMON_FIRST;
	return at < sizeof(common) / sizeof(*common) ? common[at] : NULL;
}

/* Sorted, for bsearch(3). */
static const char *const with_fd[] = {
	"accept", "accept4", "bind", "close", "close_range", "connect", "copy_file_range", "dup", "dup2", "dup3",
	"epoll_ctl", "epoll_ctl_old", "epoll_pwait", "epoll_pwait2", "epoll_wait", "epoll_wait_old", "execveat",
	"faccessat", "faccessat2", "fadvise64", "fallocate", "fanotify_mark", "fchdir", "fchmod", "fchmodat",
	"fchmodat2", "fchown", "fchownat", "fcntl", "fdatasync", "fgetxattr", "file_getattr", "file_setattr",
	"finit_module", "flistxattr", "flock", "fremovexattr", "fsconfig", "fsetxattr", "fsmount", "fspick", "fstat",
	"fstatfs", "fsync", "ftruncate", "futimesat", "getdents", "getdents64", "getpeername", "getsockname",
	"getsockopt", "getxattrat", "inotify_add_watch", "inotify_rm_watch", "io_uring_enter", "io_uring_register",
	"ioctl", "kexec_file_load", "landlock_add_rule", "landlock_restrict_self", "linkat", "listen", "listxattrat",
	"lseek", "mkdirat", "mknodat", "mount_setattr", "move_mount", "mq_getsetattr", "mq_notify", "mq_timedreceive",
	"mq_timedsend", "name_to_handle_at", "newfstatat", "open_by_handle_at", "open_tree", "open_tree_attr",
	"openat", "openat2", "pidfd_getfd", "pidfd_send_signal", "pread64", "preadv", "preadv2", "process_madvise",
	"process_mrelease", "pwrite64", "pwritev", "pwritev2", "quotactl_fd", "read", "readahead", "readlinkat",
	"readv", "recvfrom", "recvmmsg", "recvmsg", "removexattrat", "renameat", "renameat2", "sendfile", "sendmmsg",
	"sendmsg", "sendto", "setns", "setsockopt", "setxattrat", "shutdown", "signalfd", "signalfd4", "splice",
	"statx", "symlinkat", "sync_file_range", "syncfs", "tee", "timerfd_gettime", "timerfd_settime", "unlinkat",
	"utimensat", "vmsplice", "write", "writev",
};

static const char *const with_nothing[] = {
	"fork", "getegid", "geteuid", "getgid", "getpgrp", "getpid", "getppid", "gettid", "getuid", "inotify_init",
	"munlockall", "pause", "restart_syscall", "rt_sigreturn", "sched_yield", "setsid", "sync", "vfork", "vhangup",
};

static const char *const with_pid[] = {
	"kill", "tgkill", "tkill", "wait4",
};

static const char *const with_address[] = {
	"futex", "futex_wait", "futex_wake",
};

static int compare(const void *name, const void *item)
{
	return strcmp(name, *(const char *const *)item);
}

#define HAS(list, name) (bsearch(name, list, sizeof(list) / sizeof(*(list)), sizeof(*(list)), compare) != NULL)

enum syscall_first syscall_first(const char *name)
{
	if (HAS(with_fd, name))
		return SYSCALL_FIRST_FD;
	if (HAS(with_address, name))
		return SYSCALL_FIRST_ADDRESS;
	if (HAS(with_nothing, name))
		return SYSCALL_FIRST_NONE;
	return HAS(with_pid, name) ? SYSCALL_FIRST_PID : SYSCALL_FIRST_OTHER;
}
