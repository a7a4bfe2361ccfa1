/* Paths as a process in another root sees them: both ways must come to the same place. */
#include <check.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>

#include "core/cleanup.h"
#include "core/inroot.h"
#include "tests/child.h"
#include "tests/filter.h"
#include "tests/fixture.h"
#include "tests/suite.h"

/*   FIXTURE/outside/file
 *   FIXTURE/root/            the process's root
 *     dir/deep/              its working directory
 *     etc/passwd             not the machine's
 *     ... and links */
static int root, cwd;

static const struct { const char *name, *target; } links[] = {
	{ "root/absolute", "/dir/deep" },
	{ "root/dir/relative", "deep" },
	{ "root/dir/up", ".." },
	{ "root/dir/far", "../../../../../../outside" },
	{ "root/out", "/../../outside" },
	{ "root/etc_link", "/etc" },
	{ "root/chain", "absolute" },
	{ "root/self", "self" },
	{ "root/ping", "pong" },
	{ "root/pong", "ping" },
	{ "root/dangling", "/nowhere" },
	{ "root/top", "/" },
	{ "root/tofile", "etc/passwd" },
	{ "root/slashes", "//dir///deep//" },
	{ "root/dir/deep/back", "../../dir" },
};

static void set_up(void)
{
	char name[64], target[64];

	fixture_make();
	fixture_text("outside/file", "outside");
	fixture_directory("root");
	fixture_text("root/etc/passwd", "inside");
	fixture_directory("root/dir");
	fixture_directory("root/dir/deep");
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		fixture_link(links[i].name, links[i].target);
	fixture_link("root/l0", "dir");
	for (int i = 1; i <= 41; i++) {
		snprintf(name, sizeof name, "root/l%d", i);
		snprintf(target, sizeof target, "l%d", i - 1);
		fixture_link(name, target);
	}
	root = open(fixture_path("root"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	cwd = open(fixture_path("root/dir/deep"), O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert(root >= 0 && cwd >= 0);
}

static void tear_down(void)
{
	close(root);
	close(cwd);
	fixture_remove();
}

/* A path, and the directory of the fixture that it must come to, or the error. */
static const struct { const char *path, *directory; int error; const char *name; } cases[] = {
	{ "/x", "root", 0, "x" },
	{ "//x", "root", 0, "x" },
	{ "/dir/x", "root/dir", 0, "x" },
	{ "/dir//deep/./x", "root/dir/deep", 0, "x" },
	{ "/../../../x", "root", 0, "x" },
	{ "/dir/../../../../outside/file", NULL, -ENOENT, NULL },
	{ "/dir/../dir/deep/../x", "root/dir", 0, "x" },
	{ "/absolute/x", "root/dir/deep", 0, "x" },
	{ "/dir/relative/x", "root/dir/deep", 0, "x" },
	{ "/dir/up/x", "root", 0, "x" },
	{ "/dir/up/../../etc/passwd", "root/etc", 0, "passwd" },
	{ "/dir/far/file", NULL, -ENOENT, NULL },
	{ "/out/file", NULL, -ENOENT, NULL },
	{ "/etc_link/passwd", "root/etc", 0, "passwd" },
	{ "/chain/x", "root/dir/deep", 0, "x" },
	{ "/chain/back/relative/x", "root/dir/deep", 0, "x" },
	{ "/self/x", NULL, -ELOOP, NULL },
	{ "/ping/x", NULL, -ELOOP, NULL },
	{ "/dangling/x", NULL, -ENOENT, NULL },
	{ "/top/top/top/x", "root", 0, "x" },
	{ "/tofile/x", NULL, -ENOTDIR, NULL },
	{ "/etc/passwd/x", NULL, -ENOTDIR, NULL },
	{ "/slashes/x", "root/dir/deep", 0, "x" },
	{ "/missing/x", NULL, -ENOENT, NULL },
	{ "/missing/../x", NULL, -ENOENT, NULL },
	{ "/l39/x", "root/dir", 0, "x" }, /* 40 links */
	{ "/l40/x", NULL, -ELOOP, NULL }, /* 41 */
	/* The last component is not looked at. */
	{ "/self", "root", 0, "self" },
	{ "/dir/far", "root/dir", 0, "far" },
	{ "/...", "root", 0, "..." },
	{ "", NULL, -EINVAL, NULL },
	{ "/", NULL, -EINVAL, NULL },
	{ "/dir/", NULL, -EINVAL, NULL },
	{ "/dir/.", NULL, -EINVAL, NULL },
	{ "/dir/..", NULL, -EINVAL, NULL },
	{ ".", NULL, -EINVAL, NULL },
	{ "..", NULL, -EINVAL, NULL },
	/* From the working directory. */
	{ "x", "root/dir/deep", 0, "x" },
	{ "./x", "root/dir/deep", 0, "x" },
	{ "../x", "root/dir", 0, "x" },
	{ "../../x", "root", 0, "x" },
	{ "../../../../../x", "root", 0, "x" },
	{ "../../../outside/file", NULL, -ENOENT, NULL },
	{ "back/deep/x", "root/dir/deep", 0, "x" },
	{ "../relative/x", "root/dir/deep", 0, "x" },
	{ "../far/x", NULL, -ENOENT, NULL },
	{ "../../top/etc/passwd", "root/etc", 0, "passwd" },
	{ "../../absolute/back/../etc/passwd", "root/etc", 0, "passwd" },
	{ "missing/x", NULL, -ENOENT, NULL },
};

typedef int (*open_fn)(int root, int cwd, const char *path, const char **ret_name);

static void check(open_fn function, int at, size_t i)
{
	const char *name = "untouched";
	CLEANUP(fd_done) int fd = function(root, at, cases[i].path, &name);
	struct stat a, b;

	if (cases[i].error) {
		ck_assert_msg(fd == cases[i].error, "%s: %d", cases[i].path, fd);
		ck_assert_str_eq(name, "untouched");
		return;
	}
	ck_assert_msg(fd >= 0, "%s: %d", cases[i].path, fd);
	ck_assert_str_eq(name, cases[i].name);
	ck_assert_ptr_eq(name + strlen(name), cases[i].path + strlen(cases[i].path));
	ck_assert(fstat(fd, &a) == 0 && stat(fixture_path(cases[i].directory), &b) == 0);
	ck_assert_msg(a.st_dev == b.st_dev && a.st_ino == b.st_ino, "%s: elsewhere", cases[i].path);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
}

START_TEST(both_ways)
{
	check(inroot_open_parent, cwd, (size_t)_i);
	check(inroot_walk_parent, cwd, (size_t)_i);
}
END_TEST

/* As both_ways, where openat2(2) is not there or is refused. */
static void check_refused(int error)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (filter_refuse(SYS_openat2, error) < 0)
			_exit(1);
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			const char *name;
			int fd = inroot_open_parent(root, cwd, cases[i].path, &name);

			if (cases[i].error ? fd != cases[i].error : fd < 0)
				_exit(2);
			close(fd);
		}
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(without_openat2)
{
	check_refused(ENOSYS);
	check_refused(EPERM);
	check_refused(EAGAIN); /* for ever: somebody renames all the time */
}
END_TEST

START_TEST(too_long)
{
	static char path[2 * PATH_MAX];
	const char *name;

	memset(path, '/', PATH_MAX);
	path[PATH_MAX - 2] = 'x';
	path[PATH_MAX - 1] = '\0';
	for (int i = 0; i < 2; i++) {
		open_fn function = i ? inroot_walk_parent : inroot_open_parent;
		int fd = function(root, cwd, path, &name); /* the longest */

		ck_assert_int_ge(fd, 0);
		close(fd);
	}
	path[PATH_MAX - 1] = 'x';
	ck_assert_int_eq(inroot_open_parent(root, cwd, path, &name), -ENAMETOOLONG);
	ck_assert_int_eq(inroot_walk_parent(root, cwd, path, &name), -ENAMETOOLONG);
	memset(path, 'x', NAME_MAX + 1);
	strcpy(path + NAME_MAX + 1, "/x");
	ck_assert_int_eq(inroot_walk_parent(root, cwd, path, &name), -ENAMETOOLONG);
	path[0] = '/';
	ck_assert_int_eq(inroot_open_parent(root, cwd, path, &name), -ENOENT);
}
END_TEST

/* The kernel's own links in /proc/PID lead out of every root and are refused; /proc/self is a link like others. */
START_TEST(magic_links)
{
	CLEANUP(fd_done) int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	static const struct { const char *path; int error; } paths[] = {
		{ "/proc/self/cwd/x", -ELOOP }, { "/proc/self/root/x", -ELOOP }, { "/proc/self/fd/0/x", -ELOOP },
		{ "/proc/self/ns/mnt/x", -ELOOP }, { "/proc/self/stat", 0 }, { "/proc/self/task/x", 0 },
		{ "/proc/thread-self/x", 0 }, { "/proc/net/x", 0 }, { "/proc/thread-self/cwd/x", -ELOOP },
	};

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		const char *name;
		CLEANUP(fd_done) int a = inroot_open_parent(top, top, paths[i].path, &name);
		CLEANUP(fd_done) int b = inroot_walk_parent(top, top, paths[i].path, &name);

		ck_assert_msg(paths[i].error ? a == paths[i].error : a >= 0, "%s: %d", paths[i].path, a);
		ck_assert_msg(paths[i].error ? b == paths[i].error : b >= 0, "%s, walked: %d", paths[i].path, b);
	}
}
END_TEST

START_TEST(root_of_all)
{
	CLEANUP(fd_done) int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *name;
	CLEANUP(fd_done) int a = inroot_open_parent(top, cwd, "/../../tmp/../x", &name);
	CLEANUP(fd_done) int b = inroot_walk_parent(top, cwd, "../../../../../../../../../../../../../../x", &name);
	struct stat st, stb, want;

	ck_assert(a >= 0 && b >= 0 && fstat(a, &st) == 0 && fstat(b, &stb) == 0 && stat("/", &want) == 0);
	ck_assert(st.st_ino == want.st_ino && st.st_dev == want.st_dev);
	ck_assert(stb.st_ino == want.st_ino && stb.st_dev == want.st_dev);
}
END_TEST

START_TEST(no_rights)
{
	const char *name;
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(fixture_root, 0755), 0);
	ck_assert_int_eq(chmod(fixture_path("root/dir"), 0700), 0);
	pid = fork();
	if (pid == 0) {
		if (setgid(500) < 0 || setuid(500) < 0)
			_exit(1);
		if (inroot_open_parent(root, cwd, "/dir/deep/x", &name) != -EACCES ||
		    inroot_walk_parent(root, cwd, "/dir/deep/x", &name) != -EACCES ||
		    inroot_walk_parent(root, cwd, "../deep/x", &name) != -EACCES)
			_exit(2);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

/* Descriptors of another mount namespace: what is mounted there is seen, also where the root is another mount. */
START_TEST(other_namespace)
{
	int ready[2];
	char c, path[64];
	pid_t pid;

	if (geteuid() != 0) {
		printf("warning: no other mount namespace: that needs root\n");
		return;
	}
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
		    mount("tmpfs", fixture_path("root/dir/deep"), "tmpfs", 0, NULL) < 0 ||
		    chroot(fixture_path("root")) < 0 || chdir("/dir/deep") < 0 || mkdir("/dir/deep/inner", 0755) < 0)
			_exit(1);
		c = 'x';
		while (write(ready[1], &c, 1) == 1)
			pause();
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	snprintf(path, sizeof path, "/proc/%d/root", pid);
	CLEANUP(fd_done) int its_root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(path, sizeof path, "/proc/%d/cwd", pid);
	CLEANUP(fd_done) int its_cwd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *name;
	CLEANUP(fd_done) int a = inroot_open_parent(its_root, its_cwd, "/absolute/inner/x", &name);
	CLEANUP(fd_done) int b = inroot_walk_parent(its_root, its_cwd, "/absolute/inner/x", &name);
	CLEANUP(fd_done) int d = inroot_walk_parent(its_root, its_cwd, "inner/x", &name);
	CLEANUP(fd_done) int up = inroot_walk_parent(its_root, its_cwd, "../../../../etc/passwd", &name);
	child_end(pid);
	close(ready[0]);
	ck_assert(a >= 0 && b >= 0 && d >= 0 && up >= 0);
	ck_assert_int_eq(faccessat(up, "passwd", F_OK, 0), 0);
	ck_assert_int_eq(inroot_open_parent(root, cwd, "/absolute/inner/x", &name), -ENOENT); /* not ours */
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, both_ways, 0, sizeof cases / sizeof *cases);
	tcase_add_test(t, without_openat2);
	tcase_add_test(t, too_long);
	tcase_add_test(t, magic_links);
	tcase_add_test(t, root_of_all);
	tcase_add_test(t, no_rights);
	tcase_add_test(t, other_namespace);
	return suite_run("inroot", t);
}
