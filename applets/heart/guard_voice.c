/* guard_voice.c: see guard.h: what the program says, by sd_notify(3) or by HEART_FD. */
#include "applets/heart/guard.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/log.h"

enum {
	MESSAGES_A_TURN = 64, /* others have their turn, too */
	DRAIN_MESSAGES = 4096, /* more than any socket holds (net.unix.max_dgram_qlen); a liar must not hold us up */
	READ_SIZE = 4096,
	DRAIN_READS = 64,
};

/* ---- sd_notify(3) ---- */

static void note_status(struct guard *guard, const struct notify_message *message)
{
	memcpy(guard->said.status, message->status, message->status_len);
	guard->said.status[message->status_len] = '\0';
}

/* A signal that asked the one before to end may have come too late for that one. */
static void follow(struct guard *guard, pid_t pid)
{
	int r;

	if (pid == guard->guarded.child.pid)
		return;
	r = guarded_follow(&guard->guarded, pid);
	if (r < 0)
		log_fail("%s: MAINPID=%d is not followed: %s", guard->name, (int)pid, log_errno(r));
	else if (guard->asked_to_end)
		guarded_signal(&guard->guarded, guard->asked_to_end);
}

/* What it said of its times. */
static void note_times(struct guard *guard, const struct notify_message *message)
{
	int64_t now = loop_now();

	if (message->watchdog_ms == INT64_MAX)
		pulse_set_timeout(&guard->pulse, now, PULSE_NEVER);
	else if (message->watchdog_ms > 0)
		pulse_set_timeout(&guard->pulse, now, message->watchdog_ms);
	if (message->extend_ms > 0)
		pulse_extend(&guard->pulse, now, message->extend_ms);
	if (message->ready)
		pulse_ready(&guard->pulse, now);
	guard_changed(guard);
}

/* What is known of it while it lives, and as its last words. */
static void note(struct guard *guard, const struct notify_message *message)
{
	guard->said.spoke = true;
	if (message->has_status)
		note_status(guard, message);
	if (message->error)
		guard->said.error = message->error;
}

static void note_life(struct guard *guard, const struct notify_message *message)
{
	if (message->main_pid > 0)
		follow(guard, message->main_pid);
	if (message->reloading) /* until it says that it is ready again */
		guard->said.ready = false;
	if (message->ready) {
		guard->said.ready = true;
		if (guard->guarded.child.pid > 0)
			oomkill_follow(&guard->oomkill, guard->guarded.child.pid);
	}
	if (message->watchdog_ms || message->extend_ms || message->ready)
		note_times(guard, message);
}

/* The order within a message is not the program's: what ends it comes last. */
static void handle_message(struct guard *guard, const struct notify_message *message)
{
	if (guard->state == GUARD_PAUSING || guard->state == GUARD_COMMAND)
		return;
	note(guard, message);
	if (guard->state != GUARD_RUNNING && guard->state != GUARD_ENDING)
		return;
	note_life(guard, message);
	if (message->beat) {
		guard->said.beats = true;
		guard_beat(guard);
	}
	if (message->stopping) {
		guard->said.stopping = true;
		guard_happened(guard, GUARD_STOPPING);
	}
	if (message->trigger)
		guard_beat_triggered(guard);
}

/* At most COUNT messages. */
static void take_messages(struct guard *guard, int count)
{
	struct notify_message message;
	struct notify_sender sender;

	while (count-- > 0 && guard->notify.fd >= 0 && notify_receive(&guard->notify, &message, &sender) > 0)
		if (notify_sender_is_ours(&guard->notify, guard->guarded.proc, &sender))
			handle_message(guard, &message);
}

static void on_message(struct loop *loop, int fd, short revents, void *context)
{
	(void)loop, (void)fd, (void)revents;
	take_messages(context, MESSAGES_A_TURN);
}

static void open_notify(struct guard *guard)
{
	int r = notify_open(&guard->notify);

	if (r == 0)
		r = loop_add_fd(guard->loop, guard->notify.fd, POLLIN, on_message, guard);
	if (r == 0)
		return;
	log_fail("cannot make a socket for sd_notify(3): %s (%s gets no NOTIFY_SOCKET)", log_errno(r), guard->name);
	notify_done(&guard->notify);
	guard->notify = NOTIFY_NONE;
}

/* What a process of the last program's tree has left in the socket must not speak for the next one. */
static void discard_messages(struct guard *guard)
{
	struct notify_message message;
	struct notify_sender sender;

	for (int i = 0; i < DRAIN_MESSAGES && notify_receive(&guard->notify, &message, &sender) > 0; i++)
		;
}

/* ---- HEART_FD ---- */

static void on_voice(struct loop *loop, int fd, short revents, void *context);

static void close_voice(struct guard *guard)
{
	if (guard->voice_fd >= 0)
		loop_remove_fd(guard->loop, guard->voice_fd);
	guard->voice_fd = fd_close(guard->voice_fd);
	guard->answer_at = guard->answer_len = 0;
}

/* Wait for EVENTS: what it says, or room for the answer; while there is none its frames wait. */
static void watch_voice(struct guard *guard, short events)
{
	loop_remove_fd(guard->loop, guard->voice_fd);
	if (loop_add_fd(guard->loop, guard->voice_fd, events, on_voice, guard) < 0)
		close_voice(guard); /* cannot be: there was room for it a moment ago */
}

/* False: the rest of the answer waits. */
static bool flush_answer(struct guard *guard)
{
	ssize_t n;

	while (guard->answer_at < guard->answer_len) {
		n = send(guard->voice_fd, guard->answer + guard->answer_at, guard->answer_len - guard->answer_at,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0) /* its end is closed; what it said before is still read */
			break;
		guard->answer_at += (size_t)n;
	}
	guard->answer_at = guard->answer_len = 0;
	return true;
}

static void answer(struct guard *guard, unsigned char op, const char *data)
{
	guard->answer_len = frame_write(op, data, strlen(data), guard->answer);
	if (!flush_answer(guard))
		watch_voice(guard, POLLOUT);
}

/* The command runs with our rights, so it is ours, or root's, to say: a program that has dropped them has HEART_FD
 * still. As OTP's: the answer is an ACK, whatever came of it. An empty command clears, as CLEAR_CMD does. */
static void set_command(struct guard *guard, const struct frame *frame)
{
	int r = 0;

	if (guard->voice_of_other)
		log_fail("%s: the command that it set is not taken: its user is neither ours nor root", guard->name);
	else if (frame->op == FRAME_CLEAR_CMD || frame->len == 0)
		settings_clear_command(&guard->settings);
	else
		r = settings_set_command(&guard->settings, frame->data, frame->len);
	if (r < 0)
		log_fail("%s: the command that it set is not taken: %s", guard->name,
			 r == -EMSGSIZE ? "2047 bytes or more" : "there is a NUL in it");
	answer(guard, FRAME_ACK, "");
}

static void handle_frame(struct guard *guard, const struct frame *frame)
{
	const char *command;

	guard->said.spoke = true;
	switch (frame->op) {
	case FRAME_BEAT:
		guard->said.beats = true;
		guard_beat(guard);
		break;
	case FRAME_SHUT_DOWN:
		guard->said.stopping = true;
		guard_happened(guard, GUARD_STOPPING);
		break;
	case FRAME_SET_CMD:
	case FRAME_CLEAR_CMD:
		set_command(guard, frame);
		break;
	case FRAME_GET_CMD:
		command = settings_command(&guard->settings);
		answer(guard, FRAME_CMD, command ? command : "");
		break;
	case FRAME_PREPARING_CRASH:
		guard_happened(guard, GUARD_CRASHING);
		break;
	default:
		break;
	}
}

/* Take N bytes, which have been looked at, out of the socket. */
static void consume(struct guard *guard, size_t n)
{
	char bytes[READ_SIZE];
	ssize_t got;

	while (n > 0 && guard->voice_fd >= 0) {
		got = recv(guard->voice_fd, bytes, n, MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) { /* cannot be */
			close_voice(guard);
			return;
		}
		n -= (size_t)got;
	}
}

/* Look at what waits, of one sender: recv(2)'s result. RET_OF_OTHER: its user is neither ours nor root (unix(7),
 * SCM_CREDENTIALS: the kernel never joins the bytes of two). */
static ssize_t peek(int fd, unsigned char *bytes, size_t size, bool *ret_of_other)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec part = { .iov_base = bytes, .iov_len = size };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control),
	};
	const struct cmsghdr *header;
	struct ucred sender;
	ssize_t n;

	do
		n = recvmsg(fd, &message, MSG_DONTWAIT | MSG_PEEK | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	*ret_of_other = true;
	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_CREDENTIALS ||
	    header->cmsg_len < CMSG_LEN(sizeof(sender)))
		return n;
	memcpy(&sender, CMSG_DATA(header), sizeof(sender));
	*ret_of_other = sender.uid != geteuid() && sender.uid != 0;
	return n;
}

/* One read of no more than can be handled: an answer that does not go out holds up what follows, in the socket. False:
 * there is nothing more to be had now. */
static bool read_voice(struct guard *guard)
{
	unsigned char bytes[READ_SIZE];
	struct frame frame;
	size_t used, at = 0;
	bool of_other;
	ssize_t n;

	if (guard->answer_len > 0)
		return false;
	n = peek(guard->voice_fd, bytes, sizeof(bytes), &of_other);
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) { /* closed: it may, and live on */
		close_voice(guard);
		return false;
	}
	while (at < (size_t)n && guard->answer_len == 0) {
		guard->voice_of_other = of_other || (guard->voice_of_other && frame_begun(&guard->reader));
		if (frame_feed(&guard->reader, bytes + at, (size_t)n - at, &used, &frame))
			handle_frame(guard, &frame);
		at += used;
	}
	consume(guard, at);
	return guard->voice_fd >= 0;
}

static void on_voice(struct loop *loop, int fd, short revents, void *context)
{
	struct guard *guard = context;

	(void)loop, (void)fd, (void)revents;
	if (guard->answer_len > 0) {
		if (flush_answer(guard))
			watch_voice(guard, POLLIN);
		return;
	}
	read_voice(guard);
}

/* -errno: no HEART_FD. */
static int open_voice(struct guard *guard)
{
	const int on = 1;
	int ends[2], r;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	r = setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ? -errno : 0;
	if (r == 0)
		r = loop_add_fd(guard->loop, ends[0], POLLIN, on_voice, guard);
	if (r < 0) {
		close(ends[0]);
		close(ends[1]);
		return r;
	}
	guard->voice_fd = ends[0];
	guard->voice_child_fd = ends[1];
	guard->reader = (struct frame_reader){ 0 };
	answer(guard, FRAME_ACK, "");
	return 0;
}

/* ---- both ---- */

void guard_voice_open(struct guard *guard)
{
	int r;

	close_voice(guard);
	if (guard->notify.fd < 0)
		open_notify(guard);
	else
		discard_messages(guard);
	r = open_voice(guard);
	if (r < 0)
		log_fail("cannot make a socket for heart's frames: %s (%s gets no HEART_FD)", log_errno(r),
			 guard->name);
}

void guard_voice_started(struct guard *guard)
{
	guard->voice_child_fd = fd_close(guard->voice_child_fd);
}

void guard_voice_done(struct guard *guard)
{
	if (guard->notify.fd >= 0)
		loop_remove_fd(guard->loop, guard->notify.fd);
	close_voice(guard);
	guard_voice_started(guard);
	notify_done(&guard->notify);
}

void guard_voice_drain(struct guard *guard)
{
	take_messages(guard, DRAIN_MESSAGES);
	if (guard->answer_len > 0 && flush_answer(guard))
		watch_voice(guard, POLLIN);
	for (int i = 0; i < DRAIN_READS && guard->voice_fd >= 0 && read_voice(guard); i++)
		;
}
