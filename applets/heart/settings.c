/* settings.c: see settings.h. */
#include "applets/heart/settings.h"

#include <errno.h>
#include <string.h>

static const char check_schedulers[] = "check_schedulers";

void settings_reset(struct settings *settings, const char *command, const char *callback, bool schedulers)
{
	*settings = (struct settings){
		.given_command = command,
		.given_callback = callback,
		.schedulers = schedulers,
	};
}

const char *settings_command(const struct settings *settings)
{
	return settings->command[0] ? settings->command : settings->given_command;
}

const char *settings_callback(const struct settings *settings)
{
	const char *callback = settings->callback_changed ? settings->callback : settings->given_callback;

	return callback && callback[0] ? callback : NULL;
}

static int set_text(char to[SETTINGS_TEXT_MAX + 1], const char *text, size_t len)
{
	if (len > SETTINGS_TEXT_MAX)
		return -EMSGSIZE;
	if (len == 0 || memchr(text, '\0', len))
		return -EINVAL;
	memmove(to, text, len);
	to[len] = '\0';
	return 0;
}

int settings_set_command(struct settings *settings, const char *text, size_t len)
{
	return set_text(settings->command, text, len);
}

int settings_set_callback(struct settings *settings, const char *text, size_t len)
{
	int r = set_text(settings->callback, text, len);

	if (r == 0)
		settings->callback_changed = true;
	return r;
}

void settings_clear_command(struct settings *settings)
{
	settings->command[0] = '\0';
}

void settings_clear_callback(struct settings *settings)
{
	settings->callback[0] = '\0';
	settings->callback_changed = true;
}

int settings_set_options(struct settings *settings, const char *text, size_t len)
{
	bool schedulers = false;

	for (size_t at = 0; at < len;) {
		size_t end = at;

		while (end < len && text[end] != ' ')
			end++;
		if (end - at == strlen(check_schedulers) && !memcmp(text + at, check_schedulers, end - at))
			schedulers = true;
		else if (end > at)
			return -EINVAL;
		at = end + 1;
	}
	settings->schedulers = schedulers;
	return 0;
}

const char *settings_options(const struct settings *settings)
{
	return settings->schedulers ? check_schedulers : "none";
}
