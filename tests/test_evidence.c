/* Evidence: whatever becomes of gmr, who kills goes on. */
#include <check.h>
#include <sys/wait.h>

#include "core/cleanup.h"
#include "core/evidence.h"
#include "tests/child.h"
#include "tests/evidence.h"
#include "tests/fixture.h"
#include "tests/sanitized.h"
#include "tests/suite.h"

enum { PATIENCE_MS = 50000 };

static struct evidence e;
static char path[PATH_MAX], why[EVIDENCE_WHY_SIZE];

static void set_up(void)
{
	fixture_make();
	e = (struct evidence){ .directory = fixture_root, .deadline_ms = PATIENCE_MS, .keep = EVIDENCE_KEEP };
	strcpy(e.binary, evidence_program);
}

static void tear_down(void)
{
	fixture_remove();
}

static int take(const char *play, bool children)
{
	setenv("EVIDENCE_PLAY", play, 1);
	strcpy(path, "none");
	strcpy(why, "none");
	return evidence_take(&e, 4711, children, path, why);
}

static const char *text_of(const char *file)
{
	static char text[1024];
	CLEANUP(fd_done) int fd = open(file, O_RDONLY);
	ssize_t n = read(fd, text, sizeof text - 1);

	ck_assert_msg(n >= 0, "%s: %s", file, strerror(errno));
	text[n] = '\0';
	return text;
}

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(fixture_path(name), &st) == 0;
}

/* A report that was not made just now. */
static void old_report(const char *name)
{
	const struct timespec long_ago[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };

	fixture_text(name, "old");
	ck_assert_int_eq(utimensat(AT_FDCWD, fixture_path(name), long_ago, 0), 0);
}

START_TEST(its_words)
{
	char expected[PATH_MAX];

	ck_assert_int_eq(take("report", _i), 0);
	ck_assert_str_eq(path, fixture_path(EVIDENCE_FILE));
	ck_assert_str_eq(why, "");
	snprintf(expected, sizeof expected, "procguard gmr -L %s --deadline 31250ms%s 4711", fixture_root,
		 _i ? " --children" : "");
	ck_assert_str_eq(text_of(path), expected);
}
END_TEST

/* It has nothing of ours, and the kernel takes it first. Our own soft limits do not count. */
START_TEST(what_it_starts_with)
{
	struct rlimit space, soft;
	sigset_t blocked, before;
	char expected[128];
	int fd = open("/dev/null", O_RDWR);

	ck_assert_int_ge(fd, 0);
	sigfillset(&blocked);
	sigprocmask(SIG_SETMASK, &blocked, &before);
	signal(SIGUSR1, SIG_IGN);
	getrlimit(RLIMIT_CORE, &space);
	soft = space;
	ck_assert_int_eq(take("look", false), 0);
	signal(SIGUSR1, SIG_DFL);
	sigprocmask(SIG_SETMASK, &before, NULL);
	snprintf(expected, sizeof expected,
		 "session 1, descriptors 3, signals 0, oom_score_adj 1000, space %d, core 0", SANITIZED ? -1 : 256);
	ck_assert_str_eq(text_of(path), expected);
	getrlimit(RLIMIT_CORE, &space);
	ck_assert_uint_eq(space.rlim_cur, soft.rlim_cur);
	close(fd);
}
END_TEST

static const struct { const char *play, *why; } failures[] = {
	{ "killed", "gmr: SIGKILL" },
	{ "fail", "cannot write: No space left" },
	{ "foreign", "gmr did not name a file" },
	{ "closed", "gmr: exit status 3" },
	{ "silent", "gmr did not name a file" },
};

START_TEST(failures_are_told)
{
	ck_assert_int_eq(take(failures[_i].play, false), -ECHILD);
	ck_assert_str_eq(path, "");
	ck_assert_str_eq(why, failures[_i].why);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

START_TEST(a_flood_is_read_and_forgotten)
{
	ck_assert_int_eq(take("flood", false), -ECHILD);
	ck_assert_uint_eq(strlen(why), EVIDENCE_WHY_SIZE - 1);
	ck_assert_uint_eq(strspn(why, "x"), EVIDENCE_WHY_SIZE - 1);
}
END_TEST

START_TEST(no_binary)
{
	strcpy(e.binary, "/nowhere/procguard");
	ck_assert_int_eq(take("report", false), -ECHILD);
	ck_assert_str_eq(why, "cannot run '/nowhere/procguard': No such file or directory");
	e.binary[0] = '\0';
	ck_assert_int_eq(take("report", false), -ENOENT);
	strcpy(e.binary, evidence_program);
	e.directory = NULL;
	ck_assert_int_eq(take("report", false), -ENOENT);
	ck_assert_str_eq(path, "");
}
END_TEST

/* Its group, too, and though it ignores SIGTERM. Once with a report, before it hung. */
static const struct { const char *play; int r, deadline_ms; const char *name, *why; } hangs[] = {
	{ "hang", -ETIMEDOUT, 1000, NULL, "it was not made in time (1000 ms)" },
	{ "part", 0, 5000, EVIDENCE_FILE, "no time was left for all of them (5000 ms)" },
};

START_TEST(a_hang_ends_by_the_deadline)
{
	CLEANUP(fd_done) int alive = -1;
	struct pollfd p = { .events = POLLIN };

	ck_assert_int_eq(mkfifo(fixture_path("alive"), 0600), 0);
	alive = open(fixture_path("alive"), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_ge(alive, 0);
	e.deadline_ms = hangs[_i].deadline_ms;
	ck_assert_int_eq(take(hangs[_i].play, true), hangs[_i].r);
	ck_assert_str_eq(path, hangs[_i].name ? fixture_path(hangs[_i].name) : "");
	ck_assert_str_eq(why, hangs[_i].why);
	p.fd = alive;
	CHILD_UNTIL(poll(&p, 1, 0) == 1 && (p.revents & POLLHUP));
	CHILD_UNTIL(waitpid(-1, NULL, WNOHANG) == -1);
}
END_TEST

START_TEST(children_of_others_are_not_reaped)
{
	pid_t ended = fork();

	if (ended == 0)
		_exit(7);
	child_await_zombie(ended);
	ck_assert_int_eq(take("report", false), 0);
	ck_assert_int_eq(waitpid(ended, NULL, 0), ended);
}
END_TEST

/* The kernel reaps then, and nobody knows how it ended. */
START_TEST(ignored_children)
{
	signal(SIGCHLD, SIG_IGN);
	ck_assert_int_eq(take("report", false), 0);
	ck_assert_int_eq(take("fail", false), -ECHILD);
	ck_assert_str_eq(why, "cannot write: No space left");
	ck_assert_int_eq(take("killed", false), -ECHILD);
	e.deadline_ms = 1000;
	ck_assert_int_eq(mkfifo(fixture_path("alive"), 0600), 0);
	ck_assert_int_eq(take("hang", false), -ETIMEDOUT);
	signal(SIGCHLD, SIG_DFL);
}
END_TEST

/* No address space, and nothing left of what there was. */
static int take_without_memory(void)
{
	volatile char stack[1 << 16];
	void *volatile taken;
	struct rlimit none;

	getrlimit(RLIMIT_AS, &none);
	for (size_t i = 0; i < sizeof stack; i += 512)
		stack[i] = 1;
	setenv("EVIDENCE_PLAY", "report", 1);
	none.rlim_cur = 0;
	if (setrlimit(RLIMIT_AS, &none) < 0)
		return 2;
	for (size_t size = 1 << 20; size >= 16; size /= 2)
		while ((taken = malloc(size)))
			;
	return evidence_take(&e, 4711, true, path, why) == 0 && !why[0] ? 0 : 1;
}

START_TEST(no_memory)
{
	int status = -1;
	pid_t pid;

	if (SANITIZED || sanitized_by_valgrind())
		return;
	e.keep = 1;
	old_report("webapp_gurumeditation_20251121201048");
	pid = fork();
	if (pid == 0)
		_exit(take_without_memory());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert(is_there(EVIDENCE_FILE));
	ck_assert(!is_there("webapp_gurumeditation_20251121201048"));
}
END_TEST

START_TEST(no_descriptors)
{
	struct rlimit before, few;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 3;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(take("report", false), -EMFILE);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	ck_assert_str_eq(why, "gmr cannot be started: Too many open files");
}
END_TEST

/* What was made just now stays, though a tree has more of a name; what is missing is said. */
START_TEST(the_oldest_of_the_same_names_go)
{
	e.keep = 2;
	old_report("webapp_gurumeditation_20261121201046");
	old_report("webapp_gurumeditation_20261121201047");
	old_report("worker_gurumeditation_20261121201046");
	old_report("worker_gurumeditation_20261121201047");
	old_report("other_gurumeditation_20261121201046");
	old_report("other_gurumeditation_20261121201047");
	old_report("other_gurumeditation_20261121201048");
	ck_assert_int_eq(take("many", true), 0);
	ck_assert_str_eq(path, fixture_path(EVIDENCE_FILE));
	ck_assert_str_eq(why, "cannot report process 9: No such process");
	ck_assert(!is_there("webapp_gurumeditation_20261121201046") &&
		  !is_there("webapp_gurumeditation_20261121201047"));
	ck_assert(is_there(EVIDENCE_FILE) && is_there(EVIDENCE_FILE "-1"));
	ck_assert(!is_there("worker_gurumeditation_20261121201046") &&
		  is_there("worker_gurumeditation_20261121201047"));
	ck_assert(is_there("other_gurumeditation_20261121201046"));
}
END_TEST

START_TEST(a_tree_of_many_names)
{
	e.keep = 1;
	old_report("worker0_gurumeditation_20261121201047");
	old_report("worker39_gurumeditation_20261121201047");
	ck_assert_int_eq(take("names", true), 0);
	ck_assert(is_there("worker39_gurumeditation_20261121201048"));
	ck_assert(!is_there("worker0_gurumeditation_20261121201047") &&
		  !is_there("worker39_gurumeditation_20261121201047"));
}
END_TEST

START_TEST(a_newline_in_the_directory)
{
	char directory[PATH_MAX + 1];

	snprintf(directory, sizeof directory, "%s/", fixture_path("a\nb"));
	fixture_directory("a\nb");
	e.directory = directory;
	ck_assert_int_eq(take("report", false), 0);
	ck_assert(is_there("a\nb/" EVIDENCE_FILE));
}
END_TEST

START_TEST(opened)
{
	static char longest[PATH_MAX];
	struct evidence o;

	ck_assert_int_eq(evidence_open(&o, NULL, NULL, 2000, 10), 0);
	ck_assert(!o.directory && evidence_take(&o, 4711, false, path, why) == -ENOENT);
	if (sanitized_by_valgrind()) /* self_exe() finds valgrind */
		return;
	ck_assert_int_eq(evidence_open(&o, NULL, "", 2000, 10), -ENOENT);
	ck_assert_int_eq(evidence_take(&o, 4711, false, path, why), -ENOENT);
	ck_assert_int_eq(evidence_open(&o, NULL, fixture_root, 2000, 10), 0);
	ck_assert_str_eq(o.binary, evidence_program);
	ck_assert(o.directory == fixture_root && o.deadline_ms == 2000 && o.keep == 10);
	memset(longest, '/', sizeof longest - 1);
	ck_assert_int_eq(evidence_open(&o, NULL, longest, 2000, 10), -ENAMETOOLONG);
	ck_assert_ptr_null(o.directory);
	setenv("EVIDENCE_LIST", "cluster\ngmrx\nxgmr\ngmr", 1);
	ck_assert_int_eq(evidence_open(&o, NULL, fixture_root, 2000, 10), -ENOTSUP);
	ck_assert_ptr_null(o.directory);
	unsetenv("EVIDENCE_LIST");
	ck_assert_ptr_nonnull(strstr(evidence_open_error(-ENOTSUP), "not built in"));
}
END_TEST

/* It may be there when it is needed. */
START_TEST(a_directory_that_is_missing_at_first)
{
	char directory[PATH_MAX];

	if (sanitized_by_valgrind())
		return;
	snprintf(directory, sizeof directory, "%s", fixture_path("late"));
	ck_assert_int_eq(evidence_open(&e, NULL, directory, PATIENCE_MS, 10), -ENOENT);
	fixture_directory("late");
	ck_assert_int_eq(take("report", false), 0);
	ck_assert(is_there("late/" EVIDENCE_FILE));
}
END_TEST

int main(int argc, char **argv)
{
	int status = evidence_main(argc, argv);
	TCase *t;

	if (status >= 0)
		return status;
	t = tcase_create("all");
	tcase_add_checked_fixture(t, set_up, tear_down);
	tcase_add_loop_test(t, its_words, 0, 2);
	tcase_add_test(t, what_it_starts_with);
	tcase_add_loop_test(t, failures_are_told, 0, (int)(sizeof failures / sizeof failures[0]));
	tcase_add_test(t, a_flood_is_read_and_forgotten);
	tcase_add_test(t, no_binary);
	tcase_add_loop_test(t, a_hang_ends_by_the_deadline, 0, 2);
	tcase_add_test(t, children_of_others_are_not_reaped);
	tcase_add_test(t, ignored_children);
	tcase_add_test(t, no_memory);
	tcase_add_test(t, no_descriptors);
	tcase_add_test(t, the_oldest_of_the_same_names_go);
	tcase_add_test(t, a_tree_of_many_names);
	tcase_add_test(t, a_newline_in_the_directory);
	tcase_add_test(t, opened);
	tcase_add_test(t, a_directory_that_is_missing_at_first);
	return suite_run("evidence", t);
}
