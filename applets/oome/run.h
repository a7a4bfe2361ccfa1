/* run.h: what the files of `oome run` share: one guarded command.
 *
 * What happens (a signal, a child's end, a file, a timer) becomes an event; run_policy.c decides; run.c has it done by
 * run_start.c, run_watch.c (reports and ends) and core's guarded.c; run_gmr.c reports ourselves. From a
 * report to the last SIGKILL nothing is allocated: that must work when memory is gone. */
#ifndef OOME_RUN_H
#define OOME_RUN_H

#include "applets/oome/oome.h"
#include "applets/oome/run_home.h"
#include "applets/oome/run_places.h"
#include "applets/oome/run_policy.h"
#include "core/guarded.h"
#include "core/limit.h"
#include "core/loop.h"
#include "core/oomadj.h"
#include "core/oomkill.h"
#include "core/selfreport.h"

struct run {
	const struct oome_config *config;
	char *const *argv;
	char command[GUARDED_NAME_SIZE]; /* for messages, where a very long one is cut */
	char name[GUARDED_NAME_SIZE];  /* its base name, the same */
	struct loop *loop;
	struct guarded guarded;
	enum run_state state;
	int signal;                /* the last that we got */
	int failed_starts;
	bool restarting;           /* the next start is not the first */
	struct limit limit;
	int64_t limit_said_ms;     /* -1: not yet */
	struct run_home home;
	struct run_places places;
	struct oomkill killer;
	struct oomadj oomadj;      /* the child gets back what it was */
	struct selfreport selfreport;
};

/* EVENT has happened: decide and do. */
void run_happened(struct run *run, enum run_event event);

/* Start the command; when that must wait, it is done again later; when it cannot be, the loop is stopped. For
 * loop_set_timer(). */
void run_start(struct loop *loop, void *run);

/* --gmr-signal, --gmr-file, where they are given; -errno of selfreport.h. */
int run_gmr_open(struct run *run);

/* Look for reports now and then from now on: a child was started. */
void run_watch(struct run *run);

/* Inotify has something. For loop_add_fd(). */
void run_watch_event(struct loop *loop, int fd, short revents, void *run);

/* The child ended (guarded.status): may and must it be restarted? Says why, or why not. */
bool run_watch_end(struct run *run);

#endif
