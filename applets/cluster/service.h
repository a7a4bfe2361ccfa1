/* service.h: the daemon of a cluster: it starts the lines, knows what came of them, sees it end.
 *
 *	service.c          what it begins and ends with: who we are, the standard descriptors
 *	service_logger.c   the process that has the log
 *	service_before.c   the lock, and what a daemon before us has left
 *	service_members.c  who is there: forked, ended, orphaned
 *	service_file.c     the pid file, as long as it lives
 *	service_start.c    the lines in their order
 *	service_live.c     what happens then
 *	service_gmr.c      a report of the daemon itself, on SIGUSR2 */
#ifndef CLUSTER_SERVICE_H
#define CLUSTER_SERVICE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "applets/cluster/commands.h"
#include "applets/cluster/config.h"
#include "applets/cluster/logger.h"
#include "applets/cluster/pidfile.h"
#include "applets/cluster/roster.h"
#include "applets/cluster/runner.h"
#include "core/loop.h"
#include "core/oomkill.h"
#include "core/pidref.h"
#include "core/procfs.h"
#include "core/selfreport.h"
#include "core/tree.h"

struct service {
	const struct config *config;
	bool foreground;               /* `run` */
	enum roster_exit_on exit_on;
	struct loop *loop;
	struct procfs procfs;
	int lock;
	struct roster roster;
	struct commands commands;
	struct runner runner;
	struct reporting reporting;
	struct selfreport selfreport;
	struct logger logger;
	int64_t logger_began_ms;       /* loop_now() */
	bool logger_missing;           /* none can be started: said */
	int journal;                   /* the log's source "cluster"; -1 in the foreground */
	bool attached;                 /* our stderr is that of who started us, and not the journal */
	struct oomkill killer;
	const struct config_lines *lines; /* that were started; NULL: it is being stopped by us */
	struct member last;            /* the member that ended last: whose orphans we may have got */
	bool has_pid_file;
	bool writes_later;             /* the pid file is written for several members at once */
	bool stale;                    /* the pid file could not be written, and is behind */
	struct stat written;           /* of the pid file, as we have written it */
	bool cancelled;                /* a signal: what is being started is given up */
	int signal;                    /* the one that told us to end; 0: none */
	struct pidref stopper;         /* who stops the cluster from outside; pid 0: nobody */
	bool given_up;                 /* a start: who stops the cluster ends what it has begun, or we do */
	bool over;                     /* it is stopped, or told to us to be */
};

#define SERVICE_NONE ((struct service){ .procfs = { .fd = -1 }, .lock = -1, .journal = -1, \
					.logger = LOGGER_NONE, .stopper = PIDREF_NONE, .attached = true, \
					.selfreport = { SELFREPORT_NONE } })

/* ---- service.c ---- */

/* Begin: the lock, what there was before, the pid file, the logger. 0, or -errno: said on stderr, nothing is left of
 * it. To be released with service_close(), which does not stop anything. */
int service_open(struct service *s, const struct config *config, bool foreground);
void service_close(struct service *s); /* removes the pid file, and waits for the logger to have written all */

/* Nothing of who started us is held any longer: the terminal, the standard descriptors, the working directory. What is
 * said from here on stands in the log alone. */
void service_detach(struct service *s);

/* A line for who starts us, and for the log; for the log alone, which is stderr in the foreground. */
void service_say(struct service *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void service_log(struct service *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void service_note(struct service *s, const char *format, ...) __attribute__((format(printf, 2, 3))); /* log alone */

/* Run the loop for MS; 0: until what has happened is seen. */
void service_pause(struct service *s, int ms);

/* ---- service_before.c ---- */

/* Be the only daemon. -errno, -EEXIST: there is one; which is said. */
int service_take_lock(struct service *s);

/* What a pid file that is there says: end what a daemon that was killed has left. As service_take_lock(). */
int service_look_before(struct service *s);

/* ---- service_logger.c ---- */

/* Begin the log: 0, or -errno, which is said. */
int service_start_logger(struct service *s);

/* It has ended, by whomever: another one, at once or after a while. */
void service_restart_logger(struct service *s);

/* Let go of it, and wait until it has written what there is. */
void service_end_logger(struct service *s);

/* ---- service_members.c ---- */

/* The calls of struct runner. */
int service_forked(void *context, const struct line *line, pid_t pid);
void service_ended(void *context, pid_t pid, int status);

/* Look after children that nobody of us started. */
void service_watch_orphans(struct service *s);

/* ---- service_file.c ---- */

/* Write the pid file. -errno: said once; tried again with the next change, and after some time. */
int service_write(struct service *s);

/* Have it made anew when somebody removes it, or writes into it: without it nobody could stop us. */
void service_watch_file(struct service *s);

/* ---- service_start.c ---- */

/* Run LINES. 0; 1: one failed, which is said, and everything is ended again. When somebody else stops the cluster
 * meanwhile it is 1, too, and left to them. */
int service_start(struct service *s, const struct config_lines *lines);

/* ---- service_gmr.c ---- */

/* SIGUSR2 is a report of ourselves, until somebody else takes it. As selfreport_take_signal(). */
int service_open_selfreport(struct service *s);

/* ---- service_live.c ---- */

/* Take the signals that tell a daemon something. */
int service_take_signals(struct service *s);

/* Until it is over. Returns the exit status. */
int service_live(struct service *s);

/* Is it on us to stop the cluster? Then we have the lock for that from here on. Waits while somebody has it who has not
 * told us yet: false when that one has, or when it is over. */
bool service_may_stop(struct service *s);

/* Stop everything ourselves, with the stop lines or without. As stopping_all(). */
int service_stop(struct service *s, bool stop_lines);

#endif
