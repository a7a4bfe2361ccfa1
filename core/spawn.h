/* spawn.h: start a child: a command, or a function of ours in a process of its own. */
#ifndef CORE_SPAWN_H
#define CORE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/oomadj.h"

enum spawn_group {
	SPAWN_SAME,    /* the caller's process group */
	SPAWN_GROUP,   /* a process group of its own */
	SPAWN_SESSION, /* a session of its own: signals to the caller's group and terminal do not reach it */
};

/* Who a child becomes: setgroups(2), setresgid(2), setresuid(2); -EPERM where it could become root again, or us. */
struct spawn_user { uid_t uid; gid_t gid; const gid_t *groups; size_t group_count; };

struct spawn {
	char *const *argv;       /* argv[0] is looked up in PATH when it holds no '/'; NULL: a child that succeeds */
	char *const *script;     /* executed in its place where it is a text without "#!" (ENOEXEC), or NULL */
	const char *const *env;  /* put into the caller's environment: "NAME=VALUE", or "NAME": it is taken out;
				  * NULL-terminated, or NULL */
	const char *pid_variable; /* the variable that becomes the child's own pid ("WATCHDOG_PID"), or NULL */
	int in, out, err;        /* descriptors for 0, 1, 2; -1: in /dev/null (an empty pipe where there is none),
				  * out and err the caller's stderr */
	enum spawn_group group;
	bool foreground;         /* its group gets the terminal on stdin (SPAWN_GROUP) */
	bool inherit;            /* pass on what the caller itself was started with: descriptors above 2 that are not
				  * close-on-exec, an ignored SIGHUP (nohup(1)); else all of them are closed */
	int keep;                /* a descriptor above 2 that the child gets at its own number, close-on-exec or not;
				  * 0: none */
	const char *directory;   /* its working directory, entered as the user that it becomes; NULL: the caller's */
	const struct spawn_user *user; /* NULL: the caller's */
	/* Called by the caller between fork and exec, or NULL. 0: the child goes on to exec; -errno: it is killed and
	 * reaped, and spawn_start() returns that. A caller that is itself killed here leaves no child; so it starts
	 * nothing here that lives on. A child that somebody kills here counts as started. */
	int (*forked)(pid_t pid, void *context);
	void *forked_context;
	const struct oomadj *oomadj; /* what it gets back of the caller's own oom_score_adj, or NULL */
	bool readable;           /* the caller's other children may attach to it where Yama (ptrace_scope 1) would
				  * have only the caller itself do so: PR_SET_PTRACER, which lasts beyond exec; its own
				  * children do not have it */
};

/* Start S->argv with default signal handling and an empty mask. Returns its pid, or -errno of what failed, exec's too:
 * -ENOENT no such command or directory, -EACCES not executable, or a directory that the user may not enter, -EPERM we
 * may not become the user, -EAGAIN and -ENOMEM of fork(2). Blocks until the child has called exec or failed to, as long
 * as the file system of the command takes; does not wait for its end. */
pid_t spawn_start(const struct spawn *s);

/* The same in steps, for several children that are started at once. spawn_begin(): 0, and the child waits before exec
 * (and ends without it when the caller ends); S->forked has been called; or -errno. Then spawn_go() lets it go on, and
 * spawn_finish() returns what spawn_start() would; or spawn_cancel() ends and reaps it. */
struct spawn_begun { pid_t pid; int fd; bool has_terminal; };
int spawn_begin(const struct spawn *s, struct spawn_begun *ret);
void spawn_go(const struct spawn_begun *begun);
pid_t spawn_finish(struct spawn_begun *begun);
void spawn_cancel(struct spawn_begun *begun);

/* May a start that failed with ERROR succeed later: no memory, no process, no descriptor was to be had? */
bool spawn_may_pass(int error);

/* Fork a child of ours that runs FUNCTION(CONTEXT) and exits with what it returns (0 to 255): stdin /dev/null, stdout
 * the caller's stderr (a child never inherits the stdout that carries a protocol), a new session when OWN_SESSION,
 * default signals but SIGPIPE ignored, other descriptors as they are. Returns its pid or -errno. */
pid_t spawn_function(int (*function)(void *context), void *context, bool own_session);

/* In such a child: close every descriptor above 2 but FD, which is one of them. What the caller holds open for itself
 * is not held open any longer than it lives. */
void spawn_keep_only(int fd);

/* Run S to its end: waitpid(2)'s status in RET_STATUS. Blocks, at most TIMEOUT_MS (-1: for ever); then it, and its
 * process group where it has its own, is killed: -ETIMEDOUT. Only where no loop reaps. */
int spawn_run(const struct spawn *s, int timeout_ms, int *ret_status);

/* The exit status that stands for waitpid(2)'s: the code, or 128 + signal. */
int spawn_exit_status(int wait_status);

/* "exit status 3", "SIGKILL", "SIGSEGV, core dumped": into BUFFER. */
const char *spawn_describe(int wait_status, char buffer[64]);

#endif
