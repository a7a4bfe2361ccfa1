/* options.h: gmr's command line. */
#ifndef GMR_OPTIONS_H
#define GMR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/opt.h"

/* The sections of a report, as bits. */
enum {
	SECTION_PACKAGE = 1 << 0,
	SECTION_THREADS = 1 << 1,
	SECTION_GREEN_THREADS = 1 << 2,
	SECTION_PROCESSES = 1 << 3,
	SECTION_CONFIGURATION = 1 << 4,
	SECTIONS_ALL = (1 << 5) - 1,
};

struct options {
	const char *format;                  /* "text", "json", "xml" */
	const char *file, *directory;        /* where reports go; both NULL: to stdout */
	struct opt_list section_names;
	unsigned sections;                   /* of which bits */
	struct opt_list names, pid_files, patterns;
	char **pids;                         /* the operands, as typed */
	size_t pid_count;
	bool no_stop, stop, children, fold, environ, locals, debuginfod, force;
	int64_t max_stop_ms, deadline_ms, interval_ms;
	int signal;                          /* to be sent, 0: none */
	const char *watch;                   /* file to be watched, or NULL */
};

/* What gmr is, for the applet. */
extern const struct opt_program options_program;

/* Parse and check ARGV; OPT_HELP, OPT_USAGE: all has been said. Free with options_done(), whatever it returned. */
enum opt_result options_parse(const struct opt_program *as_typed, int argc, char **argv, struct options *ret);
void options_done(struct options *options);

/* The bit of the section that TYPED names: "green threads", "Green-Threads", "threads"; 0: none, RET_NEAREST is the
 * title of the one that may be meant, or NULL. Pure. */
unsigned options_section(const char *typed, const char **ret_nearest);

#endif
