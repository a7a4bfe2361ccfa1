/* settings.h: what may be set while a program is guarded: by `heart ctl`, or by the program itself through HEART_FD.
 *
 * As OTP's heart(3): a temporary command, a validation callback, the options. All of it is gone when the program is
 * started again: the command line and the environment count then. Pure. */
#ifndef HEART_SETTINGS_H
#define HEART_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

enum { SETTINGS_TEXT_MAX = 2046 }; /* bytes of a command; heart(3): less than 2047 */

struct settings {
	const char *given_command;  /* --command or HEART_COMMAND; NULL: not set; empty counts as set */
	const char *given_callback; /* --callback, or NULL */
	char command[SETTINGS_TEXT_MAX + 1];  /* temporary; empty: none */
	char callback[SETTINGS_TEXT_MAX + 1]; /* temporary; empty and callback_changed: cleared */
	bool callback_changed;                /* the given one does not count */
	bool schedulers;                      /* the option check_schedulers, in force */
};

/* As given: at the start, and at every restart. The strings, of any length, must outlive SETTINGS. */
void settings_reset(struct settings *settings, const char *command, const char *callback, bool schedulers);

/* The command in force: the temporary one, else the given one; NULL: none. The callback in force, or NULL. */
const char *settings_command(const struct settings *settings);
const char *settings_callback(const struct settings *settings);

/* 0; -EMSGSIZE: longer than SETTINGS_TEXT_MAX; -EINVAL: empty, or with a NUL in its LEN bytes. On failure nothing is
 * changed. TEXT may be what settings_command() or settings_callback() returned. */
int settings_set_command(struct settings *settings, const char *text, size_t len);
int settings_set_callback(struct settings *settings, const char *text, size_t len);

/* Forget the temporary command: the given one counts again. Have no callback, not the given one either: OTP's
 * clear_callback removes whatever there is. */
void settings_clear_command(struct settings *settings);
void settings_clear_callback(struct settings *settings);

/* "check_schedulers", several separated by blanks; nothing at all: none. They replace those in force. -EINVAL: one of
 * them is unknown, nothing is changed. */
int settings_set_options(struct settings *settings, const char *text, size_t len);

/* The options in force as settings_set_options() reads them; "none". */
const char *settings_options(const struct settings *settings);

#endif
