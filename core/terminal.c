#include "core/terminal.h"

#include <signal.h>
#include <unistd.h>

void terminal_init(struct terminal *terminal)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	terminal->usable = tcgetpgrp(STDIN_FILENO) >= 0;
	if (terminal->usable)
		sigaction(SIGTTOU, &ignore, NULL);
}

bool terminal_is_ours(const struct terminal *terminal)
{
	return terminal->usable && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void terminal_take_back(struct terminal *terminal)
{
	terminal->child_stopped = false;
	if (terminal->given && tcgetpgrp(STDIN_FILENO) != getpgrp())
		tcsetpgrp(STDIN_FILENO, getpgrp());
	terminal->given = false;
}

void terminal_continued(struct terminal *terminal, pid_t pgrp)
{
	if (!terminal->child_stopped)
		return;
	terminal->child_stopped = false;
	if (terminal_is_ours(terminal)) {
		tcsetpgrp(STDIN_FILENO, pgrp);
		terminal->given = true;
	}
	kill(-pgrp, SIGCONT);
}

void terminal_stopped(struct terminal *terminal, pid_t pgrp)
{
	bool missed = !terminal->given && terminal_is_ours(terminal); /* it wants what we have and did not give */

	if (!terminal->usable)
		return;
	terminal_take_back(terminal);
	terminal->child_stopped = true;
	if (!missed)
		kill(0, SIGTSTP);
	/* Dropped by the kernel where no shell could continue us (a container's terminal), or "fg" came already. */
	if (terminal_is_ours(terminal))
		terminal_continued(terminal, pgrp);
}
