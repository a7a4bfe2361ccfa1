/* run_terminal.h: job control for `oome run`: its child, in a process group of its own, has the terminal as if the
 * shell had started it. tcsetpgrp(3), credentials(7), and the C library's manual, "Implementing a Shell". */
#ifndef OOME_RUN_TERMINAL_H
#define OOME_RUN_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

struct run_terminal {
	bool usable;        /* stdin is our controlling terminal */
	bool given;         /* the child's group has it from us */
	bool child_stopped;
};

/* Ignores SIGTTOU where there is a terminal: our lines are written from the background. */
void run_terminal_init(struct run_terminal *terminal);

/* Are we the ones who may give it away? */
bool run_terminal_is_ours(const struct run_terminal *terminal);

/* The child, whose group is PGRP, was stopped (^Z): stop as well, so that the shell sees a stopped job. Returns when we
 * go on. */
void run_terminal_stopped(struct run_terminal *terminal, pid_t pgrp);

/* We were continued (fg, bg): so is the child. */
void run_terminal_continued(struct run_terminal *terminal, pid_t pgrp);

/* The child ended: our group has the terminal again. */
void run_terminal_take_back(struct run_terminal *terminal);

#endif
