/* test_oomefile.c: where a process's oome file is, whether to believe it, and that nothing else is ever deleted. */
#include "applets/oome/oomefile.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"

enum { NOBODY = 65534 };

static char top[PATH_MAX];
static struct procfs proc;

static void setup(void)
{
	strcpy(top, "/tmp/test_oomefile.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chmod(top, 0755), 0);
	ck_assert_int_eq(chdir(top), 0);
	ck_assert_int_eq(mkdir("work", 0777), 0);
	ck_assert_int_eq(chmod("work", 0777), 0);
	ck_assert_int_eq(procfs_open(PROCFS_ROOT, &proc), 0);
}

static void teardown(void)
{
	char command[PATH_MAX + 16];

	procfs_done(&proc);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof command, "rm -rf '%s'", top);
	ck_assert_int_eq(system(command), 0);
}

static void touch(const char *path, uid_t owner)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	ck_assert_msg(fd >= 0, "%s", path);
	ck_assert_int_eq(futimens(fd, NULL), 0);
	close(fd);
	if (!geteuid())
		ck_assert_int_eq(lchown(path, owner, owner), 0);
}

/* A child that stands in DIRECTORY, in the root ROOT (or NULL) and under UID, until it is killed. */
static pid_t child(const char *directory, const char *root, uid_t uid)
{
	int ends[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if ((root && chroot(root) < 0) || chdir(directory) < 0)
			_exit(1);
		if (uid && (setgroups(0, NULL) < 0 || setgid(uid) < 0 || setuid(uid) < 0))
			_exit(1);
		if (write(ends[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static int locate(pid_t pid, const char *env, size_t env_len, const char *option, struct oomefile *ret)
{
	int dir = procfs_process(&proc, pid);
	int r = oomefile_locate(dir, env, env_len, option, ret);

	close(dir);
	return r;
}


START_TEST(which_path)
{
	static const struct { const char *option, *env; size_t len; const char *path; } cases[] = {
		{ "/a/b", "OOME_FILE=/x", 13, "/a/b" },
		{ NULL, "OOME_FILE=/x", 13, "/x" },
		{ NULL, "OOME_FILE=/x=y", 15, "/x=y" },
		{ NULL, "OOME_FILE=x", 11, "x" }, /* cut, without a NUL at its end */
		{ NULL, "OOME_FILE_X=/x", 15, "work/oome" },
		{ NULL, "XOOME_FILE=/x", 14, "work/oome" },
		{ NULL, "OOME_FILE=\0HOMEDIR=/h", 22, "/h/work/oome" },
		{ NULL, "HOMEDIR=/h\0OOME_FILE=/x", 24, "/x" },
		{ NULL, "HOMEDIR=", 9, "work/oome" },
		{ NULL, "", 0, "work/oome" },
	};
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ck_assert_int_eq(oomefile_path(cases[i].option, cases[i].env, cases[i].len, path, sizeof path), 0);
		ck_assert_msg(!strcmp(path, cases[i].path), "case %zu: %s", i, path);
	}
	ck_assert_int_eq(oomefile_path("/toolong", "", 0, path, 8), -ENAMETOOLONG);
}
END_TEST

START_TEST(found_and_deleted)
{
	CLEANUP(oomefile_done) struct oomefile file = OOMEFILE_NONE;
	struct oomefile_id id, again;
	pid_t pid = child(top, NULL, 0);
	char path[PATH_MAX + 16];
	uid_t owner;

	ck_assert_int_eq(locate(pid, NULL, 0, NULL, &file), 0);
	snprintf(path, sizeof path, "%s/work/oome", top);
	ck_assert_str_eq(file.path, path);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), 0);
	ck_assert(!id.exists);
	touch("work/oome", geteuid());
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), 0);
	ck_assert(id.exists);

	/* The process's end does not take the place away; a report after ID stays. */
	end(pid);
	ck_assert_int_eq(chmod("work/oome", 0600), 0);
	ck_assert_int_eq(oomefile_look(&file, NULL, 0, false, &again, &owner), 0);
	if (!oomefile_id_equal(&id, &again)) {
		ck_assert_int_eq(oomefile_delete(&file, &id), -ESTALE);
		ck_assert_int_eq(access("work/oome", F_OK), 0);
	}
	ck_assert_int_eq(oomefile_delete(&file, &again), 0);
	ck_assert_int_eq(oomefile_delete(&file, &again), -ENOENT);
	ck_assert_int_eq(access("work/oome", F_OK), -1);
}
END_TEST

START_TEST(what_is_not_believed)
{
	CLEANUP(oomefile_done) struct oomefile file = OOMEFILE_NONE;
	struct oomefile_id id;
	pid_t pid = child(top, NULL, 0);
	uid_t owner = 0;

	ck_assert_int_eq(locate(pid, NULL, 0, NULL, &file), 0);
	touch("sentinel", geteuid());
	ck_assert_int_eq(symlink("../sentinel", "work/oome"), 0);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), -ELOOP);
	ck_assert_int_eq(unlink("work/oome"), 0);
	ck_assert_int_eq(mkdir("work/oome", 0777), 0);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), -EINVAL);
	ck_assert_int_eq(rmdir("work/oome"), 0);
	ck_assert_int_eq(mkfifo("work/oome", 0777), 0);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), -EINVAL);
	ck_assert_int_eq(unlink("work/oome"), 0);
	end(pid);
}
END_TEST

START_TEST(no_directory_yet)
{
	struct oomefile file = OOMEFILE_NONE;
	static const char env[] = "OOME_FILE=later/oome";
	pid_t pid = child(top, NULL, 0);

	ck_assert_int_eq(locate(pid, env, sizeof env, NULL, &file), -ENOENT);
	ck_assert_int_eq(mkdir("later", 0777), 0);
	ck_assert_int_eq(locate(pid, env, sizeof env, NULL, &file), 0);
	oomefile_done(&file);
	ck_assert_int_eq(locate(pid, "OOME_FILE=later/", 17, NULL, &file), -EINVAL);
	ck_assert_int_eq(locate(pid, "OOME_FILE=..", 13, NULL, &file), -EINVAL);
	end(pid);
}
END_TEST

START_TEST(owners)
{
	CLEANUP(oomefile_done) struct oomefile file = OOMEFILE_NONE;
	struct oomefile_id id;
	pid_t pid, wrapper;
	uid_t owner = 0;

	if (geteuid())
		return; /* needs root */
	pid = child(top, NULL, NOBODY);
	ck_assert_int_eq(locate(pid, NULL, 0, NULL, &file), 0);
	touch("work/oome", NOBODY);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), 0);
	touch("work/oome", 0);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), 0);
	touch("work/oome", 4242);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), -EPERM);
	ck_assert_uint_eq(owner, 4242);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, true, &id, &owner), 0);
	end(pid);

	/* What belongs to a descendant's uid is believed: here of ours, as if we were the wrapper. */
	wrapper = child(top, NULL, 4242);
	oomefile_done(&file);
	ck_assert_int_eq(locate(getpid(), NULL, 0, NULL, &file), 0);
	ck_assert_int_eq(oomefile_look(&file, &proc, getpid(), false, &id, &owner), 0);
	end(wrapper);
	ck_assert_int_eq(oomefile_look(&file, &proc, getpid(), false, &id, &owner), -EPERM);
}
END_TEST

/* A program may name any file: only what it could delete itself goes. */
START_TEST(a_program_that_names_what_is_not_its_own)
{
	CLEANUP(oomefile_done) struct oomefile file = OOMEFILE_NONE;
	struct oomefile_id id;
	char env[PATH_MAX + 32];
	pid_t pid;
	uid_t owner;
	int n;

	if (geteuid())
		return; /* needs root */
	ck_assert_int_eq(mkdir("readable", 0755), 0);
	ck_assert_int_eq(mkdir("secret", 0700), 0);
	touch("readable/shadow", 0);
	touch("secret/shadow", 0);
	pid = child(top, NULL, NOBODY);

	n = snprintf(env, sizeof env, "OOME_FILE=%s/secret/shadow", top);
	ck_assert_int_eq(locate(pid, env, (size_t)n + 1, NULL, &file), 0);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, true, &id, &owner), -EACCES);
	id = (struct oomefile_id){ .exists = true };
	ck_assert_int_lt(oomefile_delete(&file, &id), 0);
	oomefile_done(&file);

	n = snprintf(env, sizeof env, "OOME_FILE=%s/readable/shadow", top);
	ck_assert_int_eq(locate(pid, env, (size_t)n + 1, NULL, &file), 0);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), 0);
	ck_assert_int_eq(oomefile_delete(&file, &id), -EACCES);

	ck_assert_int_eq(access("secret/shadow", F_OK), 0);
	ck_assert_int_eq(access("readable/shadow", F_OK), 0);
	ck_assert_uint_eq(geteuid(), 0); /* and we are who we were */
	touch("secret/shadow2", 0);
	end(pid);
}
END_TEST

START_TEST(in_the_root_of_the_process)
{
	CLEANUP(oomefile_done) struct oomefile file = OOMEFILE_NONE;
	static const char env[] = "OOME_FILE=/link/up/../oome";
	struct oomefile_id id;
	char outside[PATH_MAX + 32];
	pid_t pid;
	uid_t owner;

	if (geteuid())
		return; /* needs root */
	ck_assert_int_eq(mkdir("jail", 0755), 0);
	ck_assert_int_eq(mkdir("jail/data", 0755), 0);
	ck_assert_int_eq(mkdir("jail/data/up", 0755), 0);
	ck_assert_int_eq(symlink("/data", "jail/link"), 0); /* absolute: in the jail */
	touch("jail/data/oome", 0);
	snprintf(outside, sizeof outside, "%s/jail", top);
	pid = child("/", outside, 0);
	ck_assert_int_eq(locate(pid, env, sizeof env, NULL, &file), 0);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), 0);
	ck_assert(id.exists);
	ck_assert_int_eq(oomefile_delete(&file, &id), 0);
	ck_assert_int_eq(access("jail/data/oome", F_OK), -1);

	/* No way out: ".." at its root is its root. */
	oomefile_done(&file);
	touch("oome", 0);
	ck_assert_int_eq(locate(pid, "OOME_FILE=../oome", 18, NULL, &file), 0);
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), 0);
	ck_assert(!id.exists);
	end(pid);
}
END_TEST

START_TEST(by_option_with_our_own_rights)
{
	CLEANUP(oomefile_done) struct oomefile file = OOMEFILE_NONE;
	struct oomefile_id id;
	pid_t pid;
	uid_t owner;

	if (geteuid())
		return; /* needs root */
	ck_assert_int_eq(mkdir("secret", 0700), 0);
	touch("secret/oome", NOBODY);
	pid = child("/", NULL, NOBODY);
	ck_assert_int_eq(locate(pid, NULL, 0, "secret/oome", &file), 0); /* relative: to our directory */
	ck_assert_int_eq(oomefile_look(&file, &proc, pid, false, &id, &owner), 0);
	ck_assert_int_eq(oomefile_delete(&file, &id), 0);
	end(pid);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("oomefile");
	TCase *tcase = tcase_create("oomefile");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, which_path);
	tcase_add_test(tcase, found_and_deleted);
	tcase_add_test(tcase, what_is_not_believed);
	tcase_add_test(tcase, no_directory_yet);
	tcase_add_test(tcase, by_option_with_our_own_rights);
	tcase_add_test(tcase, owners);
	tcase_add_test(tcase, a_program_that_names_what_is_not_its_own);
	tcase_add_test(tcase, in_the_root_of_the_process);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
