#include "applets/gmr/options.h"

#include <string.h>

#include "core/near.h"
#include "core/report.h"

#define GMR(kind, letter, name, argument, member, help) \
	OPT(kind, letter, name, argument, struct options, member, help)

static const struct opt gmr_options[] = {
	GMR(OPT_CHOICE, 'f', "format", "text|json|xml", format, "how reports are written (text)"),
	GMR(OPT_STRING, 'o', "output", "FILE", file, "write the report to FILE, replaced whole; '-' is stdout"),
	GMR(OPT_STRING, 'L', "log-dir", "DIR", directory,
	    "write each report to a file of its own in DIR, and print its path"),
	GMR(OPT_LIST, 'S', "section", "SECTION", section_names,
	    "only this section: package, threads, green-threads, processes, configuration; may be given again"),
	GMR(OPT_LIST, 'n', "name", "NAME", names, "processes called NAME: their comm, or their executable's name"),
	GMR(OPT_LIST, 'F', "pid-file", "PIDFILE", pid_files, "the process whose pid stands in PIDFILE"),
	GMR(OPT_LIST, 'C', "command-line", "REGEX", patterns,
	    "processes whose arguments, joined by blanks, match REGEX"),
	GMR(OPT_FLAG, 0, "children", NULL, children, "report all processes below them, too"),
	GMR(OPT_FLAG, 0, "no-stop", NULL, no_stop, "stop no thread; those that run are not read"),
	GMR(OPT_FLAG, 0, "stop", NULL, stop, "stop all threads at once: their stacks are of one moment"),
	GMR(OPT_TIME, 0, "max-stop", "TIME", max_stop_ms,
	    "longest stop; threads that do not fit are stopped in batches (20ms)"),
	GMR(OPT_TIME, 0, "deadline", "TIME", deadline_ms, "what is not read by then is left out of the report (5s)"),
	GMR(OPT_FLAG, 0, "fold", NULL, fold, "show threads with equal stacks once"),
	GMR(OPT_FLAG, 0, "environ", NULL, environ, "show the environment; secrets are masked"),
	GMR(OPT_FLAG, 0, "locals", NULL, locals,
	    "show the local variables of Python's frames; secrets are masked"),
	GMR(OPT_FLAG, 0, "debuginfod", NULL, debuginfod, "ask the servers of DEBUGINFOD_URLS for debug information"),
	OPT_BARE(OPT_SIGNAL, 0, "signal", "USR2", "USR2", struct options, signal,
		 "ask the program for its own report, by this signal"),
	GMR(OPT_FLAG, 0, "force", NULL, force, "with --signal: also a program that means something else by it"),
	GMR(OPT_STRING, 0, "watch", "FILE", watch, "report whenever FILE is touched, until the process ends"),
	GMR(OPT_TIME, 0, "interval", "TIME", interval_ms, "with --watch: pause between two looks (1s)"),
	{ .kind = OPT_END },
};

static const struct opt_command forms[] = {
	{ .synopsis = "[-f text|json|xml] [-o FILE | -L DIR] [-S SECTION]... "
		      "[-n NAME | -F PIDFILE | -C REGEX | PID]... [options]",
	  .summary = "report", .options = gmr_options, .max_operands = -1 },
	{ .synopsis = "--signal[=USR2] [--force] PID...", .summary = "ask", .options = gmr_options,
	  .max_operands = -1 },
	{ .synopsis = "--watch FILE [--interval TIME] PID", .summary = "watch", .options = gmr_options,
	  .max_operands = -1 },
	{ .summary = NULL },
};

const struct opt_program options_program = {
	.name = "gmr",
	.summary = "Print a Guru Meditation Report of any process, from outside: what it is, what each of its threads "
		   "is doing, its processes, its configuration.",
	.commands = forms,
	.notes = "TIME takes a suffix (500ms, 30s, 5m); a bare number is seconds. Options stand\n"
		 "before PIDs. Exit status: 0, also when something could not be read, which the\n"
		 "report says; 1: nothing could be read, or nobody was found; 2: usage.\n"
		 "Examples:\n"
		 "  procguard gmr 4711\n"
		 "  procguard gmr -S threads --fold -n webapp\n",
};

static const struct { unsigned bit; const char *title; } titles[] = {
	{ SECTION_PACKAGE, REPORT_PACKAGE },
	{ SECTION_THREADS, REPORT_THREADS },
	{ SECTION_GREEN_THREADS, REPORT_GREEN_THREADS },
	{ SECTION_PROCESSES, REPORT_PROCESSES },
	{ SECTION_CONFIGURATION, REPORT_CONFIGURATION },
};

enum { TITLES = sizeof(titles) / sizeof(titles[0]), TIME_MAX_MS = 24 * 60 * 60 * 1000 };

/* As a title and as a word of a command line. */
static char plain(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (char)(c - 'A' + 'a');
	return c == '-' || c == '_' ? ' ' : c;
}

static bool is_title(const char *typed, const char *title)
{
	while (*typed && plain(*typed) == plain(*title)) {
		typed++;
		title++;
	}
	return !*typed && !*title;
}

unsigned options_section(const char *typed, const char **ret_nearest)
{
	struct near near = NEAR(typed, strlen(typed));

	for (size_t i = 0; i < TITLES; i++) {
		if (is_title(typed, titles[i].title))
			return titles[i].bit;
		near_offer(&near, titles[i].title);
	}
	*ret_nearest = near.best;
	return 0;
}

static int parse_sections(const struct opt_program *as_typed, struct options *o)
{
	const char *nearest = NULL;

	o->sections = o->section_names.count ? 0 : SECTIONS_ALL;
	for (size_t i = 0; i < o->section_names.count; i++) {
		const char *typed = o->section_names.items[i];
		unsigned bit = options_section(typed, &nearest);

		if (!bit && nearest)
			return opt_usage(as_typed, "unknown section '%s' (did you mean '%s'?)", typed, nearest);
		if (!bit)
			return opt_usage(as_typed, "unknown section '%s' (one of: package, threads, green-threads, "
					 "processes, configuration)", typed);
		o->sections |= bit;
	}
	return 0;
}

static int check_times(const struct opt_program *as_typed, const struct options *o)
{
	if (o->max_stop_ms < 1 || o->max_stop_ms > TIME_MAX_MS)
		return opt_usage(as_typed, "--max-stop takes a time from 1ms to 1d");
	if (o->deadline_ms < 1 || o->deadline_ms > TIME_MAX_MS)
		return opt_usage(as_typed, "--deadline takes a time from 1ms to 1d");
	if (o->interval_ms < 1 || o->interval_ms > TIME_MAX_MS)
		return opt_usage(as_typed, "--interval takes a time from 1ms to 1d");
	return 0;
}

static size_t named(const struct options *o)
{
	return o->names.count + o->pid_files.count + o->patterns.count + o->pid_count;
}

static int check_together(const struct opt_program *as_typed, const struct options *o)
{
	if (o->stop && o->no_stop)
		return opt_usage(as_typed, "--stop and --no-stop exclude each other");
	if (o->file && o->directory)
		return opt_usage(as_typed, "-o and -L exclude each other");
	if (o->signal && (o->watch || o->file || o->directory || o->section_names.count || o->children))
		return opt_usage(as_typed, "--signal writes no report: no -o, -L, -S, --children and --watch with it");
	if (o->force && !o->signal)
		return opt_usage(as_typed, "--force goes with --signal");
	if (o->file && strcmp(o->file, "-") != 0 && (o->watch || o->children || o->pid_count > 1))
		return opt_usage(as_typed, "-o takes one report (use -L DIR for several)");
	if (o->watch && (o->children || o->pid_count > 1))
		return opt_usage(as_typed, "--watch takes one process");
	if (named(o) == 0)
		return opt_usage(as_typed, "which process? Name it by -n NAME, -F PIDFILE, -C REGEX or its PID");
	return 0;
}

enum opt_result options_parse(const struct opt_program *as_typed, int argc, char **argv, struct options *ret)
{
	const struct opt_command *form;
	enum opt_result r;
	int operand;

	*ret = (struct options){ .format = "text", .max_stop_ms = 20, .deadline_ms = 5000, .interval_ms = 1000 };
	r = opt_parse(as_typed, argc, argv, ret, &form, &operand);
	if (r != OPT_OK)
		return r;
	ret->pids = argv + operand;
	ret->pid_count = (size_t)(argc - operand);
	if (parse_sections(as_typed, ret) || check_times(as_typed, ret) || check_together(as_typed, ret))
		return OPT_USAGE;
	if (ret->file && !strcmp(ret->file, "-"))
		ret->file = NULL;
	return OPT_OK;
}

void options_done(struct options *options)
{
	if (!options)
		return;
	opt_list_done(&options->section_names);
	opt_list_done(&options->names);
	opt_list_done(&options->pid_files);
	opt_list_done(&options->patterns);
}
