/* The half of the listener that talks with supervisord. It does nothing that could block, but to report itself when it
 * is asked to, for some seconds at most: supervisord's buffer of events would overflow. What has to look at processes
 * and files is the watcher's work (watcher.h), in a process of its own that is killed and started anew when it does not
 * answer. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets/oome/listener.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/pidref.h"
#include "core/sig.h"
#include "core/spawn.h"

enum { ANSWER_WITHIN_MS = 30000, START_AGAIN_MS = 1000 };

static const char ready[] = "READY\n", result_and_ready[] = "RESULT 2\nOKREADY\n";

static void start_watcher(struct loop *loop, void *context);

/* ---- the watcher ---- */

static void kill_watcher(struct listener *l)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;

	if (!pidref_open(NULL, l->watcher, &ref))
		pidref_signal(NULL, &ref, SIGKILL);
}

static void avoid(struct programs_shared *shared, pid_t pid)
{
	for (size_t i = 0; i < PROGRAMS_AVOID_MAX; i++)
		if (!shared->avoid[i]) {
			shared->avoid[i] = pid;
			return;
		}
}

static void set_deadline(struct listener *l);

/* It costs the watcher no answer and us no wake-up to know that a tick is done: only whether it was, when its time
 * is over. */
static void on_deadline(struct loop *loop, void *context)
{
	struct listener *l = context;
	pid_t pid = l->shared->looking_at;

	(void)loop;
	if (l->shared->ticks_done >= l->ticks_due) {
		l->ticks_due = 0;
		if (l->shared->ticks_done < l->ticks_sent)
			set_deadline(l);
		return;
	}
	if (pid) {
		log_fail("the files of pid %d do not answer (a file system that hangs?): it is left out while it lives",
			 (int)pid);
		avoid(l->shared, pid);
	} else {
		log_fail("no answer to a tick within %d s: starting to look anew", ANSWER_WITHIN_MS / 1000);
	}
	kill_watcher(l);
}

static void set_deadline(struct listener *l)
{
	if (l->ticks_due)
		return;
	l->ticks_due = l->ticks_sent;
	loop_set_timer(l->loop, ANSWER_WITHIN_MS, on_deadline, l);
}

static void close_socket(struct listener *l)
{
	loop_remove_fd(l->loop, l->socket);
	l->socket = fd_close(l->socket);
}

static void on_watcher_end(struct loop *loop, pid_t pid, int status, void *context)
{
	struct listener *l = context;
	char text[64];

	if (pid != l->watcher || (!WIFEXITED(status) && !WIFSIGNALED(status)))
		return;
	l->watcher = 0;
	l->tick_waiting = l->tick_waiting || l->shared->ticks_done < l->ticks_sent;
	l->ticks_sent = l->ticks_due = l->shared->ticks_done = 0;
	l->shared->looking_at = 0;
	close_socket(l);
	listener_gmr_words(l);
	loop_clear_timer(loop, on_deadline, l);
	if (!WIFEXITED(status) && WTERMSIG(status) != SIGKILL)
		log_fail("looking at processes ended with %s: starting anew", spawn_describe(status, text));
	loop_set_timer(loop, START_AGAIN_MS, start_watcher, l);
}

static void send_tick(struct listener *l)
{
	const char byte = WATCHER_TICK;

	l->tick_waiting = l->socket < 0;
	if (l->tick_waiting || send(l->socket, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1)
		return; /* a full socket holds ticks enough */
	l->ticks_sent++;
	set_deadline(l);
}

/* It says no more than that its words stand there; else this is its end, and on_watcher_end() follows. */
static void on_watcher(struct loop *loop, int fd, short revents, void *context)
{
	struct listener *l = context;
	char bytes[64];
	ssize_t n = recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);

	(void)loop;
	(void)revents;
	if (n > 0)
		listener_gmr_words(l);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_socket(l);
}

static int fork_watcher(struct listener *l, int ends[2])
{
	struct watcher_start start = {
		.config = l->config, .shared = l->shared, .socket = ends[1], .foreign_socket = ends[0]
	};
	pid_t pid = loop_reserve_child(l->loop) < 0 ? -ENOMEM : spawn_function(watcher_main, &start, false);
	int r = pid < 0 ? pid : loop_add_child(l->loop, pid, on_watcher_end, l);

	if (r < 0)
		return r;
	l->watcher = pid;
	l->socket = ends[0];
	return loop_add_fd(l->loop, l->socket, POLLIN, on_watcher, l);
}

static void start_watcher(struct loop *loop, void *context)
{
	struct listener *l = context;
	int ends[2] = { -1, -1 };
	int r = socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0 ? -errno : fork_watcher(l, ends);

	fd_close(ends[1]);
	if (r < 0) {
		if (l->socket < 0)
			fd_close(ends[0]);
		log_fail("cannot start to look at processes: %s (tried again)", log_errno(r));
		loop_set_timer(loop, START_AGAIN_MS, start_watcher, l);
	} else if (l->tick_waiting) {
		send_tick(l);
	}
}

/* ---- supervisord ---- */

/* Nothing but the protocol's words ever goes to stdout: one stray byte, and supervisord never listens again. */
static int say(const char *words, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, words, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			words += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

static void on_bytes(struct listener *l, const char *data, size_t len)
{
	while (len || l->reader.in_payload) {
		size_t used;
		enum event_result result = event_feed(&l->reader, data, len, &used);

		data += used;
		len -= used;
		if (result == EVENT_MORE)
			return;
		if (result == EVENT_BAD) {
			log_fail("what supervisord sent is no event of its protocol: ending, to be started anew");
			loop_stop(l->loop, 1);
			return;
		}
		if (say(result_and_ready, sizeof result_and_ready - 1) < 0) {
			loop_stop(l->loop, 0);
			return;
		}
		if (result == EVENT_TICK)
			send_tick(l);
	}
}

static void on_stdin(struct loop *loop, int fd, short revents, void *context)
{
	char block[4096];
	ssize_t n = read(fd, block, sizeof block);

	(void)revents;
	if (n > 0)
		on_bytes(context, block, (size_t)n);
	else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		loop_stop(loop, 0); /* supervisord is gone, or has closed us */
}

/* ---- start ---- */

static int refuse(const struct oome_config *config)
{
	if (!getenv("SUPERVISOR_ENABLED")) {
		log_line("oome_monitor must be run as a supervisor event listener");
		log_line("Put it into an [eventlistener:...] section of supervisord.conf (man procguard-oome), or "
			 "guard one command without supervisord: procguard oome run COMMAND");
		return 2;
	}
	if (!getenv("SUPERVISOR_SERVER_URL") && !config->script) {
		log_fail("supervisord offers no XML-RPC: supervisord.conf needs [unix_http_server] and "
			 "[rpcinterface:supervisor] (or restart by -x SCRIPT)");
		return 2;
	}
	return 0;
}

/* A descriptor or two a program: as many as we may have. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static void listener_done(struct listener *l)
{
	fd_close(l->socket);
	selfreport_done(&l->selfreport);
	loop_free(l->loop);
}

int listener_main(const struct oome_config *config)
{
	CLEANUP(listener_done) struct listener l = {
		.config = config, .socket = -1, .selfreport = { SELFREPORT_NONE },
	};
	int r = refuse(config);

	if (r)
		return r;
	sig_ignore_pipe();
	log_never_block();
	raise_descriptor_limit();
	l.shared = mmap(NULL, sizeof *l.shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	r = l.shared == MAP_FAILED ? -errno : loop_new(&l.loop);
	if (!r)
		r = listener_gmr_open(&l);
	if (!r)
		r = loop_add_fd(l.loop, STDIN_FILENO, POLLIN, on_stdin, &l);
	if (r < 0) {
		log_fail("cannot start: %s", log_errno(r));
		return 1;
	}
	start_watcher(l.loop, &l);
	if (say(ready, sizeof ready - 1) < 0)
		return 0;
	r = loop_run(l.loop);
	return r < 0 ? 1 : r;
}
