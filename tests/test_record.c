/* test_record.c: the notes of restarts: written and read back, torn and foreign ones refused. */
#include "applets/oome/record.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/statedir.h"

static struct record sample(void)
{
	struct record record = {
		.version = 7, .phase = RECORD_STARTING,
		.group = strdup("web"),
		.name = strdup("web_00"),
		.pid = 4711,
		.path = strdup("/srv/a b=c\n/work/oome"),
		.handled = { .dev = 64769,
			     .ino = UINT64_MAX,
			     .ctime_sec = 1700000000,
			     .ctime_nsec = 999999999,
			     .exists = true },
		.witnessed = 123456789012,
	};

	record.until = (struct timespec){ .tv_sec = 1700000001, .tv_nsec = 5 };
	limit_note(&record.restarts, 1000);
	limit_note(&record.restarts, 2000);
	return record;
}

static void check_same(const struct record *a, const struct record *b)
{
	ck_assert_uint_eq(a->version, b->version);
	ck_assert_int_eq(a->phase, b->phase);
	ck_assert_str_eq(a->group, b->group);
	ck_assert_str_eq(a->name, b->name);
	ck_assert_str_eq(a->path, b->path);
	ck_assert_int_eq(a->pid, b->pid);
	ck_assert(oomefile_id_equal(&a->handled, &b->handled));
	ck_assert_uint_eq(a->witnessed, b->witnessed);
	ck_assert_int_eq(a->until.tv_sec, b->until.tv_sec);
	ck_assert_int_eq(a->until.tv_nsec, b->until.tv_nsec);
	ck_assert_int_eq(a->restarts.count, b->restarts.count);
	ck_assert_mem_eq(a->restarts.times, b->restarts.times, (size_t)a->restarts.count * sizeof *a->restarts.times);
}

START_TEST(there_and_back)
{
	struct record record = sample(), back = { 0 };
	struct buf text = BUF(65536);

	ck_assert_int_eq(record_format(&record, &text), 0);
	ck_assert_int_eq(record_parse(text.data, text.len, &back), 0);
	check_same(&record, &back);
	record_done(&back);

	/* Torn anywhere, it is refused or lacks only whole lines; it never becomes another record. */
	for (size_t len = 0; len < text.len; len++) {
		if (record_parse(text.data, len, &back) < 0)
			continue;
		ck_assert_str_eq(back.name, record.name);
		ck_assert_int_eq(back.phase, record.phase);
		ck_assert(text.data[len - 1] == '\n');
		record_done(&back);
	}
	record_done(&record);
	buf_done(&text);
}
END_TEST

START_TEST(the_longest_paths)
{
	struct record record = sample(), back = { 0 };
	struct buf text = BUF(65536);

	free(record.path);
	record.path = malloc(2 * PATH_MAX + 1);
	memset(record.path, '/', 2 * PATH_MAX);
	record.path[2 * PATH_MAX] = 0;
	ck_assert_int_eq(record_format(&record, &text), 0);
	ck_assert_int_eq(record_parse(text.data, text.len, &back), 0);
	check_same(&record, &back);
	record_done(&back);
	record_done(&record);
	buf_done(&text);
}
END_TEST

START_TEST(what_was_acted_on)
{
	struct record record = sample();
	struct oomefile_id id = record.handled;

	ck_assert(record_handled(&record, &id));
	id.ctime_sec = record.until.tv_sec; /* touched between the report and the end of who reported */
	id.ctime_nsec = record.until.tv_nsec;
	ck_assert(record_handled(&record, &id));
	id.ctime_nsec++; /* by the new process */
	ck_assert(!record_handled(&record, &id));
	id = record.handled;
	id.ino--; /* another file */
	ck_assert(!record_handled(&record, &id));
	id = record.handled;
	id.ctime_sec--;
	ck_assert(record_handled(&record, &id));
	record.until = (struct timespec){ 0 };
	ck_assert(!record_handled(&record, &id));
	record.handled.exists = false;
	record.until = (struct timespec){ .tv_sec = 1700000001 };
	ck_assert(!record_handled(&record, &id));
	record_done(&record);
}
END_TEST

START_TEST(foreign_texts)
{
	static const char *const bad[] = {
		"",
		"\n",
		"procguard oome record 2\ngroup=a\nname=b\n",
		"procguard oome record 1\n",
		"procguard oome record 1\ngroup=a\n",
		"procguard oome record 1\ngroup=a\nname=b\nphase=running\n",
		"procguard oome record 1\ngroup=a\nname=b\npid=-1\n",
		"procguard oome record 1\ngroup=a\nname=b\npid=99999999999\n",
		"procguard oome record 1\ngroup=a\nname=b\nhandled=1 2 3\n",
		"procguard oome record 1\ngroup=a\nname=b\nhandled=1 2 3 4x\n",
		"procguard oome record 1\ngroup=a\nname=b\npid=1",
		"procguard oome record 1\ngroup=%00\nname=b\n",
		"procguard oome record 1\ngroup=a\nname\n",
	};
	static const char later[] = "procguard oome record 1\ngroup=a\nname=b\nnew-key=c\n";
	struct record record = { 0 };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(record_parse(bad[i], strlen(bad[i]), &record) == -EBADMSG, "%s", bad[i]);
	ck_assert_ptr_null(record.group);
	ck_assert_int_eq(record_parse(later, strlen(later), &record), 0);
	record_done(&record);
}
END_TEST

static void count(struct record *record, void *context)
{
	(void)record;
	++*(int *)context;
}

START_TEST(in_a_directory)
{
	char path[] = "/tmp/test_record.XXXXXX";
	struct record record = sample(), back = { 0 };
	int dir = open(mkdtemp(path), O_RDONLY | O_DIRECTORY), found = 0, lock;

	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(record_load(dir, "web", "web_00", &back), -ENOENT);
	ck_assert_int_eq(record_save(dir, &record), 0);
	lock = record_own(dir, "web", "web_00");
	ck_assert_int_ge(lock, 0);
	ck_assert_int_eq(record_own(dir, "web", "web_00"), -EWOULDBLOCK);
	ck_assert_int_eq(record_load(dir, "web", "web_00", &back), 0);
	check_same(&record, &back);
	ck_assert_int_eq(statedir_write(dir, "torn", "procguard", 9), 0);
	ck_assert_int_eq(record_each(dir, count, &found), 0);
	ck_assert_int_eq(found, 1);
	record_done(&back);
	record_done(&record);
	close(lock);
	unlinkat(dir, "web%3Aweb_00", 0);
	unlinkat(dir, "web%3Aweb_00.lock", 0);
	unlinkat(dir, "torn", 0);
	close(dir);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

START_TEST(notes_of_dead_supervisords)
{
	char path[] = "/tmp/test_record.XXXXXX", own[96], dead[96], never[96];
	struct pidref self;
	struct procfs proc;
	ino_t here;
	int top = open(mkdtemp(path), O_RDONLY | O_DIRECTORY), dir;

	ck_assert_int_eq(procfs_open(PROCFS_ROOT, &proc), 0);
	ck_assert_int_eq(pidref_open(&proc, getpid(), &self), 0);
	ck_assert_int_eq(procfs_pid_namespace(&proc, &here), 0);
	snprintf(dead, sizeof dead, "%ju-1-1", (uintmax_t)here);
	snprintf(never, sizeof never, "%ju-2147483647-5", (uintmax_t)here);
	ck_assert_int_eq(mkdirat(top, dead, 0700), 0); /* pid 1 lives, but began at another time */
	ck_assert_int_eq(mkdirat(top, never, 0700), 0);
	ck_assert_int_eq(mkdirat(top, "1-1-1", 0700), 0); /* of another pid namespace */
	ck_assert_int_eq(mkdirat(top, "mine", 0700), 0);
	dir = statedir_open_below(top, dead);
	ck_assert_int_eq(statedir_write(dir, "a", "b", 1), 0);
	close(dir);
	dir = record_open_dir(top, &proc, &self);
	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(faccessat(top, dead, F_OK, 0), -1);
	ck_assert_int_eq(faccessat(top, never, F_OK, 0), -1);
	ck_assert_int_eq(faccessat(top, "1-1-1", F_OK, 0), 0);
	ck_assert_int_eq(faccessat(top, "mine", F_OK, 0), 0);
	snprintf(own, sizeof own, "%ju-%d-%" PRIu64, (uintmax_t)here, (int)self.pid, self.start_ticks);
	ck_assert_int_eq(faccessat(top, own, F_OK, 0), 0);
	close(dir);
	unlinkat(top, own, AT_REMOVEDIR);
	unlinkat(top, "mine", AT_REMOVEDIR);
	unlinkat(top, "1-1-1", AT_REMOVEDIR);
	close(top);
	ck_assert_int_eq(rmdir(path), 0);
	pidref_done(&self);
	procfs_done(&proc);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record");
	TCase *tcase = tcase_create("record");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, there_and_back);
	tcase_add_test(tcase, the_longest_paths);
	tcase_add_test(tcase, what_was_acted_on);
	tcase_add_test(tcase, foreign_texts);
	tcase_add_test(tcase, in_a_directory);
	tcase_add_test(tcase, notes_of_dead_supervisords);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
