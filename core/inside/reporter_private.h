/* reporter_private.h: what reporter.c, a thread of the program, and reporter_exec.c, another process in the program's
 * memory, share:
 *
 *	program's helper    reporter.c           says what to run, and sends what the program states
 *	   middle           reporter_exec.c      clone(CLONE_VM): waits for gmr, and ends it when it is late
 *	      gmr           the file in memory   vfork(2), execveat(2)
 *
 * The one in the middle is there since execveat(2) makes SIGCHLD of whatever its parent was to get: gmr as a child of
 * the program's would be seen by its wait(2). */
#ifndef INSIDE_REPORTER_PRIVATE_H
#define INSIDE_REPORTER_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum {
	REPORTER_STACK = 16 << 10,
	REPORTER_MEMORY = 256 << 20, /* RLIMIT_AS of gmr */
};

struct reporter_job {
	/* Written by the helper before: */
	pid_t program;
	int file;            /* gmr itself */
	int statement;       /* what gmr reads from */
	char *const *argv, *const *environment;
	char *path;          /* "/proc/self/fd/N" of the file */
	/* Atomic: */
	int64_t until_ns;    /* when gmr is ended; the helper may move it */
	uint32_t begun;      /* 1: the following are known */
	uint32_t pid;        /* of gmr; 0: there is none */
	int32_t error;       /* of clone(2) or execve(2), or 0 */
	uint32_t ended;      /* 1: STATUS is known */
	int32_t status;      /* as wait(2) has it */
	/* The stack of each grows down from its end. */
	char middle[REPORTER_STACK] __attribute__((aligned(16)));
	char child[REPORTER_STACK] __attribute__((aligned(16)));
};

/* The middle: raw_clone() runs it with a struct reporter_job. */
int reporter_middle(void *context);

#endif
