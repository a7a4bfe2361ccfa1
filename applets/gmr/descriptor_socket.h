/* descriptor_socket.h: what the sockets of a process are, looked up in its own network namespace. */
#ifndef GMR_DESCRIPTOR_SOCKET_H
#define GMR_DESCRIPTOR_SOCKET_H

#include <stddef.h>
#include <stdint.h>

#include "applets/gmr/target.h"
#include "core/buf.h"

struct sockets;

/* Look up those among the COUNT descriptors FDS of TARGET: reads the tables of its network namespace that may have
 * them, until all are found. What cannot be read is not known. -ENOMEM. Free with sockets_free(). */
int sockets_find(const struct target *target, const int *fds, size_t count, struct sockets **ret);

/* Append what the socket INODE is, foreign bytes and all. -ENOENT: not one of those; -ENOBUFS, -ENOMEM. */
int sockets_name(const struct sockets *sockets, uint64_t inode, struct buf *ret);

/* "TCP", "UNIX"...; "socket" where it is not known. Constant. */
const char *sockets_kind(const struct sockets *sockets, uint64_t inode);

void sockets_free(struct sockets *sockets); /* takes NULL */

#endif
