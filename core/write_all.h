/* write_all.h: write(2), for as long as it takes. */
#ifndef CORE_WRITE_ALL_H
#define CORE_WRITE_ALL_H

#include <stddef.h>

/* Write LEN bytes of DATA to FD; one that somebody has made non-blocking is waited for, too. 0 or -errno: then part of
 * them may have been written. */
int write_all(int fd, const char *data, size_t len);

#endif
