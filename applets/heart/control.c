/* control.c: see control.h.
 *
 * The loop knows one descriptor of it, epoll(7)'s, and one timer, which has its room: what clients do takes none of the
 * room that the loop's tables keep for the way to a kill. */
#include "applets/heart/control.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applets/heart/control_socket.h"
#include "core/cleanup.h"

enum {
	SILENCE_MS = 1000, /* so long a client may say nothing */
	NO_ROOM_MS = 1000, /* where no descriptor is free for a client: until it is tried again */
	LISTENER = CONTROL_CLIENTS_MAX, /* epoll's data; smaller ones are clients */
};

struct client { int fd; int64_t until_ms; /* INT64_MAX: none is there */ };

#define CLIENT_NONE ((struct client){ .fd = -1, .until_ms = INT64_MAX })

struct control {
	struct loop *loop;
	int epoll_fd;
	struct control_socket socket;
	int64_t resume_ms; /* no client is taken before; INT64_MAX: they are */
	control_fn function;
	void *context;
	struct client clients[CONTROL_CLIENTS_MAX];
};

static void time_is_over(struct loop *loop, void *context);

/* Cannot fail: the timer has its room. */
static void set_timer(struct control *control)
{
	int64_t next = control->resume_ms;

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].until_ms < next)
			next = control->clients[i].until_ms;
	if (next == INT64_MAX)
		loop_clear_timer(control->loop, time_is_over, control);
	else
		loop_set_timer(control->loop, next - loop_now(), time_is_over, control);
}

/* A child that was forked meanwhile may have a copy of the descriptor: closing it is not enough for epoll, nor for the
 * other end. */
static void drop(struct control *control, struct client *client)
{
	if (client->fd < 0)
		return;
	epoll_ctl(control->epoll_fd, EPOLL_CTL_DEL, client->fd, NULL);
	shutdown(client->fd, SHUT_RDWR);
	fd_close(client->fd);
	*client = CLIENT_NONE;
}

/* Take clients, or none for a while: who waits in the queue would wake us again and again. */
static void listen_for_clients(struct control *control, bool on)
{
	struct epoll_event event = { .events = on ? EPOLLIN : 0, .data.u32 = LISTENER };

	epoll_ctl(control->epoll_fd, EPOLL_CTL_MOD, control->socket.fd, &event);
	control->resume_ms = on ? INT64_MAX : loop_now() + NO_ROOM_MS;
}

static void time_is_over(struct loop *loop, void *context)
{
	struct control *control = context;
	int64_t now = loop_now();

	(void)loop;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].until_ms <= now)
			drop(control, &control->clients[i]);
	if (control->resume_ms <= now)
		listen_for_clients(control, true);
	set_timer(control);
}

static bool is_allowed(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

static bool send_packet(int fd, const char *data, size_t len)
{
	return send(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len;
}

#define SEND_FAILURE(fd, text) send_packet(fd, "1\0" text "\n", sizeof("1\0" text "\n") - 1)

/* A free place, else that of the client which has been silent for the longest time: those who only hold places must
 * not keep away who asks. */
static struct client *place(struct control *control)
{
	struct client *oldest = &control->clients[0];

	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		if (control->clients[i].fd < 0)
			return &control->clients[i];
		if (control->clients[i].until_ms < oldest->until_ms)
			oldest = &control->clients[i];
	}
	drop(control, oldest);
	return oldest;
}

static void take_client(struct control *control)
{
	CLEANUP(fd_done) int fd = accept4(control->socket.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN };
	struct client *client;

	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			listen_for_clients(control, false);
		return;
	}
	if (!is_allowed(fd)) {
		SEND_FAILURE(fd, "not allowed: only the guard's own user and root are answered");
		return;
	}
	client = place(control);
	event.data.u32 = (uint32_t)(client - control->clients);
	if (epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return;
	*client = (struct client){ .fd = TAKE_FD(fd), .until_ms = loop_now() + SILENCE_MS };
}

/* Returns false for a client who does not take his answer. */
static bool answer(struct control *control, int fd, const char *packet, size_t len)
{
	CLEANUP(buf_done) struct buf text = BUF(CONTROL_ANSWER_MAX);
	struct control_request request;

	if (control_request_parse(packet, len, &request) < 0)
		return SEND_FAILURE(fd, "the guard does not know this request");
	if (buf_adds(&text, "0") < 0)
		return false;
	if (control->function(control->context, &request, &text) != 0)
		text.data[0] = '1';
	if (send_packet(fd, text.data, text.len))
		return true;
	return errno == EMSGSIZE && SEND_FAILURE(fd, "the answer is too long for a packet (net.core.wmem_default)");
}

static void serve(struct control *control, struct client *client)
{
	char packet[CONTROL_PACKET_MAX + 1]; /* a longer one is cut, and too long then */
	ssize_t n = recv(client->fd, packet, sizeof(packet), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && answer(control, client->fd, packet, (size_t)n))
		client->until_ms = loop_now() + SILENCE_MS;
	else
		drop(control, client);
}

/* One event at a time: another one of the same epoll_wait(2) could be of a client who has gone meanwhile. */
static void ready(struct loop *loop, int fd, short revents, void *context)
{
	struct control *control = context;
	struct epoll_event event;

	(void)loop, (void)revents;
	if (epoll_wait(fd, &event, 1, 0) != 1)
		return;
	if (event.data.u32 == LISTENER)
		take_client(control);
	else if (event.data.u32 < CONTROL_CLIENTS_MAX)
		serve(control, &control->clients[event.data.u32]);
	set_timer(control);
}

static int watch(struct control *control, struct loop *loop)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = LISTENER };
	int r;

	control->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (control->epoll_fd < 0 || epoll_ctl(control->epoll_fd, EPOLL_CTL_ADD, control->socket.fd, &event) < 0)
		return -errno;
	r = loop_add_fd(loop, control->epoll_fd, POLLIN, ready, control);
	if (r == 0)
		r = loop_reserve_timer(loop, time_is_over, control);
	return r;
}

int control_open(struct loop *loop, const char *path, control_fn function, void *context, struct control **ret)
{
	struct control *control = malloc(sizeof(*control));
	int r;

	if (!control)
		return -ENOMEM;
	*control = (struct control){
		.loop = loop, .epoll_fd = -1, .socket = CONTROL_SOCKET_NONE, .resume_ms = INT64_MAX,
		.function = function, .context = context,
	};
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		control->clients[i] = CLIENT_NONE;
	r = control_socket_open(path, &control->socket);
	if (r == 0)
		r = watch(control, loop);
	if (r < 0) {
		control_free(control);
		return r;
	}
	*ret = control;
	return 0;
}

void control_free(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		drop(control, &control->clients[i]);
	loop_clear_timer(control->loop, time_is_over, control);
	loop_remove_fd(control->loop, control->epoll_fd);
	control_socket_done(&control->socket);
	fd_close(control->epoll_fd);
	free(control);
}
