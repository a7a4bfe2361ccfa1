/* relay.c: see relay.h. A block is read, and written before the next one is read: the pipe is the only buffer, and the
 * command waits where nobody reads. */
#include "applets/cluster/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/cleanup.h"

static void on_output(struct loop *loop, int fd, short revents, void *context);
static void on_room(struct loop *loop, int fd, short revents, void *context);

static short look(int fd, short events)
{
	struct pollfd poller = { .fd = fd, .events = events };

	return poll(&poller, 1, 0) > 0 ? poller.revents : 0;
}

static bool is_pending(const struct relay *relay)
{
	return relay->begin < relay->end;
}

static void stop_reading(struct relay *relay)
{
	if (relay->reads)
		loop_remove_fd(relay->loop, relay->fd);
	relay->reads = false;
}

static void stop_writing(struct relay *relay)
{
	if (relay->writes)
		loop_remove_fd(relay->loop, STDERR_FILENO);
	relay->writes = false;
}

static void close_pipe(struct relay *relay)
{
	stop_reading(relay);
	relay->fd = fd_close(relay->fd);
}

/* What cannot be written to whoever reads there is lost; a command does not fail for that. False: no room any more. */
static bool write_some(struct relay *relay)
{
	ssize_t n = write(STDERR_FILENO, relay->text + relay->begin, relay->end - relay->begin);

	if (n >= 0)
		relay->begin += (size_t)n;
	else if (errno != EINTR && errno != EAGAIN)
		relay->deaf = true;
	return n >= 0 || errno != EAGAIN;
}

static void write_out(struct relay *relay)
{
	while (!relay->deaf && is_pending(relay) && look(STDERR_FILENO, POLLOUT) && write_some(relay))
		;
	if (relay->deaf)
		relay->begin = relay->end;
}

/* A block, and what of it can be written now. False: there was nothing. */
static bool read_some(struct relay *relay)
{
	size_t max = sizeof(relay->text);
	ssize_t n;

	if (relay->bounded && relay->left < max)
		max = relay->left;
	n = read(relay->fd, relay->text, max);
	if (n <= 0) {
		if (n == 0 || (errno != EINTR && errno != EAGAIN))
			close_pipe(relay);
		return false;
	}
	relay->begin = 0;
	relay->end = (size_t)n;
	if (relay->bounded)
		relay->left -= (size_t)n;
	write_out(relay);
	return true;
}

/* Nothing is pending. Where nobody holds the pipe any more what came meanwhile is all there ever will be. */
static bool is_read(struct relay *relay)
{
	short events;

	if (relay->fd < 0)
		return true;
	if (!relay->bounded || relay->left > 0)
		return false;
	events = look(relay->fd, POLLIN);
	if (!(events & POLLHUP))
		return true;
	if (events & POLLIN)
		relay->bounded = false;
	else
		close_pipe(relay);
	return relay->fd < 0;
}

/* Be in the loop for what is to be waited for now. True: it is over. */
static bool settle(struct relay *relay)
{
	bool pending = is_pending(relay), over = !pending && is_read(relay);

	if (!pending)
		stop_writing(relay);
	if (pending || over)
		stop_reading(relay);
	/* Without memory for an entry that it has had before: the rest is for who gets the pipe. */
	if (pending && !relay->writes) {
		relay->writes = loop_add_fd(relay->loop, STDERR_FILENO, POLLOUT, on_room, relay) == 0;
		over = !relay->writes;
	} else if (!pending && !over && !relay->reads) {
		relay->reads = loop_add_fd(relay->loop, relay->fd, POLLIN, on_output, relay) == 0;
		over = !relay->reads;
	}
	return over;
}

static void go_on(struct relay *relay)
{
	if (!settle(relay) || !relay->over)
		return;
	*relay->over = true;
	loop_stop(relay->loop, 0);
}

static void on_output(struct loop *loop, int fd, short revents, void *context)
{
	(void)loop, (void)fd, (void)revents;
	read_some(context);
	go_on(context);
}

static void on_room(struct loop *loop, int fd, short revents, void *context)
{
	struct relay *relay = context;

	(void)loop, (void)fd;
	if (revents & POLLNVAL) { /* it is closed, and out of the loop */
		relay->writes = false;
		relay->deaf = true;
	}
	write_out(relay);
	go_on(relay);
}

int relay_open(struct relay *relay, struct loop *loop, int *ret_writer)
{
	int ends[2], r;

	*relay = RELAY_NONE;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : loop_add_fd(loop, ends[0], POLLIN, on_output, relay);
	if (r < 0) {
		close(ends[0]);
		close(ends[1]);
		return r;
	}
	relay->loop = loop;
	relay->fd = ends[0];
	relay->reads = true;
	*ret_writer = ends[1];
	return 0;
}

void relay_finish(struct relay *relay, bool *over)
{
	int waiting = 0;

	if (relay->fd >= 0 && ioctl(relay->fd, FIONREAD, &waiting) < 0)
		waiting = 0;
	relay->bounded = true;
	relay->left = (size_t)waiting;
	relay->over = over;
	while (relay->left > 0 && !is_pending(relay) && relay->fd >= 0 && read_some(relay))
		;
	if (settle(relay))
		*over = true;
}

int relay_close(struct relay *relay)
{
	stop_reading(relay);
	stop_writing(relay);
	return TAKE_FD(relay->fd);
}
