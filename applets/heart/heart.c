/* heart: a heartbeat guard: Erlang's port program, and one for any program. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/applet.h"
#include "applets/heart/ctl.h"
#include "applets/heart/guard.h"
#include "applets/heart/port.h"
#include "applets/heart/say.h"
#include "core/log.h"
#include "core/sig.h"

enum { TIMEOUT_DEFAULT = 60 };

struct heart_config {
	struct guard_config run;
	struct ctl_config ctl;
};

#define HEART(kind, letter, name, argument, member, help) \
	OPT(kind, letter, name, argument, struct heart_config, member, help)

static const struct opt run_options[] = {
	HEART(OPT_TIMEOUT, 't', "timeout", "TIME", run.timeout_ms, "longest time between heartbeats, or 'none' (60s)"),
	HEART(OPT_TIME, 0, "start-grace", "TIME", run.grace_start_ms,
	      "a program that never speaks is overdue after this time and --timeout (0s)"),
	HEART(OPT_STRING, 0, "callback", "COMMAND", run.callback,
	      "a heartbeat counts only when this command succeeds, or this http:// URL answers 2xx"),
	HEART(OPT_TIME, 0, "interval", "TIME", run.interval_ms,
	      "how often the callback runs where the program sends no heartbeats; at most a third of --timeout (5s)"),
	HEART(OPT_FLAG, 0, "check-schedulers", NULL, run.schedulers,
	      "a heartbeat counts only when no thread of the program hangs"),
	HEART(OPT_CHOICE, 0, "on-failure", "restart|command|exit", run.on_failure,
	      "what follows on a failure (command where there is one, else restart)"),
	HEART(OPT_STRING, 0, "command", "COMMAND", run.command,
	      "the command that follows on a failure ($HEART_COMMAND)"),
	HEART(OPT_SIGNAL, 0, "kill-signal", "SIGNAL", run.kill_signal, "what an overdue program gets (KILL)"),
	HEART(OPT_TIME, 0, "grace", "TIME", run.grace_ms,
	      "between SIGTERM and SIGKILL for what is left of the program (5s)"),
	HEART(OPT_FLAG, 0, "no-kill", NULL, run.no_kill, "do not kill an overdue program"),
	HEART(OPT_NUMBER, 0, "dump-seconds", "N", run.dump_seconds,
	      "how long a program that got another signal than KILL may write its dump; negative: without limit (as "
	      "--grace)"),
	HEART(OPT_RATE, 0, "max-restarts", "N/PERIOD", run.max_restarts,
	      "at most N restarts within PERIOD, or 'none' (5/10m)"),
	HEART(OPT_TIME, 0, "restart-delay", "TIME", run.restart_delay_ms, "pause before a restart (100ms)"),
	HEART(OPT_STRING, 0, "watchdog", "DEVICE", run.watchdog,
	      "a hardware watchdog, which is petted while the program is well"),
	HEART(OPT_STRING, 0, "reason-file", "FILE", run.reason_file, "where the reason of the last end is written"),
	HEART(OPT_STRING, 0, "report", "DIR", run.report,
	      "before a program that failed is ended, write a Guru Meditation Report of it into DIR"),
	HEART(OPT_TIME, 0, "report-deadline", "TIME", run.report_deadline_ms,
	      "longest wait for such a report (2s)"),
	HEART(OPT_NUMBER, 0, "report-keep", "N", run.report_keep,
	      "so many reports of a name stay, the oldest go first (10)"),
	HEART(OPT_SIGNAL, 0, "gmr-signal", "SIGNAL", run.gmr_signal,
	      "on this signal, which is not passed on then, report the guard itself (none)"),
	HEART(OPT_STRING, 0, "gmr-file", "FILE", run.gmr_file,
	      "report the guard itself when this file appears or is touched (none)"),
	HEART(OPT_STRING, 0, "control", "SOCKET", run.control, "listen here to 'heart ctl' (none)"),
	{ .kind = OPT_END },
};

#define OPT_SOCKET HEART(OPT_STRING, 'S', "socket", "SOCKET", ctl.socket, "of the guard's --control ($HEART_CONTROL)")

static const struct opt ctl_options[] = {
	OPT_SOCKET,
	HEART(OPT_FLAG, 0, "json", NULL, ctl.json, "status as JSON"),
	{ .kind = OPT_END },
};

static const struct opt beat_options[] = { OPT_SOCKET, { .kind = OPT_END } };

/* The port program's options have one dash, as erl(1) types them: port_arguments() reads them, not getopt. */
static const struct opt no_options[] = { { .kind = OPT_END } };

enum { PORT, RUN, CTL, BEAT };

static const struct opt_command commands[] = {
	[PORT] = { .synopsis = "[-ht SECONDS] [-pid PID]",
		   .summary = "Erlang's port program",
		   .options = no_options },
	[RUN] = { .name = "run",
		  .synopsis = "[-t TIME] [--callback COMMAND] [--on-failure restart|command|exit] [options] [--] "
			      "PROGRAM [ARG]...",
		  .summary = "guard PROGRAM: by its end, and by its heartbeats where it sends them",
		  .options = run_options,
		  .min_operands = 1,
		  .max_operands = -1 },
	[CTL] = { .name = "ctl",
		  .synopsis = "[-S SOCKET] [--json] REQUEST [ARG]...",
		  .summary = "ask a guard, or tell it something",
		  .options = ctl_options,
		  .max_operands = -1,
		  .words = "set-cmd|get-cmd|clear-cmd|set-callback|get-callback|clear-callback|set-options|"
			   "get-options|status|snooze" },
	[BEAT] = { .name = "beat",
		   .synopsis = "[-S SOCKET]",
		   .summary = "send one heartbeat",
		   .options = beat_options },
	{ 0 },
};

static const struct opt_program program = {
	.name = "heart",
	.summary = "Guard a program by its heartbeats: restart it, or run a command, when they stop. Without a "
		   "command's name it is Erlang's port program, which erl -heart starts: frames on the standard "
		   "input and output.",
	.commands = commands,
	.notes = "As Erlang's port program:\n"
		 "  -ht SECONDS               longest time between heartbeats, 11 to 65535 (60)\n"
		 "  -pid PID                  the node, killed before the command is run\n"
		 "\n"
		 "Requests of ctl: set-cmd CMD, get-cmd, clear-cmd, set-callback CMD,\n"
		 "get-callback, clear-callback, set-options [check_schedulers], get-options,\n"
		 "status, snooze TIME.\n"
		 "TIME takes a suffix (500ms, 30s, 5m); a bare number is seconds.\n"
		 "\n"
		 "Environment: HEART_COMMAND, HEART_BEAT_TIMEOUT, HEART_KILL_SIGNAL,\n"
		 "HEART_NO_KILL, ERL_CRASH_DUMP_SECONDS; of the port program HEART_DEBUG,\n"
		 "HEART_REPORT_DIR.\n"
		 "Example: HEART_COMMAND='/srv/app daemon' erl -heart -env HEART_BEAT_TIMEOUT 30\n"
		 "Example: procguard heart run -t 30s --control /run/app.sock /srv/app\n",
};

static void read_timeout(struct port_config *config, const char *value)
{
	int timeout = port_timeout(value);

	if (timeout > 0) {
		config->timeout = timeout;
		log_line("heart_beat_timeout = %d", timeout);
	} else {
		say("-ht %s is not from 11 to 65535 seconds: %d is used", value, config->timeout);
	}
}

static void read_pid(struct port_config *config, const char *value)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(value, &end, 10);
	if (errno || end == value || *end || pid < 0 || pid > INT_MAX) {
		say("-pid %s is no process id: nothing is killed", value);
		return;
	}
	config->pid = (pid_t)pid;
	log_line("heart_beat_kill_pid = %ld", pid);
}

/* Erlang's own words; unknown ones are passed over, as a later Erlang may have more of them. */
static void port_arguments(int argc, char **argv, struct port_config *config)
{
	static const char none[] = "(nothing)";

	for (int i = 1; i < argc; i++) {
		const char *value = i + 1 < argc ? argv[i + 1] : none;

		if (!strcmp(argv[i], "-ht"))
			read_timeout(config, value);
		else if (!strcmp(argv[i], "-pid"))
			read_pid(config, value);
		else
			continue;
		i++;
	}
}

static int run_port(int argc, char **argv)
{
	struct port_config config = {
		.timeout = TIMEOUT_DEFAULT,
		.command = getenv("HEART_COMMAND"),
		.dump = getenv("ERL_CRASH_DUMP_SECONDS"),
		.no_kill = getenv("HEART_NO_KILL"),
		.kill_signal = getenv("HEART_KILL_SIGNAL"),
		.report = getenv("HEART_REPORT_DIR"),
		.debug = getenv("HEART_DEBUG"),
	};

	sig_ignore_pipe(); /* a node whose stderr is closed, or not read, has a heart, too */
	log_never_block();
	if (config.debug)
		log_bytes("heart: debug is ON!\r\n", strlen("heart: debug is ON!\r\n"));
	port_arguments(argc, argv, &config);
	if (config.debug) {
		log_line("Heart: arguments -ht %d -pid %d", config.timeout, (int)config.pid);
		log_bytes("\r\n", 2);
	}
	return port_main(&config);
}

/* One dash and more than a letter: Erlang's. */
static bool is_port_call(int argc, char **argv)
{
	return argc <= 1 || (argv[1][0] == '-' && argv[1][1] != '-' && strcmp(argv[1], "-h") != 0);
}

static int run_command(const struct opt_program *as_typed, const struct opt_command *command,
		       struct heart_config *config, char **operands, int count)
{
	int status;

	switch (command - commands) {
	case CTL:
		return ctl_main(as_typed, &config->ctl, count, operands);
	case BEAT:
		return beat_main(as_typed, &config->ctl);
	default:
		status = guard_config_finish(&config->run, as_typed);
		return status ? status : guard_main(&config->run, operands);
	}
}

static int run(const struct opt_program *as_typed, int argc, char **argv)
{
	struct heart_config config = { 0 };
	const struct opt_command *command;
	int operand;

	if (argc == 1 && isatty(STDIN_FILENO))
		return opt_usage(as_typed, "the standard input is a terminal: Erlang starts heart itself (erl -heart); "
				 "see 'run' for other programs");
	if (is_port_call(argc, argv))
		return run_port(argc, argv);
	log_prefix("procguard heart");
	guard_config_init(&config.run);
	switch (opt_parse(as_typed, argc, argv, &config, &command, &operand)) {
	case OPT_HELP:
		return 0;
	case OPT_OK:
		if (command == &commands[PORT]) /* "--" and nothing behind it */
			return run_port(1, argv);
		return run_command(as_typed, command, &config, argv + operand, argc - operand);
	case OPT_USAGE:
		break;
	}
	return 2;
}

const struct applet heart_applet = { .name = "heart", .program = &program, .run = run };
