/* raw_none.c: see raw.h: a processor of which we have no assembly. */
#if (!defined(__x86_64__) && !defined(__aarch64__)) || defined(__ILP32__)

#include "core/inside/raw.h"

#include <errno.h>

const bool raw_is_known = false;

long raw_call(long number, long a, long b, long c, long d, long e, long f)
{
	(void)number, (void)a, (void)b, (void)c, (void)d, (void)e, (void)f;
	return -ENOSYS;
}

long raw_clone(unsigned long flags, void *top, int (*run)(void *context), void *context)
{
	(void)flags, (void)top, (void)run, (void)context;
	return -ENOSYS;
}

#else
typedef int raw_none_is_not_meant;
#endif
