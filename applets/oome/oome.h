/* oome.h: what the rooms of the oome applet share: its configuration and its modes. */
#ifndef OOME_H
#define OOME_H

#include <stdbool.h>
#include <stdint.h>

#include "core/opt.h"
#include "core/units.h"

struct lastwords;

struct oome_config {
	struct opt_list names;   /* -p; empty: all */
	bool all;
	const char *oome_file;   /* -o, or NULL */
	bool dry;
	const char *script;      /* -x, or NULL: XML-RPC */
	bool any_owner;
	bool no_watch;
	int64_t timeout_ms;      /* of one connection and answer */
	struct units_rate max_restarts;
	const char *state_dir;   /* or NULL: the default */
	int64_t grace_ms;        /* run: between TERM and KILL */
	int64_t interval_ms;     /* run: between looks where nothing watches */
	const char *report;      /* where to, or NULL: no reports */
	int64_t report_deadline_ms;
	int report_keep;
	int gmr_signal;          /* run: --gmr-signal; 0: none */
	const char *gmr_file;    /* run: --gmr-file, or NULL */
	struct lastwords *lastwords;
};

/* The modes; each returns the exit status. */
int listener_main(const struct oome_config *config);              /* single, all */
int run_main(const struct oome_config *config, char *const *argv); /* run */

#endif
