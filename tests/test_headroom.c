/* test_headroom.c: what is left in a cgroup, from files as those of v1 and v2, whole and broken. */
#include <check.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/headroom_private.h"
#include "tests/suite.h"

#define MIB ((uint64_t)1 << 20)
#define V1 "sys/fs/cgroup/memory"
#define V2 "sys/fs/cgroup"

static char top[PATH_MAX];

static void setup(void)
{
	strcpy(top, "/tmp/test_headroom.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
}

static void teardown(void)
{
	char command[PATH_MAX + 16];

	snprintf(command, sizeof command, "rm -rf '%s'", top);
	ck_assert_int_eq(system(command), 0);
}

/* The file DIRECTORY/NAME below top, with all above it. */
static void put(const char *directory, const char *name, const char *content)
{
	char path[2 * PATH_MAX];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s/%s", top, directory, name);
	for (char *at = path + strlen(top) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(path, 0755);
		*at = '/';
	}
	file = fopen(path, "we");
	ck_assert_msg(file != NULL, "%s", path);
	ck_assert_int_ge(fputs(content, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void put_number(const char *directory, const char *name, uint64_t number)
{
	char text[32];

	snprintf(text, sizeof text, "%" PRIu64 "\n", number);
	put(directory, name, text);
}

/* A cgroup with LIMIT, of which LEFT is not used. */
static void put_v1(const char *directory, uint64_t limit, uint64_t left)
{
	put_number(directory, "memory.limit_in_bytes", limit);
	put_number(directory, "memory.usage_in_bytes", limit - left);
}

static void put_v2(const char *directory, uint64_t limit, uint64_t left)
{
	put_number(directory, "memory.max", limit);
	put_number(directory, "memory.current", limit - left);
}

static void in_cgroup(const char *lines)
{
	put("proc/self", "cgroup", lines);
}

static void expect(uint64_t left)
{
	uint64_t is = 1;
	bool is_short = headroom_is_short_below(top, &is);

	ck_assert_uint_eq(is, left);
	ck_assert_int_eq(is_short, left < HEADROOM_LEAST);
}

START_TEST(nothing_is_mounted)
{
	expect(UINT64_MAX);
	in_cgroup("");
	expect(UINT64_MAX);
	in_cgroup("0::/\n");
	expect(UINT64_MAX);
}
END_TEST

START_TEST(the_tightest_level_of_v1)
{
	in_cgroup("12:memory:/a/b\n11:cpu,cpuacct:/a\n1:name=systemd:/c\n0::/c\n");
	put_v1(V1, UINT64_C(0x7ffffffffffff000), 0);
	expect(UINT64_MAX);
	put_v1(V1 "/a/b", 100 * MIB, 50 * MIB);
	expect(50 * MIB);
	put_v1(V1 "/a", 80 * MIB, 12 * MIB - 4096);
	expect(12 * MIB - 4096);
	put_v1(V1, 200 * MIB, 4096);
	expect(4096);
	put_v1(V1 "/a/b", 100 * MIB, 0);
	expect(0);
}
END_TEST

START_TEST(the_tightest_level_of_v2)
{
	in_cgroup("0::/a/b\n");
	put(V2 "/a/b", "memory.max", "max\n");
	put_number(V2 "/a/b", "memory.current", 1000 * MIB);
	expect(UINT64_MAX);
	put_v2(V2 "/a", 64 * MIB, HEADROOM_LEAST);
	expect(HEADROOM_LEAST);
	put_v2(V2 "/a", 64 * MIB, HEADROOM_LEAST - 1);
	expect(HEADROOM_LEAST - 1);
}
END_TEST

/* Both are mounted, and each controller is in one of them only; what v1 says of other controllers is not of memory. */
START_TEST(both_hierarchies)
{
	in_cgroup("3:cpu:/x\n2:memory:/a\n0::/b\n");
	put_v1(V1 "/x", 64 * MIB, 0);
	put_v2(V2 "/b", 64 * MIB, 20 * MIB);
	expect(20 * MIB);
	put_v1(V1 "/a", 64 * MIB, 5 * MIB);
	expect(5 * MIB);
}
END_TEST

/* In a container with the host's names our own cgroup is mounted where the root should be. */
START_TEST(a_container_sees_its_own_as_the_root)
{
	in_cgroup("4:memory:/docker/0123\n0::/docker/0123\n");
	put_v1(V1, 64 * MIB, 3 * MIB);
	expect(3 * MIB);
	in_cgroup("0::/../other\n");
	put_v2(V2, 64 * MIB, 2 * MIB);
	expect(2 * MIB);
}
END_TEST

/* A cache fills what there is, and goes when it is needed. */
START_TEST(what_can_be_reclaimed_counts)
{
	in_cgroup("4:memory:/a\n");
	put_v1(V1 "/a", 64 * MIB, 0);
	put(V1 "/a", "memory.stat", "cache 1\ninactive_file 99999999\ntotal_cache 1\n"
				    "total_inactive_file 10485760\ntotal_active_file 4194304\n");
	expect(14 * MIB);
	in_cgroup("0::/a\n");
	put_v2(V2 "/a", 64 * MIB, MIB);
	put(V2 "/a", "memory.stat", "inactive_file 1048576\nworkingset_inactive_file 9999999\n");
	expect(2 * MIB);
	put_number(V2 "/a", "memory.current", 66 * MIB); /* above it, as where the limit was lowered */
	expect(0);
}
END_TEST

START_TEST(broken_is_no_limit)
{
	static const char *const bad[] = { "", "\n", "-1\n", "x", "99999999999999999999999999999999999999\n" };

	in_cgroup("0::/a\n");
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		put_v2(V2 "/a", 64 * MIB, 0);
		put(V2 "/a", "memory.max", bad[i]);
		expect(UINT64_MAX);
		put_v2(V2 "/a", 64 * MIB, 0);
		put(V2 "/a", "memory.current", bad[i]);
		expect(UINT64_MAX);
	}
	put_v2(V2 "/a", 64 * MIB, MIB);
	put(V2 "/a", "memory.stat", "inactive_file 99999999999999999999999\nactive_file x\n");
	expect(MIB);
}
END_TEST

START_TEST(lines_of_cgroup_that_mislead)
{
	put_v1(V1 "/a", 64 * MIB, MIB);
	in_cgroup("1:name=x:/b:memory:/a\n2:memory:/a\n");
	expect(MIB);
	in_cgroup("1:name=x:/b:memory:/a\n10:hugememory:/a\n2:memory\n:::\n2::memory:/a\n::");
	expect(UINT64_MAX);
	put_v1(V1 "/c:d", 64 * MIB, 2 * MIB);
	in_cgroup("2:memory:/c:d");
	expect(2 * MIB);
}
END_TEST

START_TEST(a_path_that_is_too_long)
{
	char line[2 * PATH_MAX] = "2:memory:";

	put_v1(V1, 64 * MIB, MIB);
	for (size_t at = strlen(line); at < sizeof line - 2; at += 2)
		memcpy(line + at, "/a", 3);
	in_cgroup(line);
	expect(UINT64_MAX);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("headroom");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, nothing_is_mounted);
	tcase_add_test(tests, the_tightest_level_of_v1);
	tcase_add_test(tests, the_tightest_level_of_v2);
	tcase_add_test(tests, both_hierarchies);
	tcase_add_test(tests, a_container_sees_its_own_as_the_root);
	tcase_add_test(tests, what_can_be_reclaimed_counts);
	tcase_add_test(tests, broken_is_no_limit);
	tcase_add_test(tests, lines_of_cgroup_that_mislead);
	tcase_add_test(tests, a_path_that_is_too_long);
	return suite_run("headroom", tests);
}
