/* cluster: several commands as one service. */
#include "applets/cluster/cluster.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "applets/applet.h"
#include "core/cleanup.h"
#include "core/log.h"

#define TYPED(kind, letter, name, argument, member, help)                                                              \
	OPT(kind, letter, name, argument, struct typed, member, help)

#define OPT_FILE TYPED(OPT_STRING, 'f', "file", "FILE", file, \
	"the configuration (buildout.cfg, else cluster.cfg, in the working directory)")
#define OPT_SECTION TYPED(OPT_STRING, 's', "section", "SECTION", section, \
	"its section (the name of the script where that is one with a start option, else cluster)")

static const struct opt common_options[] = { OPT_FILE, OPT_SECTION, { .kind = OPT_END } };

static const struct opt status_options[] = {
	TYPED(OPT_FLAG, 'v', "verbose", NULL, verbose, "a line for each member: state, memory, how it ended"),
	TYPED(OPT_FLAG, 0, "json", NULL, json, "all of that as JSON"),
	OPT_FILE,
	OPT_SECTION,
	{ .kind = OPT_END },
};

static const struct opt run_options[] = {
	OPT_FILE, OPT_SECTION,
	TYPED(OPT_CHOICE, 0, "exit-on", "any|all", exit_on,
	      "stop the rest and end, with its exit status, when any member has ended, or all (never)"),
	{ .kind = OPT_END },
};

static const struct opt logs_options[] = {
	TYPED(OPT_FLAG, 'F', "follow", NULL, follow, "go on with what is printed from now on"),
	TYPED(OPT_NUMBER, 'n', "lines", "N", lines, "only the last N lines (all)"),
	OPT_FILE,
	OPT_SECTION,
	{ .kind = OPT_END },
};

enum { START, STOP, RESTART, STATUS, RUN, LOGS, CONFIG, INSTALL, UNIT };

static const struct opt_command commands[] = {
	[START] = { .name = "start",
		    .synopsis = "",
		    .summary = "run the start lines in order, and keep what they start as a daemon",
		    .options = common_options },
	[STOP] = { .name = "stop",
		   .synopsis = "",
		   .summary = "end the members in reverse order, run the stop lines, end what is left",
		   .options = common_options },
	[RESTART] = { .name = "restart",
		      .synopsis = "",
		      .summary = "end everything and run the restart lines; without any: stop, then start",
		      .options = common_options },
	[STATUS] = { .name = "status",
		     .synopsis = "[-v] [--json]",
		     .summary = "say whether it runs, and end with 0 when it does",
		     .options = status_options },
	[RUN] = { .name = "run",
		  .synopsis = "[--exit-on any|all]",
		  .summary = "start in the foreground, until SIGTERM: for containers and other supervisors",
		  .options = run_options },
	[LOGS] = { .name = "logs",
		   .synopsis = "[-F] [-n N] [NAME]...",
		   .summary = "show what members, or those of these names, have printed",
		   .options = logs_options,
		   .max_operands = -1 },
	[CONFIG] = { .name = "config",
		     .synopsis = "",
		     .summary = "print every value that is used, and where it stands",
		     .options = common_options },
	[INSTALL] = { .name = "install",
		      .synopsis = "[DIR]",
		      .summary = "write a script that is this cluster into DIR (bin-directory)",
		      .options = common_options,
		      .max_operands = 1 },
	[UNIT] = { .name = "unit",
		   .synopsis = "",
		   .summary = "print a unit of systemd that runs the cluster",
		   .options = common_options },
	{ 0 },
};

static cluster_command *const mains[] = {
	[START] = start_main,
	[STOP] = stop_main,
	[RESTART] = restart_main,
	[STATUS] = status_main,
	[RUN] = foreground_main,
	[LOGS] = logs_main,
	[CONFIG] = show_main,
	[INSTALL] = install_main,
	[UNIT] = unit_main,
};

static const struct opt_program program = {
	.name = "cluster",
	.summary = "Run several commands as one service: a section of a buildout says which, without Python.",
	.commands = commands,
	.notes = "Options may stand before the command or behind it.\n"
		 "Example: procguard cluster -f /srv/app/buildout.cfg config\n",
	.lead = common_options,
};

static void cluster_done(struct cluster *c)
{
	config_done(&c->config);
	resolve_free(c->resolve);
}

static int load(struct cluster *c)
{
	const struct config_request request = { c->typed.file, c->typed.section, c->program };
	struct fault fault;
	int r = config_load(&request, &c->config, &c->resolve, &fault);

	if (r == -EBADMSG)
		log_line("%s", fault.text);
	else if (r < 0)
		log_fail("cannot read the configuration: %s", log_errno(r));
	if (r < 0)
		return 2;
	for (char **line = c->config.left_out; *line; line++)
		log_line("%s", *line);
	return 0;
}

static int cluster_run(const struct opt_program *as_typed, int argc, char **argv)
{
	CLEANUP(cluster_done) struct cluster c = { .program = as_typed->name, .typed = { .lines = INT_MAX } };
	const struct opt_command *command;
	int operand, status;

	log_prefix("procguard cluster");
	switch (opt_parse(as_typed, argc, argv, &c.typed, &command, &operand)) {
	case OPT_HELP:
		return 0;
	case OPT_USAGE:
		return 2;
	case OPT_OK:
		break;
	}
	if (!command) {
		printf("usage: %s start|stop|restart|status\n", c.program);
		return 2;
	}
	c.operands = argv + operand;
	status = load(&c);
	return status ? status : mains[command - commands](&c);
}

const struct applet cluster_applet = { .name = "cluster", .program = &program, .run = cluster_run };
