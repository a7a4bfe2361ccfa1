/* ctl.h: `heart ctl` and `heart beat`: what talks to a guard. Neither forks; both end by themselves within a second. */
#ifndef HEART_CTL_H
#define HEART_CTL_H

#include <stdbool.h>

#include "core/opt.h"

struct ctl_config {
	const char *socket; /* -S; NULL: HEART_CONTROL */
	bool json;
};

/* Ask what ARGC words of ARGV say (verb and argument). Returns the exit status: the guard's answer, 1 without one, 2
 * for a usage error. */
int ctl_main(const struct opt_program *program, const struct ctl_config *config, int argc, char **argv);

/* Send one heartbeat: to the control socket where -S names it; else to NOTIFY_SOCKET; else to HEART_CONTROL. 0 sent and
 * taken; 1. */
int beat_main(const struct opt_program *program, const struct ctl_config *config);

#endif
