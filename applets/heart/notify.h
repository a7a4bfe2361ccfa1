/* notify.h: the socket of sd_notify(3), from the receiving end; and a sender for `heart beat`.
 *
 * The socket is in a directory that nobody can guess (mode 0711; the socket 0777, since programs drop privileges) below
 * $XDG_RUNTIME_DIR (not for root), /run, /tmp or /dev/shm; where nothing is writable it is an abstract one, unix(7). */
#ifndef HEART_NOTIFY_H
#define HEART_NOTIFY_H

#include <sys/types.h>
#include <sys/un.h>

#include "applets/heart/notify_message.h"
#include "core/procfs.h"

struct notify {
	int fd;         /* a datagram socket that does not block; -1: none */
	int barrier_fd; /* of the last message, closed when the next one is asked for; -1: none */
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* to be removed at the end; empty: an abstract socket */
	char env[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof("NOTIFY_SOCKET=")]; /* for the program */
	char text[NOTIFY_MESSAGE_MAX + 1];
};

#define NOTIFY_NONE ((struct notify){ .fd = -1, .barrier_fd = -1 })

struct notify_sender { pid_t pid; uid_t uid; gid_t gid; }; /* SCM_CREDENTIALS; pid 0: outside our pid namespace */

/* -errno: none of the places will do. Release with notify_done(). */
int notify_open(struct notify *ret);
void notify_done(struct notify *notify); /* takes NULL; removes socket and directory */

/* The next message that waits: 1, and its parts point into NOTIFY until the next call; 0: none waits. Everything that a
 * stranger may send is dropped: too long, without credentials, without an assignment; other descriptors than that of a
 * BARRIER=1 are closed. Does not block; allocates nothing. */
int notify_receive(struct notify *notify, struct notify_message *ret, struct notify_sender *ret_sender);

/* May SENDER speak for the tree that is guarded? It is a living descendant of this process; or it has gone already, and
 * its uid is root's or one of those that have a process in the tree. PROC NULL: its uid alone is looked at, root's and
 * ours. */
bool notify_sender_is_ours(const struct procfs *proc, const struct notify_sender *sender);

/* Send TEXT to the socket ADDRESS ("/path" or "@abstract"), and with BARRIER wait until it was handled, at most
 * TIMEOUT_MS. -EINVAL: no such address; -ETIMEDOUT: sent, but not known to be handled; else sendmsg(2)'s. */
int notify_send(const char *address, const char *text, bool barrier, int timeout_ms);

#endif
