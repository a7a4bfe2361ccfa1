/* roster.h: who belongs to a cluster, as its daemon knows it and its pid file says.
 *
 *	4711:4720:4725
 *	state=running
 *	id=9f86d081884c7d659a2feaa0c55ad015
 *	boot=0f4ab6a1-6a1d-4e7b-9d36-0c2b7c0b0d55
 *	namespace=4026531836
 *	start=8123456
 *	logger=4712 8123460
 *	member=worker background 4720 8123470 1763742000 0
 *	member=redis-server daemon 4725 8123475 1763742001 1
 *	ended=mailer background 4730 8123480 1763742001 2 9 1763742077
 *
 * The first line is that of plone.recipe.cluster: the daemon, its members that live and count. The others make each pid
 * certain: start times are field 22 of /proc/PID/stat. A process is NAME KIND PID START SINCE LINE, one that has ended
 * has its waitpid(2) status ("-": not known) and when behind it; SINCE and when are seconds since the epoch. Keys that
 * are unknown are passed over. */
#ifndef CLUSTER_ROSTER_H
#define CLUSTER_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"
#include "core/procfs.h"
#include "core/tree.h"

enum {
	ROSTER_ID_SIZE = 33,          /* 32 hexadecimal digits */
	ROSTER_NAME_SIZE = 64,
	ROSTER_MEMBERS_MAX = 16384,
	ROSTER_BYTES_MAX = 4 << 20,   /* of a pid file */
	MEMBER_STATUS_UNKNOWN = -1,   /* it has ended, and how is not known */
};

enum roster_state { ROSTER_STARTING, ROSTER_RUNNING, ROSTER_STOPPING };

enum member_kind {
	MEMBER_BACKGROUND, /* a `background:` line */
	MEMBER_DAEMON,     /* what a plain line left running: it made itself a daemon */
	MEMBER_COMMAND,    /* a plain line that runs right now */
	MEMBER_ORPHAN,     /* a process whose parent, of another member, has ended */
};

struct member {
	char name[ROSTER_NAME_SIZE]; /* of letters, digits and "._-+@" */
	enum member_kind kind;
	struct tree_node process;    /* pid 0: nobody, here and below */
	int64_t since_s;
	size_t line;                 /* number of the line that it comes from: what is ended with it */
	bool ended;
	int status;                  /* waitpid(2)'s, or MEMBER_STATUS_UNKNOWN */
	int64_t ended_s;
};

struct roster {
	enum roster_state state;
	char id[ROSTER_ID_SIZE];
	char boot[PROCFS_BOOT_ID_SIZE];
	ino_t namespace;             /* of pids, pid_namespaces(7) */
	struct tree_node daemon, logger;
	struct member *members;      /* in the order in which they were started */
	size_t count, size;
	bool bare;                   /* of a file with only the first line: the pid of the daemon is all there is */
};

/* Is it one that `status` counts: in the background, or a daemon? */
bool member_counts(const struct member *member);

/* How many of those there are, and how many of them live. Pure. */
size_t roster_count(const struct roster *roster, size_t *ret_living);

/* Of the living processes that come from `background:` lines the last one, by its line, of those before line BEFORE: in
 * this order they are ended. NULL: none. Pure. */
const struct member *roster_last(const struct roster *roster, size_t before);

/* When `run` ends by itself: never, when any member has ended, when all have. */
enum roster_exit_on { EXIT_ON_TERM, EXIT_ON_ANY, EXIT_ON_ALL };

/* Has ended what it is to end with? Its exit status then, 0 only where none failed; else -1. Pure. */
int roster_exit_status(const struct roster *roster, enum roster_exit_on exit_on);

/* What messages call the process that LINE starts, which is the base name of its command's first word behind
 * assignments and "exec"; other characters become "_"; one that is there already gets "-2", "-3"... Pure. */
void roster_name(const struct roster *roster, const char *command, char ret[ROSTER_NAME_SIZE]);

/* Append a member: a pointer that is good until the next one is added; NULL: -ENOMEM, or there are too many. */
struct member *roster_add(struct roster *roster, const struct member *member);

/* The living one of that pid, the latest where a pid was used again; NULL: none. */
struct member *roster_find(const struct roster *roster, pid_t pid);

/* Forget member I. */
void roster_remove(struct roster *roster, size_t i);

/* Append the text of the pid file to RET. -ENOMEM, -ENOBUFS. Pure. */
int roster_format(const struct roster *roster, struct buf *ret);

/* Parse what a pid file holds, which may be hostile. -EBADMSG: it is none, or cut off; -ENOMEM. Release with
 * roster_done(). Pure. */
int roster_parse(const char *text, size_t len, struct roster *ret);

void roster_done(struct roster *roster); /* takes NULL */

#endif
