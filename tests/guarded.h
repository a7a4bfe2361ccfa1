/* guarded.h: one guarded command of a test, below a guard of its own, and what is told of it. */
#ifndef TESTS_GUARDED_H
#define TESTS_GUARDED_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/guarded.h"
#include "core/loop_private.h"
#include "tests/tree.h"

enum mode { NATIVE, NO_PIDFD, NO_PROC, MODES };

static enum mode mode;

/* What has happened, a letter each: e(nded), + and a signal's number, g(race over), t(ree gone), s(tubborn). */
struct world {
	struct loop *loop;
	struct guarded g;
	char events[64];
	char wanted;                        /* run_until() ends behind it */
	void (*on_ended)(struct world *world);
	bool inside;                        /* a function of guarded.h runs: nothing may happen */
	bool bad;
	pid_t follow;
};

static inline void happened(struct world *world, const char *what)
{
	world->bad |= world->inside;
	if (strlen(world->events) + strlen(what) < sizeof world->events)
		strcat(world->events, what);
	if (*what == world->wanted)
		loop_stop(world->loop, 0);
}

static inline void on_ended(void *context)
{
	struct world *world = context;

	world->bad |= world->g.child.pid != 0;
	if (world->on_ended)
		world->on_ended(world);
	happened(world, "e");
}

static inline void on_signalled(void *context, int signal)
{
	char text[16];

	snprintf(text, sizeof text, "+%d", signal);
	happened(context, text);
}

static inline void on_grace_over(void *context)
{
	happened(context, "g");
}

static inline void on_tree_gone(void *context)
{
	happened(context, "t");
}

static inline void on_stubborn(void *context)
{
	happened(context, "s");
}

static const struct guarded_calls calls = {
	.ended = on_ended, .signalled = on_signalled, .grace_over = on_grace_over, .tree_gone = on_tree_gone,
	.stubborn = on_stubborn,
};

static inline void too_late(struct loop *loop, void *context)
{
	(void)context;
	loop_stop(loop, 1);
}

static inline bool run_until(struct world *world, char wanted)
{
	int status;

	world->wanted = wanted;
	loop_set_timer(world->loop, 20000, too_late, NULL);
	status = loop_run(world->loop);
	loop_clear_timer(world->loop, too_late, NULL);
	return status == 0 && !world->bad;
}

/* Nothing happens in the next 50 ms. */
static inline bool is_quiet(struct world *world)
{
	size_t before = strlen(world->events);

	world->wanted = '\0';
	loop_set_timer(world->loop, 50, too_late, NULL);
	loop_run(world->loop);
	return strlen(world->events) == before && !world->bad;
}

/* In the guard's process: stdin is no terminal, and 9, which programs hold open, says who is ready and who is alive. */
static inline void open_world(struct world *world)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (dup2(null, STDIN_FILENO) < 0 || dup3(alive[1], 9, O_CLOEXEC) < 0)
		_exit(94);
	if (mode == NO_PIDFD && filter_refuse(SYS_pidfd_open, ENOSYS) < 0)
		_exit(93);
	*world = (struct world){ 0 };
	if (loop_new(&world->loop) < 0 || guarded_open(&world->g, world->loop, &calls, world) < 0)
		_exit(92);
	if (mode == NO_PROC)
		world->g.proc = NULL;
}

static inline int close_world(struct world *world, int result)
{
	guarded_done(&world->g);
	guarded_done(&world->g);
	loop_free(world->loop);
	return result;
}

static inline int start_script(struct world *world, const char *script)
{
	char *const argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c", (char *)(uintptr_t)script, NULL };
	const struct spawn how = { .argv = argv, .keep = 9 };

	return guarded_start(&world->g, &how);
}

static inline void terminate(struct world *world, int signal, int64_t grace_ms)
{
	size_t timers = world->loop->timer_count;

	world->inside = true;
	guarded_terminate(&world->g, signal, grace_ms);
	world->inside = false;
	world->bad |= world->loop->timer_count != timers; /* they have had their room */
}

static inline void kill_it(struct world *world)
{
	world->inside = true;
	guarded_kill(&world->g);
	world->inside = false;
}

#define EVERY_MODE(name, play)                 \
	START_TEST(name)                       \
	{                                      \
		mode = (enum mode)_i;          \
		as_guard(play, false, false);  \
	}                                      \
	END_TEST

#endif
