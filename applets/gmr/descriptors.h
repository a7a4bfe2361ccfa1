/* descriptors.h: what the open files of a process are.
 *
 * Sockets are looked up in the process's own network namespace (its net/tcp, net/unix...), once, when the first is
 * asked for; the rest is read when it is asked for. */
#ifndef GMR_DESCRIPTORS_H
#define GMR_DESCRIPTORS_H

#include <stdbool.h>
#include <stddef.h>

#include "applets/gmr/target.h"
#include "core/buf.h"

struct descriptors;

/* List those of TARGET, which must outlive RET. -EACCES, -EPERM, -ENOMEM, -ESRCH. Free with descriptors_free(). */
int descriptors_open(const struct target *target, struct descriptors **ret);

/* Append what descriptor FD is, escaped by whoever shows it: "/var/log/x (deleted)", "TCP 10.0.0.1:5432 -> 10.0.0.2:80
 * ESTABLISHED", "UNIX /run/x.sock", "pipe 4711", "eventpoll (3 watched)", redacted: a name may be any text. -ENOENT: it
 * has none of that number; -ENOBUFS, -ENOMEM: RET is as before. */
int descriptors_name(struct descriptors *descriptors, int fd, struct buf *ret);

/* The kind of FD: "file", "directory", "device", "terminal", "pipe", "TCP", "UDP", "raw", "UNIX", "netlink", "packet",
 * "socket", "eventpoll", "memfd", ...; "?" where it is not known. Stays as long as DESCRIPTORS. */
const char *descriptors_kind(struct descriptors *descriptors, int fd);

/* All numbers, ascending; RET_CUT: there are more than we take. Owned by DESCRIPTORS. */
const int *descriptors_all(struct descriptors *descriptors, size_t *ret_count, bool *ret_cut);

void descriptors_free(struct descriptors *descriptors); /* takes NULL */

#endif
