/* cluster.h: the commands of the applet. */
#ifndef CLUSTER_CLUSTER_H
#define CLUSTER_CLUSTER_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/cluster/config.h"

/* What the command line says. */
struct typed {
	const char *file, *section;
	const char *exit_on; /* run: "any", "all", NULL */
	bool verbose, json; /* status */
	bool follow; /* logs */
	int lines;   /* logs; INT_MAX: all of them */
	const char *report; /* start, stop, restart, run, unit: above what the configuration says; NULL: not typed */
	int64_t report_deadline_ms; /* -1: not typed */
	int report_keep;            /* INT_MIN: not typed */
};

/* One call of the applet: what was typed, and the configuration that it is about. */
struct cluster {
	const char *program; /* as called: "procguard cluster", or the path of a script */
	struct typed typed;
	struct config config;
	struct resolve *resolve;
	char **operands; /* what stands behind the command; ends with NULL */
};

/* What a command does: prints, says on stderr what it could not do, and returns the exit status. */
typedef int cluster_command(struct cluster *c);

cluster_command start_main;   /* start */
cluster_command stop_main;    /* stop */
cluster_command restart_main; /* restart */
cluster_command status_main;  /* status */
cluster_command foreground_main; /* run */
cluster_command logs_main;    /* logs */
cluster_command show_main;    /* config */
cluster_command install_main; /* install [DIR] */
cluster_command unit_main;    /* unit */

#endif
