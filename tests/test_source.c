/* Lines of source, of files that the target names. */
#include <check.h>
#include <errno.h>

#include "applets/gmr/source.h"
#include "core/cleanup.h"
#include "core/confine.h"
#include "core/redact.h"
#include "tests/child.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static struct target target;
static struct source *source;

static void set_up(void)
{
	fixture_make();
	ck_assert_int_eq(chmod(fixture_root, 0755), 0);
	target = (struct target){ .uid = geteuid(), .euid = geteuid() };
	target.root = open(fixture_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(source_open(&target, &source), 0);
}

static void tear_down(void)
{
	source_free(source);
	close(target.root);
	fixture_remove();
}

/* The line, or what strerror(3) says. */
static const char *line_of(const char *file, int line)
{
	static struct buf text;
	static char copy[2048];
	int r;

	text = BUF(2000);
	r = source_line(source, file, line, &text);
	snprintf(copy, sizeof copy, "%s", r < 0 ? strerror(-r) : text.data ? text.data : "");
	buf_done(&text);
	return copy;
}

START_TEST(gives_lines)
{
	char many[4000] = "";

	fixture_text("src/a.c", "int main(void)\n{\n\t  return 0; \r\n\n}\nlast");
	ck_assert_str_eq(line_of("/src/a.c", 1), "int main(void)");
	ck_assert_str_eq(line_of("/src/a.c", 3), "return 0;");
	ck_assert_str_eq(line_of("/src/a.c", 4), "");
	ck_assert_str_eq(line_of("/src/a.c", 6), "last");
	ck_assert_str_eq(line_of("/src/a.c", 7), strerror(ENOENT));
	ck_assert_str_eq(line_of("/src/a.c", 0), strerror(ENOENT));
	ck_assert_str_eq(line_of("/src/a.c", -1), strerror(ENOENT));
	ck_assert_str_eq(line_of("src/a.c", 1), strerror(ENOENT));
	for (int i = 1; i <= 300; i++)
		sprintf(many + strlen(many), "line %d\n", i);
	fixture_text("src/many", many);
	ck_assert_str_eq(line_of("/src/many", 64), "line 64");
	ck_assert_str_eq(line_of("/src/many", 65), "line 65");
	ck_assert_str_eq(line_of("/src/many", 300), "line 300");
	ck_assert_str_eq(line_of("/src/many", 301), strerror(ENOENT));
	ck_assert_str_eq(line_of("/src/many", INT_MAX), strerror(ENOENT));
	memset(many, 'x', sizeof many - 1);
	fixture_text("src/long", many);
	ck_assert_uint_eq(strlen(line_of("/src/long", 1)), 1024 + strlen("..."));
	fixture_text("src/empty", "");
	ck_assert_str_eq(line_of("/src/empty", 1), strerror(ENOENT));
}
END_TEST

START_TEST(masks_secrets)
{
	fixture_text("src/s.py", "connect(password=\"hunter2\")\nf(key=lambda a: a[1])\n");
	ck_assert_ptr_null(strstr(line_of("/src/s.py", 1), "hunter2"));
	ck_assert_ptr_nonnull(strstr(line_of("/src/s.py", 1), REDACT_MASK));
	ck_assert_str_eq(line_of("/src/s.py", 2), "f(key=lambda a: a[1])");
}
END_TEST

START_TEST(takes_regular_files_inside_the_root)
{
	fixture_directory("src");
	fixture_link("src/out", "../../../../../../etc/passwd");
	fixture_link("src/ping", "ping");
	fixture_link("src/to", "/src/real");
	fixture_text("src/real", "real\n");
	fixture_text("src/huge", "x\n");
	ck_assert_int_eq(truncate(fixture_path("src/huge"), (4 << 20) + 1), 0);
	ck_assert_int_eq(mkfifo(fixture_path("src/pipe"), 0644), 0);
	ck_assert_str_eq(line_of("/src/out", 1), strerror(ENOENT));
	ck_assert_str_eq(line_of("/../../../../../../../../etc/passwd", 1), strerror(ENOENT));
	ck_assert_str_eq(line_of("/src/ping", 1), strerror(ELOOP));
	ck_assert_str_eq(line_of("/src/to", 1), "real");
	ck_assert_str_eq(line_of("/src/huge", 1), strerror(EFBIG));
	ck_assert_str_eq(line_of("/src/pipe", 1), strerror(ENXIO));
	ck_assert_str_eq(line_of("/src", 1), strerror(EISDIR));
}
END_TEST

/* There it would be ours what "self" shows. */
START_TEST(takes_nothing_of_proc)
{
	struct target top = target;

	source_free(source);
	top.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(source_open(&top, &source), 0);
	ck_assert_str_eq(line_of("/proc/self/status", 1), strerror(ENXIO));
	ck_assert_str_eq(line_of("/proc/version", 1), strerror(ENXIO));
	close(top.root);
}
END_TEST

/* A file is read once, also one that is not there; then others take its place. */
START_TEST(keeps_the_last_files)
{
	char name[32];

	fixture_text("src/a", "one\n");
	ck_assert_str_eq(line_of("/src/a", 1), "one");
	ck_assert_str_eq(line_of("/src/b", 1), strerror(ENOENT));
	fixture_text("src/a", "two\n");
	fixture_text("src/b", "three\n");
	ck_assert_str_eq(line_of("/src/a", 1), "one");
	ck_assert_str_eq(line_of("/src/b", 1), strerror(ENOENT));
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "/none/%d", i);
		ck_assert_str_eq(line_of(name, 1), strerror(ENOENT));
	}
	ck_assert_str_eq(line_of("/src/a", 1), "two");
	ck_assert_str_eq(line_of("/src/b", 1), "three");
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof name, "src/%d", i);
		fixture_text(name, "big\n");
		ck_assert_int_eq(truncate(fixture_path(name), 4 << 20), 0);
		snprintf(name, sizeof name, "/src/%d", i);
		ck_assert_str_eq(line_of(name, 1), "big");
	}
	ck_assert_str_eq(line_of("/src/a", 1), "two");
}
END_TEST

/* What root could read, but a target that names it could not. */
static int read_shadow(int channel, void *context)
{
	const char *file = context, *text = line_of(file, 1);

	return confine_send(channel, -1, text, strlen(text)) < 0;
}

START_TEST(reads_nothing_that_the_target_may_not)
{
	struct confine confine = { .memory_max = 64 << 20, .cpu_max = 60 };
	CLEANUP(buf_done) struct buf message = BUF(2048);
	CLEANUP(fd_done) int channel = -1;
	pid_t pid;

	if (geteuid() != 0)
		return;
	confine_ids(4242, 4242, &confine);
	target.uid = target.euid = 4242;
	fixture_text("etc/shadow", "root:$y$hash:\n");
	ck_assert_int_eq(chmod(fixture_path("etc/shadow"), 0600), 0);
	pid = confine_start(&confine, read_shadow, (void *)(uintptr_t)"/etc/shadow", &channel);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(confine_receive(channel, -1, &message), 1);
	ck_assert_str_eq(message.data, strerror(EACCES));
	confine_end(pid);
	/* And we, who did not become it, refuse. */
	source_free(source);
	source = NULL;
	ck_assert_int_eq(source_open(&target, &source), -EPERM);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("source");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, gives_lines);
	tcase_add_test(tests, masks_secrets);
	tcase_add_test(tests, takes_regular_files_inside_the_root);
	tcase_add_test(tests, takes_nothing_of_proc);
	tcase_add_test(tests, keeps_the_last_files);
	tcase_add_test(tests, reads_nothing_that_the_target_may_not);
	return suite_run("source", tests);
}
