/* What was registered, as hand-made copies of registries, in Package, Configuration, notes and threads; and the memory
 * that they are read from. */
#include "applets/gmr/registered.h"

#include <check.h>
#include <errno.h>
#include <linux/fs.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "core/cleanup.h"
#include "core/report.h"
#include "tests/child.h"
#include "tests/suite.h"

static struct gmr_report report;
static struct registered registered;
static struct registry_copy copies[2];
static struct value *in;

static void set_up(void)
{
	report = (struct gmr_report){ .tree = VALUE_TREE(64 << 20) };
	report.notes = value_add_list(&report.tree, &report.tree.root, "notes");
	in = value_add_map(&report.tree, &report.tree.root, "section");
	memset(copies, 0, sizeof(copies));
	registered = (struct registered){ .count = 2 };
	registered.places[0].copy = &copies[0];
	registered.places[1].copy = &copies[1];
}

static void tear_down(void)
{
	value_tree_done(&report.tree);
}

static void put_options(size_t place, struct registry_copied_option *options, size_t count)
{
	copies[place].options = options;
	copies[place].option_count = count;
}

static const char *shown(const char *group, const char *key)
{
	return value_string(value_get(in, group), key, "(none)");
}

#define OPTION(group_, name_, value_) { 0, (char[]){ group_ }, (char[]){ name_ }, value_ }

START_TEST(options_of_several_objects)
{
	struct registry_copied_option first[] = {
		OPTION("default", "zig", (char[]){ "1" }), OPTION("database", "api_key", (char[]){ "hunter two" }),
		OPTION("database", "spell", NULL), OPTION("default", "a\nb", (char[]){ "\033[2J" }),
	};
	struct registry_copied_option second[] = {
		OPTION("default", "zig", (char[]){ "2" }), OPTION("default", "zag", (char[]){ "3" }),
		/* Shown as the name above. */
		OPTION("default", "a\\x0ab", (char[]){ "4" }), OPTION("", "", (char[]){ "" }),
	};

	put_options(0, first, 4);
	put_options(1, second, 4);
	first[0].flags = REGISTRY_CUT;
	registered_options(&report, in, &registered);
	ck_assert_str_eq(shown("default", "zig"), "1...");
	ck_assert_str_eq(shown("default", "zag"), "3");
	ck_assert_str_eq(shown("database", "api_key"), "***");
	ck_assert_str_eq(shown("database", "spell"), "***");
	ck_assert_str_eq(shown("default", "a\\x0ab"), "\\x1b[2J");
	ck_assert_str_eq(shown("", ""), "");
	ck_assert_uint_eq(value_get(in, "default")->count, 3);
	ck_assert_uint_eq(in->count, 3);
}
END_TEST

START_TEST(groups_that_are_our_own_stay)
{
	struct registry_copied_option options[] = {
		OPTION("process", "root", (char[]){ "/lie" }), OPTION("process", "more", (char[]){ "x" }),
		OPTION("process (registered)", "less", (char[]){ "y" }),
	};

	value_add_string(&report.tree, value_add_map(&report.tree, in, "process"), "root", "/");
	put_options(1, options, 3);
	registered_options(&report, in, &registered);
	ck_assert_str_eq(shown("process", "root"), "/");
	ck_assert_uint_eq(value_get(in, "process")->count, 1);
	ck_assert_str_eq(shown("process (registered)", "root"), "/lie");
	ck_assert_uint_eq(value_get(in, "process (registered)")->count, 3);
}
END_TEST

START_TEST(package)
{
	struct value_tree found = VALUE_TREE(1 << 20);

	value_add_string(&found, &found.root, "product", "coreutils");
	value_add_string(&found, &found.root, "version", "9.1-1");
	ck_assert(!registered_package(&report, in, NULL, &found.root, "sleep"));
	ck_assert(!registered_package(&report, in, &registered, &found.root, "sleep"));
	ck_assert_uint_eq(in->count, 0);
	copies[1].head.pid = 12; /* the one of which gmr_setup_autorun() was called, without a product */
	strcpy(copies[1].head.program, "1.4.2");
	ck_assert(registered_package(&report, in, &registered, &found.root, "sleep"));
	ck_assert_str_eq(value_string(in, "product", ""), "sleep");
	ck_assert_int_eq(value_get(in, "vendor")->kind, VALUE_NULL);
	ck_assert_str_eq(value_string(in, "version", ""), "1.4.2");
	ck_assert(value_bool(in, "registered", false));
	ck_assert_ptr_null(value_get(in, "installed")); /* no package has said it */
	value_add_string(&found, &found.root, "package", "dpkg coreutils:amd64");
	in = value_add_map(&report.tree, &report.tree.root, "another");
	ck_assert(registered_package(&report, in, &registered, &found.root, "sleep"));
	ck_assert_str_eq(value_string(value_get(in, "installed"), "version", ""), "9.1-1");
	ck_assert_int_eq(value_get(value_get(in, "installed"), "vendor")->kind, VALUE_NULL);
	value_tree_done(&found);
}
END_TEST

static const char *note(size_t index)
{
	const struct value *v = value_first(report.notes);

	while (index-- > 0 && v)
		v = v->next;
	return value_string(v, "text", "(none)");
}

START_TEST(notes)
{
	struct registry_section sections[REGISTRY_SECTIONS_MAX] = { 0 };

	registered_notes(&report, &registered, false);
	ck_assert(!report.incomplete && report.notes->count == 0);
	for (size_t i = 0; i < REGISTRY_SECTIONS_MAX; i++)
		memset(sections[i].title, 'a' + (int)(i % 26), REGISTRY_TEXT_MAX - 1);
	copies[0].sections = copies[1].sections = sections;
	copies[0].section_count = copies[1].section_count = REGISTRY_SECTIONS_MAX;
	registered_notes(&report, &registered, true);
	ck_assert_uint_eq(report.notes->count, 0);
	registered_notes(&report, &registered, false);
	ck_assert(!report.incomplete);
	ck_assert_ptr_nonnull(strstr(note(0), "hhh and 120 more: only a report"));
	copies[0].torn = 3;
	copies[0].cut = true;
	registered.places[1].copy = NULL;
	registered.places[1].error = -EPROTO;
	registered_notes(&report, &registered, true);
	ck_assert(report.incomplete);
	ck_assert_uint_eq(report.notes->count, 4);
	ck_assert_int_eq(strncmp(note(1), "3 of what", 9), 0);
	ck_assert_ptr_nonnull(strstr(note(2), "more than is shown"));
	ck_assert_ptr_nonnull(strstr(note(3), "another version"));
}
END_TEST

/* Whatever it says of them: the main thread is shown, and so is one that is late. */
START_TEST(helpers_are_left_out)
{
	struct capture_thread threads[] = { { .tid = 10 }, { .tid = 11 }, { .tid = 12 }, { .tid = 13 } };
	struct capture capture = { .pid = 10, .threads = threads, .thread_count = 4 };
	struct stated stated = { .late = { { .tid = 12 } }, .late_count = 1 };

	copies[0].head.helpers[0] = 10;
	copies[0].head.helpers[3] = 11;
	copies[1].head.helpers[1] = 12;
	registered_leave_out(&registered, &stated, &capture);
	ck_assert_uint_eq(capture.thread_count, 3);
	ck_assert(threads[0].tid == 10 && threads[1].tid == 12 && threads[2].tid == 13);
	registered_leave_out(&registered, &stated, NULL);
}
END_TEST

/* --- memory --- */

static int64_t in_seconds(int seconds)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((int64_t)now.tv_sec + seconds) * 1000000000 + now.tv_nsec;
}

static void take(pid_t pid, int64_t deadline_ns, struct capture **ret)
{
	const struct capture_options options = {
		.mode = CAPTURE_NOBODY, .stack_max = 1 << 20, .total_max = 1 << 20, .deadline_ns = deadline_ns,
	};
	CLEANUP(procfs_done) struct procfs proc = { .fd = -1 };
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	CLEANUP(fd_done) int dir = -1;

	ck_assert_int_eq(procfs_open(PROCFS_ROOT, &proc), 0);
	dir = procfs_process(&proc, pid);
	ck_assert_int_eq(pidref_open(&proc, pid, &ref), 0);
	ck_assert_int_eq(capture_take(&proc, dir, &ref, &options, ret), 0);
}

START_TEST(only_what_is_in_memory_is_read)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, 3 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), text[8192];
	uint64_t at = (uint64_t)(uintptr_t)memory;
	struct capture *c;
	pid_t pid;

	ck_assert_uint_le(2 * size, sizeof(text));
	memset(memory, 'x', size);
	munmap(memory + 2 * size, size);
	pid = child_start();
	take(pid, in_seconds(50), &c);
	ck_assert(c->thread_count == 1 && c->threads[0].how == CAPTURE_UNREAD && c->stops == 0);
	ck_assert_int_eq(capture_read(c, at + size - 4, text, 4), 0);
	ck_assert_int_eq(memcmp(text, "xxxx", 4), 0);
	ck_assert_int_eq(capture_read(c, at + size - 4, text, 8), 0);
	ck_assert_int_eq(memcmp(text, "xxxx\0\0\0\0", 8), 0);
	ck_assert_int_eq(capture_read(c, at + size, text, size), -EFAULT);
	ck_assert_int_eq(capture_read(c, at + 2 * size, text, 8), -EFAULT);
	ck_assert_int_eq(capture_read(c, 0, text, 8), -EFAULT);
	ck_assert_int_eq(capture_read(c, UINT64_MAX - 4, text, 8), -EFAULT);
	capture_free(c);
	take(pid, in_seconds(-1), &c);
	ck_assert_int_eq(capture_read(c, at, text, 4), -ETIMEDOUT);
	registered_read(c, &registered);
	ck_assert_uint_eq(registered.count, 0);
	capture_free(c);
	child_end(pid);
	munmap(memory, 2 * size);
}
END_TEST

/* Not every file system can, and what has left the page cache cannot be had. */
static bool can_read_at_once(void)
{
	char byte;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	long n = syscall(SYS_preadv2, fd, &iov, 1L, 300000L, 0L, (long)RWF_NOWAIT);

	close(fd);
	return n == 1;
}

/* As after memory has been short, or where it was never touched: the linker's page is not in that process's memory. */
START_TEST(a_page_of_a_file_is_read_without_waiting)
{
	static const char far_away[1 << 20] = { [300000] = 'f', [300001] = 'a', [300002] = 'r' };
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)&far_away[300000];
	char text[3] = "";
	struct capture *c;
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		madvise((void *)(at / page * page), page, MADV_DONTNEED);
		for (;;)
			pause();
	}
	take(pid, in_seconds(50), &c);
	if (can_read_at_once() || capture_read(c, at, text, 3) == 0) {
		ck_assert_int_eq(capture_read(c, at, text, 3), 0);
		ck_assert_int_eq(memcmp(text, "far", 3), 0);
	}
	capture_free(c);
	child_end(pid);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("registered");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, options_of_several_objects);
	tcase_add_test(tests, groups_that_are_our_own_stay);
	tcase_add_test(tests, package);
	tcase_add_test(tests, notes);
	tcase_add_test(tests, helpers_are_left_out);
	tcase_add_test(tests, only_what_is_in_memory_is_read);
	tcase_add_test(tests, a_page_of_a_file_is_read_without_waiting);
	return suite_run("registered", tests);
}
