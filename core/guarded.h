/* guarded.h: one guarded command: what `oome run` and `heart run` share.
 *
 * It is started in a process group of its own, which has the terminal where there is one; the signals that a guard gets
 * are taken; its end is seen; what is left of its tree is ended, by a signal first and SIGKILL at last. What that means
 * is the applet's to decide. From guarded_terminate() to the call of tree_gone nothing is allocated: it must work when
 * memory is gone. */
#ifndef CORE_GUARDED_H
#define CORE_GUARDED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/loop.h"
#include "core/pidref.h"
#include "core/procfs.h"
#include "core/spawn.h"
#include "core/terminal.h"

/* What happens: called from the loop, never from a function of this file. None may be NULL. */
struct guarded_calls {
	void (*ended)(void *context);               /* the child ended: guarded.status; child.pid is 0 */
	void (*signalled)(void *context, int signal); /* we got TERM, INT, HUP, QUIT, USR1, USR2 or WINCH */
	void (*grace_over)(void *context);          /* after guarded_terminate(): something is left */
	void (*tree_gone)(void *context);           /* after guarded_terminate() or guarded_kill(): nothing is left */
	void (*stubborn)(void *context);            /* 10 s after guarded_kill(), once: something is still left */
};

enum guarded_ending { GUARDED_LEFT_ALONE, GUARDED_TERMINATING, GUARDED_KILLING };

struct guarded {
	struct loop *loop;
	struct procfs procfs;
	const struct procfs *proc; /* &procfs, or NULL: there is none that shows our pids */
	const struct guarded_calls *calls;
	void *context;
	struct pidref child;       /* pid 0: none, or it has ended and is reaped */
	pid_t pgrp;                /* of the last start; stays when it has ended */
	pid_t pid;                 /* of the child, the same */
	int status;                /* waitpid(2)'s, of its end */
	bool unknown;              /* its parent got that: STATUS is the one of what was started */
	bool starter_ended;        /* what was started has, while another one was followed */
	int starter_status;
	int64_t started_ms;        /* loop_now() */
	struct terminal terminal;
	enum guarded_ending ending;
	int64_t check_ms;          /* the pause between looks at what is left */
	int64_t killing_since_ms;
	bool stubborn_said;
};

#define GUARDED_NONE ((struct guarded){ .procfs = { .fd = -1 }, .child = PIDREF_NONE })

/* Make ready to guard: /proc, sub-reaper (not as PID 1), SIGPIPE ignored, the terminal, the loop's signals (SIGHUP not
 * where it was ignored: nohup(1)), room for what is added later, the stack of tree_signal(). -ENOMEM, -EMFILE. To be
 * released with guarded_done() also when it failed. G is at its address until then. */
int guarded_open(struct guarded *g, struct loop *loop, const struct guarded_calls *calls, void *context);

/* The terminal comes back to us, and the signals are ignored: what arrives from here on does not change the exit status
 * any more. Before loop_free(). Takes NULL, and GUARDED_NONE. */
void guarded_done(struct guarded *g);

/* Start HOW->argv; group, foreground, inherit, in, out and err are set here. Only when no child is there. 0, or -errno
 * as spawn_start(). */
int guarded_start(struct guarded *g, const struct spawn *how);

/* May a start that failed with ERROR succeed later? As spawn_may_pass(), but a limit of open files that is too low for
 * the first start stays so. */
bool guarded_may_pass(const struct guarded *g, int error);

/* The exit status that a shell gives to it: 127 not found, 126. RET_HINT: what may be wrong, in parentheses. */
int guarded_start_status(int error, const char **ret_hint);

/* From here on the child is PID, a living descendant of ours (a daemon whose starter has ended or will); the end of
 * the one before is told no more. Also from ended(). -ESRCH: it is none; -ENOMEM, -EMFILE. Where it is ours to be
 * reaped when it ends, guarded.status is its own. Where it is another's (`app & wait` in a shell) it is unknown: it is
 * that of what was started, guarded.pgrp; 0 where that has not ended. */
int guarded_follow(struct guarded *g, pid_t pid);

/* From ended(), where it is unknown how the child ended: what was started may have ended since, and guarded.status is
 * its status then. */
void guarded_learn(struct guarded *g);

/* SIGNAL to the child alone; behind SIGTERM and SIGINT SIGCONT, without which one that is stopped would not end. As
 * pidref_signal(). */
int guarded_signal(struct guarded *g, int signal);

/* SIGNAL and SIGCONT (a stopped process takes nothing else) to the child and all that came from it; grace_over() after
 * GRACE_MS, tree_gone() as soon as nothing is left. Everything below us belongs to it, also what we started otherwise,
 * here and in guarded_kill(): a validation is to be over before. Does nothing after guarded_kill(). */
void guarded_terminate(struct guarded *g, int signal, int64_t grace_ms);

/* SIGKILL to all that is left, again and again until tree_gone(). */
void guarded_kill(struct guarded *g);

/* Whatever is left is left alone from here on: no more signals, no grace_over(), tree_gone(), stubborn(). */
void guarded_leave(struct guarded *g);

/* How many processes are left of it? 0: none; blind (no /proc): 1 for any. */
int guarded_count(const struct guarded *g);

/* What messages call it: ARGV0 and its base name, where a very long one is cut. */
enum { GUARDED_NAME_SIZE = 204 };
void guarded_name(const char *argv0, char ret_command[GUARDED_NAME_SIZE], char ret_name[GUARDED_NAME_SIZE]);

#endif
