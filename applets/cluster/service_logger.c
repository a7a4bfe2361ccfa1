/* service_logger.c: see service.h: the process that has the log, as long as the daemon lives. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "applets/cluster/service.h"
#include "core/cleanup.h"
#include "core/log.h"

enum { END_MS = 5000, AGAIN_MS = 1000 };

int service_start_logger(struct service *s)
{
	int r = logger_start(&s->logger, &s->procfs, s->foreground ? NULL : s->config->log_path);

	if (r == 0 && !s->foreground) {
		s->journal = logger_add(&s->logger, "cluster");
		r = s->journal < 0 ? s->journal : 0;
	}
	if (r < 0)
		log_fail("cannot write log '%s': %s (log-file names another; nothing was started)", s->config->log_path,
			 log_errno(r));
	s->roster.logger = s->logger.process;
	s->logger_began_ms = loop_now();
	return r;
}

static void on_again(struct loop *loop, void *context);

/* One that cannot be had is tried for ever: members whose output nobody takes stand still. */
static void start_another(struct service *s)
{
	int r = logger_restart(&s->logger, &s->procfs);

	if (r < 0 && !s->logger_missing)
		service_say(s, "the logger has ended, and no other can be started: %s (tried again)", log_errno(r));
	s->logger_missing = r < 0;
	s->logger_began_ms = loop_now();
	s->roster.logger = s->logger.process;
	if (r < 0)
		loop_set_timer(s->loop, AGAIN_MS, on_again, s);
}

static void on_again(struct loop *loop, void *context)
{
	(void)loop;
	start_another(context);
	service_write(context);
}

/* One that ends as soon as it has begun is not replaced as fast as we can. */
void service_restart_logger(struct service *s)
{
	s->logger.process = s->roster.logger = (struct tree_node){ 0 };
	if (loop_now() - s->logger_began_ms < AGAIN_MS && loop_set_timer(s->loop, AGAIN_MS, on_again, s) == 0)
		return;
	start_another(s);
}

/* It ends when nobody is left who could print. */
void service_end_logger(struct service *s)
{
	CLEANUP(pidref_done) struct pidref logger = PIDREF_NONE;
	pid_t pid = s->logger.process.pid;

	s->journal = fd_close(s->journal);
	logger_close(&s->logger);
	if (pid > 0) {
		if (pidref_open(NULL, pid, &logger) == 0 && pidref_wait(NULL, &logger, END_MS) < 0)
			pidref_signal(NULL, &logger, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	logger_done(&s->logger);
}
