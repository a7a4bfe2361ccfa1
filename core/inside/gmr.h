/* gmr.h: Guru Meditation Reports of this program, by two calls and `kill -USR2`. Installed as procguard/gmr.h.
 *
 *	#include <procguard/gmr.h>
 *
 *	static void queues(struct gmr_section *section, void *context)
 *	{
 *		struct server *server = context;
 *
 *		gmr_put(section, "waiting", "%zu", atomic_load(&server->waiting));
 *	}
 *
 *	int main(void)
 *	{
 *		...
 *		gmr_register_section("Queues", queues, &server);
 *		gmr_register_option("database", "password", server.password, GMR_SECRET);
 *		gmr_setup_autorun("1.4.2", NULL);
 *		serve(&server);
 *	}
 *
 * Link with `pkg-config --libs procguard`. On SIGUSR2 the report goes to stderr (descriptor 2): package, threads with
 * their stacks, green threads, processes, configuration, then the program's own sections. `gmr PID` from outside shows
 * the options and green threads, too. C99 and C++; Linux on x86-64 and AArch64; glibc and musl; procguard_gmr(3).
 *
 * Rules for all functions:
 * - They return 0 or a negated errno; nothing is printed, nobody is made to exit. What they are given they copy, unless
 *   it is said otherwise. errno is kept.
 * - Texts are UTF-8 with a NUL. Other bytes and control characters are shown as \xNN. What is longer than the bound
 *   that is named is cut.
 * - Any thread may call them at any time, before and behind gmr_setup_autorun(), but not from a signal handler, unless
 *   it is said otherwise. None waits for a lock of the library's, as there is none; but where threads are made
 *   (gmr_setup_autorun(), and the first gmr_register_section() behind it) for malloc's.
 * - A child of fork(2) and daemon(3) has all that was registered, and reports itself. What it registers is its own. It
 *   lacks at most an option that another thread was replacing during the fork(2). One that is made by clone(2) alone
 *   has no helper and does not report, and lacks whatever was being changed. */
#ifndef PROCGUARD_GMR_H
#define PROCGUARD_GMR_H

#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The library is linked with hidden visibility: these alone are seen. */
#pragma GCC visibility push(default)

/* ---- when and where ---- */

enum gmr_format { GMR_TEXT, GMR_JSON, GMR_XML };

enum { GMR_NO_SIGNAL = -1 };

enum gmr_setup_flags {
	GMR_MAKE_DUMPABLE = 1 /* while a report is made, the process is dumpable, prctl(2), so that one that changed
	                       * its user shows stacks; processes of that user may read its memory meanwhile */
};

/* Zero means the default in every field, so `{ .size = sizeof(struct gmr_options), .log_dir = "/var/log" }` will do.
 * Strings are copied; paths are made absolute, so that a later chdir(2) changes nothing. */
struct gmr_options {
	size_t size;             /* sizeof(struct gmr_options): which of the fields below there are */
	int signal;              /* SIGUSR2; GMR_NO_SIGNAL: only the watched file */
	int format;              /* enum gmr_format */
	const char *product;     /* for Package, and the name of report files: the executable's name */
	const char *vendor;      /* for Package: None */
	const char *log_dir;     /* each report is a file DIR/PRODUCT_gurumeditation_YYYYMMDDHHMMSS (UTC), mode 0600,
	                          * and its path is a line on stderr; NULL: the report itself goes to stderr */
	const char *watch_file;  /* report whenever this file appears or is modified, too. It may be missing, be removed
	                          * and made again, as may its directory, which must be there at first */
	unsigned interval_ms;    /* at most one report in so many milliseconds for the file: 1000 */
	unsigned deadline_ms;    /* what is not read by then is left out of a report: 5000, at most a day; generators
	                          * not counted. 10 s behind it gmr is killed: own sections alone go to stderr then */
	unsigned flags;          /* of enum gmr_setup_flags */
};

/* Make ready: a helper thread that waits, and the handler for the signal. VERSION (at most 63 bytes; NULL: not known)
 * is for Package; OPTIONS may be NULL. Costs about two milliseconds, once, and for good:
 * - a thread; with a section two more, which call generators; a third once a generator has returned. All are named
 *   "gmr" and have all signals blocked but those of faults, and in the first one, while it waits, this signal;
 * - up to three descriptors (close-on-exec; those that the program closes are made anew when they are needed);
 * - a file in memory, memfd_create(2), of about 2 MiB, which children share.
 * So later nothing has to be had but a process and a pipe, for which the library's own descriptors make room.
 *
 * The signal: an earlier handler is called behind ours with the same arguments, in the helper where that took the
 * signal; SIG_IGN and SIG_DFL are not. Ours only wakes the helper: SA_RESTART (where the earlier one has it, or there
 * is none), SA_ONSTACK, errno is kept. A burst of signals is one report; what comes while it is made makes one more.
 * As with any handler, epoll_wait(2), poll(2), nanosleep(2) may return EINTR. A program may block the signal in all
 * its threads, and its main thread may be held in the kernel: the helper takes it. So one that takes the same signal
 * by signalfd(2) or sigwait(3) itself loses some of them: choose another. A program that sets a handler later loses
 * ours, if it does not call the one that it got; but where all of its threads block the signal the helper takes it
 * still.
 *
 * The report is made by a child that looks at this process as `gmr PID` does, from a copy of itself that this library
 * carries: so it does not matter which locks are held here (malloc's, the loader's, stdio's), nor RLIMIT_AS, and no
 * installed binary, no shell and no library is needed. That child is no business of the program's: it raises no
 * SIGCHLD, and wait(2) does not see it. Yama's ptrace_scope 1 is answered by PR_SET_PTRACER for the time of a report.
 * A process that changed its user, or is not dumpable otherwise, shows no stacks without GMR_MAKE_DUMPABLE, unless it
 * is root's. One without /proc, or in a cgroup with less than 12 MiB left (looked for below /sys/fs/cgroup, or of
 * version 1 below /sys/fs/cgroup/memory, only), gets no report but a line that says so, and its own sections; so does
 * one whose gmr was killed. chroot(2) behind this call does no harm where there is a /proc inside.
 *
 * 0. -EALREADY: it was called before, and nothing has changed; behind a failure it may be called again. -EINVAL: size,
 * signal, format or flags are none; GMR_NO_SIGNAL without watch_file. -ENOENT, -ENOTDIR, -EACCES: the directory of
 * watch_file. -ENAMETOOLONG. -EAGAIN, -ENOMEM, -EMFILE: no thread, memory or descriptor. -EFBIG: RLIMIT_FSIZE is below
 * the size of the file in memory. -ENOSYS, -EPERM, -EACCES: memfd_create(2) is refused (by a kernel before 3.17, a
 * filter of system calls, vm.memfd_noexec), and /dev/shm, /run, /tmp and /var/tmp do not take a file without a name
 * that may be executed. -ENOSYS: another processor. A log_dir that is missing or may not be written is no error: it may
 * be there when it is needed; a report that cannot go there goes to stderr, and says so.
 *
 * Not undone: a shared object that contains this library must stay loaded (-z nodelete). */
int gmr_setup_autorun(const char *version, const struct gmr_options *options);

/* ---- sections of the program's own ---- */

/* What a generator writes to; valid until it returns. */
struct gmr_section;

/* Writes a section. Called in a thread of the library's (never in a signal handler; one behind the other) that has all
 * signals blocked and 256 KiB of stack: it may take locks, allocate and call what it likes but fork(2) and
 * pthread_exit(3). It has 1 second. One that is late is shown as "did not answer", with the stack where it is; it is
 * not asked again until it has returned, and what it writes later is dropped. Those behind it are called by another
 * thread; where three generators hang (two, before one has ever returned) they are shown as "not asked". */
typedef void (*gmr_generator)(struct gmr_section *section, void *context);

/* Register GENERATOR for the section TITLE (at most 63 bytes), to be called with CONTEXT, which stays the caller's and
 * must live as long. Sections stand in the order in which they were registered first. Again with the same title:
 * replaces it; GENERATOR NULL: removes it (a call that has begun goes on: it is safe to free CONTEXT only with a lock
 * that the generator takes). -EINVAL: no title, or one of the report's own ("Threads"...); -ENOSPC: there are 64;
 * -ENOMEM. Behind gmr_setup_autorun() the first one has threads made; where they are not to be had it is registered all
 * the same, and shown as "not asked" until a later registration gets them. */
int gmr_register_section(const char *title, gmr_generator generator, void *context);

/* For generators: a section is a text or a list of keys, whichever comes first. Formats as printf(3). 0; -EINVAL: it is
 * the other one, or no key; -ENOBUFS: the section has 64 KiB (this and what follows is dropped, "..." ends it);
 * -EILSEQ, -ENOMEM: of vsnprintf(3). Not from other threads. */
int gmr_print(struct gmr_section *section, const char *format, ...) __attribute__((format(printf, 2, 3)));
int gmr_put(struct gmr_section *section, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- configuration ---- */

enum gmr_option_flags {
	GMR_SECRET = 1 /* shown as "***"; neither value nor length is kept */
};

/* Show VALUE (at most 4095 bytes) in Configuration as NAME (63) of GROUP (63; NULL: "default"). The same again
 * replaces it; VALUE NULL removes it. FLAGS: of enum gmr_option_flags. Names that are known to be of secrets
 * ("password", "api_key") are masked without GMR_SECRET, too. -EINVAL: no name, unknown flags; -ENOSPC: there are 4096;
 * -ENOMEM: what was registered before stays. */
int gmr_register_option(const char *group, const char *name, const char *value, unsigned flags);

/* ---- green threads ---- */

/* Where a green thread that does not run goes on. The program writes it before each switch; of another processor than
 * x86-64 and AArch64 nothing is shown. FP: the register that frames are chained by (rbp, x29): code that keeps none is
 * followed by its unwind tables, which need it where a function has moved its stack pointer by a variable.
 * A switch in assembler has such a table by .cfi directives only: without them a stack ends in it, unless what is
 * written is where its caller goes on. */
struct gmr_registers {
	uint64_t pc, sp, fp;
};

/* How its registers are found. Both pointers stay the caller's: they are read while a report is made, by another
 * process, so that a value that is being changed gives a wrong stack at worst. One of them is given. */
struct gmr_green_thread {
	size_t size;                           /* sizeof(struct gmr_green_thread) */
	const char *name;                      /* at most 31 bytes, or NULL */
	const void *stack;                     /* the lowest address of its stack, and its length in bytes: nothing */
	size_t stack_size;                     /* outside is read as its stack */
	const ucontext_t *context;             /* as swapcontext(3) leaves it, */
	const struct gmr_registers *registers; /* or what the program's own switch leaves */
};

/* Show THREAD in Green Threads until it is unregistered; stands for it: a number above 0. A green thread on whose stack
 * a thread is just running is shown as running, with that thread's id. -EINVAL: size, no stack, none or both of the
 * pointers; -ENOSPC: there are 65536; -ENOMEM. Async-signal-safe; costs below a microsecond. */
int64_t gmr_register_green_thread(const struct gmr_green_thread *thread);

/* Before its stack is freed. -ENOENT: there is none of that number (any more). Async-signal-safe. */
int gmr_unregister_green_thread(int64_t number);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
