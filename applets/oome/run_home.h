/* run_home.h: the oome file that `oome run` gives to a program that has none: in a private directory. */
#ifndef OOME_RUN_HOME_H
#define OOME_RUN_HOME_H

#include <limits.h>
#include <stddef.h>

struct run_home {
	char dir[PATH_MAX];
	char file[PATH_MAX];
	char env[PATH_MAX + 16]; /* "OOME_FILE=..." for the child, or empty: it has its own */
};

/* Decide on OOME_FILE for the child: as it is where it is set; the -o FILE, made absolute, where that is
 * given (OPTION, else NULL); else a file in a new directory, mode 0700, below $XDG_RUNTIME_DIR (not for root), /run,
 * /tmp or /dev/shm. -errno: none could be had. */
int run_home_open(struct run_home *home, const char *option);

/* Remove the directory, if there is one. Takes NULL. */
void run_home_done(struct run_home *home);

#endif
