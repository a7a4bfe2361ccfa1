/* oome: restart what ran out of memory. */
#include <limits.h>
#include <string.h>

#include "applets/applet.h"
#include "applets/oome/lastwords.h"
#include "applets/oome/oome.h"
#include "core/limit.h"
#include "core/log.h"
#include "core/selfreport.h"
#include "core/sig.h"

#define OOME(kind, letter, name, argument, member, help)                                                               \
	OPT(kind, letter, name, argument, struct oome_config, member, help)

/* What several commands share stands in one place. */
#define OPT_DRY OOME(OPT_FLAG, 'd', "dry", NULL, dry, "only log what would be done")
#define OPT_SCRIPT OOME(OPT_STRING, 'x', "external-service-script", "SCRIPT", script, \
	"restart by 'SCRIPT stop' and 'SCRIPT start' instead of XML-RPC")
#define OPT_FILE OOME(OPT_STRING, 'o', "oome-file", "FILE", oome_file, \
	"the oome file (default: $OOME_FILE of the process, else $HOMEDIR/work/oome, else work/oome in its directory)")
#define OPT_ANY_OWNER OOME(OPT_FLAG, 0, "any-owner", NULL, any_owner, "believe an oome file whoever owns it")
#define OPT_NO_WATCH OOME(OPT_FLAG, 0, "no-watch", NULL, no_watch, "look at ticks only, do not watch directories")
#define OPT_MAX_RESTARTS OOME(OPT_RATE, 0, "max-restarts", "N/PERIOD", max_restarts, \
	"at most N restarts of a program within PERIOD, or 'none' (5/10m)")
#define OPT_TIMEOUT OOME(OPT_TIME, 0, "timeout", "TIME", timeout_ms, "longest wait for one answer of supervisord (60s)")
#define OPT_STATE_DIR OOME(OPT_STRING, 0, "state-dir", "DIR", state_dir, \
	"where restarts under way are noted (/run/procguard, else a private directory)")
#define OPT_REPORT OOME(OPT_STRING, 0, "report", "DIR", report, \
	"before a restart, write a Guru Meditation Report of the program into DIR")
#define OPT_REPORT_DEADLINE OOME(OPT_TIME, 0, "report-deadline", "TIME", report_deadline_ms, \
	"longest wait for such a report (2s)")
#define OPT_REPORT_KEEP OOME(OPT_NUMBER, 0, "report-keep", "N", report_keep, \
	"so many reports of a name stay, the oldest go first (10)")
#define OPTS_REPORT OPT_REPORT, OPT_REPORT_DEADLINE, OPT_REPORT_KEEP

static const struct opt single_options[] = {
	OOME(OPT_LIST, 'p', "process-name", "NAME", names,
	     "a program: NAME, GROUP:NAME, GROUP:* or GROUP; may be given again"),
	OPT_FILE,
	OPT_DRY,
	OPT_SCRIPT,
	OPT_ANY_OWNER,
	OPT_NO_WATCH,
	OPT_MAX_RESTARTS,
	OPT_TIMEOUT,
	OPT_STATE_DIR,
	OPTS_REPORT,
	{ .kind = OPT_END },
};

static const struct opt all_options[] = {
	OPT_DRY, OPT_SCRIPT, OPT_ANY_OWNER, OPT_NO_WATCH, OPT_MAX_RESTARTS, OPT_TIMEOUT, OPT_STATE_DIR,
	OPTS_REPORT,
	{ .kind = OPT_END },
};

static const struct opt run_options[] = {
	OPT_FILE,
	OPT_DRY,
	OPT_ANY_OWNER,
	OPT_NO_WATCH,
	OPT_MAX_RESTARTS,
	OOME(OPT_TIME, 0, "grace", "TIME", grace_ms,
	     "between SIGTERM and SIGKILL when the program is terminated (10s)"),
	OOME(OPT_TIME, 0, "interval", "TIME", interval_ms, "longest pause between two looks for the oome file (5s)"),
	OPTS_REPORT,
	OOME(OPT_SIGNAL, 0, "gmr-signal", "SIGNAL", gmr_signal,
	     "on this signal, which is not passed on then, report the guard itself (none)"),
	OOME(OPT_STRING, 0, "gmr-file", "FILE", gmr_file,
	     "report the guard itself when this file appears or is touched (none)"),
	{ .kind = OPT_END },
};

enum { SINGLE, ALL, RUN, TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000, REPORT_DEADLINE_MAX_MS = 10 * 60 * 1000 };

static const struct opt_command commands[] = {
	[SINGLE] = { .name = "single",
		     .synopsis = "-p NAME [-p NAME]... [-o FILE] [-d] [-x SCRIPT] [options]",
		     .summary = "supervisord event listener for the programs named",
		     .options = single_options },
	[ALL] = { .name = "all",
		  .synopsis = "[-d] [-x SCRIPT] [options]",
		  .summary = "supervisord event listener for every program",
		  .options = all_options },
	[RUN] = { .name = "run",
		  .synopsis = "[-o FILE] [-d] [options] [--] COMMAND [ARG]...",
		  .summary = "guard COMMAND without supervisord",
		  .options = run_options,
		  .min_operands = 1,
		  .max_operands = -1 },
	{ 0 },
};

static const struct opt_program program = {
	.name = "oome",
	.summary = "Restart programs that ran out of memory: they say so by a file, or the kernel's OOM killer does.",
	.commands = commands,
	.notes = "TIME takes a suffix (500ms, 30s, 5m); a bare number is seconds.\n"
		 "Example, in [eventlistener:oome] with events=TICK_60:\n"
		 "  command=procguard oome single -p webapp\n"
		 "Example, without supervisord:\n"
		 "  procguard oome run java -XX:OnOutOfMemoryError='touch $OOME_FILE' -jar app.jar\n",
};

/* No program can create such a file. */
static bool is_too_long(const char *file)
{
	const char *slash = strrchr(file, '/');

	return strlen(file) >= PATH_MAX || strlen(slash ? slash + 1 : file) > NAME_MAX;
}

static int check(const struct opt_program *as_typed, const struct opt_command *command,
		 const struct oome_config *config)
{
	char name[24];

	if (config->timeout_ms < 1 || config->timeout_ms > TIMEOUT_MAX_MS)
		return opt_usage(as_typed, "--timeout takes a time from 1ms to 1d");
	if (config->report_deadline_ms < 1 || config->report_deadline_ms > REPORT_DEADLINE_MAX_MS)
		return opt_usage(as_typed, "--report-deadline takes a time from 1ms to 10m");
	if (config->report_keep < 1)
		return opt_usage(as_typed, "--report-keep takes a number from 1 on");
	if (config->oome_file && is_too_long(config->oome_file))
		return opt_usage(as_typed, "-o: the name of the file is too long (at most %d bytes, %d of them behind "
				 "the last '/')", PATH_MAX - 1, NAME_MAX);
	if (config->gmr_signal && selfreport_check_signal(config->gmr_signal) < 0)
		return opt_usage(as_typed, "--gmr-signal: oome needs %s itself (take USR2, USR1, WINCH, RTMIN+1...)",
				 sig_name(config->gmr_signal, name));
	if (config->gmr_file && is_too_long(config->gmr_file))
		return opt_usage(as_typed, "--gmr-file: the name of the file is too long");
	if (command != &commands[SINGLE])
		return 0;
	if (!config->names.count)
		return opt_usage(as_typed, "single needs -p NAME: the program to guard");
	if (config->names.count > 1 && config->oome_file)
		return opt_usage(
			as_typed,
			"you cannot specify oome file name when multiple supervisord processes are to be monitored");
	return 0;
}

static int oome_run(const struct opt_program *as_typed, int argc, char **argv)
{
	struct lastwords lastwords = { 0 };
	struct oome_config config = {
		.timeout_ms = 60000,
		.max_restarts = { .count = 5, .period_ms = 600000 },
		.grace_ms = 10000,
		.interval_ms = 5000,
		.report_deadline_ms = EVIDENCE_DEADLINE_MS,
		.report_keep = EVIDENCE_KEEP,
		.lastwords = &lastwords,
	};
	const struct opt_command *command;
	int operand, status;

	log_prefix("procguard oome");
	switch (opt_parse(as_typed, argc, argv, &config, &command, &operand)) {
	case OPT_HELP:
		status = 0;
		break;
	case OPT_USAGE:
		status = 2;
		break;
	case OPT_OK:
	default:
		config.all = command == &commands[ALL];
		status = check(as_typed, command, &config);
		if (!status)
			status = lastwords_open(&config, argv[0]);
		if (!status)
			status = command == &commands[RUN] ? run_main(&config, argv + operand) : listener_main(&config);
	}
	opt_list_done(&config.names);
	return status;
}

const struct applet oome_applet = { .name = "oome", .alias = "oome_monitor", .program = &program, .run = oome_run };
