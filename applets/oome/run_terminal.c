#include "applets/oome/run_terminal.h"

#include <signal.h>
#include <unistd.h>

void run_terminal_init(struct run_terminal *terminal)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	terminal->usable = tcgetpgrp(STDIN_FILENO) >= 0;
	if (terminal->usable)
		sigaction(SIGTTOU, &ignore, NULL);
}

bool run_terminal_is_ours(const struct run_terminal *terminal)
{
	return terminal->usable && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void run_terminal_take_back(struct run_terminal *terminal)
{
	terminal->child_stopped = false;
	if (terminal->given && tcgetpgrp(STDIN_FILENO) != getpgrp())
		tcsetpgrp(STDIN_FILENO, getpgrp());
	terminal->given = false;
}

void run_terminal_continued(struct run_terminal *terminal, pid_t pgrp)
{
	if (!terminal->child_stopped)
		return;
	terminal->child_stopped = false;
	if (run_terminal_is_ours(terminal)) {
		tcsetpgrp(STDIN_FILENO, pgrp);
		terminal->given = true;
	}
	kill(-pgrp, SIGCONT);
}

void run_terminal_stopped(struct run_terminal *terminal, pid_t pgrp)
{
	bool missed = !terminal->given && run_terminal_is_ours(terminal); /* it wants what we have and did not give */

	if (!terminal->usable)
		return;
	run_terminal_take_back(terminal);
	terminal->child_stopped = true;
	if (!missed)
		kill(0, SIGTSTP);
	/* Dropped by the kernel where no shell could continue us (a container's terminal), or "fg" came already. */
	if (run_terminal_is_ours(terminal))
		run_terminal_continued(terminal, pgrp);
}
