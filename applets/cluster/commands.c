#include "applets/cluster/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static size_t count_of(char *const *entries)
{
	size_t n = 0;

	while (entries && entries[n])
		n++;
	return n;
}

static size_t add_entries(const char **to, size_t at, char *const *entries)
{
	for (size_t i = 0; entries && entries[i]; i++)
		to[at++] = entries[i];
	return at;
}

void commands_mark(const char *id, char ret[COMMANDS_MARK_SIZE])
{
	snprintf(ret, COMMANDS_MARK_SIZE, COMMANDS_VARIABLE "=%s", id);
}

int commands_make(const struct config *config, const char *id, struct commands *ret, char ret_why[USER_WHY_SIZE])
{
	size_t n = 0;
	int r = config->user ? user_find(config->user, &ret->user, ret_why) : 0;

	if (r == -ENOMEM)
		snprintf(ret_why, USER_WHY_SIZE, "cannot start: out of memory");
	if (r < 0)
		return r;
	commands_mark(id, ret->mark);
	ret->environment = calloc(count_of(config->environment) + USER_VARIABLES + 2, sizeof(*ret->environment));
	if (!ret->environment) {
		user_done(&ret->user);
		snprintf(ret_why, USER_WHY_SIZE, "cannot start: out of memory");
		return -ENOMEM;
	}
	/* What is said last counts: the configuration above what follows from the user. */
	if (ret->user.is_another)
		n = add_entries(ret->environment, n, ret->user.environment);
	n = add_entries(ret->environment, n, config->environment);
	ret->environment[n] = ret->mark;
	return 0;
}

void commands_done(struct commands *commands)
{
	if (!commands)
		return;
	user_done(&commands->user);
	free(commands->environment);
	*commands = (struct commands){ 0 };
}
