/* fault.h: what is wrong with a configuration, in the words that the user reads.
 *
 *	buildout.cfg:17: ${buildot:directory}: no section 'buildot' (did you mean 'buildout'?) */
#ifndef CLUSTER_FAULT_H
#define CLUSTER_FAULT_H

#include <stddef.h>

#include "core/ini.h"

enum { FAULT_SIZE = 1024 };

struct fault { char text[FAULT_SIZE]; };

/* Put FORMAT behind "FILE:LINE: ", behind "FILE: " where LINE is 0, alone where FILE is NULL; what does not fit is cut
 * off. Returns -EBADMSG. */
int fault_say(struct fault *fault, const char *file, unsigned line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same for what ini.h has found, which failed with ERROR. Returns ERROR; has nothing to say of -ENOMEM. */
int fault_ini(struct fault *fault, const struct ini_fault *found, int error);

/* Where LINE stands: "buildout.cfg:17", "environment", "default". */
enum { FAULT_PLACE_SIZE = 512 };
const char *fault_place(const struct ini_line *line, char ret[FAULT_PLACE_SIZE]);

#endif
