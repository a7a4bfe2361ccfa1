/* loop.h: a loop of a test, and notes of what it did. */
#ifndef TESTS_LOOP_H
#define TESTS_LOOP_H

#include <check.h>

#include "core/loop.h"

struct seen { int calls; int status; pid_t pid; int fd; short revents; char order[16]; size_t orders; };

static struct loop *loop;

static inline void set_up(void)
{
	ck_assert_int_eq(loop_new(&loop), 0);
}

static inline void tear_down(void)
{
	loop_free(loop);
}

static inline void too_late(struct loop *l, void *context)
{
	(void)context;
	loop_stop(l, 99);
}

/* Run until somebody stops the loop; 99 when nobody does. */
static inline int run(void)
{
	int status;

	ck_assert_int_eq(loop_set_timer(loop, 10000, too_late, NULL), 0);
	status = loop_run(loop);
	loop_clear_timer(loop, too_late, NULL);
	return status;
}

static struct seen order;

static inline void note_a(struct loop *l, void *context)
{
	(void)l, (void)context;
	order.order[order.orders++] = 'a';
}

/* A CONTEXT means: and stop. */
static inline void note_b(struct loop *l, void *context)
{
	order.order[order.orders++] = 'b';
	if (context)
		loop_stop(l, 5);
}

#endif
