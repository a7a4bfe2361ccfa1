/* demangle.h: names of C++ functions as their source has them: Monitor::wait() for _ZN7Monitor4waitEv.
 *
 * By __cxa_demangle() of libstdc++, which comes in at the first name that begins with "_Z"; where it is missing, and in
 * static builds, names stay as they are. For a child without rights (core/confine.h): the names are hostile. What they
 * refer back to is written out each time, so that a few bytes may stand for gigabytes: those that could are refused. */
#ifndef CORE_DEMANGLE_H
#define CORE_DEMANGLE_H

#include <stdbool.h>
#include <stddef.h>

struct demangler {
	bool looked_for;                     /* the library */
	unsigned refused;                    /* how often a name has come out too long */
	char *(*function)(const char *name, char *buffer, size_t *size, int *status);
};

enum { DEMANGLE_MAX = 4096 };                /* bytes of what comes out */

/* What NAME stands for, which the caller frees; NULL: it is no such name, or it stays as it is. DEMANGLER, all zero
 * at first, has nothing to be freed. */
char *demangle(struct demangler *demangler, const char *name);

#endif
