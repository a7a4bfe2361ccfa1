/* capture.h: what the threads of a process are doing, read from outside with as little harm as can be.
 *
 * A thread that sleeps in a system call is read without a stop: /proc/TID/syscall gives its stack and program
 * counter, process_vm_readv(2) its stack, and the copy counts where the thread has not run meanwhile (its schedstat is
 * the same). A stop is what remains for the others: PTRACE_SEIZE, PTRACE_INTERRUPT of all of them, their registers,
 * one batched copy, PTRACE_DETACH. Each ptrace stop makes epoll_wait(2), sigwaitinfo(2) and others return EINTR in the
 * process that is looked at, so it is the last resort.
 *
 * Threads are stopped by a child of ours, in a process group of its own and with all signals held, which allocates,
 * prints, opens and pages in nothing meanwhile. We kill it when it is stopped itself, does not get on, or waits for
 * something while it holds threads for longer than max_stop_ns; when we end, it is killed, too; and with its end the
 * kernel lets go of all threads, also of one that never stopped. Behind capture_take() nothing is read from the process
 * but by capture_stop(), capture_green() and capture_read().
 * Single-threaded programs only: it forks. */
#ifndef CORE_CAPTURE_H
#define CORE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/pidref.h"
#include "core/procparse.h"
#include "core/procparse_task.h"
#include "core/regs.h"

enum capture_mode {
	CAPTURE_GENTLE,  /* who sleeps is read without a stop, who runs is looked at again, who still runs is stopped */
	CAPTURE_NO_STOP, /* who runs is not read */
	CAPTURE_STOP,    /* all are stopped at once: the stacks are of one moment */
	CAPTURE_NOBODY,  /* no thread is read: what is mapped, and who they are */
};

enum capture_how { CAPTURE_UNREAD, CAPTURE_ASLEEP, CAPTURE_STOPPED };

struct capture;

/* Who reads more of the process, at the moments when its threads are read. Members may be NULL. */
struct capture_hook {
	void *context;
	/* What is mapped is known, and its files are open; no thread was read yet. */
	void (*begin)(void *context, const struct capture *capture);
	/* Threads that sleep have been read, none is stopped. capture_has_slept() tells of each whether it still does.
	 * Perhaps more than once. */
	void (*asleep)(void *context, const struct capture *capture);
	/* Is it still to be called? Then who has run since the first look, such as one that waits for a lock for a
	 * while, and again, is stopped together with those that run. NULL: no. */
	bool (*unsettled)(void *context);
	/* In the same child as stopped(), before it tells anyone to stop. */
	void (*ready)(void *context);
	/* Threads stand still, and their stacks have been copied; READER is one of them. Once, in a child of ours (see
	 * above): what it writes is lost but for memory that is shared; it must not allocate, open or print. Threads of
	 * that moment have capture_thread.at_hook. It is to be over at UNTIL_NS (CLOCK_MONOTONIC). */
	void (*stopped)(void *context, pid_t reader, int64_t until_ns);
};

struct capture_options {
	enum capture_mode mode;
	int64_t look_ns;     /* how long who runs is looked at again (20 ms) */
	int64_t max_stop_ns; /* more threads than fit into it are stopped in batches (20 ms) */
	int64_t deadline_ns; /* CLOCK_MONOTONIC: when all must be over */
	size_t stack_max;    /* bytes of a thread's stack (1 MiB) and of all (64 MiB) */
	size_t total_max;
	const struct capture_hook *hook; /* or NULL */
};

struct capture_thread {
	pid_t tid;
	char comm[PROCPARSE_COMM_MAX];
	char state;                    /* of its stat, as when it was read */
	char wchan[64];                /* where in the kernel it sleeps, or "" */
	struct procparse_syscall call; /* the system call that it is in; .number -1: none; -2: not known */
	enum capture_how how;
	int error;                     /* CAPTURE_UNREAD: -EPERM, -EACCES; -ESRCH: it has ended; -EBUSY: it ran and was
	                                * not to be stopped; -ETIMEDOUT: it did not stop (held in the kernel), or no
	                                * time was left; -ENODATA: one of the kernel's own; -EBADMSG: of a 32-bit
	                                * program; -ENOSYS: of a processor that we do not know */
	struct regs regs;              /* all of them when stopped; stack and program counter when asleep */
	uint64_t stack_at;             /* address of the first byte of the stack that was copied: where sp points */
	const char *stack;             /* the copy; NULL: none. It lies in memory that is shared with children */
	size_t stack_len;
	bool stack_cut;                /* there was more of it */
	uint64_t other_at;             /* where a signal's handler runs on a stack of its own, sigaltstack(2): */
	const char *other;             /* the one that it interrupted, in the same way; NULL: there is none */
	size_t other_len;
	bool other_cut;
	uint64_t stack_top;            /* the stack of a green thread ends here, as it has registered; 0: not known */
	bool at_hook;                  /* it stood still when options.hook->stopped was called */
	uint64_t runs;                 /* asleep: how often it had come onto a processor */
	bool ran;                      /* it ran when it was looked at first */
	bool called;                   /* PC is rather where a call returns to than where it was interrupted */
};

/* A green thread, as the program has registered it: its stack, and the address of one of both. */
struct capture_green_spec {
	uint64_t stack, stack_size;
	uint64_t context;              /* a ucontext_t, or 0 */
	uint64_t registers;            /* program counter, stack and frame pointer, of 8 bytes each, or 0 */
};

/* A file that is mapped executable, or whose mapping begins a module. */
struct capture_module {
	uint64_t start, end, offset;   /* of the first mapping; END of the last that belongs to it */
	uint64_t dev, inode;
	int fd;                        /* the file, read-only, or -errno: it could not be opened; -ESTALE: its path
	                                * leads to another one by now */
	bool deleted;
	char *path;                    /* as the target names it, without " (deleted)" */
};

struct capture {
	pid_t pid;
	struct buf maps;               /* /proc/PID/maps as read */
	struct procparse_map *mappings;
	size_t mapping_count;
	struct capture_module *modules;
	size_t module_count;
	struct buf vdso;               /* its bytes; where it is mapped: vdso_at, 0: none */
	uint64_t vdso_at;
	uint64_t entry;                /* AT_ENTRY of its auxv: the executable's entry function; 0: not known */
	struct capture_thread *threads; /* the main thread first, then by number */
	size_t thread_count;
	bool threads_cut;              /* there are more than we take */
	struct capture_thread *greens; /* capture_green(); in the order of what it was given */
	size_t green_count;
	bool greens_cut;
	/* What it has cost the process. */
	unsigned stops;                /* how often threads were stopped together */
	unsigned stopped_threads;
	int64_t longest_stop_ns;       /* of one thread */
	int64_t all_stopped_ns;        /* from the moment when all of a batch had stopped, to the first that went on */
	int64_t window_ns;             /* from the first interrupt to the last detach */
	struct capture_private *private;
};

/* Read the threads of TARGET, whose directory in PROC is DIR. 0: RET is filled as far as the process allows, with each
 * thread's own error (that of all where its memory may not be read); -ESRCH: it has ended; -EPERM, -EACCES: not even
 * its threads may be listed; -EAGAIN, -ENOMEM. Pages that are not in memory are zero in a stack.
 * Blocks until OPTIONS->deadline_ns at most, but for its files on a file system that does not answer: a caller that
 * must not hang has an alarm(2). Raises the limit of open files. Free with capture_free(), which takes NULL. */
int capture_take(const struct procfs *proc, int dir, const struct pidref *target, const struct capture_options *options,
		 struct capture **ret);

/* Read the COUNT threads whose indices in CAPTURE->threads are INDICES, which were read asleep, once more, stopped. How
 * each went stands in it as behind capture_take(): one that could not be stopped keeps what it had. 0 or -errno as
 * above. What has been written is seen by children that were forked before: the stacks through shared memory, the rest
 * when it is sent to them. */
int capture_stop(struct capture *capture, const size_t *indices, size_t count);

/* Thread INDEX was read asleep: has it slept ever since? Behind its end, too. */
bool capture_has_slept(const struct capture *capture, size_t index);

/* Is TID a thread of the process now? */
bool capture_has_thread(const struct capture *capture, pid_t tid);

/* The number of thread INDEX in its own pid namespace, pid_namespaces(7); 0: not known. */
pid_t capture_inner_tid(const struct capture *capture, size_t index);

/* For a hook: whose memory is read, and a descriptor on its pagemap or -errno. */
pid_t capture_reader(const struct capture *capture, int *ret_pagemap);

/* Read green threads, right behind capture_take(), to GREENS: those of SPECS, with what capture_take() has left of
 * options.total_max; nothing outside a stack, and no page that is not in memory. Of each: .tid: the thread that runs on
 * its stack (nothing is read then, but that thread gets .stack_top, too), else 0; .how: CAPTURE_ASLEEP: read; .error:
 * -EINVAL: its bounds are none; -EFAULT: its registers are not in memory; -ENODATA: its stack is not; -EBADMSG: its
 * registers do not lead into code and onto its stack; -EAGAIN: it was switched whenever it was read; -ENOBUFS: no room
 * is left; -ETIMEDOUT, -ESRCH, -EPERM, -ENOSYS as those of threads. On which stack a thread runs that was not read is
 * not known. 0 or -ENOMEM. */
int capture_green(struct capture *capture, const struct capture_green_spec *specs, size_t count);

/* What is mapped at ADDRESS, or NULL. */
const struct procparse_map *capture_mapping(const struct capture *capture, uint64_t address);

void capture_free(struct capture *capture);

/* Copy LEN bytes at ADDRESS of its memory, as it is now. Pages that are not in memory are not asked for, as to read one
 * may take as long as the process likes: they are as in the file that is mapped there, where that can be had at once,
 * else zero. -EFAULT: nothing could be had; -ESRCH; -EPERM; -ENOSYS: the kernel does not tell which pages are in
 * memory; -ETIMEDOUT: the deadline of CAPTURE is over. */
int capture_read(const struct capture *capture, uint64_t address, void *ret, size_t len);

#endif
