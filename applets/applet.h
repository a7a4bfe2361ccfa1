/* applet.h: what main.c knows of an applet.
 *
 * To add one named NAME:
 *   1. make the folder applets/NAME/ with NAME.c in it, exporting `const struct applet NAME_applet` and nothing else;
 *   2. describe its commands and options in one struct opt_program (core/opt.h): parsing, --help and completion
 *      follow from it;
 *   3. write man/procguard-NAME.1 (`make check` holds it against --help) and tests/NAME.sh.
 * The Makefile finds the folder and writes the list; `make APPLETS=NAME` builds it alone. An applet includes core's
 * headers and its own, never another applet's. */
#ifndef APPLET_H
#define APPLET_H

#include "core/opt.h"

struct applet {
	const char *name;
	const char *alias; /* a second name that it answers to ("oome_monitor"), or NULL */
	const struct opt_program *program; /* its .name is replaced by what was typed */
	/* Run it. PROGRAM is .program with the name as typed; argv[0] is that name. Returns the exit status:
	 * 0 done, 1 failed, 2 usage, or a guarded child's own. */
	int (*run)(const struct opt_program *program, int argc, char **argv);
};

#endif
