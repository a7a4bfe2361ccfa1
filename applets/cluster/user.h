/* user.h: as whom commands are run: the option `user`.
 *
 *	www-data            with the groups that it is in
 *	www-data:adm        adm as its first group, and those that it is in
 *	1000, 1000:1000     also where nobody has that number: then no other groups */
#ifndef CLUSTER_USER_H
#define CLUSTER_USER_H

#include <stdbool.h>

#include "core/spawn.h"

enum { USER_WHY_SIZE = 160, USER_VARIABLES = 3 };

struct user {
	struct spawn_user spawn;                  /* its groups are GROUPS */
	bool is_another;                          /* than we are; else nothing is to be switched */
	gid_t *groups;
	char *environment[USER_VARIABLES + 1];    /* HOME, USER, LOGNAME, as struct spawn wants them; ends with NULL */
};

/* Who TEXT is. Asks the user database: may block as that does. -EINVAL: there is no such user or group; -EPERM: we may
 * not become it; else -errno of asking (-EIO...): RET_WHY says what; -ENOMEM. Release with user_done(). */
int user_find(const char *text, struct user *ret, char ret_why[USER_WHY_SIZE]);

void user_done(struct user *user); /* takes NULL */

#endif
