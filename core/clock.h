/* clock.h: the clock of all deadlines. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdint.h>

/* Nanoseconds of CLOCK_MONOTONIC, which does not count suspend. */
int64_t clock_ns(void);

/* The same, milliseconds. */
int64_t clock_ms(void);

#endif
