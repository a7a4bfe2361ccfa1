/* guard_end.c: see guard.h: from a failure, or an end, to what follows. */
#include "applets/heart/guard.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/command.h"
#include "core/log.h"
#include "core/sig.h"
#include "core/spawn.h"

enum { COMMAND_TRIES = 10, TRY_AGAIN_MS = 1000, EXIT_FAILED = 1 };

/* ---- why it ended ---- */

/* A shell whose command the OOM killer took exits 137. */
static bool is_of_memory(struct guard *guard, int status)
{
	if (WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL : WEXITSTATUS(status) != 128 + SIGKILL)
		return false;
	return oomkill_struck(&guard->oomkill);
}

/* ^C and ^\ reach the program, which has the terminal, and not us; so does the end of the terminal. A shell that
 * catches them says it by 128 + the signal. */
static bool is_asked_for(const struct guard *guard, int status)
{
	int signal = spawn_exit_status(status) - 128;

	if (guard->state != GUARD_RUNNING)
		return true;
	return guard->guarded.terminal.usable && (signal == SIGINT || signal == SIGQUIT || signal == SIGHUP);
}

static enum reason_cause cause_of(struct guard *guard, int status)
{
	if (is_asked_for(guard, status))
		return REASON_STOPPED;
	if (is_of_memory(guard, status))
		return REASON_OOM_KILLED;
	return WIFSIGNALED(status) ? REASON_SIGNAL : REASON_EXIT;
}

enum guard_event guard_end_event(struct guard *guard)
{
	int status = guard->guarded.status;
	char how[64];

	if (!guard->caused)
		guard->cause = cause_of(guard, status);
	guard->caused = true;
	if (guard->state == GUARD_RUNNING || guard->state == GUARD_DUMPING)
		snprintf(guard->why, sizeof(guard->why), "pid %d ended (%s%s)", (int)guard->guarded.pid,
			 spawn_describe(status, how),
			 guard->cause == REASON_OOM_KILLED ? ", by the kernel's OOM killer" : "");
	return guard->cause == REASON_STOPPED || status == 0 ? GUARD_ENDED_WELL : GUARD_ENDED_BADLY;
}

static void say_no_reason(const char *path, int error)
{
	log_fail("cannot write '%s' (--reason-file): %s", path, log_errno(error));
}

void guard_end_write_reason(struct guard *guard, int status)
{
	const struct guarded *guarded = &guard->guarded;
	const char *path = guard->config->reason_file;
	struct reason reason = {
		.time = time(NULL),
		.program = guard->argv[0],
		.pid = guarded->pid,
		.cause = guard->cause,
		.status = status,
		.error = guard->said.error,
		.uptime_ms = loop_now() - guarded->started_ms,
		.restarts = guard->restarts,
		.report = guard->report,
		.text = guard->said.status,
	};
	int r = path ? reason_write(path, &reason) : 0;

	if (r < 0)
		say_no_reason(path, r);
}

/* ---- the end of the program and its tree ---- */

static void on_dump_over(struct loop *loop, void *context)
{
	(void)loop;
	guard_happened(context, GUARD_GRACE_OVER);
}

/* The dump has its time from now on. */
static void await_dump(struct guard *guard)
{
	const struct guard_config *config = guard->config;

	if (config->dump_seconds >= 0)
		loop_set_timer(guard->loop,
			       config->dump_seconds > 0 ? (int64_t)config->dump_seconds * 1000 : config->grace_ms,
			       on_dump_over, guard);
}

static void send_kill_signal(struct guard *guard)
{
	int signal = guard->config->kill_signal;
	char name[24];

	guard_report(guard);
	log_line("%s: %s: sending %s to pid %d", guard->name, guard->why, sig_name(signal, name),
		 (int)guard->guarded.pid);
	guarded_signal(&guard->guarded, signal);
	guarded_signal(&guard->guarded, SIGCONT); /* a stopped process takes nothing else */
	await_dump(guard);
}

static void terminate(struct guard *guard)
{
	int left = guarded_count(&guard->guarded);
	bool failed = guard->state == GUARD_TERMINATING;

	if (failed && left > 0)
		log_line("%s: %s: ending %d process%s that it left", guard->name, guard->why, left,
			 left == 1 ? "" : "es");
	else if (failed)
		log_line("%s: %s", guard->name, guard->why);
	if (failed && left > 0 && guard->cause == REASON_OOM_KILLED)
		guard_report_left(guard);
	loop_clear_timer(guard->loop, on_dump_over, guard);
	guarded_terminate(&guard->guarded, SIGTERM, guard->config->grace_ms);
}

static void kill_all(struct guard *guard, enum guard_state before)
{
	if (before == GUARD_RUNNING || before == GUARD_ENDING || before == GUARD_DUMPING)
		guard_report(guard);
	if (before == GUARD_RUNNING || before == GUARD_ENDING)
		log_line("%s: %s: killing pid %d", guard->name, guard->why, (int)guard->guarded.pid);
	else if (before == GUARD_DUMPING)
		log_line("%s: pid %d did not end in time: killing it", guard->name, (int)guard->guarded.pid);
	else
		log_line("%s: not all of its processes have ended: killing them", guard->name);
	loop_clear_timer(guard->loop, on_dump_over, guard);
	guarded_kill(&guard->guarded);
}

static void say_stubborn(const struct guard *guard, const char *what_follows)
{
	log_fail("%s: not all of its processes end, though they were killed (held in the kernel, by a dead file system "
		 "perhaps): %s", guard->name, what_follows);
}

/* ---- what follows ---- */

static void restart(struct guard *guard)
{
	limit_note(&guard->limit, loop_now());
	guard->restarts++;
	guard_start_in(guard, guard->config->restart_delay_ms);
}

static void end_with(struct guard *guard, int status)
{
	loop_stop(guard->loop, status);
}

static void say_limit(const struct guard *guard)
{
	const struct units_rate *rate = &guard->config->max_restarts;
	char period[32];

	units_format_time(rate->period_ms, period);
	log_fail("%s failed again, but was restarted %d time%s within %s: ending with status %d (see --max-restarts)",
		 guard->name, rate->count, rate->count == 1 ? "" : "s", period, EXIT_FAILED);
}

static void command_done(struct guard *guard, int status)
{
	char how[64];

	guard->command_pid = 0;
	guard->command_status = status;
	if (status >= 0)
		log_line("%s: the command has ended (%s)", guard->name, spawn_describe(status, how));
	guard_happened(guard, GUARD_COMMAND_DONE);
}

static void on_command(struct loop *loop, pid_t pid, int status, void *context)
{
	(void)loop, (void)pid;
	if (WIFEXITED(status) || WIFSIGNALED(status))
		command_done(context, status);
}

static void on_command_again(struct loop *loop, void *context);

static void not_run(struct guard *guard, const char *command, int error, const char *why)
{
	if (spawn_may_pass(error) && ++guard->command_tries < COMMAND_TRIES) {
		log_fail("cannot run the command '%s': %s (tried again in a second)", command, log_errno(error));
		loop_set_timer(guard->loop, TRY_AGAIN_MS, on_command_again, guard);
		return;
	}
	if (why[0])
		log_fail("cannot run the command '%s': there is no /bin/sh, and %s needs one (use plain words, or a "
			 "program)", command, why);
	else
		log_fail("cannot run the command '%s': %s", command, log_errno(error));
	command_done(guard, command_status(error));
}

/* A process group of its own: a signal that we are sent, and pass on, reaches it once. */
static void run_command(struct guard *guard)
{
	const struct spawn how = {
		.in = -1, .out = STDOUT_FILENO, .err = STDERR_FILENO, .group = SPAWN_GROUP, .inherit = true,
		.oomadj = &guard->oomadj,
	};
	const char *command = settings_command(&guard->settings);
	char why[COMMAND_WHY_SIZE] = "";
	pid_t pid = loop_reserve_child(guard->loop);

	if (pid == 0)
		pid = command_start(command, &how, why);
	if (pid < 0) {
		not_run(guard, command, pid, why);
		return;
	}
	guard->command_pid = pid;
	loop_add_child(guard->loop, pid, on_command, guard);
}

static void on_command_again(struct loop *loop, void *context)
{
	(void)loop;
	run_command(context);
}

/* What is killed again and again would take the command with it. */
static void run_beside(struct guard *guard, enum guard_state before)
{
	if (before == GUARD_KILLING)
		say_stubborn(guard, "the command runs all the same");
	else
		log_line("%s: %s: not killed, as --no-kill says; the command runs beside it", guard->name, guard->why);
	guarded_leave(&guard->guarded);
	run_command(guard);
}

static void exit_beside(struct guard *guard, enum guard_state before)
{
	if (before == GUARD_KILLING)
		say_stubborn(guard, "ending with status 1 all the same");
	else
		log_line("%s: %s: not killed, as --no-kill says; ending with status %d", guard->name, guard->why,
			 EXIT_FAILED);
	end_with(guard, EXIT_FAILED);
}

/* ---- what was decided ---- */

/* Actions behind the end of a program. */
static void perform_ended(struct guard *guard, enum guard_action action)
{
	guard_end_write_reason(guard, guard->guarded.status);
	switch (action) {
	case GUARD_RESTART:
		restart(guard);
		break;
	case GUARD_RUN_COMMAND:
		log_line("%s: running the command '%s'", guard->name, settings_command(&guard->settings));
		run_command(guard);
		break;
	case GUARD_EXIT_FAILED:
		log_line("%s: ending with status %d, as --on-failure says", guard->name, EXIT_FAILED);
		end_with(guard, EXIT_FAILED);
		break;
	case GUARD_EXIT_NO_COMMAND:
		log_fail("%s has failed, and there is no command: ending with status %d (--command, HEART_COMMAND)",
			 guard->name, EXIT_FAILED);
		end_with(guard, EXIT_FAILED);
		break;
	case GUARD_EXIT_LIMIT:
		say_limit(guard);
		end_with(guard, EXIT_FAILED);
		break;
	default: /* GUARD_EXIT */
		guard->wanted = true;
		end_with(guard, spawn_exit_status(guard->guarded.status));
		break;
	}
}

void guard_end_perform(struct guard *guard, enum guard_action action, enum guard_state before)
{
	switch (action) {
	case GUARD_SIGNAL:
		send_kill_signal(guard);
		break;
	case GUARD_AWAIT_DUMP:
		guard->cause = REASON_CRASHED;
		guard->caused = true;
		snprintf(guard->why, sizeof(guard->why), "it crashes");
		log_line("%s: %s: waiting for its dump", guard->name, guard->why);
		await_dump(guard);
		break;
	case GUARD_TERMINATE:
		terminate(guard);
		break;
	case GUARD_KILL:
		kill_all(guard, before);
		break;
	case GUARD_SAY_OVERDUE:
		if (before == GUARD_DUMPING)
			guard->stubborn = true;
		else
			guard->caused = false; /* it may end of something else */
		log_fail("%s: %s: not killed, as --no-kill says, and so not restarted before it ends", guard->name,
			 guard->why);
		break;
	case GUARD_SAY_STUBBORN:
		say_stubborn(guard, "waiting for them");
		break;
	case GUARD_RUN_BESIDE:
	case GUARD_EXIT_BESIDE:
		guard_end_write_reason(guard, -1);
		action == GUARD_RUN_BESIDE ? run_beside(guard, before) : exit_beside(guard, before);
		break;
	case GUARD_FORWARD_COMMAND:
		if (guard->command_pid > 0) /* not reaped yet: it is that one still */
			kill(-guard->command_pid, guard->signal);
		break;
	case GUARD_EXIT_COMMAND:
		end_with(guard, guard->command_status >= 0 ? spawn_exit_status(guard->command_status) : EXIT_FAILED);
		break;
	default:
		perform_ended(guard, action);
	}
}

/* Whether a reason can be written is known before it is needed; a program is guarded without one, too. */
int guard_end_open(struct guard *guard)
{
	const char *path = guard->config->reason_file;
	int r = path ? reason_check(path) : 0;

	if (r < 0)
		say_no_reason(path, r);
	r = loop_reserve_timer(guard->loop, on_dump_over, guard);

	if (r == 0)
		r = loop_reserve_timer(guard->loop, on_command_again, guard);
	return r;
}
