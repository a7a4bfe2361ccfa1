/* test_programs.c: the table of a supervisord's programs, kept in step with real processes; the test itself stands
 * for supervisord. */
#include "applets/oome/programs.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LATER = 100000 }; /* milliseconds: what was found then is found anew at twice that, not before */

static char top[PATH_MAX];
static struct procfs proc;
static struct programs_shared shared;
static struct oome_config config;
static struct programs programs;

static void setup(void)
{
	strcpy(top, "/tmp/test_programs.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
	ck_assert_int_eq(procfs_open(PROCFS_ROOT, &proc), 0);
	unsetenv("SUPERVISOR_GROUP_NAME");
	unsetenv("SUPERVISOR_PROCESS_NAME");
	shared = (struct programs_shared){ 0 };
	config = (struct oome_config){ .all = true };
	programs_init(&programs, &config, &proc, &shared, inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
}

static void teardown(void)
{
	char command[PATH_MAX + 16];

	close(programs.inotify);
	programs_done(&programs);
	procfs_done(&proc);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof command, "rm -rf '%s'", top);
	ck_assert_int_eq(system(command), 0);
}

/* A `sleep` whose environment has GROUP, NAME (NULL: none) and EXTRA (or NULL); returns when it has called exec. */
static pid_t start(const char *group, const char *name, const char *extra)
{
	char group_variable[128], name_variable[128];
	char *env[4], **next = env;
	int ends[2];
	char byte;
	pid_t pid;

	snprintf(group_variable, sizeof group_variable, "SUPERVISOR_GROUP_NAME=%s", group ? group : "");
	snprintf(name_variable, sizeof name_variable, "SUPERVISOR_PROCESS_NAME=%s", name ? name : "");
	if (group)
		*next++ = group_variable;
	if (name)
		*next++ = name_variable;
	if (extra)
		*next++ = (char *)extra;
	*next = NULL;
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execle("/bin/sleep", "sleep", "1000", (char *)NULL, env);
		_exit(127);
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 0); /* closed by exec */
	close(ends[0]);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static const struct program *find(pid_t pid)
{
	for (size_t i = 0; i < programs.count; i++)
		if (programs.items[i].pid == pid)
			return &programs.items[i];
	return NULL;
}

static void update(int64_t now)
{
	ck_assert_int_eq(programs_update(&programs, getpid(), now), 0);
}

static void touch(const char *path)
{
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

static void note_found(struct program *program, const struct place *place, const struct oomefile_id *id, void *context)
{
	(void)place;
	ck_assert(id->exists);
	strcat(context, program->name);
	strcat(context, ";");
}

static const char *found(char text[256])
{
	*text = 0;
	programs_each_file(&programs, note_found, text);
	return text;
}

START_TEST(come_and_go)
{
	pid_t a = start("g", "a", NULL), b = start("g", "b", NULL), c;

	update(1);
	ck_assert_uint_eq(programs.count, 2);
	ck_assert_str_eq(find(a)->name, "a");
	ck_assert_str_eq(find(b)->group, "g");
	ck_assert(programs_has(&programs, "g:b"));
	ck_assert(!programs_has(&programs, "c"));
	end(a);
	c = start("g", "c", NULL);
	update(2);
	ck_assert_uint_eq(programs.count, 2);
	ck_assert_ptr_null(find(a));
	ck_assert_str_eq(find(c)->name, "c");
	end(b);
	end(c);
	update(3);
	ck_assert_uint_eq(programs.count, 0);
	ck_assert_int_eq(programs_update(&programs, a, 4), -ESRCH);
}
END_TEST

START_TEST(only_who_is_wanted)
{
	const char *names[] = { "web", "batch:*" };
	pid_t web = start("web", "web", NULL), job = start("batch", "job_00", NULL), other = start("other", "x", NULL),
	      self;

	config = (struct oome_config){ .names = { names, 2 } };
	setenv("SUPERVISOR_GROUP_NAME", "batch", 1);
	setenv("SUPERVISOR_PROCESS_NAME", "listener", 1);
	self = start("batch", "listener", NULL);
	update(1);
	ck_assert(find(web)->ours);
	ck_assert(find(job)->ours);
	ck_assert(!find(other)->ours);
	ck_assert(!find(self)->ours);
	end(web);
	end(job);
	end(other);
	end(self);
}
END_TEST

START_TEST(places_of_every_kind)
{
	char text[256];
	pid_t a = start("g", "a", "OOME_FILE=a.oome"), b = start("g", "b", "HOMEDIR=home"), c = start("g", "c", NULL);

	ck_assert_int_eq(mkdir("home", 0755), 0);
	ck_assert_int_eq(mkdir("home/work", 0755), 0);
	update(1);
	ck_assert_uint_eq(find(a)->place_count, 1);
	ck_assert_uint_eq(find(b)->place_count, 1);
	ck_assert_uint_eq(find(c)->place_count, 0);
	update(LATER);
	ck_assert(program_missing_still(find(c)));
	ck_assert_str_eq(found(text), "");
	touch("a.oome");
	touch("home/work/oome");
	ck_assert_int_eq(mkdir("work", 0755), 0);
	touch("work/oome");
	ck_assert(!program_missing_still(find(c)));
	update(LATER + 1); /* not due, but the entry that lacked is there */
	programs_touched_all(&programs);
	ck_assert_str_eq(found(text), "a;b;c;");
	end(a);
	end(b);
	end(c);
}
END_TEST

static bool comm_is(pid_t pid, const char *wanted)
{
	char comm[32] = "";
	int dir = procfs_process(&proc, pid), fd = openat(dir, "comm", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, comm, sizeof comm - 1);

	close(fd);
	close(dir);
	return n > 0 && !strcmp(comm, wanted);
}

START_TEST(another_program_in_the_same_process)
{
	static const char script[] = "read go; SUPERVISOR_PROCESS_NAME=after exec sleep 1000";
	int ends[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(ends[0], 0);
		setenv("SUPERVISOR_GROUP_NAME", "g", 1);
		setenv("SUPERVISOR_PROCESS_NAME", "before", 1);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	for (int i = 0; i < 1000 && !programs_has(&programs, "g:before"); i++) {
		update(1);
		poll(NULL, 0, 10);
	}
	ck_assert(programs_has(&programs, "g:before"));
	update(LATER);
	ck_assert_int_eq(write(ends[1], "\n", 1), 1);
	for (int i = 0; i < 1000 && !comm_is(pid, "sleep\n"); i++)
		poll(NULL, 0, 10);
	update(LATER + PROGRAMS_IMAGE_MS); /* nothing is due but the question whether it has called exec */
	ck_assert(programs_has(&programs, "g:after"));
	ck_assert(!programs_has(&programs, "g:before"));
	end(pid);
	close(ends[0]);
	close(ends[1]);
}
END_TEST

START_TEST(a_wrapper_whose_child_knows_better)
{
	char text[256];
	static const char script[] = "cd sub && OOME_FILE=x.oome sleep 1000";
	pid_t pid;

	ck_assert_int_eq(mkdir("sub", 0755), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		setenv("SUPERVISOR_GROUP_NAME", "g", 1);
		setenv("SUPERVISOR_PROCESS_NAME", "wrapped", 1);
		execl("/bin/sh", "sh", "-c", script, (char *)NULL);
		_exit(127);
	}
	touch("sub/x.oome");
	for (int i = 0; i < 1000 && !*found(text); i++) {
		update(1);
		poll(NULL, 0, 10);
	}
	ck_assert_str_eq(text, "wrapped;");
	kill(-pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(who_has_no_name)
{
	pid_t a = start(NULL, NULL, NULL), zombie = start("g", "z", NULL);

	kill(zombie, SIGKILL);
	siginfo_t info;
	ck_assert_int_eq(waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT), 0);
	update(1);
	ck_assert(programs_unnamed(&programs));
	programs_name(&programs, a, "g", "told");
	ck_assert_str_eq(find(a)->name, "told");
	ck_assert(!programs_unnamed(&programs)); /* nobody asks who a zombie is */
	update(2);
	ck_assert_str_eq(find(a)->name, "told");
	end(a);
	ck_assert_int_eq(waitpid(zombie, NULL, 0), zombie);
	a = start(NULL, NULL, NULL);
	update(3);
	programs_named_all(&programs);
	ck_assert(!programs_unnamed(&programs));
	end(a);
}
END_TEST

/* What inotify has to say, an event a call; -1: nothing more. */
static int next_watch(char name[NAME_MAX + 1], uint32_t *mask)
{
	static _Alignas(struct inotify_event) char block[4096];
	static ssize_t have, at;
	const struct inotify_event *event;

	if (!have)
		have = read(programs.inotify, block, sizeof block);
	if (have <= 0) {
		have = 0;
		return -1;
	}
	event = (const struct inotify_event *)(block + at);
	at += (ssize_t)(sizeof *event + event->len);
	if (at == have)
		at = have = 0;
	strcpy(name, event->len ? event->name : "");
	*mask = event->mask;
	return event->wd;
}

START_TEST(watched_while_it_is_used)
{
	char name[NAME_MAX + 1], text[256];
	uint32_t mask;
	pid_t a = start("g", "a", "OOME_FILE=here/oome");
	int watch;

	ck_assert_int_eq(mkdir("here", 0755), 0);
	update(1);
	update(LATER);
	ck_assert_str_eq(found(text), "");
	ck_assert_uint_eq(programs.watch_count, 1);
	touch("here/other");
	watch = next_watch(name, &mask);
	ck_assert(!programs_touched(&programs, watch, name));
	touch("here/oome");
	ck_assert_str_eq(found(text), find(a)->places[0].local ? "" : "a;"); /* inotify is to tell */
	watch = next_watch(name, &mask);
	ck_assert(programs_touched(&programs, watch, name));
	ck_assert_str_eq(found(text), "a;");
	ck_assert_str_eq(found(text), "a;"); /* what is there is looked at again */
	ck_assert_int_eq(unlink("here/oome"), 0);
	ck_assert_str_eq(found(text), "");
	touch("here/oome");
	programs_touched_all(&programs);
	ck_assert_str_eq(found(text), "a;");

	/* The directory is replaced: the new one is watched, the old one no longer. */
	ck_assert_int_eq(rename("here", "gone"), 0);
	ck_assert_int_eq(mkdir("here", 0755), 0);
	while ((watch = next_watch(name, &mask)) >= 0)
		if (mask & IN_MOVE_SELF)
			programs_expire_watch(&programs, watch);
	update(LATER + 1);
	ck_assert_uint_eq(programs.watch_count, 1);
	while (next_watch(name, &mask) >= 0)
		;
	touch("gone/oome2");
	ck_assert_int_eq(next_watch(name, &mask), -1);
	touch("here/oome");
	watch = next_watch(name, &mask);
	ck_assert(programs_touched(&programs, watch, name));
	end(a);
	update(LATER + 2);
	ck_assert_uint_eq(programs.watch_count, 0);
}
END_TEST

START_TEST(left_out_while_its_files_do_not_answer)
{
	char text[256];
	pid_t a = start("g", "a", "OOME_FILE=oome");

	touch("oome");
	shared.avoid[0] = a;
	update(1);
	ck_assert_str_eq(found(text), "");
	ck_assert_uint_eq(find(a)->place_count, 0);
	ck_assert_int_eq(shared.avoid[0], a);
	end(a);
	update(2);
	ck_assert_int_eq(shared.avoid[0], 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("programs");
	TCase *tcase = tcase_create("programs");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, come_and_go);
	tcase_add_test(tcase, only_who_is_wanted);
	tcase_add_test(tcase, places_of_every_kind);
	tcase_add_test(tcase, another_program_in_the_same_process);
	tcase_add_test(tcase, a_wrapper_whose_child_knows_better);
	tcase_add_test(tcase, who_has_no_name);
	tcase_add_test(tcase, watched_while_it_is_used);
	tcase_add_test(tcase, left_out_while_its_files_do_not_answer);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
