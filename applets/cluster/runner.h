/* runner.h: run the lines of start, stop and restart.
 *
 * What waits here does so in the loop, in which everything else goes on: it may be stopped by whoever likes, and is run
 * again until what is waited for is there. Each command has a session of its own, so a terminal's ^C does not reach it,
 * and nothing to read on its standard input; an outer service manager's NOTIFY_SOCKET is taken from it. The caller
 * ignores SIGPIPE (core/sig.h). */
#ifndef CLUSTER_RUNNER_H
#define CLUSTER_RUNNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "applets/cluster/config.h"
#include "applets/cluster/line.h"
#include "applets/cluster/reporting.h"
#include "applets/cluster/roster.h"
#include "core/loop.h"
#include "core/procfs.h"
#include "core/spawn.h"
#include "core/tree.h"

/* How lines are run: the same for all of them. At its address until the loop has run for the last time. */
struct runner {
	struct loop *loop;
	const struct procfs *proc;
	const struct config *config;
	const struct spawn_user *user;  /* NULL: ours */
	const char *const *environment; /* of config, of the user, and PROCGUARD_CLUSTER; NULL: nothing of it */
	bool *cancelled;                /* set by a signal, which also stops the loop: what waits gives up */
	/* A process was forked for LINE and waits for the return of this before it calls exec: 0, or -errno. */
	int (*forked)(void *context, const struct line *line, pid_t pid);
	/* A child that was forked so has ended. Called in the loop, before what waits for it goes on; one that was not
	 * started after all is gone already, and told before the start returns: exit status 127 or 126, as a shell
	 * says it. */
	void (*ended)(void *context, pid_t pid, int status);
	void *context; /* of the two, which may be NULL */
	struct reporting *reporting; /* of who is killed, or takes too long; NULL: no reports */

	/* ---- ours: the child that was started last ---- */
	struct { pid_t pid; bool ended; int status; } child;
	bool *over; /* what is waited for, and set by its end, too; NULL: nobody waits */
	bool late;
};

enum { RUNNER_WHY_SIZE = 256 };

/* What came of a line. */
struct runner_result {
	pid_t pid;                 /* 0: it was not started */
	int rest;                  /* of runner_command(): the end of its pipe, where somebody holds that still; -1 */
	char why[RUNNER_WHY_SIZE]; /* "exit status 3", "it took longer than 30s", "no such command": of a failure */
};

/* Run a command until it has ended, its output on our standard error as it comes; where that is closed the output is
 * dropped. Longer than the command-timeout: it is ended with its session and all below it, here and where it is
 * cancelled. 0: exit status 0; -ECHILD: RET->why says how it failed; -ECANCELED; else -errno of the start, of forked(),
 * too, RET->why says what failed. The caller has RET->rest, which does not block. */
int runner_command(struct runner *r, const struct line *line, struct runner_result *ret);

/* Start a command that goes on, its output to OUT; ADD_ENVIRONMENT ("NAME=VALUE", may be NULL) is put into its
 * environment. Its pid, or as runner_command(). Does not wait for anything but its exec. */
int runner_start(struct runner *r, const struct line *line, int out, const char *add_environment,
		 struct runner_result *ret);

/* The same in steps, for several that are started at once: runner_begin(): 0, forked() has been called for it, and it
 * waits before exec; then runner_go(), and runner_finish() returns what runner_start() would; or runner_cancel() for
 * ERROR. The loop is not run between. */
struct runner_begun { struct spawn_begun spawn; };
int runner_begin(struct runner *r, const struct line *line, int out, const char *add_environment,
		 struct runner_begun *ret_begun, struct runner_result *ret);
void runner_go(const struct runner_begun *begun);
int runner_finish(struct runner *r, struct runner_begun *begun, struct runner_result *ret);
void runner_cancel(struct runner *r, struct runner_begun *begun, int error, struct runner_result *ret);

/* ---- ready.c ---- */

struct ready;

/* Make ready to wait: for LINE_READY_NOTIFY opens the socket, RET_ENVIRONMENT is then to be put into the member's
 * environment, else NULL. -errno; RET->why says what failed. R and LINE outlive it. Release with ready_free(). */
int ready_new(struct runner *r, const struct line *line, struct ready **ret, const char **ret_environment,
	      struct runner_result *ret_result);

/* Wait until the member PID, the last one that was started, is ready as LINE says. 0; -ECHILD: PID has ended meanwhile,
 * or the command-timeout has passed, RET->why says which; -ECANCELED; -errno. A name of a host, other than "localhost",
 * is asked for, which blocks as long as the resolver does; that nobody knows it is said. */
int ready_wait(struct ready *ready, pid_t pid, struct runner_result *ret);
void ready_free(struct ready *ready); /* takes NULL */

/* ---- runner_pid.c ---- */

/* A `pid:` line: end that process with all below it (SIGTERM, after stop-timeout SIGKILL), and remove the file. Never
 * PID 1, ourselves, or whom we come from. The process that a FILE names is ended only when it is one of OURS (NULL:
 * nobody is); or the file belongs to root, us or the process's own user, is not writable by all, and is not older than
 * the process. What is there no more (such a file, such a process) is said. 0: it is not there (any more); -ECHILD:
 * RET->why says why not; -ECANCELED. */
int runner_pid(struct runner *r, const struct line *line, const struct tree_scope *ours, struct runner_result *ret);

#endif
