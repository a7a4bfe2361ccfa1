/* notify.h: the socket of sd_notify(3), from the receiving end; and a sender.
 *
 *   /run/procguard-9f86d081884c7d65/2c26b46b68ffc68ff99b453c1d304134
 *
 * It has a name that nobody can guess or list: its directory has mode 0711 (and it 0777, since programs drop
 * privileges), and /proc/net/unix shows the name that it had before. The directory is below $XDG_RUNTIME_DIR (not for
 * root), /run, /tmp or /dev/shm; where nothing is writable the socket is an abstract one, unix(7), which everybody can
 * see. Whoever got to it: each message is judged by its sender. */
#ifndef CORE_NOTIFY_H
#define CORE_NOTIFY_H

#include <sys/types.h>
#include <sys/un.h>

#include "core/notify_message.h"
#include "core/procfs.h"

enum { NOTIFY_UIDS = 8 };

struct notify {
	int fd; /* a datagram socket that does not block; -1: none */
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* to be removed at the end; empty: an abstract socket */
	char env[sizeof("NOTIFY_SOCKET=") + sizeof(((struct sockaddr_un *)0)->sun_path)]; /* for the program */
	uid_t uids[NOTIFY_UIDS]; /* of senders that were found in the tree, the last ones */
	unsigned uid_count;      /* how many there were, of different uids */
	char text[NOTIFY_MESSAGE_MAX];
};

#define NOTIFY_NONE ((struct notify){ .fd = -1 })

struct notify_sender { pid_t pid; uid_t uid; }; /* SCM_CREDENTIALS; pid 0: outside our pid namespace */

/* -errno: none of the places will do. Release with notify_done(). What a listener of our uid left there that was
 * killed is removed. */
int notify_open(struct notify *ret);
void notify_done(struct notify *notify); /* takes NULL; removes socket and directory */

/* The next message that waits: 1, and its parts point into NOTIFY until the next call; 0: none waits, or a crowd of
 * strangers is at it: back to poll(2). What a stranger may send is dropped: too long, without credentials, without an
 * assignment. Descriptors are closed: so a BARRIER=1 is answered here, as what was received before has been handled
 * when this is called again. Does not block; allocates nothing. */
int notify_receive(struct notify *notify, struct notify_message *ret, struct notify_sender *ret_sender);

/* ---- notify_sender.c ---- */

/* May SENDER speak for the tree below us? It is a living descendant of this process; or it has gone already, and
 * its uid is root's, ours, or that of a process in the tree now or of one that spoke before. PROC NULL: who is no child
 * of ours counts as gone. A sender outside our pid namespace may not. */
bool notify_sender_is_ours(struct notify *notify, const struct procfs *proc, const struct notify_sender *sender);

/* ---- notify_send.c ---- */

/* Send TEXT to the socket ADDRESS ("/path" or "@abstract"), and with BARRIER wait until it was handled. Blocks at most
 * TIMEOUT_MS in each. -EINVAL: no such address; -EAGAIN: the socket is full; -ETIMEDOUT: sent, but not known to be
 * handled; else of connect(2) or sendmsg(2): -ENOENT, -ECONNREFUSED: nobody listens. */
int notify_send(const char *address, const char *text, bool barrier, int timeout_ms);

#endif
