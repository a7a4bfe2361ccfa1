/* stops FILE: what a tracer's stops came to (tests/bench/preload/stops.c), in nanoseconds:
 *
 *   LONGEST   of one thread, from the request to stop to the request to go on
 *   TOGETHER  from the moment when all that it stopped were seen to be stopped until the first went on; 0: never all
 *   WINDOW    from the first request to stop to the last request to go on
 *   THREADS   how many were stopped
 *
 * FILE is made empty for the next one. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/bench/stops.h"

struct thread { int32_t tid; int64_t asked, longest; };

static struct thread threads[65536];
static size_t thread_count;

static struct thread *thread_of(int32_t tid)
{
	for (size_t i = thread_count; i-- > 0;)
		if (threads[i].tid == tid)
			return &threads[i];
	if (thread_count == sizeof(threads) / sizeof(*threads))
		exit(1);
	threads[thread_count].tid = tid;
	return &threads[thread_count++];
}

struct totals { int64_t first, last, seen, together; size_t held, all; };

static void take(const struct stops_event *e, struct totals *t)
{
	struct thread *thread = thread_of(e->tid);

	if (e->kind == STOPS_ASKED) {
		thread->asked = e->ns;
		t->first = t->first && t->first < e->ns ? t->first : e->ns;
		t->held++;
	} else if (e->kind == STOPS_SEEN) {
		t->seen = e->ns;
	} else if (thread->asked) {
		if (e->ns - thread->asked > thread->longest)
			thread->longest = e->ns - thread->asked;
		if (t->held == t->all && t->seen && e->ns - t->seen > t->together)
			t->together = e->ns - t->seen;
		t->held--;
		thread->asked = 0;
		t->last = e->ns;
	}
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDWR | O_CLOEXEC) : -1;
	struct stops_file *file;
	struct totals t = { 0 };
	int64_t longest = 0;
	unsigned count;

	if (fd < 0)
		return 2;
	file = mmap(NULL, sizeof(*file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (file == MAP_FAILED)
		return 1;
	count = file->count < STOPS_MAX ? file->count : STOPS_MAX;
	for (unsigned i = 0; i < count; i++)
		thread_of(file->events[i].tid);
	t.all = thread_count;
	for (unsigned i = 0; i < count; i++)
		take(&file->events[i], &t);
	for (size_t i = 0; i < thread_count; i++)
		longest = threads[i].longest > longest ? threads[i].longest : longest;
	file->count = 0;
	printf("%lld %lld %lld %zu\n", (long long)longest, (long long)t.together, (long long)(t.last - t.first),
	       thread_count);
	return 0;
}
