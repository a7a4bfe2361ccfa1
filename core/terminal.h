/* terminal.h: job control for a guard: its child, in a process group of its own, has the terminal as if the
 * shell had started it. tcsetpgrp(3), credentials(7), and the C library's manual, "Implementing a Shell". */
#ifndef CORE_TERMINAL_H
#define CORE_TERMINAL_H

#include <stdbool.h>
#include <sys/types.h>

struct terminal {
	bool usable;        /* stdin is our controlling terminal */
	bool given;         /* the child's group has it from us */
	bool child_stopped;
};

/* Ignores SIGTTOU where there is a terminal: our lines are written from the background. */
void terminal_init(struct terminal *terminal);

/* Are we the ones who may give it away? */
bool terminal_is_ours(const struct terminal *terminal);

/* The child, whose group is PGRP, was stopped (^Z): stop as well, so that the shell sees a stopped job. Returns when we
 * go on. */
void terminal_stopped(struct terminal *terminal, pid_t pgrp);

/* We were continued (fg, bg): so is the child. */
void terminal_continued(struct terminal *terminal, pid_t pgrp);

/* The child ended: our group has the terminal again. */
void terminal_take_back(struct terminal *terminal);

#endif
