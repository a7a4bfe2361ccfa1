/* runner.h: run the lines of start, stop and restart. What waits here does so in the loop, in which everything else goes
 * on. */
#ifndef CLUSTER_RUNNER_H
#define CLUSTER_RUNNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "applets/cluster/config.h"
#include "applets/cluster/line.h"
#include "applets/cluster/roster.h"
#include "core/loop.h"
#include "core/procfs.h"
#include "core/spawn.h"
#include "core/tree.h"

/* How lines are run: the same for all of them. */
struct runner {
	struct loop *loop;
	const struct procfs *proc;
	const struct config *config;
	const struct spawn_user *user;  /* NULL: ours */
	const char *const *environment; /* of config, of the user, and PROCGUARD_CLUSTER */
	bool *cancelled;                /* set by a signal, which also stops the loop: what waits gives up */
	/* A process was forked for LINE and waits for the return of this before it calls exec: 0, or -errno. */
	int (*forked)(void *context, const struct line *line, pid_t pid);
	/* A child that was forked so has ended, also one that was not started after all. Called in the loop, before what
	 * waits for it goes on. */
	void (*ended)(void *context, pid_t pid, int status);
	void *context;
};

enum { RUNNER_WHY_SIZE = 256 };

/* What came of a line. */
struct runner_result {
	pid_t pid;                 /* 0: it was not started */
	int rest;                  /* of runner_command(): the end of its pipe, where somebody holds that still; -1 */
	char why[RUNNER_WHY_SIZE]; /* "exit status 3", "it took longer than 30s", "no such command": of a failure */
};

/* Run a command until it has ended, its output on our standard error as it comes. Longer than the command-timeout: it is
 * ended, with its process group. 0: exit status 0; -ECHILD: RET->why says how it failed; -ECANCELED: cancelled, and it
 * is ended; else -errno of the start, RET->why says what failed. The caller has RET->rest. */
int runner_command(struct runner *r, const struct line *line, struct runner_result *ret);

/* Start a command that goes on, its output to OUT; ADD_ENVIRONMENT ("NAME=VALUE", may be NULL) is put into its
 * environment. Its pid, or as runner_command(). Does not wait for anything but its exec. */
int runner_start(struct runner *r, const struct line *line, int out, const char *add_environment,
		 struct runner_result *ret);

/* ---- ready.c ---- */

struct ready;

/* Make ready to wait: for LINE_READY_NOTIFY opens the socket, RET_ENVIRONMENT is then to be put into the member's
 * environment, else NULL. -errno; RET->why says what failed. Release with ready_free(). */
int ready_new(struct runner *r, const struct line *line, struct ready **ret, const char **ret_environment,
	      struct runner_result *ret_result);

/* Wait until the member PID is ready as LINE says. 0; -ECHILD: PID has ended meanwhile, or the command-timeout has
 * passed, RET->why says which; -ECANCELED. */
int ready_wait(struct ready *ready, pid_t pid, struct runner_result *ret);
void ready_free(struct ready *ready); /* takes NULL */

/* ---- runner_pid.c ---- */

/* A `pid:` line: end that process with all below it (SIGTERM, after stop-timeout SIGKILL), and remove the file. The
 * process that a FILE names is ended only when the file belongs to root, us or the process's own user and the process is
 * not younger than the file, or when it is one of OURS. What was found (no such file, no such process) is said. 0: it is not there (any more); -ECHILD: RET->why
 * says why not; -ECANCELED. */
int runner_pid(struct runner *r, const struct line *line, const struct tree_scope *ours, struct runner_result *ret);

#endif
