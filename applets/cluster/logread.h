/* logread.h: the lines of a log, in little memory however long they are and whoever has written them. */
#ifndef CLUSTER_LOGREAD_H
#define CLUSTER_LOGREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { LOGREAD_BLOCK = 64 << 10 };

struct logread {
	int fd;             /* the caller's; -1: there is nothing */
	off_t at;           /* what has been read of it */
	size_t begin, end;  /* of block: what has not been handed out */
	bool inside;        /* a line of which the beginning has been handed out */
	bool ended;         /* there was no more at the last look */
	char head[64];      /* what it began with */
	size_t head_len;
	char block[LOGREAD_BLOCK];
};

/* A line without its newline, or a piece of one that is longer than LOGREAD_BLOCK. Good until the next call. */
struct logread_line { const char *text; size_t len; bool begins, ends; };

/* Open PATH for reading. -ENOENT; -ELOOP: a link; -EINVAL: no regular file; -EACCES... The caller closes it. */
int logread_open(const char *path);

/* Read FD from its beginning on. */
void logread_begin(struct logread *r, int fd);

/* The next line: 1; 0: the end so far, more may come; -errno. */
int logread_next(struct logread *r, struct logread_line *ret);

/* At the end: what has no newline, as a line. 1, or 0: nothing. */
int logread_rest(struct logread *r, struct logread_line *ret);

/* Who has printed a line "2026-11-21T17:04:05Z NAME: TEXT": is it NAME? Pure. */
bool logread_is_of(const struct logread_line *line, const char *name);

#endif
