/* ctl.h: `heart ctl` and `heart beat`: what talks to a guard. Neither forks; both end by themselves within a second. */
#ifndef HEART_CTL_H
#define HEART_CTL_H

#include <stdbool.h>

#include "core/opt.h"

struct ctl_config {
	const char *socket; /* -S; NULL: HEART_CONTROL */
	bool json;          /* --json; also understood behind the verb */
};

/* Ask what the ARGC words of ARGV say: a verb, and its argument. The table of heart.c lets any number of them through,
 * none too: what is wrong with them is said here, by name. Returns the exit status: the guard's answer; 1: none came;
 * 2: a usage error, already said. */
int ctl_main(const struct opt_program *program, const struct ctl_config *config, int argc, char **argv);

/* Send one heartbeat: to the control socket where -S names it; else to NOTIFY_SOCKET; else to HEART_CONTROL. 0: it was
 * taken; 1; 2: there is none of them. */
int beat_main(const struct opt_program *program, const struct ctl_config *config);

#endif
