/* abspath.h: a path for a process that may be in another directory. */
#ifndef CORE_ABSPATH_H
#define CORE_ABSPATH_H

#include <stddef.h>

/* PATH as it is where it begins with '/', else behind our working directory; no link and no ".." is resolved.
 * -ENAMETOOLONG: longer than SIZE; else getcwd(3)'s. */
int abspath(const char *path, char *ret, size_t size);

/* The same, but PATH itself, cut to SIZE, where that cannot be told. */
void abspath_or_same(const char *path, char *ret, size_t size);

#endif
