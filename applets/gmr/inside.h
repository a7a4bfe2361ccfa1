/* inside.h: `gmr --inside FD [-f FORMAT] [-L DIR] [--deadline TIME] PID`: the report that a program makes of itself.
 *
 * Nobody types it, so neither --help nor completion shows it: the C library (core/inside/gmr.h says what a program gets
 * by it) and our guards (core/selfreport.h) call it as a child. What is read from FD (core/statement.h) comes
 * first; then PID, which must be above us, is captured as from outside. */
#ifndef GMR_INSIDE_H
#define GMR_INSIDE_H

#include <stdbool.h>

#include "core/opt.h"

/* Is that what ARGV asks for? */
bool inside_is_meant(int argc, char **argv);

/* Do it. The report goes to stdout, or to a file in DIR whose path is printed; where that cannot be, to stdout all the
 * same. Returns the exit status: 0; 1: said why on stderr; 2: usage. */
int inside_run(const struct opt_program *as_typed, int argc, char **argv);

#endif
