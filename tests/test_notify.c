/* The socket of sd_notify(3): where it is. */
#include "tests/notify.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "tests/suite.h"

enum { NOBODY = 65534 };

START_TEST(directory_and_socket)
{
	mode_t before = umask(0777);
	struct stat dir, file;
	char path[sizeof(notify.env)];

	open_one();
	umask(before);
	ck_assert_int_eq(strncmp(notify.env, "NOTIFY_SOCKET=/", 15), 0);
	strcpy(path, address());
	ck_assert_int_eq(stat(path, &file), 0);
	ck_assert(S_ISSOCK(file.st_mode));
	ck_assert_int_eq(file.st_mode & 07777, 0777);
	*strrchr(path, '/') = '\0';
	ck_assert_str_eq(path, notify.dir);
	ck_assert_int_eq(stat(path, &dir), 0);
	ck_assert_int_eq(dir.st_mode & 07777, 0711);
	ck_assert_int_eq(dir.st_nlink, 2);
	ck_assert_uint_eq(dir.st_uid, geteuid());
	ck_assert_int_eq(strncmp(strrchr(path, '/'), "/procguard-", 11), 0);
	ck_assert_uint_eq(strlen(strrchr(path, '/')), 11 + 16);
	ck_assert_uint_eq(strlen(strrchr(address(), '/')), 1 + 32);
	close_one();
	ck_assert_int_lt(stat(path, &dir), 0);
	ck_assert_int_lt(stat(address(), &dir), 0);
	ck_assert_int_eq(notify.fd, -1);
	close_one(); /* once more: nothing */
	notify_done(NULL);
	notify = NOTIFY_NONE;
	close_one();
}
END_TEST

START_TEST(descriptor)
{
	open_one();
	ck_assert_int_eq(fcntl(notify.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	ck_assert_int_eq(fcntl(notify.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	ck_assert_int_eq(receive(), 0);
	close_one();
	ck_assert_int_eq(receive(), 0);
}
END_TEST

START_TEST(no_two_are_the_same)
{
	struct notify first;

	open_one();
	first = notify;
	open_one();
	ck_assert_str_ne(first.dir, notify.dir);
	ck_assert_str_ne(strrchr(first.env, '/'), strrchr(notify.env, '/'));
	notify_done(&first);
	ck_assert_int_eq(notify_send(address(), "READY=1", false, 1000), 0);
	ck_assert_int_eq(receive(), 1);
	close_one();
}
END_TEST

/* Who can list neither the directory nor our environment does not find it. */
START_TEST(the_kernel_does_not_tell_its_name)
{
	FILE *list = fopen("/proc/net/unix", "re");
	char line[512];

	if (!list)
		return;
	open_one();
	while (fgets(line, sizeof(line), list))
		ck_assert_ptr_null(strstr(line, strrchr(address(), '/')));
	fclose(list);
	close_one();
}
END_TEST

static bool is_below(const char *place)
{
	return place[0] && !strncmp(notify.dir, place, strlen(place)) && notify.dir[strlen(place)] == '/';
}

/* As another user with DIR for XDG_RUNTIME_DIR: is the socket there? */
static char runtime_dir[256];

static int play_runtime_dir(void)
{
	int in_it;

	if (setgid(NOBODY) || setuid(NOBODY) || setenv("XDG_RUNTIME_DIR", runtime_dir, 1))
		return 2;
	if (notify_open(&notify) < 0)
		return 3;
	in_it = is_below(runtime_dir);
	notify_done(&notify);
	return in_it;
}

static int place_in(const char *dir, mode_t mode, uid_t uid)
{
	int status;
	pid_t pid;

	snprintf(runtime_dir, sizeof(runtime_dir), "%s", dir);
	if (dir[0] == '/' && access(dir, F_OK) == 0 && (chmod(dir, mode) || chown(dir, uid, uid)))
		return 4;
	pid = fork();
	if (pid == 0)
		_exit(play_runtime_dir());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 5;
}

START_TEST(runtime_dir_of_a_user)
{
	char dir[] = "/tmp/test_notify-XXXXXX", far[128];

	if (geteuid() != 0)
		return;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(place_in(dir, 0700, NOBODY), 1);
	ck_assert_int_eq(place_in(dir, 01777, NOBODY), 1);
	ck_assert_int_eq(place_in(dir, 0777, NOBODY), 0);
	ck_assert_int_eq(place_in(dir, 0770, NOBODY), 0);
	ck_assert_int_eq(place_in(dir, 01777, 1), 0);
	ck_assert_int_eq(place_in(dir, 0500, NOBODY), 0);
	ck_assert_int_eq(place_in(strrchr(dir, '/') + 1, 0700, NOBODY), 0);
	ck_assert_int_eq(place_in("", 0700, NOBODY), 0);
	ck_assert_int_eq(place_in("/nowhere", 0700, NOBODY), 0);
	ck_assert_int_eq(chmod(dir, 0711), 0);
	snprintf(far, sizeof(far), "%s/%060d", dir, 0); /* too long for a socket's address */
	ck_assert_int_eq(mkdir(far, 0700), 0);
	ck_assert_int_eq(place_in(far, 0700, NOBODY), 0);
	ck_assert_int_eq(rmdir(far), 0);
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

static int play_killed_guard(void)
{
	struct notify killed;

	if (setgid(NOBODY) || setuid(NOBODY) || setenv("XDG_RUNTIME_DIR", runtime_dir, 1))
		return 2;
	if (notify_open(&killed) < 0 || notify_open(&notify) < 0 || access(killed.dir, F_OK) < 0)
		return 3;
	close(killed.fd);
	notify_done(&notify);
	if (notify_open(&notify) < 0 || access(killed.dir, F_OK) == 0)
		return 4;
	notify_done(&notify);
	return 0;
}

START_TEST(what_a_killed_guard_left_is_removed)
{
	struct statfs fs;

	/* Where there is a file system of a type that is looked at. */
	if (geteuid() != 0 || statfs("/dev/shm", &fs) < 0 || fs.f_type != TMPFS_MAGIC)
		return;
	strcpy(runtime_dir, "/dev/shm/test_notify-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(runtime_dir));
	ck_assert_int_eq(chown(runtime_dir, NOBODY, NOBODY), 0);
	in_child(play_killed_guard);
	ck_assert_int_eq(rmdir(runtime_dir), 0);
}
END_TEST

START_TEST(runtime_dir_of_root)
{
	char dir[] = "/tmp/test_notify-XXXXXX";

	if (geteuid() != 0)
		return;
	ck_assert_ptr_nonnull(mkdtemp(dir));
	setenv("XDG_RUNTIME_DIR", dir, 1);
	ck_assert_int_eq(notify_open(&notify), 0);
	ck_assert(!is_below(dir));
	close_one();
	unsetenv("XDG_RUNTIME_DIR");
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

static char empty[] = "/tmp/test_notify-XXXXXX";

static int play_nowhere(void)
{
	if (chroot(empty) || chdir("/"))
		return 1;
	if (notify_open(&notify) < 0 || notify.dir[0] || strncmp(notify.env, "NOTIFY_SOCKET=@procguard-", 25) ||
	    strlen(notify.env) != 25 + 16)
		return 2;
	if (notify_send(address(), "READY=1", false, 1000) < 0 || receive() != 1 || !m.ready)
		return 3;
	notify_done(&notify);
	return notify_send(address(), "READY=1", false, 1000) == -ECONNREFUSED ? 0 : 4;
}

START_TEST(an_abstract_one_where_nothing_is_writable)
{
	if (geteuid() != 0)
		return;
	ck_assert_ptr_nonnull(mkdtemp(empty));
	in_child(play_nowhere);
	ck_assert_int_eq(rmdir(empty), 0);
}
END_TEST

static int play_no_descriptors(void)
{
	notify = NOTIFY_NONE;
	if (limit_descriptors(0))
		return 1;
	if (notify_open(&notify) != -EMFILE)
		return 2;
	return notify.fd == -1 && !notify.dir[0] ? 0 : 3;
}

START_TEST(without_descriptors)
{
	in_child(play_no_descriptors);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("notify");

	tcase_add_test(tests, directory_and_socket);
	tcase_add_test(tests, descriptor);
	tcase_add_test(tests, no_two_are_the_same);
	tcase_add_test(tests, the_kernel_does_not_tell_its_name);
	tcase_add_test(tests, runtime_dir_of_a_user);
	tcase_add_test(tests, what_a_killed_guard_left_is_removed);
	tcase_add_test(tests, runtime_dir_of_root);
	tcase_add_test(tests, an_abstract_one_where_nothing_is_writable);
	tcase_add_test(tests, without_descriptors);
	return suite_run("notify", tests);
}
