/* stops.h: what tests/bench/preload/stops.c records of a tracer's stops, and tests/bench/stops.c reads. */
#ifndef BENCH_STOPS_H
#define BENCH_STOPS_H

#include <stdatomic.h>
#include <stdint.h>

enum stops_kind { STOPS_ASKED = 1, STOPS_SEEN, STOPS_LET_GO };

struct stops_event { int64_t ns; int32_t tid; int32_t kind; };

enum { STOPS_MAX = 1 << 20 };

struct stops_file {
	atomic_uint count;
	struct stops_event events[STOPS_MAX];
};

#endif
