/* commands.h: what every command of a cluster is run with: as whom, and in which environment. */
#ifndef CLUSTER_COMMANDS_H
#define CLUSTER_COMMANDS_H

#include "applets/cluster/config.h"
#include "applets/cluster/roster.h"
#include "applets/cluster/user.h"

/* The variable by which a process is known that nobody is the parent of any more. */
#define COMMANDS_VARIABLE "PROCGUARD_CLUSTER"

enum { COMMANDS_MARK_SIZE = sizeof(COMMANDS_VARIABLE "=") + ROSTER_ID_SIZE };

/* That variable with its value, for a cluster of this ID. */
void commands_mark(const char *id, char ret[COMMANDS_MARK_SIZE]);

struct commands {
	struct user user;
	char mark[COMMANDS_MARK_SIZE];
	const char **environment; /* as struct spawn wants it; its texts are those of CONFIG, of USER and MARK */
};

/* Fill in RET for a cluster of this ID. -EINVAL, -EPERM: RET_WHY says what is wrong with the user; -ENOMEM. CONFIG must
 * outlive it. Release with commands_done(). */
int commands_make(const struct config *config, const char *id, struct commands *ret, char ret_why[USER_WHY_SIZE]);

void commands_done(struct commands *commands); /* takes NULL */

#endif
