/* start.c: `start`, and `run`: the same in the foreground. */
#include "applets/cluster/start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applets/cluster/service.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/spawn.h"

/* ---- the daemon ---- */

static void tell(int fd, int status)
{
	ssize_t n;

	do
		n = write(fd, &status, sizeof(status));
	while (n < 0 && errno == EINTR); /* who started us may have gone: it does not matter then */
	close(fd);
}

static int live_as_daemon(struct cluster *c, const struct config_lines *lines, int word)
{
	CLEANUP(service_close) struct service s;
	int status;

	setsid();
	spawn_keep_only(word); /* `start 9>lock`, `start 3>&1 | cat`: we hold nothing that the caller has open */
	if (service_open(&s, &c->config, false) < 0)
		return 1;
	status = service_start(&s, lines);
	if (s.over)
		return status;
	service_detach(&s);
	tell(word, status);
	return service_live(&s);
}

/* ---- who waits for it ---- */

struct waiting { struct loop *loop; pid_t daemon; int word; bool told, ended; int status; };

/* If there is one already. */
static void take_word(struct waiting *w)
{
	int status;
	ssize_t n;

	do
		n = read(w->word, &status, sizeof(status));
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(status))
		return;
	w->told = true;
	w->status = status;
}

static void on_word(struct loop *loop, int fd, short revents, void *context)
{
	struct waiting *w = context;

	(void)revents;
	take_word(w);
	loop_remove_fd(loop, fd);
	if (w->told || w->ended)
		loop_stop(loop, 0);
}

/* What it has said counts, also when it has ended since, and both are seen at once: a start that was given up. */
static void on_daemon(struct loop *loop, pid_t pid, int status, void *context)
{
	struct waiting *w = context;
	char how[64];

	(void)pid;
	if (!WIFEXITED(status) && !WIFSIGNALED(status))
		return;
	w->ended = true;
	if (!w->told)
		take_word(w);
	if (!w->told)
		w->status = spawn_exit_status(status);
	if (WIFSIGNALED(status)) {
		log_fail("the daemon (pid %d) has ended: %s (see `status`; `start` and `stop` end what it has left)",
			 (int)pid, spawn_describe(status, how));
		w->status = 1;
	}
	loop_stop(loop, 0);
}

static void on_signal(struct loop *loop, int signal, pid_t sender, void *context)
{
	const struct waiting *w = context;

	(void)loop, (void)signal, (void)sender;
	kill(w->daemon, SIGTERM); /* it is our child, and not reaped yet */
}

enum { ENDS = 4 };

static const int ends_it[ENDS] = { SIGTERM, SIGINT, SIGQUIT, SIGHUP };

/* Before there is a daemon: a signal that comes while nobody of us has taken signals waits until somebody does. */
static void hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	for (int i = 0; i < ENDS; i++)
		sigaddset(&set, ends_it[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static int wait_for_daemon(pid_t daemon, int word)
{
	struct waiting w = { .daemon = daemon, .word = word, .status = 1 };
	int r = loop_new(&w.loop);

	for (int i = 0; i < ENDS && r == 0; i++)
		r = loop_add_signal(w.loop, ends_it[i], on_signal, &w);
	if (r == 0)
		r = loop_add_child(w.loop, daemon, on_daemon, &w);
	if (r == 0)
		r = loop_add_fd(w.loop, word, POLLIN, on_word, &w);
	while (r == 0 && !w.told && !w.ended)
		r = loop_run(w.loop);
	if (r < 0)
		log_fail("cannot wait for the daemon (pid %d), which goes on: %s", (int)daemon, log_errno(r));
	loop_free(w.loop);
	return w.status;
}

int start_lines(struct cluster *c, const struct config_lines *lines)
{
	int ends[2], status = 1;
	pid_t pid;

	resolve_free(TAKE_PTR(c->resolve)); /* the daemon has no need of it */
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		log_fail("cannot start: %s", log_errno(errno));
		return 1;
	}
	hold_signals();
	pid = fork();
	if (pid == 0) {
		close(ends[0]);
		return live_as_daemon(c, lines, ends[1]);
	}
	if (pid < 0)
		log_fail("cannot start: %s", log_errno(errno));
	close(ends[1]);
	if (pid > 0)
		status = wait_for_daemon(pid, ends[0]);
	close(ends[0]);
	return status;
}

int start_main(struct cluster *c)
{
	return start_lines(c, &c->config.start);
}

/* ---- run ---- */

int foreground_main(struct cluster *c)
{
	CLEANUP(service_close) struct service s;
	int status;

	resolve_free(TAKE_PTR(c->resolve));
	if (service_open(&s, &c->config, true) < 0)
		return 1;
	if (c->typed.exit_on)
		s.exit_on = !strcmp(c->typed.exit_on, "any") ? EXIT_ON_ANY : EXIT_ON_ALL;
	status = service_start(&s, &c->config.start);
	return s.over ? status : service_live(&s);
}
