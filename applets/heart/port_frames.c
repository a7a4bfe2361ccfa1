/* port_frames.c: what the node says, and the answers. */
#include "applets/heart/port.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applets/heart/say.h"
#include "core/log.h"

enum { DRAIN_READS = 64 }; /* of PORT_IN_SIZE: as much as the largest pipe holds (pipe(7)) */

/* ---- out ---- */

/* Write without waiting. The flags of stdout are left alone: others may share it. A pipe that poll(2) says to be
 * writable has room for PIPE_BUF bytes, which is more than we ever write at once. */
static ssize_t write_some(const unsigned char *data, size_t n)
{
	struct pollfd ready = { .fd = STDOUT_FILENO, .events = POLLOUT };
	ssize_t r;

	do
		r = send(STDOUT_FILENO, data, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (r < 0 && errno == EINTR);
	if (r >= 0 || errno != ENOTSOCK)
		return r;
	while (poll(&ready, 1, 0) < 0 && errno == EINTR)
		;
	if (ready.revents == 0) {
		errno = EAGAIN;
		return -1;
	}
	do
		r = write(STDOUT_FILENO, data, n < FRAME_MAX ? n : FRAME_MAX);
	while (r < 0 && errno == EINTR);
	return r;
}

static void on_writable(struct loop *loop, int fd, short revents, void *context);

static void watch_output(struct port *port, bool wanted)
{
	if (wanted == port->out_watched)
		return;
	port->out_watched = wanted;
	if (!wanted)
		loop_remove_fd(port->loop, STDOUT_FILENO);
	else if (loop_add_fd(port->loop, STDOUT_FILENO, POLLOUT, on_writable, port) < 0)
		port->out_watched = false;
}

static void flush_output(struct port *port)
{
	while (port->out_at < port->out_have && !port->out_dead) {
		ssize_t n = write_some(port->out + port->out_at, port->out_have - port->out_at);

		if (n < 0 && errno == EAGAIN) {
			watch_output(port, true);
			return;
		}
		if (n < 0) {
			say("Erlang takes no answers any more: %s", log_errno(errno));
			port->out_dead = true;
			break;
		}
		port->out_at += (size_t)n;
	}
	port->out_at = port->out_have = 0;
	watch_output(port, false);
}

static bool has_room(const struct port *port)
{
	return port->out_dead || PORT_OUT_SIZE - port->out_have >= FRAME_MAX;
}

void port_answer(struct port *port, unsigned char op, const char *data)
{
	if (port->out_dead || !has_room(port))
		return;
	port->out_have += frame_write(op, data, strlen(data), port->out + port->out_have);
	if (!port->out_watched)
		flush_output(port);
}

/* ---- in ---- */

void port_watch_input(struct port *port)
{
	bool wanted = (port->state == PORT_WAITING || port->state == PORT_DUMPING) && port->in_at == port->in_have;

	if (wanted == port->watching)
		return;
	port->watching = wanted;
	if (!wanted)
		loop_remove_fd(port->loop, STDIN_FILENO);
	else if (loop_add_fd(port->loop, STDIN_FILENO, POLLIN, port_on_input, port) < 0)
		port_happened(port, PORT_FAILED);
}

static void set_command(struct port *port, const struct frame *frame)
{
	memcpy(port->cmd, frame->data, frame->len);
	port->cmd[frame->len] = '\0';
	port_answer(port, FRAME_ACK, "");
}

/* True: it was a heartbeat. */
static bool handle_frame(struct port *port, const struct frame *frame)
{
	const char *command;

	switch (frame->op) {
	case FRAME_BEAT:
		return true;
	case FRAME_SHUT_DOWN:
		port_happened(port, PORT_SHUT_DOWN);
		break;
	case FRAME_SET_CMD:
		set_command(port, frame);
		break;
	case FRAME_CLEAR_CMD:
		port->cmd[0] = '\0';
		port_answer(port, FRAME_ACK, "");
		break;
	case FRAME_GET_CMD:
		command = port_command(port);
		port_answer(port, FRAME_CMD, command ? command : "");
		break;
	case FRAME_PREPARING_CRASH:
		port_happened(port, PORT_CRASHED);
		break;
	default:
		break;
	}
	return false;
}

static void handle_frames(struct port *port)
{
	struct frame frame;
	bool beat = false;

	while (port->state == PORT_WAITING && port->in_at < port->in_have && has_room(port)) {
		size_t used = 0;
		size_t rest = port->in_have - port->in_at;

		if (frame_feed(&port->reader, port->in + port->in_at, rest, &used, &frame))
			beat |= handle_frame(port, &frame);
		port->in_at += used;
	}
	if (beat && port->state == PORT_WAITING)
		port_set_deadline(port);
	if (port->state != PORT_WAITING)
		port->in_at = port->in_have;
	port_watch_input(port);
}

static void on_writable(struct loop *loop, int fd, short revents, void *context)
{
	struct port *port = context;

	(void)loop, (void)fd;
	if (revents & POLLNVAL)
		port->out_watched = false;
	flush_output(port);
	handle_frames(port);
}

/* One read. False: there is nothing more to be had now. */
static bool read_input(struct port *port)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, port->in, PORT_IN_SIZE);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		if (n < 0)
			say("error in read_message. (%s)", log_errno(errno));
		port_happened(port, n < 0 ? PORT_FAILED : PORT_CLOSED);
		return false;
	}
	port->in_at = 0;
	port->in_have = (size_t)n;
	handle_frames(port);
	return true;
}

void port_on_input(struct loop *loop, int fd, short revents, void *context)
{
	struct port *port = context;

	(void)loop, (void)fd;
	if (revents & POLLNVAL)
		port->watching = false;
	read_input(port);
}

void port_drain(struct port *port)
{
	struct pollfd ready = { .fd = STDIN_FILENO, .events = POLLIN };

	for (int i = 0; i < DRAIN_READS && port->state == PORT_WAITING && port->in_at == port->in_have; i++)
		if (poll(&ready, 1, 0) <= 0 || !read_input(port))
			return;
}
