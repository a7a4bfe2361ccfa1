/* stub_serve.h: ways to serve a connection of tests/stub.h. */
#ifndef TESTS_STUB_SERVE_H
#define TESTS_STUB_SERVE_H

#include "tests/stub.h"

/* The answer is the connection's number and the request as it came. */
static inline void serve_echo(struct stub_call *c)
{
	char text[sizeof(c->request) + 16];

	while (stub_read(c)) {
		int n = snprintf(text, sizeof(text), "%d %s", c->connection, c->request);

		stub_answer(c, "200 OK", "", text, (size_t)n);
	}
}

/* The answer is the connection's number; then the connection ends without having said so. */
static inline void serve_once(struct stub_call *c)
{
	char text[16];

	if (stub_read(c))
		stub_answer(c, "200 OK", "", text, (size_t)snprintf(text, sizeof(text), "%d", c->connection));
}

/* No answer. */
static inline void serve_silence(struct stub_call *c)
{
	while (stub_read(c))
		;
}

/* ARG as it is, then the end. */
static inline void serve_a_bit(struct stub_call *c)
{
	if (stub_read(c))
		stub_write(c->fd, c->arg, strlen(c->arg));
	shutdown(c->fd, SHUT_WR);
	while (stub_read(c)) /* a close with unread data would be a reset */
		;
}

/* ARG as it is, and nothing more for ever. */
static inline void serve_trickle(struct stub_call *c)
{
	if (stub_read(c))
		stub_write(c->fd, c->arg, strlen(c->arg));
	while (stub_read(c))
		;
}

/* ARG again and again, as the body when it begins with 'b', else as headers. */
static inline void serve_endlessly(struct stub_call *c)
{
	static char block[16384];

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = c->arg[i % strlen(c->arg)];
	if (stub_read(c) && stub_write(c->fd, "HTTP/1.1 200 OK\r\n", 17) && *c->arg == 'b')
		stub_write(c->fd, "\r\n", 2);
	while (stub_write(c->fd, block, sizeof(block)))
		;
}

/* The status ARG, and a short body. */
static inline void serve_status(struct stub_call *c)
{
	if (stub_read(c))
		stub_answer(c, c->arg, "Connection: close\r\n", "text", 4);
}

/* A redirect to ARG. */
static inline void serve_redirect(struct stub_call *c)
{
	char headers[128];

	snprintf(headers, sizeof(headers), "Location: %s\r\n", c->arg);
	if (stub_read(c))
		stub_answer(c, "302 Found", headers, "", 0);
}

#endif
