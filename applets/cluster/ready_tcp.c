/* ready_tcp.c: see ready_private.h: does somebody accept connections there? */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "applets/cluster/ready_private.h"
#include "core/cleanup.h"
#include "core/log.h"

enum {
	TRY_MS = 3000,     /* for one address: who drops what comes does not answer */
	RESOLVE_MS = 1000, /* from one question to a resolver to the next */
};

/* ---- addresses ---- */

static void add_addresses(struct ready_tcp *tcp, const struct addrinfo *found)
{
	for (; found && tcp->count < READY_ADDRESSES_MAX; found = found->ai_next) {
		struct ready_address *address = &tcp->addresses[tcp->count];

		if (found->ai_addrlen > sizeof(address->storage))
			continue;
		memcpy(&address->storage, found->ai_addr, found->ai_addrlen);
		address->len = found->ai_addrlen;
		tcp->count++;
	}
}

/* getaddrinfo(3)'s code. */
static int look_up(struct ready_tcp *tcp, const char *host, uint16_t port, int flags)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char service[8];
	int r;

	snprintf(service, sizeof(service), "%u", (unsigned)port);
	r = getaddrinfo(host, service, &hints, &found);
	if (r != 0)
		return r;
	add_addresses(tcp, found);
	freeaddrinfo(found);
	return 0;
}

/* What is written as a number, and "localhost", needs no resolver: there may be none that works, in a container. */
static int resolve(struct ready_tcp *tcp, const char *host, uint16_t port)
{
	if (!strcmp(host, "localhost")) {
		look_up(tcp, "127.0.0.1", port, AI_NUMERICHOST);
		return look_up(tcp, "::1", port, AI_NUMERICHOST);
	}
	if (look_up(tcp, host, port, AI_NUMERICHOST) == 0)
		return 0;
	tcp->asked = true;
	tcp->resolved_ms = loop_now();
	return look_up(tcp, host, port, 0);
}

/* Are there any? Those of a resolver are asked for anew, before a round. A name may come up later, as others' do in a
 * network of containers; but whoever has mistyped one is to know why nothing goes on. */
static bool have_addresses(struct ready *ready)
{
	struct ready_tcp *tcp = &ready->tcp;
	const struct line_ready *line = &ready->line->ready;
	int r = 0;

	if (tcp->next == 0 && tcp->asked && loop_now() - tcp->resolved_ms >= RESOLVE_MS)
		tcp->count = 0;
	if (tcp->count == 0)
		r = resolve(tcp, line->host, line->port);
	if (tcp->count == 0 && !tcp->said)
		log_fail("%s: cannot look up the host '%s': %s (tried again every second)", ready->line->place,
			 line->host, gai_strerror(r));
	tcp->said |= tcp->count == 0;
	return tcp->count > 0;
}

/* ---- a try ---- */

static void drop(struct ready *ready)
{
	if (ready->tcp.fd >= 0)
		loop_remove_fd(ready->runner->loop, ready->tcp.fd);
	ready->tcp.fd = fd_close(ready->tcp.fd);
}

/* The next address at once, the next round in a while. The timer is there already, so this cannot fail. */
static void try_next(struct ready *ready)
{
	struct ready_tcp *tcp = &ready->tcp;

	drop(ready);
	tcp->next = (tcp->next + 1) % tcp->count;
	loop_set_timer(ready->runner->loop, tcp->next == 0 ? READY_LOOK_MS : 0, ready_tcp_try, ready);
}

static in_port_t port_of(const struct sockaddr_storage *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->ss_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		return in6.sin6_port;
	}
	memcpy(&in, address, sizeof(in));
	return in.sin_port;
}

/* Where nobody listens at a port of those that connect(2) chooses from (ip_local_port_range), it may choose that very
 * one, and the connection is one with itself, in which case nobody is there, and nobody could listen as long as it, or
 * its TIME-WAIT, lasts. The addresses are the same if the ports are: a server's own port is never a client's. */
static bool is_with_itself(int fd)
{
	const struct linger at_once = { .l_onoff = 1 };
	struct sockaddr_storage here = { 0 }, there = { 0 };
	socklen_t here_len = sizeof(here), there_len = sizeof(there);

	if (getsockname(fd, (struct sockaddr *)&here, &here_len) < 0 ||
	    getpeername(fd, (struct sockaddr *)&there, &there_len) < 0 || port_of(&here) != port_of(&there))
		return false;
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	return true;
}

static void connected(struct ready *ready)
{
	if (is_with_itself(ready->tcp.fd)) {
		try_next(ready);
		return;
	}
	drop(ready);
	ready_set(ready);
}

static void on_answer(struct loop *loop, int fd, short revents, void *context)
{
	int error = 0;
	socklen_t len = sizeof(error);

	(void)loop, (void)revents;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 || error != 0)
		try_next(context);
	else
		connected(context);
}

static void begin(struct ready *ready)
{
	struct ready_tcp *tcp = &ready->tcp;
	struct loop *loop = ready->runner->loop;
	struct ready_address *address = &tcp->addresses[tcp->next];

	tcp->fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (tcp->fd < 0)
		try_next(ready);
	else if (connect(tcp->fd, (const struct sockaddr *)&address->storage, address->len) == 0)
		connected(ready);
	else if (errno != EINPROGRESS || loop_add_fd(loop, tcp->fd, POLLOUT, on_answer, ready) < 0)
		try_next(ready);
	else
		loop_set_timer(loop, TRY_MS, ready_tcp_try, ready);
}

void ready_tcp_try(struct loop *loop, void *context)
{
	struct ready *ready = context;

	if (ready->tcp.fd >= 0) /* nobody has answered */
		try_next(ready);
	else if (have_addresses(ready))
		begin(ready);
	else
		loop_set_timer(loop, RESOLVE_MS, ready_tcp_try, ready);
}

void ready_tcp_close(struct ready *ready)
{
	loop_clear_timer(ready->runner->loop, ready_tcp_try, ready);
	drop(ready);
}
