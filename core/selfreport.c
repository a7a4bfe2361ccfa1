#include "core/selfreport.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/evidence_private.h"
#include "core/log.h"
#include "core/redact.h"
#include "core/self.h"
#include "core/selfreport_private.h"
#include "core/sig.h"
#include "core/statement.h"

enum { APART_MS = 1000, LINE_SIZE = PATH_MAX + EVIDENCE_WHY_SIZE + 64, NS_PER_MS = 1000000 };

struct selfreport_section {
	int fd;
	int64_t until_ns; /* CLOCK_MONOTONIC, as loop_now() */
	size_t bytes;
	bool cut;
	int error;        /* the first: the rest is left out */
};

/* ---- the section ---- */

static void put_record(struct selfreport_section *section, enum statement_kind kind, const char *bytes, size_t length)
{
	if (section->error == 0)
		section->error = statement_write(section->fd, kind, bytes, length, section->until_ns);
}

/* "key\0value" */
static void put_key(struct selfreport_section *section, const char *key, const char *value, size_t len)
{
	char record[SELFREPORT_KEY_MAX + 1 + SELFREPORT_VALUE_MAX];
	size_t used = strnlen(key, SELFREPORT_KEY_MAX);

	memcpy(record, key, used);
	record[used++] = '\0';
	len = len < SELFREPORT_VALUE_MAX ? len : SELFREPORT_VALUE_MAX;
	memcpy(record + used, value, len);
	used += len;
	section->bytes += sizeof(struct statement_record) + used;
	section->cut |= section->bytes > STATEMENT_SECTION_MAX / 2;
	if (!section->cut)
		put_record(section, STATEMENT_KEY, record, used);
}

/* What stands there may have come from anybody: a command, an address. */
void selfreport_put(struct selfreport_section *section, const char *key, const char *format, ...)
{
	static const char no_memory[] = "(out of memory)";
	CLEANUP(buf_done) struct buf shown = BUF((size_t)4 * SELFREPORT_VALUE_MAX);
	char value[SELFREPORT_VALUE_MAX + 1];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(value, sizeof value, format, args);
	va_end(args);
	if (n < 0)
		return;
	if (redact_value(key, strlen(key), value, strlen(value), &shown) < 0)
		put_key(section, key, no_memory, strlen(no_memory));
	else
		put_key(section, key, shown.data ? shown.data : "", shown.len);
}

void selfreport_put_lines(struct selfreport_section *section, const char *text)
{
	const char *end;

	for (; (end = strchr(text, '\n')); text = end + 1) {
		const char *colon = memmem(text, (size_t)(end - text), ": ", 2);
		char key[SELFREPORT_KEY_MAX + 1];

		if (!colon)
			continue;
		snprintf(key, sizeof key, "%.*s", (int)(colon - text), text);
		selfreport_put(section, key, "%.*s", (int)(end - colon - 2), colon + 2);
	}
}

const char *selfreport_time(int64_t at_ms, int64_t now_ms, char ret[SELFREPORT_TIME_SIZE])
{
	int64_t apart = at_ms < now_ms ? now_ms - at_ms : at_ms - now_ms;

	if (at_ms < 0)
		snprintf(ret, SELFREPORT_TIME_SIZE, "never");
	else
		snprintf(ret, SELFREPORT_TIME_SIZE, "%s%" PRId64 ".%d s%s", at_ms < now_ms ? "" : "in ", apart / 1000,
			 (int)(apart % 1000 / 100), at_ms < now_ms ? " ago" : "");
	return ret;
}

const char *selfreport_next(const struct limit *limit, const struct units_rate *rate, int64_t now_ms,
			    char ret[SELFREPORT_TIME_SIZE])
{
	int64_t wait = limit_wait(limit, rate, now_ms);

	if (wait == INT64_MAX)
		snprintf(ret, SELFREPORT_TIME_SIZE, "never");
	else if (wait > 0)
		snprintf(ret, SELFREPORT_TIME_SIZE, "in %" PRId64 ".%d s or later", wait / 1000,
			 (int)(wait % 1000 / 100));
	else
		snprintf(ret, SELFREPORT_TIME_SIZE, "at any time");
	return ret;
}

/* ---- a report ---- */

struct making {
	struct selfreport *s;
	int ours, theirs; /* of the pipe */
};

/* gmr looks at us only behind END, when it may: a process may not be looked at by its child where Yama's ptrace_scope
 * is 1, ptrace(2); EINVAL: there is no Yama. */
static void write_statement(void *context, pid_t pid, int64_t until_ms)
{
	struct making *making = context;
	struct selfreport *s = making->s;
	struct selfreport_section section = { .fd = making->ours, .until_ns = until_ms * NS_PER_MS };

	making->theirs = fd_close(making->theirs);
	prctl(PR_SET_PTRACER, (unsigned long)pid, 0, 0, 0);
	put_record(&section, STATEMENT_MAGIC_KIND, STATEMENT_MAGIC, strlen(STATEMENT_MAGIC));
	put_record(&section, STATEMENT_SECTION, s->title, strlen(s->title));
	s->fill(s->context, &section);
	if (section.cut)
		put_record(&section, STATEMENT_CUT, NULL, 0);
	put_record(&section, STATEMENT_END, NULL, 0);
	making->ours = fd_close(making->ours);
}

/* The child's end is above 2, whatever of 0, 1, 2 we were started without; ours does not block. */
static int open_pipe(struct making *ret)
{
	int ends[2], r = 0;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	ret->theirs = fcntl(ends[0], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (ret->theirs < 0 || fcntl(ends[1], F_SETFL, O_NONBLOCK) < 0)
		r = -errno;
	ret->ours = ends[1];
	fd_close(ends[0]);
	return r;
}

static int make(struct selfreport *s, int64_t deadline_ms, char *path, char *why)
{
	struct evidence e = { .directory = s->directory, .deadline_ms = deadline_ms, .keep = s->keep };
	struct making making = { .s = s, .ours = -1, .theirs = -1 };
	struct evidence_statement statement = { .begun = write_statement, .context = &making };
	char own[EVIDENCE_OWN_SIZE], fd[16], pid[16];
	const char *argv[10] = { "procguard", "gmr", "--inside", fd, "--deadline", evidence_own(deadline_ms, own),
				 pid };
	int r = open_pipe(&making);

	if (r == 0) {
		memcpy(e.binary, s->binary, sizeof e.binary);
		statement.fd = making.theirs;
		snprintf(fd, sizeof fd, "%d", making.theirs);
		snprintf(pid, sizeof pid, "%d", (int)getpid());
		if (s->directory) {
			argv[6] = "-L";
			argv[7] = s->directory;
			argv[8] = pid;
		}
		r = evidence_make(&e, argv, &statement, path, why);
		prctl(PR_SET_PTRACER, 0, 0, 0, 0);
	}
	fd_close(making.theirs);
	fd_close(making.ours);
	return r;
}

/* Is gmr built in? Asked once, and not before a report is wanted. */
static int find_gmr(struct selfreport *s, int64_t until_ms)
{
	int r;

	if (s->has_gmr)
		return 0;
	r = s->binary[0] ? evidence_ask(s->binary, until_ms) : -ENOEXEC;
	s->has_gmr = r == 0;
	return r;
}

/* "report of the guard, pid 12: '/var/log/reports/procguard_gurumeditation_20261121201048'" */
static void tell(struct selfreport *s, int r, const char *path, const char *why)
{
	char line[LINE_SIZE];

	if (r < 0)
		snprintf(line, sizeof line, "no report of the guard, pid %d: %s", (int)getpid(), why);
	else if (path[0])
		snprintf(line, sizeof line, "report of the guard, pid %d: '%s'%s%s%s", (int)getpid(), path,
			 why[0] ? " (" : "", why, why[0] ? ")" : "");
	else if (why[0])
		snprintf(line, sizeof line, "the report of the guard, pid %d: %s", (int)getpid(), why);
	else
		return;
	s->say(s->context, line);
}

static void report(struct selfreport *s)
{
	int64_t begin = loop_now(), until;
	char path[PATH_MAX] = "", why[EVIDENCE_WHY_SIZE] = "";
	int r;

	until = begin + (s->deadline_ms < SELFREPORT_DEADLINE_MAX_MS ? s->deadline_ms : SELFREPORT_DEADLINE_MAX_MS);
	r = find_gmr(s, until);
	if (r < 0)
		snprintf(why, sizeof why, "%s", evidence_open_error(r));
	else
		r = make(s, until - loop_now(), path, why);
	if (r < 0 && !why[0])
		snprintf(why, sizeof why, "%s", log_errno(r));
	tell(s, r, path, why);
	s->not_before_ms = loop_now() + (loop_now() - begin > APART_MS ? loop_now() - begin : APART_MS);
}

static void on_due(struct loop *loop, void *context)
{
	(void)loop;
	report(context);
}

void selfreport_ask(struct selfreport *s)
{
	int64_t left = s->not_before_ms - loop_now();

	loop_set_timer(s->loop, left > 0 ? left : 0, on_due, s); /* whose room is there */
}

/* ---- when ---- */

static void on_signal(struct loop *loop, int signal, pid_t sender, void *context)
{
	(void)loop, (void)signal, (void)sender;
	selfreport_ask(context);
}

/* The C library keeps those below SIGRTMIN for itself. */
int selfreport_check_signal(int signal)
{
	static const int ours[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGCHLD, SIGCONT, SIGKILL, SIGSTOP, SIGPIPE,
				    SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
				    SIGSYS, SIGABRT };

	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (ours[i] == signal)
			return -EINVAL;
	return signal <= 0 || signal > SIGRTMAX || (signal > SIGSYS && signal < SIGRTMIN) ? -EINVAL : 0;
}

int selfreport_take_signal(struct selfreport *s, int signal)
{
	int r = loop_add_signal(s->loop, signal, on_signal, s);

	if (r == 0)
		s->signal = signal;
	return r;
}

int selfreport_open(struct selfreport *s)
{
	if (self_exe(NULL, s->binary, sizeof s->binary) < 0)
		s->binary[0] = '\0';
	return loop_reserve_timer(s->loop, on_due, s);
}

int selfreport_start(struct selfreport *s, int signal, const char *file)
{
	int r = selfreport_open(s);

	if (r == 0 && signal)
		r = selfreport_take_signal(s, signal);
	if (r == 0 && file)
		r = selfreport_watch_file(s, file);
	return r;
}

void selfreport_done(struct selfreport *s)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	if (!s || !s->loop)
		return;
	if (s->signal)
		sigaction(s->signal, &ignore, NULL);
	s->signal = 0;
	loop_clear_timer(s->loop, on_due, s);
	selfreport_file_done(s);
}
