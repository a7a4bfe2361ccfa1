/* control_socket.h: the socket of control.h as a file: made by one guard at a time, replaced when it is dead, removed
 * by the one who made it. */
#ifndef HEART_CONTROL_SOCKET_H
#define HEART_CONTROL_SOCKET_H

#include <sys/types.h>
#include <sys/un.h>

struct control_socket {
	int fd; /* listens, does not block; -1: none */
	dev_t dev;
	ino_t ino;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

#define CONTROL_SOCKET_NONE ((struct control_socket){ .fd = -1 })

/* The address of the socket PATH. -ENAMETOOLONG: unix(7) has room for 107 bytes; -ENOENT: it is empty. */
int control_socket_address(const char *path, struct sockaddr_un *ret);

/* Listen at PATH, a SOCK_SEQPACKET socket of mode 0600. A socket of ours, or root's, that nobody listens at is
 * replaced. Others that do the same are waited for, by the lock PATH.lock, up to a second: -ETIMEDOUT. -EADDRINUSE:
 * somebody listens there; -EEXIST: PATH is no socket; -EPERM: a dead one of another user; -ENAMETOOLONG; else open(2)'s
 * and bind(2)'s. Release with control_socket_done(). */
int control_socket_open(const char *path, struct control_socket *ret);

/* Close it; the file is removed if it still is the one that was made. Takes NULL. */
void control_socket_done(struct control_socket *s);

#endif
