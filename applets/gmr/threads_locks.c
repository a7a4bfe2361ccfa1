/* threads_locks.c: see threads_private.h: who waits for whom. */
#include <stdlib.h>

#include "applets/gmr/locks.h"
#include "applets/gmr/threads_private.h"
#include "core/cleanup.h"

static void locks_done(struct locks **locks)
{
	locks_free(*locks);
}

static void add_deadlock(struct threads *threads, const size_t *ring, size_t count)
{
	struct gmr_report *report = threads->report;
	struct value *list = value_add_list(&report->tree, report->deadlocks, NULL);

	for (size_t i = 0; i < count; i++)
		value_add_int(&report->tree, list, NULL, threads->capture->threads[ring[i]].tid);
}

static void find_deadlocks(struct threads *threads, const struct locks *locks)
{
	size_t count = threads->capture->thread_count, at = 0, len;
	CLEANUP(free_done) size_t *marks = calloc(count + 1, sizeof(*marks));
	CLEANUP(free_done) size_t *ring = calloc(count + 1, sizeof(*ring));

	if (!marks || !ring)
		return;
	while ((len = lock_ring(threads->owners, count, marks, &at, ring)) > 0)
		if (locks_confirm(locks, ring, len))
			add_deadlock(threads, ring, len);
}

void threads_locks(struct threads *threads)
{
	CLEANUP(locks_done) struct locks *locks = NULL;

	for (size_t i = 0; i < threads->capture->thread_count; i++)
		threads->owners[i] = -1;
	if (locks_open(threads->target, threads->capture, &locks) < 0)
		return;
	for (size_t i = 0; i < threads->capture->thread_count; i++)
		threads->owners[i] = locks_owner(locks, i);
	find_deadlocks(threads, locks);
}
