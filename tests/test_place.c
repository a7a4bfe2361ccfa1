/* test_place.c: of a file that is not believed enough is said, and not more. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/oome/place.h"
#include "core/log.h"
#include "tests/capture.h"

static char directory[] = "/tmp/test_place.XXXXXX";
static struct oomefile file;
static struct place_warned warned;

static void begin(void)
{
	strcpy(directory, "/tmp/test_place.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(directory));
	ck_assert_int_eq(chdir(directory), 0);
	file = (struct oomefile){ .name = (char *)"f", .path = (char *)"/x/f", .owner = 7 };
	file.dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(file.dir, 0);
	memset(&warned, 0, sizeof(warned));
	log_prefix("t");
}

static void end(void)
{
	close(file.dir);
	unlink("f");
	unlink("g");
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(directory), 0);
}

/* What is said of the file as it is now. */
static const char *complaint(int error, struct capture *capture)
{
	capture_begin(capture, STDERR_FILENO);
	place_complain(&file, "app", error, error == -EPERM ? 12 : (uid_t)-1, &warned);
	return capture_end(capture);
}

/* A link whose inode the one before cannot have had: that one is still there, as g. */
static void make_link_anew(void)
{
	rename("f", "g");
	ck_assert_int_eq(symlink("nowhere", "f"), 0);
}

START_TEST(once_a_file)
{
	struct capture c;

	make_link_anew();
	ck_assert_str_eq(complaint(-ELOOP, &c), "t: app: ignoring '/x/f': it is a symbolic link\n");
	for (int i = 0; i < 3; i++)
		ck_assert_str_eq(complaint(-ELOOP, &c), "");
}
END_TEST

START_TEST(once_a_minute_for_files_made_without_end)
{
	struct capture c;

	make_link_anew();
	ck_assert_str_ne(complaint(-ELOOP, &c), "");
	for (int i = 0; i < 50; i++) {
		make_link_anew();
		warned.file.exists = false;    /* its inode may be an earlier one's: another file all the same */
		warned.next_ms[0] = INT64_MAX; /* the minute is not over, however slow the machine is */
		ck_assert_str_eq(complaint(-ELOOP, &c), "");
	}
	warned.next_ms[0] = 0; /* now it is */
	ck_assert_str_ne(complaint(-ELOOP, &c), "");
}
END_TEST

START_TEST(each_reason_is_said)
{
	static const int errors[] = { -ELOOP, -EINVAL, -EPERM, -EIO };
	struct capture c;

	for (size_t i = 0; i < sizeof(errors) / sizeof(*errors); i++) {
		make_link_anew();
		ck_assert_str_ne(complaint(errors[i], &c), "");
	}
	for (size_t i = 0; i < PLACE_REASONS; i++)
		ck_assert_int_gt(warned.next_ms[i], 0);
}
END_TEST

START_TEST(a_file_that_is_gone_is_not_said)
{
	struct capture c;

	ck_assert_str_eq(complaint(-ELOOP, &c), "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("place");
	TCase *cases = tcase_create("place");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, begin, end);
	tcase_add_test(cases, once_a_file);
	tcase_add_test(cases, once_a_minute_for_files_made_without_end);
	tcase_add_test(cases, each_reason_is_said);
	tcase_add_test(cases, a_file_that_is_gone_is_not_said);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? 1 : 0;
}
