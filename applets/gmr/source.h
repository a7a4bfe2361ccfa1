/* source.h: lines of source, for the child (core/confine.h): the target names the files. */
#ifndef GMR_SOURCE_H
#define GMR_SOURCE_H

#include "applets/gmr/target.h"
#include "core/buf.h"

struct source;

/* Read nothing yet. -EPERM: our ids are neither TARGET's nor nobody's (confine_may_open_for()); -ENOMEM; or the error
 * of its root. TARGET must outlive it. */
int source_open(const struct target *target, struct source **ret);

/* Append LINE (from 1) of FILE, which is looked up inside the target's root: regular files up to 4 MiB, redacted,
 * without the blanks around it, at most 1,024 bytes of it and then "...": SOURCE_MAX bytes have room for any, masked.
 * The last files are kept. -ENOENT: no such file (or a relative name) or line; -EACCES; -EISDIR, -ENXIO: no regular
 * file; -EFBIG; -ENOBUFS, -ENOMEM. */
enum { SOURCE_MAX = 4096 };
int source_line(struct source *source, const char *file, int line, struct buf *ret);
void source_free(struct source *source);

#endif
