/* capture_private.h: what the files of capture share.
 *
 * capture.c          the order in which a process is read
 * capture_threads.c  who its threads are
 * capture_maps.c     its memory map, vdso, entry point
 * capture_modules.c  the files that it has mapped executable
 * capture_copy.c     its memory: the pool of copies, and many pieces in one process_vm_readv(2)
 * capture_present.c  which pages of it are there
 * capture_read.c     a piece of it that somebody names, from its files where it is not there
 * capture_signal.c   the other stack of a thread that handles a signal
 * capture_asleep.c   stacks of threads that sleep
 * capture_green.c    stacks of green threads
 * capture_stop.c     stacks of threads that are stopped: the side that waits; capture_watch.c: it watches
 * capture_stopper.c  the same: a child that calls ptrace(2); capture_slot.c: one thread of it */
#ifndef CORE_CAPTURE_PRIVATE_H
#define CORE_CAPTURE_PRIVATE_H

#include "core/capture.h"

enum {
	CAPTURE_THREADS_MAX = 65536,
	CAPTURE_GREENS_MAX = 65536,
	CAPTURE_MODULES_MAX = 4096,
	CAPTURE_MAPS_MAX = 16 << 20,
	CAPTURE_VDSO_MAX = 64 << 10,
	CAPTURE_BATCH = 32,          /* threads whose files are open at the same time */
	CAPTURE_UNKNOWN_MAX = 64 << 10, /* of a stack whose mapping is newer than the map that we have */
};

/* Where the next bytes of stacks go: shared with children that are forked later. */
struct capture_pool {
	char *base;
	size_t size, used;
};

struct capture_private {
	int dir;                     /* /proc/PID */
	int memory;                  /* the same, or task/TID where the main thread has ended: it has no memory */
	pid_t reader;                /* whose memory is read: the process, or that thread */
	int pagemap;                 /* of MEMORY, or -errno */
	bool foreign;                /* a program of another word size */
	struct capture_options options;
	struct capture_pool pool;
};

/* capture_threads.c: fill threads and their count; -errno where the process cannot be listed. */
int capture_list_threads(struct capture *c);

/* Append a thread; its comm, state and place in the kernel are read where that may be. NULL: no memory, or enough. */
struct capture_thread *capture_add_thread(struct capture *c, pid_t tid, int dir);
void capture_sort_threads(struct capture *c);

/* Read comm, state and place again, of one that ran when it was listed. */
void capture_refresh_thread(const struct capture *c, struct capture_thread *thread);

/* The one with TID among the sorted ones, or NULL. */
struct capture_thread *capture_find_thread(const struct capture *c, pid_t tid);

/* A file of a thread, up to SIZE bytes; the length or -errno. */
ssize_t capture_thread_file(const struct capture *c, pid_t tid, const char *name, char *ret, size_t size);
int capture_open_thread_file(const struct capture *c, pid_t tid, const char *name);

/* capture_maps.c: maps, mappings, vdso, entry. */
int capture_read_maps(struct capture *c);

/* Where the memory ends in which SP lies. RET_KNOWN: it is in a mapping that we know. */
uint64_t capture_stack_end(const struct capture *c, uint64_t sp, bool *ret_known);

/* capture_modules.c */
int capture_open_modules(struct capture *c);

/* capture_copy.c */
int capture_pool_open(struct capture_pool *pool, size_t size);
void capture_pool_done(struct capture_pool *pool);

/* A piece of the process's memory and where it goes. */
struct capture_piece {
	uint64_t from;
	char *to;
	size_t len, got;
	bool cut;        /* the stack is longer than LEN */
	bool separate;   /* it was copied by capture_copy_present() */
};

/* Room in POOL for the stack at SP. */
void capture_piece_of(const struct capture *c, struct capture_pool *pool, uint64_t sp, struct capture_piece *ret);

/* Room in POOL for what is at FROM, WHOLE bytes; .cut: not for all. */
void capture_piece_at(const struct capture *c, struct capture_pool *pool, uint64_t from, uint64_t whole,
		      struct capture_piece *ret);

/* Copy the COUNT pieces, as much of each as is there; IOV has room for 2 * IOV_COUNT. 0, or -errno: nothing can be
 * read (-ESRCH: READER has ended; -EPERM). With a PAGEMAP, which may be negative, pages that are not in memory are
 * zero: else the process could make us wait for ever. */
struct iovec;
int capture_copy(int pagemap, pid_t reader, struct capture_piece *pieces, size_t count, struct iovec *iov,
		 size_t iov_count);

/* capture_present.c: copy PIECE, if pages of it are not in memory: the others. */
int capture_copy_present(int pagemap, pid_t reader, struct capture_piece *piece);

/* A stack in THREAD; OTHER: the second one. */
void capture_set_stack(struct capture_thread *thread, const struct capture_piece *piece,
		       const struct capture_piece *other);

/* capture_signal.c: behind capture_copy() of the COUNT stacks PIECES, find those of threads that handle a signal on a
 * stack of its own, and copy what was interrupted to OTHERS, which are empty for all the rest. */
void capture_copy_interrupted(const struct capture *c, struct capture_pool *pool, int pagemap, pid_t reader,
			      const struct capture_piece *pieces, struct capture_piece *others, size_t count,
			      struct iovec *iov, size_t iov_count);

/* capture_asleep.c: look at all threads, with AGAIN only at those that were found running (-EBUSY); with COPY those
 * that sleep are read. Returns how many are left with -EBUSY. */
size_t capture_asleep(struct capture *c, bool again, bool copy);

/* capture_stop.c: stop and read the COUNT threads of INDICES; with ALL also those that appear meanwhile. */
int capture_stop_threads(struct capture *c, const size_t *indices, size_t count, bool all);

/* Whether the deadline is over. */
bool capture_is_late(const struct capture *c);

#endif
