/* procfs.h: a handle on a proc(5) tree, and bounded reads from it.
 *
 * The root is "/proc", or another path: tests use fixture trees, sidecars "/host/proc". A process is read through one
 * descriptor on its directory, so that one reading never mixes two processes: when the process ends, every read
 * through that descriptor fails, also when its pid is given to another. */
#ifndef CORE_PROCFS_H
#define CORE_PROCFS_H

#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/pidset.h"
#include "core/procparse.h"

struct procfs {
	int fd;
};

/* Where this system's own is. */
#define PROCFS_ROOT "/proc"

/* Room for a pid in decimal with its NUL. */
enum { PROCFS_PID_TEXT = 12 };

/* Write PID behind TEXT, without snprintf(3), which costs as much as a system call; returns where its NUL went. */
char *procfs_pid_text(char *text, pid_t pid);

/* Open the proc tree at ROOT. -ENOENT: there is none (an empty chroot). Close with procfs_done(). */
int procfs_open(const char *root, struct procfs *ret);

/* Does PROC show the pids that we have? Another pid namespace's tree (a host's, mounted into a container) does not. */
bool procfs_shows_us(const struct procfs *proc);

/* Open PROCFS_ROOT if it shows us, else -ENOENT. */
int procfs_open_own(struct procfs *ret);
void procfs_done(struct procfs *proc); /* takes NULL */

/* A descriptor (O_PATH) on the directory of PID; the caller closes it. -ENOENT or -ESRCH: there is no such process. */
int procfs_process(const struct procfs *proc, pid_t pid);

/* Read the file NAME ("stat", "task/7/children") of a process, or of the root itself when DIR is procfs.fd, into
 * RET, whose earlier content is replaced. -ENOBUFS: longer than RET->max, the part that fits is kept. -ENOENT,
 * -ESRCH: gone. -EACCES, -EPERM. */
int procfs_read(int dir, const char *name, struct buf *ret);

/* Read and parse the stat, the status of a process. Allocates nothing. -EBADMSG: not what proc(5) describes. */
int procfs_stat(int dir, struct procparse_stat *ret);
int procfs_status(int dir, struct procparse_status *ret);

/* The stat of the process that has PID now. -ENOENT, -ESRCH: there is none; else as procfs_stat(). */
int procfs_stat_of(const struct procfs *proc, pid_t pid, struct procparse_stat *ret);

/* The working directory, the root directory of a process, as O_PATH descriptors in its own mount namespace; the caller
 * closes them. They need ptrace(2)'s read permission: -EACCES, -EPERM without. */
int procfs_cwd(int dir);
int procfs_root(int dir);

/* Which pid namespace PROC shows: the inode of our own, pid_namespaces(7). -errno. */
int procfs_pid_namespace(const struct procfs *proc, ino_t *ret);

/* Was the process started with ENTRY ("NAME=VALUE") in its environment? 1, 0, or -errno (-EACCES: another user's). A
 * program may have overwritten that since. Allocates nothing, however long the environment is. */
int procfs_environ_has(int dir, const char *entry);

/* Which boot of the machine this is: /proc/sys/kernel/random/boot_id, random(4). -ENOENT: PROC has none; -EBADMSG. */
enum { PROCFS_BOOT_ID_SIZE = 37 };
int procfs_boot_id(const struct procfs *proc, char ret[PROCFS_BOOT_ID_SIZE]);

/* How long ago a process began whose stat has START_TICKS, in milliseconds: CLOCK_BOOTTIME, to a clock tick. */
int64_t procfs_age_ms(uint64_t start_ticks);

/* What the link NAME ("cwd", "exe") of a process says, for messages: as seen from our root, and a path that may mean
 * nothing there. -EACCES, -EPERM; -ENAMETOOLONG. */
int procfs_link(int dir, const char *name, char *ret, size_t ret_size);

/* The path under /proc/self of our own descriptor FD: for calls that take no descriptor (inotify_add_watch(2)). */
enum { PROCFS_FD_PATH_MAX = 32 };
void procfs_fd_path(int fd, char ret[PROCFS_FD_PATH_MAX]);

/* Walk all process ids in ascending order as the kernel gives them, one getdents(2) a few hundred processes. Allocates
 * nothing. procfs_iterate() opens a descriptor, which procfs_iter_done() closes (it takes NULL): 0, -EMFILE, -ENFILE...
 * procfs_next() returns 1 and a pid, 0 at the end, or -errno. */
struct procfs_iter { int fd; size_t have, at; _Alignas(struct dirent) char block[8192]; };
int procfs_iterate(const struct procfs *proc, struct procfs_iter *ret);
int procfs_next(struct procfs_iter *iter, pid_t *ret);
void procfs_iter_done(struct procfs_iter *iter);

/* Call FUNCTION for each child of PID, until it returns other than 0 (not -ENOENT nor -ESRCH), which is then
 * returned. Allocates nothing. The children come from /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN), else by
 * the parent in every process's stat. A child that ends or moves meanwhile may be named or not, or twice. -ESRCH:
 * PID is gone. */
typedef int (*procfs_child_fn)(pid_t child, void *context);
int procfs_each_child(const struct procfs *proc, pid_t pid, procfs_child_fn function, void *context);

/* Call FUNCTION for each thread of the process DIR, with a descriptor (O_PATH) on the directory of the thread, which is
 * closed behind the call and is read as that of a process ("stat", "status"), until it returns other than 0, which is
 * then returned (not -ENOENT nor -ESRCH: this thread has ended). Allocates nothing. -ENOENT, -ESRCH: the process is
 * gone. */
typedef int (*procfs_thread_fn)(pid_t tid, int dir, void *context);
int procfs_each_thread(int dir, procfs_thread_fn function, void *context);

/* Of one thread, DIR as procfs_each_thread() gives it: its own children, as procfs_each_child(), but -ENOENT where the
 * kernel has no list of them; how often it has been switched away from (both counters of its status). */
int procfs_each_thread_child(int dir, procfs_child_fn function, void *context);
int procfs_switches(int dir, uint64_t *ret);

/* Append the children of PID to RET. Errors as procfs_each_child(); -ENOMEM. On failure RET may have some of them. */
int procfs_children(const struct procfs *proc, pid_t pid, struct pidset *ret);

/* Append all descendants of PID to RET, parents before their children; PID itself is not among them. Errors
 * as procfs_children(). */
int procfs_descendants(const struct procfs *proc, pid_t pid, struct pidset *ret);

#endif
