/* user.c: see user.h. */
#include "applets/cluster/user.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/log.h"

enum { GROUPS_FIRST = 32, GROUPS_MAX = 65536 }; /* NGROUPS_MAX of Linux */

/* TEXT cut at its colon. */
struct said { char *user, *group; };

static void said_done(struct said *said)
{
	free(said->user);
	free(said->group);
}

static int say(char ret_why[USER_WHY_SIZE], int error, const char *what, const char *name)
{
	if (error == -EINVAL)
		snprintf(ret_why, USER_WHY_SIZE, "there is no %s '%.64s'", what, name);
	else
		snprintf(ret_why, USER_WHY_SIZE, "cannot look for %s '%.64s': %s", what, name, log_errno(error));
	return error;
}

/* What a getpw...() that returned NULL means: nobody of that name where errno is 0, or one of those that getpwnam(3)
 * lists. */
static int lookup_error(int error)
{
	switch (error) {
	case 0:
	case ENOENT:
	case ESRCH:
	case EBADF:
	case EPERM:
		return -EINVAL;
	default:
		return -error;
	}
}

static int cut(const char *text, struct said *ret)
{
	const char *colon = strchr(text, ':');

	ret->user = colon ? strndup(text, (size_t)(colon - text)) : strdup(text);
	ret->group = colon ? strdup(colon + 1) : NULL;
	return ret->user && (ret->group || !colon) ? 0 : -ENOMEM;
}

/* A number that may be a uid_t or a gid_t: the last one means "none", chown(2). */
static bool parse_id(const char *text, unsigned *ret)
{
	char *end;
	unsigned long long value;

	if (!text[0] || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || value >= UINT_MAX)
		return false;
	*ret = (unsigned)value;
	return true;
}

static int find_user(const char *name, struct user *user, const struct passwd **ret, char ret_why[USER_WHY_SIZE])
{
	unsigned uid = 0;
	bool number = parse_id(name, &uid);
	int r;

	errno = 0;
	*ret = number ? getpwuid(uid) : getpwnam(name);
	r = *ret ? 0 : lookup_error(errno);
	if (*ret)
		user->spawn = (struct spawn_user){ .uid = (*ret)->pw_uid, .gid = (*ret)->pw_gid };
	else if (number && r == -EINVAL)
		user->spawn = (struct spawn_user){ .uid = uid, .gid = uid };
	else
		return say(ret_why, r, "user", name);
	return 0;
}

static int find_group(const char *name, gid_t *ret, char ret_why[USER_WHY_SIZE])
{
	const struct group *group;
	unsigned gid;

	if (parse_id(name, &gid)) {
		*ret = gid;
		return 0;
	}
	errno = 0;
	group = getgrnam(name);
	if (!group)
		return say(ret_why, lookup_error(errno), "group", name);
	*ret = group->gr_gid;
	return 0;
}

/* getgrouplist(3) says how many there are only where there was no room for them. */
static int find_groups(const char *name, struct user *user)
{
	for (int size = GROUPS_FIRST; size <= GROUPS_MAX;) {
		int count = size, r;
		gid_t *groups = reallocarray(user->groups, (size_t)size, sizeof(*groups));

		if (!groups)
			return -ENOMEM;
		user->groups = groups;
		r = getgrouplist(name, user->spawn.gid, groups, &count);
		if (r >= 0) {
			user->spawn.groups = groups;
			user->spawn.group_count = (size_t)count;
			return 0;
		}
		size = count > size ? count : size * 2;
	}
	return -ENOMEM;
}

static char *variable(const char *name, const char *value)
{
	char *text;

	return asprintf(&text, "%s=%s", name, value) < 0 ? NULL : text;
}

/* Whoever has no name, and no home, must not take ours for its own. */
static int make_environment(const struct passwd *entry, char **environment)
{
	const char *home = entry && entry->pw_dir && entry->pw_dir[0] ? entry->pw_dir : "/";

	environment[0] = variable("HOME", home);
	environment[1] = entry ? variable("USER", entry->pw_name) : strdup("USER");
	environment[2] = entry ? variable("LOGNAME", entry->pw_name) : strdup("LOGNAME");
	return environment[0] && environment[1] && environment[2] ? 0 : -ENOMEM;
}

/* The entry is a copy: what getpwnam(3) returned may be overwritten by getgrnam(3) and getgrouplist(3). */
static int take_entry(const struct passwd *entry, struct user *user, char **ret_name)
{
	if (entry) {
		*ret_name = strdup(entry->pw_name);
		if (!*ret_name)
			return -ENOMEM;
	}
	return make_environment(entry, user->environment);
}

static int check_rights(const char *text, const struct said *said, struct user *user, char ret_why[USER_WHY_SIZE])
{
	user->is_another = user->spawn.uid != geteuid() || (said->group && user->spawn.gid != getegid());
	if (!user->is_another || geteuid() == 0)
		return 0;
	snprintf(ret_why, USER_WHY_SIZE, "only root may run commands as '%.64s'", text);
	return -EPERM;
}

static int fill(const char *text, const struct said *said, struct user *user, char ret_why[USER_WHY_SIZE])
{
	CLEANUP(free_done) char *name = NULL;
	const struct passwd *entry = NULL;
	int r = find_user(said->user, user, &entry, ret_why);

	if (r == 0)
		r = take_entry(entry, user, &name);
	if (r == 0 && said->group)
		r = find_group(said->group, &user->spawn.gid, ret_why);
	if (r == 0 && name)
		r = find_groups(name, user);
	return r < 0 ? r : check_rights(text, said, user, ret_why);
}

int user_find(const char *text, struct user *ret, char ret_why[USER_WHY_SIZE])
{
	CLEANUP(said_done) struct said said = { 0 };
	CLEANUP(user_done) struct user user = { 0 };
	char why[USER_WHY_SIZE] = "";
	int r = cut(text, &said);

	if (r == 0)
		r = fill(text, &said, &user, why);
	if (r < 0) {
		if (!why[0])
			snprintf(why, sizeof(why), "%s", log_errno(r));
		memcpy(ret_why, why, sizeof(why));
		return r;
	}
	*ret = user;
	user = (struct user){ 0 };
	return 0;
}

void user_done(struct user *user)
{
	if (!user)
		return;
	free(user->groups);
	for (size_t i = 0; i < USER_VARIABLES; i++)
		free(user->environment[i]);
	*user = (struct user){ 0 };
}
