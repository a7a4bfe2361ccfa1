/* logger_process.c: see logger_process.h. */
#include "applets/cluster/logger_process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "applets/cluster/linelog.h"
#include "applets/cluster/roster.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/spawn.h"

enum { READ_MAX = 32 << 10 };

struct source { char name[ROSTER_NAME_SIZE]; struct buf part; }; /* part: of a line whose end has not come yet */

/* The tables have room for all there can be: memory that is not used is not there (calloc(3) of that size). */
struct process {
	struct linelog log;
	struct pollfd *polled; /* [0]: the control socket, -1 when it has ended; then one for each source */
	struct source *sources;
	size_t count;
	bool begun;            /* all sources of the start are here */
	char block[READ_MAX];
};

/* How much of the LEN bytes of TEXT to write as a line where no newline has come: a character of UTF-8 that they end in
 * the middle of is left for the next one. */
static size_t piece(const char *text, size_t len)
{
	for (size_t back = 1; back < 4 && back < len; back++)
		if (((unsigned char)text[len - back] & 0xc0) == 0xc0)
			return len - back;
		else if (!((unsigned char)text[len - back] & 0x80))
			break;
	return len;
}

static void write_piece(struct process *p, struct source *source)
{
	struct buf *part = &source->part;
	size_t len = piece(part->data, part->len);

	linelog_add(&p->log, source->name, part->data, len);
	memmove(part->data, part->data + len, part->len - len);
	part->len -= len;
}

static void write_line(struct process *p, struct source *source)
{
	linelog_add(&p->log, source->name, source->part.data ? source->part.data : "", source->part.len);
	buf_reset(&source->part);
}

/* Cut what was read into lines. One that is too long is several. */
static void take_text(struct process *p, struct source *source, const char *text, size_t len)
{
	struct buf *part = &source->part;

	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t line = newline ? (size_t)(newline - text) : len, room = part->max - part->len;
		size_t taken = line < room ? line : room;

		if (taken > 0 && buf_add(part, text, taken) < 0) { /* no memory: it is torn, not lost */
			write_line(p, source);
			linelog_add(&p->log, source->name, text, taken);
		} else if (newline && taken == line) {
			write_line(p, source);
		} else if (taken < line) {
			write_piece(p, source);
		}
		taken += newline && taken == line;
		text += taken;
		len -= taken;
	}
	if (part->len == 0)
		buf_done(part);
}

/* The last one takes the place of source I. */
static void drop_source(struct process *p, size_t i)
{
	struct source *source = &p->sources[i];

	if (source->part.len > 0)
		write_line(p, source);
	buf_done(&source->part);
	fd_close(p->polled[1 + i].fd);
	p->count--;
	*source = p->sources[p->count];
	p->polled[1 + i] = p->polled[1 + p->count];
}

/* One read of each turn: who prints a lot does not keep the others waiting. */
static void read_source(struct process *p, size_t i)
{
	ssize_t n = read(p->polled[1 + i].fd, p->block, sizeof(p->block));

	if (n > 0)
		take_text(p, &p->sources[i], p->block, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		drop_source(p, i);
}

static void add_source(struct process *p, const char *name, size_t len, int fd)
{
	struct source *source = &p->sources[p->count];

	if (p->count == LOGGER_SOURCES_MAX) { /* the daemon has refused it before */
		close(fd);
		return;
	}
	*source = (struct source){ .part = BUF(LINELOG_TEXT_MAX) };
	memcpy(source->name, name, len);
	p->polled[1 + p->count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
}

static int fd_of(struct msghdr *message)
{
	struct cmsghdr *header = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
	    header->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	return fd;
}

/* One message. False: there is none now, or none will come any more. */
static bool receive(struct process *p)
{
	char name[ROSTER_NAME_SIZE - 1];
	union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof(int))]; } control;
	struct iovec text = { name, sizeof(name) };
	struct msghdr message = { .msg_iov = &text, .msg_iovlen = 1, .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	ssize_t n = recvmsg(p->polled[0].fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		p->polled[0].fd = fd_close(p->polled[0].fd);
		p->begun = true;
		return false;
	}
	fd = fd_of(&message);
	if (fd >= 0)
		add_source(p, name, (size_t)n, fd);
	p->begun |= name[0] == '\0';
	return true;
}

/* From the last one, as one that is dropped is replaced by the last. */
static void turn(struct process *p)
{
	for (size_t i = p->count; i-- > 0;)
		if (p->polled[1 + i].revents)
			read_source(p, i);
	linelog_flush(&p->log);
}

/* Until all sources of the start are here none is read: who takes the lines may block us, and the daemon with us, which
 * hands them over. */
static int serve(struct process *p)
{
	while (p->polled[0].fd >= 0 || p->count > 0) {
		if (poll(p->polled, p->begun ? 1 + p->count : 1, -1) < 0) {
			if (errno != EINTR)
				return 1;
			continue;
		}
		if (p->begun)
			turn(p);
		if (p->polled[0].revents)
			while (receive(p))
				;
	}
	return 0;
}

static void process_done(struct process **process)
{
	struct process *p = *process;

	if (!p)
		return;
	linelog_done(&p->log);
	free(p->polled);
	free(p->sources);
	free(p);
}

/* It ends by the end of its sources: who ends the daemon, its tree or its session does not mean the last lines. */
static void ignore_signals(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTSTP };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_IGN);
}

/* We hold nothing of the daemon's: not its lock, nor the ends that members write to, among which its own standard error
 * is; nor a file system, by a working directory. As many descriptors as there may be. */
static int let_go(const struct logger_process *l)
{
	struct rlimit limit;

	if (dup2(l->path ? STDIN_FILENO : l->out, STDOUT_FILENO) < 0 || dup2(STDIN_FILENO, STDERR_FILENO) < 0)
		return -errno;
	spawn_keep_only(l->control);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	return chdir("/") < 0 ? -errno : 0;
}

int logger_process_run(void *context)
{
	const struct logger_process *l = context;
	CLEANUP(process_done) struct process *p = NULL;

	ignore_signals();
	prctl(PR_SET_NAME, "cluster-logger");
	if (let_go(l) < 0)
		return 1;
	p = calloc(1, sizeof(*p));
	if (!p || linelog_open(l->path, STDOUT_FILENO, &p->log) < 0)
		return 1;
	p->polled = calloc(1 + LOGGER_SOURCES_MAX, sizeof(*p->polled));
	p->sources = calloc(LOGGER_SOURCES_MAX, sizeof(*p->sources));
	if (!p->polled || !p->sources)
		return 1;
	p->polled[0] = (struct pollfd){ .fd = l->control, .events = POLLIN };
	return serve(p);
}
