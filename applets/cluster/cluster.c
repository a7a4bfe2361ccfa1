/* cluster: several commands as one service. */
#include "applets/cluster/cluster.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "applets/applet.h"
#include "applets/cluster/path.h"
#include "core/cleanup.h"
#include "core/log.h"

#define TYPED(kind, letter, name, argument, member, help)                                                              \
	OPT(kind, letter, name, argument, struct typed, member, help)

#define OPT_FILE TYPED(OPT_STRING, 'f', "file", "FILE", file, \
	"the configuration (buildout.cfg, else cluster.cfg, in the working directory)")
#define OPT_SECTION TYPED(OPT_STRING, 's', "section", "SECTION", section, \
	"its section (the name of the script where that is one with a start option, else cluster)")

#define OPTS_REPORT \
	TYPED(OPT_STRING, 0, "report", "DIR", report, \
	      "before a process is killed that has ignored SIGTERM, or taken too long, put a report of it into DIR"), \
	TYPED(OPT_TIME, 0, "report-deadline", "TIME", report_deadline_ms, \
	      "the longest that a kill waits for its reports (2s)"), \
	TYPED(OPT_NUMBER, 0, "report-keep", "N", report_keep, \
	      "so many reports of a name stay in DIR, the oldest go first (10)")

#define TYPED_NOTHING { .lines = INT_MAX, .report_deadline_ms = -1, .report_keep = INT_MIN }

static const struct opt common_options[] = { OPT_FILE, OPT_SECTION, { .kind = OPT_END } };

/* Of who may end somebody. */
static const struct opt ending_options[] = { OPT_FILE, OPT_SECTION, OPTS_REPORT, { .kind = OPT_END } };

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
	OPTS_REPORT,
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
		    .synopsis = "[options]",
		    .summary = "run the start lines in order, and keep what they start as a daemon",
		    .options = ending_options },
	[STOP] = { .name = "stop",
		   .synopsis = "[options]",
		   .summary = "end the members in reverse order, run the stop lines, end what is left",
		   .options = ending_options },
	[RESTART] = { .name = "restart",
		      .synopsis = "[options]",
		      .summary = "end everything and run the restart lines; without any: stop, then start",
		      .options = ending_options },
	[STATUS] = { .name = "status",
		     .synopsis = "[-v] [--json]",
		     .summary = "say whether it runs, and end with 0 when it does",
		     .options = status_options },
	[RUN] = { .name = "run",
		  .synopsis = "[--exit-on any|all] [options]",
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
		   .synopsis = "[options]",
		   .summary = "print a unit of systemd that runs the cluster",
		   .options = ending_options },
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

/* What was typed counts above the configuration. */
static int take_typed(struct cluster *c, const struct opt_program *as_typed)
{
	const struct typed *typed = &c->typed;
	struct config *to = &c->config;

	if (typed->report_deadline_ms == 0 || typed->report_deadline_ms > CONFIG_REPORT_DEADLINE_MAX_MS)
		return opt_usage(as_typed, "--report-deadline takes a time from 1ms to 1h");
	if (typed->report_keep != INT_MIN && typed->report_keep < 1)
		return opt_usage(as_typed, "--report-keep takes a number from 1");
	if (typed->report_deadline_ms > 0)
		to->report_deadline_ms = typed->report_deadline_ms;
	if (typed->report_keep > 0)
		to->report_keep = typed->report_keep;
	if (!typed->report)
		return 0;
	free(to->report);
	to->report = path_absolute(typed->report);
	if (!to->report)
		log_fail("cannot find '%s': %s", typed->report, log_errno(errno));
	return to->report ? 0 : 2;
}

static int cluster_run(const struct opt_program *as_typed, int argc, char **argv)
{
	CLEANUP(cluster_done) struct cluster c = { .program = as_typed->name, .typed = TYPED_NOTHING };
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
	if (status == 0)
		status = take_typed(&c, as_typed);
	return status ? status : mains[command - commands](&c);
}

const struct applet cluster_applet = { .name = "cluster", .program = &program, .run = cluster_run };
