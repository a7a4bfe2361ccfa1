/* socket_place.h: a directory with a place for a socket, and both ends of one there. */
#ifndef TESTS_SOCKET_PLACE_H
#define TESTS_SOCKET_PLACE_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/cleanup.h"

static char dir[32], path[64], lock_path[64];

static inline void socket_place_make(void)
{
	strcpy(dir, "/tmp/test_control.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/socket", dir);
	snprintf(lock_path, sizeof(lock_path), "%s/socket.lock", dir);
}

static inline void socket_place_remove(void)
{
	unlink(path);
	unlink(lock_path);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* A socket of TYPE bound to the path or connected to it, or -errno. It does not block. */
static inline int socket_at(int type, bool bound)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_ge(fd, 0);
	if ((bound ? bind : connect)(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	fd_done(&fd);
	return -errno;
}

/* A client of what listens there. */
static inline int socket_client(void)
{
	int fd = socket_at(SOCK_SEQPACKET, false);

	ck_assert_msg(fd >= 0, "connect: %s", strerror(-fd));
	return fd;
}

/* Clients until the queue of what listens there is full. */
static inline int socket_fill_queue(int clients[64])
{
	int count = 0, fd;

	while ((fd = socket_at(SOCK_SEQPACKET, false)) >= 0) {
		ck_assert_int_lt(count, 64);
		clients[count++] = fd;
	}
	ck_assert_int_eq(fd, -EAGAIN);
	return count;
}

#endif
