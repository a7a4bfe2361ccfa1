/* command.h: a command line, as system(3) takes it, started.
 *
 * By `/bin/sh -c` where there is a /bin/sh. Without one (FROM scratch) by its words: blanks separate them, the first is
 * looked up in PATH, and what only a shell would understand is refused by name rather than run as something else. */
#ifndef CORE_COMMAND_H
#define CORE_COMMAND_H

#include <stddef.h>

#include "core/spawn.h"

enum { COMMAND_WHY_SIZE = 96, COMMAND_WORDS_MAX = 1024 };

/* Start LINE as HOW says (its argv is not looked at). Returns the pid of a child that the caller reaps, or as
 * spawn_start(). -EINVAL: LINE needs a shell, and there is none; RET_WHY says what in it needs one: "the quote '".
 * -E2BIG: more words than COMMAND_WORDS_MAX; -ENOMEM. An empty line starts a child that succeeds. */
pid_t command_start(const char *line, const struct spawn *how, char ret_why[COMMAND_WHY_SIZE]);

/* The same by spawn_begin(), for who wants to know what fails: a LINE that only needs its words separated is started
 * without the shell, which also takes half the time. -ENOENT, -EACCES of spawn_finish() then also where a shell would
 * have started, and said so. RET_WHY is set only with -EINVAL. */
int command_begin(const char *line, const struct spawn *how, struct spawn_begun *ret, char ret_why[COMMAND_WHY_SIZE]);

/* The wait status that a shell's end would give for the -errno of a start: no such command 127, not executable 126;
 * -1, as system(3), where nothing could be started at all. */
int command_status(int error);

/* Cut LINE, which is overwritten, into at most MAX - 1 words of its own bytes and a NULL behind them. Returns their
 * number; -EINVAL and RET_WHY as command_start(); -E2BIG. Pure. */
int command_split(char *line, char **ret_words, size_t max, char ret_why[COMMAND_WHY_SIZE]);

#endif
