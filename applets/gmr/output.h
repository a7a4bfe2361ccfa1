/* output.h: where reports go, and in which form: to stdout, one behind the other, or each to a file of its own. */
#ifndef GMR_OUTPUT_H
#define GMR_OUTPUT_H

#include <stdbool.h>

#include "applets/gmr/make.h"
#include "applets/gmr/options.h"

struct output {
	const struct options *options;
	int directory;  /* of the files, -1: stdout or one file */
	bool many;      /* there may be more than one report */
	size_t count;   /* of what has been put to stdout */
	bool is_closed; /* stdout cannot be written to (any more) */
};

/* Prepare, before any process is looked at: the directory can be written to, the file can be replaced. 0, or 1: it
 * cannot be, which has been said. Release with output_done(), which takes NULL. */
int output_open(const struct options *options, bool many, struct output *ret);
void output_done(struct output *output);

/* Write one report. With a directory, its path is printed on stdout. 0, or 1: it could not be written, which has been
 * said. */
int output_put(struct output *output, const struct made *made);

/* What stands behind the last report. 0 or 1 as above. */
int output_end(struct output *output);

#endif
