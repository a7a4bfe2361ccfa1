#include "applets/oome/run.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"
#include "core/spawn.h"

enum { EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

static void on_child(struct loop *loop, pid_t pid, int status, void *context)
{
	struct run *run = context;

	(void)loop, (void)pid;
	if (WIFSTOPPED(status))
		terminal_stopped(&run->terminal, run->pgrp);
	if (!WIFEXITED(status) && !WIFSIGNALED(status))
		return;
	pidref_done(&run->child);
	run->child = PIDREF_NONE;
	run->status = status;
	terminal_take_back(&run->terminal);
	if (run->state == RUN_RUNNING)
		run_happened(run, run_watch_end(run) ? RUN_DIED_OF_MEMORY : RUN_DIED);
	else
		run_happened(run, RUN_DIED);
	run_tree_check(run);
}

/* ERROR of a start. Passing ones mean another try; what cannot pass ends us, as a shell would. */
static void not_started(struct run *run, int error)
{
	if (error == -EMFILE && !run->restarting) {
		log_fail("cannot start '%s': %s (the limit of open files is too low: ulimit -n)", run->command,
			 log_errno(error));
		loop_stop(run->loop, EXIT_NOT_EXECUTABLE);
		return;
	}
	if (error == -ENOMEM || error == -EAGAIN || error == -EMFILE || error == -ENFILE) {
		run->failed_starts++;
		log_fail("cannot start '%s': %s (tried again in %lld s)", run->command, log_errno(error),
			 (long long)limit_pause(run->failed_starts) / 1000);
		run_happened(run, RUN_NOT_STARTED);
		return;
	}
	if (error == -ENOENT || error == -ENOTDIR)
		log_fail("cannot run '%s': %s (no such command, or its interpreter is missing)", run->command,
			 log_errno(error));
	else
		log_fail("cannot run '%s': %s (is it an executable file for this machine?)", run->command,
			 log_errno(error));
	loop_stop(run->loop, error == -ENOENT || error == -ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

void run_start(struct loop *loop, void *context)
{
	struct run *run = context;
	const char *const env[] = { run->home.env[0] ? run->home.env : NULL, NULL };
	struct spawn spawn = {
		.argv = run->argv, .env = env, .in = STDIN_FILENO, .out = STDOUT_FILENO, .err = STDERR_FILENO,
		.group = SPAWN_GROUP, .foreground = terminal_is_ours(&run->terminal), .inherit = true,
	};
	pid_t pid;

	if (run->restarting)
		run_places_clear(&run->places);
	run_places_start(&run->places);
	oomkill_start(&run->killer);
	pid = spawn_start(&spawn);
	if (pid < 0) {
		not_started(run, pid);
		return;
	}
	loop_add_child(loop, pid, on_child, run); /* has room: run.c */
	/* -ESRCH: it has ended already. Nothing is reaped before we are back in the loop, so its pid is safe. */
	if (pidref_open(run->proc, pid, &run->child) < 0)
		run->child = (struct pidref){ .pid = pid, .fd = -1 };
	run->pgrp = pid;
	run->terminal.given = spawn.foreground;
	run->started_ms = loop_now();
	run->failed_starts = 0;
	if (run->restarting)
		log_line("%s restarted", run->name);
	run->restarting = true;
	run_happened(run, RUN_STARTED);
	run_watch(run);
}
