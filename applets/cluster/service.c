#include "applets/cluster/service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include "applets/cluster/process.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/sig.h"

enum { JOURNAL_LINE_MAX = 64 << 10 };

/* That it cannot be had is no reason not to start. */
static void write_journal(const struct service *s, struct buf *line)
{
	if (s->journal >= 0 && buf_adds(line, "\n") == 0)
		(void)!write(s->journal, line->data, line->len);
}

/* While our stderr is not the journal yet, that is written to, too. */
static void say(struct service *s, bool to_caller, const char *format, va_list args)
{
	CLEANUP(buf_done) struct buf line = BUF(JOURNAL_LINE_MAX);

	if (buf_vprintf(&line, format, args) < 0)
		return;
	if (to_caller || !s->attached || s->journal < 0)
		log_line("%s", line.data);
	if (s->attached)
		write_journal(s, &line);
}

void service_say(struct service *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(s, true, format, args);
	va_end(args);
}

void service_log(struct service *s, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(s, false, format, args);
	va_end(args);
}

void service_note(struct service *s, const char *format, ...)
{
	CLEANUP(buf_done) struct buf line = BUF(JOURNAL_LINE_MAX);
	va_list args;

	va_start(args, format);
	if (buf_vprintf(&line, format, args) == 0)
		write_journal(s, &line);
	va_end(args);
}

static void on_pause_over(struct loop *loop, void *context)
{
	*(bool *)context = true;
	loop_stop(loop, 0);
}

/* Whoever ends meanwhile stops the loop. */
void service_pause(struct service *s, int ms)
{
	bool over = loop_set_timer(s->loop, ms, on_pause_over, &over) < 0;

	while (!over)
		over |= loop_run(s->loop) < 0;
	loop_clear_timer(s->loop, on_pause_over, &over);
}

/* ---- who we are ---- */

static int make_id(char ret[ROSTER_ID_SIZE])
{
	unsigned char bytes[(ROSTER_ID_SIZE - 1) / 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -errno;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

static int make_roster(struct service *s)
{
	struct roster *roster = &s->roster;
	int r = make_id(roster->id);

	if (r == 0)
		r = procfs_boot_id(&s->procfs, roster->boot);
	if (r == 0)
		r = procfs_pid_namespace(&s->procfs, &roster->namespace);
	if (r == 0)
		r = process_identify(&s->procfs, getpid(), &roster->daemon);
	if (r < 0)
		log_fail("cannot tell our process from others: %s", log_errno(r));
	return r;
}

static int make_commands(struct service *s)
{
	char why[USER_WHY_SIZE];
	int r = commands_make(s->config, s->roster.id, &s->commands, why);

	if (r < 0)
		log_fail("%s", why);
	s->runner.user = s->commands.user.is_another ? &s->commands.user.spawn : NULL;
	s->runner.environment = s->commands.environment;
	return r;
}

/* ---- the beginning and the end ---- */

static void say_report(void *context, const char *line)
{
	service_say(context, "%s", line);
}

static int open_reporting(struct service *s)
{
	int r = reporting_open(&s->reporting, s->config);

	s->reporting.say = say_report;
	s->reporting.context = s;
	return r;
}

static int open_system(struct service *s)
{
	int r = procfs_open_own(&s->procfs);

	if (r < 0) {
		log_fail("cannot read /proc: %s (without it no process is told from another: mount it)", log_errno(r));
		return r;
	}
	sig_ignore_pipe();
	if (getpid() != 1)
		prctl(PR_SET_CHILD_SUBREAPER, 1);
	r = loop_new(&s->loop);
	if (r == 0)
		r = service_open_selfreport(s);
	if (r == 0)
		r = service_take_signals(s);
	if (r < 0) {
		log_fail("cannot start: %s", log_errno(r));
		return r;
	}
	service_watch_orphans(s);
	oomkill_init(&s->killer, &s->procfs);
	oomkill_start(&s->killer);
	s->runner = (struct runner){
		.loop = s->loop, .proc = &s->procfs, .config = s->config, .cancelled = &s->cancelled,
		.forked = service_forked, .ended = service_ended, .context = s,
		.reporting = reporting_if_wanted(&s->reporting),
	};
	return 0;
}

int service_open(struct service *s, const struct config *config, bool foreground)
{
	int r;

	*s = SERVICE_NONE;
	s->config = config;
	s->foreground = foreground;
	r = open_reporting(s);
	if (r == 0)
		r = open_system(s);
	if (r == 0)
		r = service_take_lock(s);
	if (r == 0)
		r = service_look_before(s);
	if (r == 0)
		r = make_roster(s);
	if (r == 0)
		r = make_commands(s);
	if (r == 0)
		r = service_start_logger(s);
	if (r == 0) {
		r = service_write(s);
		s->has_pid_file = r == 0;
	}
	if (r == 0)
		service_watch_file(s);
	return r;
}

/* Our output goes to FD from here on, -1: nowhere. */
static void print_to(int fd)
{
	CLEANUP(fd_done) int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = STDOUT_FILENO; i <= STDERR_FILENO; i++)
		if (dup2(fd >= 0 ? fd : nowhere, i) < 0)
			close(i);
}

void service_detach(struct service *s)
{
	CLEANUP(fd_done) int nowhere = open("/dev/null", O_RDONLY | O_CLOEXEC);

	s->attached = false;
	print_to(s->journal);
	if (dup2(nowhere, STDIN_FILENO) < 0)
		close(STDIN_FILENO);
	if (chdir("/") < 0) /* nobody waits for us to unmount a file system */
		service_say(s, "cannot leave the working directory: %s", log_errno(errno));
}

void service_close(struct service *s)
{
	if (s->has_pid_file) {
		int r = pidfile_remove(s->config->pid_path);

		if (r < 0)
			service_say(s, "cannot remove pid file '%s': %s", s->config->pid_file, log_errno(r));
	}
	if (!s->attached)
		print_to(-1);
	service_end_logger(s);
	commands_done(&s->commands);
	oomkill_done(&s->killer);
	pidref_done(&s->stopper);
	selfreport_done(&s->selfreport);
	loop_free(s->loop);
	roster_done(&s->roster);
	fd_done(&s->lock);
	procfs_done(&s->procfs);
}
