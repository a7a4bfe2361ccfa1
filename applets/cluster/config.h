/* config.h: what a section of a configuration says about a cluster, checked and ready to be used.
 *
 *	[cluster]
 *	start =
 *	    background:${buildout:bin-directory}/worker
 *	    ${buildout:bin-directory}/zeoserver start
 *	stop =
 *	    ${buildout:bin-directory}/zeoserver stop
 *
 * Everything in it is a copy: the files that it was read from are forgotten, unless they are asked for. */
#ifndef CLUSTER_CONFIG_H
#define CLUSTER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/cluster/fault.h"
#include "applets/cluster/line.h"
#include "applets/cluster/resolve.h"

enum {
	CONFIG_LEFT_OUT_MAX = 2,
	CONFIG_STOP_TIMEOUT_MS = 10000,
	CONFIG_REPORT_DEADLINE_MAX_MS = 60 * 60 * 1000,
};

/* What was asked for. */
struct config_request {
	const char *file;    /* NULL: buildout.cfg, else cluster.cfg, in the working directory */
	const char *section; /* NULL: what CALLED names when that is a section with `start`, else "cluster" */
	const char *called;  /* as the program was called: "procguard cluster", "/srv/app/bin/pound" */
};

struct config_lines { struct line *items; size_t count; };

struct config {
	char *file;        /* the configuration: absolute */
	char *section;
	char *home;        /* buildout's directory: where relative paths of options begin */
	char *directory;   /* the working directory of all commands */
	struct config_lines start, stop, restart;
	bool debug;
	char *pid_file;    /* as configured: messages name it so */
	char *pid_path;    /* the same, absolute */
	char *log_path;
	char **environment; /* "NAME=VALUE", put into that of all commands; ends with NULL, as struct spawn wants it */
	char *user;         /* a name or a number; NULL: whoever starts it */
	int64_t stop_timeout_ms;
	int64_t command_timeout_ms; /* -1: none */
	char *report;      /* the directory of reports; NULL: none are made */
	int64_t report_deadline_ms;
	int report_keep;
	char *left_out[CONFIG_LEFT_OUT_MAX + 1]; /* warnings, a line each; ends with NULL */
};

/* Read the configuration. RET_RESOLVE (NULL: not wanted) gets all values and where they stand, for resolve_free().
 * -EBADMSG: RET_FAULT says what is wrong, in one line; -ENOMEM. Release with config_done(). */
int config_load(const struct config_request *request, struct config *ret, struct resolve **ret_resolve,
		struct fault *ret_fault);

/* Takes NULL. */
void config_done(struct config *config);

#endif
