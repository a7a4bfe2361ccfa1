/* As whom commands are run. */
#include "applets/cluster/user.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/suite.h"

#define NOBODY_HAS_IT 3999999999U

static struct user user;
static char why[USER_WHY_SIZE];

static void set_up(void)
{
	user = (struct user){ 0 };
	strcpy(why, "nothing");
}

static void tear_down(void)
{
	user_done(&user);
}

static void find(const char *text)
{
	int r = user_find(text, &user, why);

	ck_assert_msg(r == 0, "'%s': %d %s", text, r, why);
}

static void refused(const char *text, int error, const char *expected)
{
	struct user kept = { .is_another = true };

	ck_assert_int_eq(user_find(text, &kept, why), error);
	ck_assert_str_eq(why, expected);
	ck_assert(kept.is_another && !kept.groups);
}

/* Whether our rights, not those of root, are what counts: by a child. */
static void as_somebody(uid_t uid, void (*play)(void))
{
	int status;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (setgid(uid) < 0 || setuid(uid) < 0)
			_exit(2);
		play();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(our_own_is_no_switch)
{
	const struct passwd *entry = getpwuid(geteuid());

	if (!entry)
		return; /* a container without users */
	find(entry->pw_name);
	ck_assert(!user.is_another);
	ck_assert_int_eq(user.spawn.uid, geteuid());
	ck_assert_uint_gt(user.spawn.group_count, 0);
	entry = getpwuid(geteuid());
	ck_assert_str_eq(strchr(user.environment[0], '=') + 1, entry->pw_dir);
	ck_assert_str_eq(strchr(user.environment[1], '=') + 1, entry->pw_name);
	ck_assert_int_eq(strncmp(user.environment[2], "LOGNAME=", 8), 0);
	ck_assert_ptr_null(user.environment[3]);
}
END_TEST

/* _i: with a group, too. */
START_TEST(number_that_nobody_has)
{
	if (geteuid() != 0)
		return;
	find(_i ? "3999999999:4" : "3999999999");
	ck_assert(user.is_another);
	ck_assert_uint_eq(user.spawn.uid, NOBODY_HAS_IT);
	ck_assert_uint_eq(user.spawn.gid, _i ? 4 : NOBODY_HAS_IT);
	ck_assert_uint_eq(user.spawn.group_count, 0);
	ck_assert_str_eq(user.environment[0], "HOME=/");
	ck_assert_str_eq(user.environment[1], "USER");
	ck_assert_str_eq(user.environment[2], "LOGNAME");
}
END_TEST

START_TEST(groups_are_those_of_the_name)
{
	const struct passwd *entry = getpwnam("nobody");
	char text[64];
	bool has = false;

	if (geteuid() != 0 || !entry)
		return;
	snprintf(text, sizeof(text), "%u:7", (unsigned)entry->pw_uid);
	find(text);
	ck_assert_uint_eq(user.spawn.gid, 7);
	for (size_t i = 0; i < user.spawn.group_count; i++)
		has |= user.spawn.groups[i] == 7;
	ck_assert(has);
	ck_assert_str_eq(user.environment[1], "USER=nobody");
}
END_TEST

START_TEST(nobody_of_that_name)
{
	refused("no-such-user", -EINVAL, "there is no user 'no-such-user'");
	refused("", -EINVAL, "there is no user ''");
	refused(":0", -EINVAL, "there is no user ''");
	refused("0:no-such-group", -EINVAL, "there is no group 'no-such-group'");
	refused("0:", -EINVAL, "there is no group ''");
	refused("4294967295", -EINVAL, "there is no user '4294967295'");
	refused("0:99999999999999999999", -EINVAL, "there is no group '99999999999999999999'");
	refused("-1", -EINVAL, "there is no user '-1'");
}
END_TEST

static void play_no_root(void)
{
	struct user other = { 0 };

	if (user_find("0", &other, why) != -EPERM || strcmp(why, "only root may run commands as '0'") != 0)
		_exit(3);
	if (user_find("3999999999:0", &other, why) != -EPERM)
		_exit(4);
	if (user_find("3999999999", &other, why) != 0 || other.is_another)
		_exit(5);
	user_done(&other);
	if (user_find("3999999999:3999999999", &other, why) != 0 || other.is_another)
		_exit(6);
	user_done(&other);
}

START_TEST(needs_root)
{
	if (geteuid() == 0)
		as_somebody(NOBODY_HAS_IT, play_no_root);
	else
		refused("0", -EPERM, "only root may run commands as '0'");
}
END_TEST

START_TEST(nothing_to_release)
{
	user_done(NULL);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("user");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, our_own_is_no_switch);
	tcase_add_loop_test(tests, number_that_nobody_has, 0, 2);
	tcase_add_test(tests, groups_are_those_of_the_name);
	tcase_add_test(tests, nobody_of_that_name);
	tcase_add_test(tests, needs_root);
	tcase_add_test(tests, nothing_to_release);
	return suite_run("user", tests);
}
