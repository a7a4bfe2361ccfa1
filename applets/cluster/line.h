/* line.h: the lines of start, stop and restart. Pure.
 *
 *	/srv/bin/zeoserver start                            a command, which has to return
 *	-/srv/bin/pack                                      one that may fail
 *	background:/srv/bin/worker                          a member, which goes on
 *	background[ready=tcp:127.0.0.1:8080]:/srv/bin/web   the next line waits until it is ready
 *	pid:/srv/var/pound.pid, pid:4711                    end that process */
#ifndef CLUSTER_LINE_H
#define CLUSTER_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum line_kind { LINE_COMMAND, LINE_BACKGROUND, LINE_PID };

enum line_ready_kind {
	LINE_READY_AT_ONCE, /* nothing was said */
	LINE_READY_TCP,     /* host:port accepts a connection */
	LINE_READY_FILE,    /* path exists */
	LINE_READY_NOTIFY,  /* it sends READY=1, sd_notify(3) */
};

struct line_ready { enum line_ready_kind kind; char *host; uint16_t port; char *path; };

struct line {
	enum line_kind kind;
	bool may_fail;
	char *text;              /* the command; of "pid:" the number or file as it was said */
	struct line_ready ready; /* of LINE_BACKGROUND */
	pid_t pid;               /* of LINE_PID, where a number was given; else 0 */
	char *path;              /* of LINE_PID, where a file was given, absolute; else NULL */
	char *place;             /* "buildout.cfg:17" */
};

enum { LINE_WHY_SIZE = 256 };

/* Is TEXT no line at all: empty, or a comment? */
bool line_is_blank(const char *text);

/* Parse TEXT; relative paths begin at DIRECTORY. RET's place is left NULL. -EBADMSG: RET_WHY says what is wrong;
 * -ENOMEM. Release with line_done(). */
int line_parse(const char *text, const char *directory, struct line *ret, char ret_why[LINE_WHY_SIZE]);

/* What stands before its text in a message: "pid:", without which "'1' failed" says nothing. */
static inline const char *line_prefix(const struct line *line)
{
	return line->kind == LINE_PID ? "pid:" : "";
}

/* Takes NULL. */
void line_done(struct line *line);

#endif
