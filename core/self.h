/* self.h: where this very program lies. */
#ifndef CORE_SELF_H
#define CORE_SELF_H

#include <stddef.h>

/* The absolute path of the running binary: from /proc/self/exe, else ARGV0 (may be NULL) resolved as the shell did it.
 * -ENOENT: neither tells, or the file was deleted or replaced since; -ENAMETOOLONG: longer than SIZE. */
int self_exe(const char *argv0, char *ret, size_t size);

#endif
