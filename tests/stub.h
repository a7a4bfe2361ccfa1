/* stub.h: a server for tests that answers as badly as a test wants: a child of ours, on 127.0.0.1 or a unix socket. */
#ifndef TESTS_STUB_H
#define TESTS_STUB_H

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a connection is to the function that serves it; it is closed when that returns. */
struct stub_call {
	int fd;
	int connection;     /* the first one is 1 */
	const char *arg;    /* of stub_start() */
	char request[8192]; /* the request's head and body, as stub_read() found them */
	size_t len;
};

struct stub {
	pid_t pid;
	int port;
	char url[64]; /* http://127.0.0.1:PORT */
};

/* Write all of it; false: the client has gone. */
static inline bool stub_write(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static inline size_t stub_body_len(const char *request)
{
	const char *field = strcasestr(request, "\r\nContent-Length:");

	return field ? (size_t)strtoul(field + 17, NULL, 10) : 0;
}

/* Read one request; false: the client has gone. */
static inline bool stub_read(struct stub_call *c)
{
	const char *end;

	for (c->len = 0;;) {
		ssize_t n = read(c->fd, c->request + c->len, sizeof(c->request) - 1 - c->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		c->len += (size_t)n;
		c->request[c->len] = '\0';
		end = strstr(c->request, "\r\n\r\n");
		if (end && c->len >= (size_t)(end + 4 - c->request) + stub_body_len(c->request))
			return true;
	}
}

/* Answer with STATUS ("200 OK"), further header lines ("X: y\r\n") and a body. */
static inline void stub_answer(const struct stub_call *c, const char *status, const char *headers, const void *body,
			       size_t len)
{
	char head[1024];
	int n = snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n", status, len, headers);

	if (stub_write(c->fd, head, (size_t)n))
		stub_write(c->fd, body, len);
}

static inline int stub_listen(const char *unix_path, int *ret_port)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(in);
	int fd = socket(unix_path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	if (unix_path) {
		ck_assert_uint_lt(strlen(unix_path), sizeof(un.sun_path));
		strcpy(un.sun_path, unix_path);
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	} else {
		ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
		ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
		*ret_port = ntohs(in.sin_port);
	}
	ck_assert_int_eq(listen(fd, 16), 0);
	return fd;
}

/* A TCP port of 127.0.0.1 that was free a moment ago. */
static inline int stub_free_port(void)
{
	int port = 0;

	close(stub_listen(NULL, &port));
	return port;
}

static inline void stub_serve(int listener, void (*serve)(struct stub_call *), const char *arg)
{
	static struct stub_call call;

	for (int n = 1;; n++) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			_exit(1);
		call = (struct stub_call){ .fd = fd, .connection = n, .arg = arg };
		serve(&call);
		close(fd);
	}
}

/* Start a server that hands each connection, one after the other, to SERVE. It listens when this returns. */
static inline void stub_start(struct stub *stub, const char *unix_path, void (*serve)(struct stub_call *),
			      const char *arg)
{
	int listener;

	*stub = (struct stub){ .port = 0 };
	listener = stub_listen(unix_path, &stub->port);
	snprintf(stub->url, sizeof(stub->url), "http://127.0.0.1:%d", stub->port);
	stub->pid = fork();
	ck_assert_int_ge(stub->pid, 0);
	if (!stub->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* when the test's process is killed, so is this one */
		stub_serve(listener, serve, arg);
	}
	close(listener);
}

static inline void stub_stop(struct stub *stub)
{
	if (stub->pid <= 0)
		return;
	kill(stub->pid, SIGKILL);
	while (waitpid(stub->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

#endif
