/* pages.h: pages of another process's memory, copied as they are asked for.
 *
 * Who follows pointers through a process reads many small things from few pages. Each of those is copied once, into
 * memory that is shared with children, and found there from then on: a second walk costs no system call.
 * pages_refresh() copies all of them again in a few calls, which is what is done while the process stands still: what
 * is there afterwards is of one moment. A child without rights reads on from the copies alone.
 *
 * Nothing here allocates but pages_new(), pages_prepare() and pages_unshare(). Pages are of PAGES_SIZE bytes, whatever
 * the kernel's are. */
#ifndef CORE_PAGES_H
#define CORE_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PAGES_SIZE = 4096, PAGES_AHEAD_MAX = 64 };

struct pages;

/* None yet; never more than MAX. -ENOMEM. Free with pages_free(), which takes NULL. */
int pages_new(size_t max, struct pages **ret);
void pages_free(struct pages *pages);

/* From whom pages are copied from now on: READER, a process or thread, where PAGEMAP (a descriptor on its pagemap, or
 * negative: not asked) says that they are in memory, as others might keep us waiting. READER 0: nobody. */
void pages_source(struct pages *pages, pid_t reader, int pagemap);

/* Who gives a page that is not in memory (of a file that is mapped: capture_read()); it is not copied again. */
typedef int (*pages_fn)(const void *context, uint64_t address, void *ret, size_t len);
void pages_fallback(struct pages *pages, pages_fn function, const void *context);

/* From UNTIL_NS (CLOCK_MONOTONIC) on, 0: never, all that is asked for fails with -ETIMEDOUT: no walk through what
 * another process has made up lasts longer, whatever it is led to. */
void pages_until(struct pages *pages, int64_t until_ns);

/* From the same source, with the same fallback, until the same time as LEADER. */
void pages_follow(struct pages *pages, const struct pages *leader);

/* Where one is copied, copy those beside it, too, up to COUNT (a power of two, at most PAGES_AHEAD_MAX), as far as they
 * are in memory: for who is going to read most of it. It needs a pagemap. */
void pages_read_ahead(struct pages *pages, size_t count);

/* Copy LEN bytes at ADDRESS to RET. -EFAULT: they are not mapped, not in memory, or were not copied and there is no
 * source; -ENOBUFS: there are as many pages as there may be; -ESRCH, -EPERM. RET may have been written to then. */
int pages_read(struct pages *pages, uint64_t address, void *ret, size_t len);

/* The same for later: copy what is not there yet. */
int pages_touch(struct pages *pages, uint64_t address, size_t len);

/* Copy all pages again. Those that are not mapped, or not in memory, any more are forgotten. 0; -ESRCH, -EPERM: none
 * could be copied; -ETIMEDOUT. */
int pages_refresh(struct pages *pages);

/* Before a process of ours calls pages_refresh() while another one waits for it: it will cost as little as can be. */
void pages_prepare(struct pages *pages);

/* From here on what children write to PAGES' own books is not seen here: it may be freed whatever they do. Call it
 * before one is forked that is not trusted; what the pages hold is not to be read here any more then. -ENOMEM. */
int pages_unshare(struct pages *pages);

/* Forget all. */
void pages_clear(struct pages *pages);

/* As if LEN bytes at ADDRESS had been copied and were DATA: for tests. -ENOBUFS. */
int pages_put(struct pages *pages, uint64_t address, const void *data, size_t len);

/* What /proc/PID/pagemap has of a page, proc_pid_pagemap(5): may it be read without waiting for the process? 63: it is
 * in memory; 62: it was swapped out; 57: userfaultfd(2) watches writes to it, and may keep it. */
bool pages_is_here(uint64_t entry);

#endif
