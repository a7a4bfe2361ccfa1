/* Evidence by the real gmr, of what is in the way of its file. Without it, or without root, less is tried. */
#include <check.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "core/cleanup.h"
#include "core/evidence.h"
#include "tests/child.h"
#include "tests/evidence.h"
#include "tests/fixture.h"
#include "tests/suite.h"

enum { PATIENCE_MS = 50000 };

static struct evidence e;
static char path[PATH_MAX], why[EVIDENCE_WHY_SIZE];
static pid_t target;

/* Beside the tests lies the binary that was built with them, in BUILD: "BUILD/tests/test_evidence_gmr". */
static bool find_binary(void)
{
	FILE *list;
	char command[PATH_MAX + 16], line[16];
	bool found = false;
	char *slash;

	strcpy(e.binary, evidence_program);
	slash = strrchr(e.binary, '/');
	*slash = '\0';
	strcpy(strrchr(e.binary, '/'), "/procguard");
	snprintf(command, sizeof command, "'%s' --list", e.binary);
	list = access(e.binary, X_OK) == 0 ? popen(command, "re") : NULL;
	while (list && fgets(line, sizeof line, list))
		found |= !strcmp(line, "gmr\n");
	if (list)
		pclose(list);
	return found;
}

static void set_up(void)
{
	fixture_make();
	e = (struct evidence){ .directory = fixture_root, .deadline_ms = PATIENCE_MS, .keep = EVIDENCE_KEEP };
	target = child_start();
}

static void tear_down(void)
{
	child_end(target);
	fixture_remove();
}

static bool holds(const char *file, const char *text)
{
	CLEANUP(fd_done) int fd = open(file, O_RDONLY | O_CLOEXEC);
	static char whole[1 << 20];
	ssize_t n = read(fd, whole, sizeof whole - 1);

	ck_assert_msg(n > 0, "%s: %s", file, strerror(errno));
	whole[n] = '\0';
	return strstr(whole, text) != NULL;
}

START_TEST(a_report_of_a_process)
{
	struct stat st;
	char text[64];

	if (!find_binary())
		return;
	e.keep = 2;
	for (int i = 0; i < 3; i++) {
		ck_assert_msg(evidence_take(&e, target, i, path, why) == 0, "%s", why);
		ck_assert_str_eq(why, "");
	}
	snprintf(text, sizeof text, "Thread #%d", (int)target);
	ck_assert(holds(path, text) && holds(path, "==== "));
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
}
END_TEST

START_TEST(nobody_to_report_and_nowhere_to)
{
	pid_t ended = fork();
	char missing[PATH_MAX];

	if (ended == 0)
		_exit(0);
	child_await_zombie(ended);
	if (find_binary()) {
		ck_assert_int_eq(evidence_take(&e, 2147483647, false, path, why), -ECHILD);
		ck_assert_ptr_nonnull(strstr(why, "2147483647"));
		snprintf(missing, sizeof missing, "%s", fixture_path("missing"));
		e.directory = missing;
		ck_assert_int_eq(evidence_take(&e, target, false, path, why), -ECHILD);
		ck_assert_ptr_nonnull(strstr(why, "No such file or directory"));
	}
	ck_assert_int_eq(waitpid(ended, NULL, 0), ended);
}
END_TEST

static const struct { const char *options, *why; unsigned long flags; } disks[] = {
	{ "size=4k,mode=700", "No space left on device", 0 },
	{ "size=1m,nr_inodes=1,mode=700", "No space left on device", 0 },
	{ "size=1m,mode=700", "Read-only file system", MS_RDONLY },
};

/* In a mount namespace of its own: 77 where there is none to be had. */
static int take_on(int disk)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, "") < 0 ||
	    mount("tmpfs", fixture_root, "tmpfs", disks[disk].flags, disks[disk].options) < 0)
		return 77;
	if (evidence_take(&e, target, true, path, why) == -ECHILD && strstr(why, disks[disk].why) && !path[0])
		return 0;
	return dprintf(STDERR_FILENO, "disk %d: '%s': %s\n", disk, path, why) < 0 ? 2 : 1;
}

START_TEST(disks_that_take_nothing)
{
	int status = -1;
	pid_t pid;

	if (!find_binary())
		return;
	pid = fork();
	if (pid == 0)
		_exit(take_on(_i));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77), "status %d",
		      status);
}
END_TEST

START_TEST(a_directory_of_somebody_else)
{
	if (geteuid() != 0 || !find_binary())
		return;
	ck_assert_int_eq(chown(fixture_root, 65534, 65534), 0);
	ck_assert_int_eq(evidence_take(&e, target, false, path, why), -ECHILD);
	ck_assert_ptr_nonnull(strstr(why, "belongs to another user"));
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	if (readlink("/proc/self/exe", evidence_program, sizeof evidence_program - 1) < 0)
		return 1;
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_test(t, a_report_of_a_process);
	tcase_add_test(t, nobody_to_report_and_nowhere_to);
	tcase_add_loop_test(t, disks_that_take_nothing, 0, (int)(sizeof disks / sizeof disks[0]));
	tcase_add_test(t, a_directory_of_somebody_else);
	return suite_run("evidence_gmr", t);
}
