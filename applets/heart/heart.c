/* heart: a heartbeat guard: Erlang's port program. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/applet.h"
#include "applets/heart/port.h"
#include "applets/heart/say.h"
#include "core/log.h"

enum { TIMEOUT_DEFAULT = 60 };

/* The port program's options have one dash, as erl(1) types them: port_arguments() reads them, not getopt. */
static const struct opt no_options[] = { { .kind = OPT_END } };

static const struct opt_command commands[] = {
	{ .synopsis = "[-ht SECONDS] [-pid PID]",
	  .summary = "Erlang's port program",
	  .options = no_options },
	{ 0 },
};

static const struct opt_program program = {
	.name = "heart",
	.summary = "Guard an Erlang node by its heartbeats; run a command when they stop. It is what erl -heart "
		   "starts: frames on the standard input and output.",
	.commands = commands,
	.notes = "As Erlang's port program:\n"
		 "  -ht SECONDS               longest time between heartbeats, 11 to 65535 (60)\n"
		 "  -pid PID                  the node, killed before the command is run\n"
		 "\n"
		 "Environment: HEART_COMMAND, HEART_KILL_SIGNAL, HEART_NO_KILL,\n"
		 "ERL_CRASH_DUMP_SECONDS, HEART_DEBUG.\n"
		 "Example: HEART_COMMAND='/srv/app daemon' erl -heart -env HEART_BEAT_TIMEOUT 30\n",
};

/* -h, --help: of the program. Another option with two dashes or a word is no call of Erlang's. */
static int refuse(const struct opt_program *as_typed, const char *word)
{
	if (!strcmp(word, "-h") || !strcmp(word, "--help")) {
		opt_help(as_typed, stdout);
		return 0;
	}
	if (word[0] == '-')
		return opt_usage(as_typed, "unknown option '%s'", word);
	return opt_usage(as_typed, "unexpected operand '%s'", word);
}

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
		.debug = getenv("HEART_DEBUG"),
	};

	if (config.debug)
		log_bytes("heart: debug is ON!\r\n", strlen("heart: debug is ON!\r\n"));
	port_arguments(argc, argv, &config);
	if (config.debug) {
		log_line("Heart: arguments -ht %d -pid %d", config.timeout, (int)config.pid);
		log_bytes("\r\n", 2);
	}
	return port_main(&config);
}

static int run(const struct opt_program *as_typed, int argc, char **argv)
{
	if (argc > 1 && (argv[1][0] != '-' || argv[1][1] == '-' || !strcmp(argv[1], "-h")))
		return refuse(as_typed, argv[1]);
	if (argc == 1 && isatty(STDIN_FILENO))
		return opt_usage(as_typed, "the standard input is a terminal: Erlang starts heart itself (erl -heart)");
	return run_port(argc, argv);
}

const struct applet heart_applet = { .name = "heart", .program = &program, .run = run };
