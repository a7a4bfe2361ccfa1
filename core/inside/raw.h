/* raw.h: system calls without libc: no errno, no cancellation, no sanitizer. For code that runs in another process
 * that shares this one's memory, clone(2) with CLONE_VM: there libc's thread-local data are another thread's. */
#ifndef INSIDE_RAW_H
#define INSIDE_RAW_H

#include <stdbool.h>

#ifndef __has_attribute
#define __has_attribute(x) 0
#endif

/* On functions that run there: a sanitizer would take their stack for a thread's that it does not know. */
#if __has_attribute(disable_sanitizer_instrumentation)
#define RAW_ALONE RAW_PLAIN, disable_sanitizer_instrumentation
#else
#define RAW_ALONE RAW_PLAIN
#endif
#define RAW_PLAIN noinline, no_sanitize("address"), no_sanitize("thread"), no_sanitize("undefined")
#define RAW __attribute__((RAW_ALONE))

/* raw_x86_64.c, raw_aarch64.c, raw_none.c (of another processor: raw_is_known is false, and all fails with -ENOSYS).
 *
 * The system call NUMBER: what the kernel returns, so that -errno is an error. */
long raw_call(long number, long a, long b, long c, long d, long e, long f);

/* clone(2): the child calls RUN(CONTEXT) on the stack that ends at TOP, and exits with what it returns. Without
 * CLONE_SETTLS, CLONE_PARENT_SETTID and the like. */
long raw_clone(unsigned long flags, void *top, int (*run)(void *context), void *context);

extern const bool raw_is_known;

#define raw_call0(n) raw_call(n, 0, 0, 0, 0, 0, 0)
#define raw_call1(n, a) raw_call(n, (long)(a), 0, 0, 0, 0, 0)
#define raw_call2(n, a, b) raw_call(n, (long)(a), (long)(b), 0, 0, 0, 0)
#define raw_call3(n, a, b, c) raw_call(n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define raw_call4(n, a, b, c, d) raw_call(n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define raw_call5(n, a, b, c, d, e) raw_call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

#endif
