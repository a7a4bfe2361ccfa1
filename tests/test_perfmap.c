/* What a perf map says is at an address. */
#include <check.h>
#include <errno.h>

#include "applets/gmr/perfmap.h"
#include "core/cleanup.h"
#include "tests/fixture.h"
#include "tests/suite.h"

static const char *name_at(const char *text, uint64_t address)
{
	static char name[256];
	struct perfmap *map;
	const char *found;

	ck_assert_int_eq(perfmap_parse(text, strlen(text), &map), 0);
	found = perfmap_name(map, address);
	snprintf(name, sizeof name, "%s", found ? found : "none");
	perfmap_free(map);
	return name;
}

START_TEST(names_addresses)
{
	static const char text[] = "2000 10 b c d\n1000 20 a\n\nzz 1 x\n3000 0 empty\n3100 10 \n4000 10\n"
				   "0x5000 0x10 e\nfffffffffffffff0 100 last\n6000 8 torn";
	static const struct { uint64_t address; const char *name; } cases[] = {
		{ 0, "none" }, { 0xfff, "none" }, { 0x1000, "a" }, { 0x101f, "a" }, { 0x1020, "none" },
		{ 0x2000, "b c d" }, { 0x200f, "b c d" }, { 0x2010, "none" }, { 0x3000, "none" }, { 0x3100, "none" },
		{ 0x4000, "none" }, { 0x500f, "e" }, { 0x6000, "none" }, { UINT64_MAX - 1, "last" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_str_eq(name_at(text, cases[i].address), cases[i].name);
	ck_assert_str_eq(name_at("", 1), "none");
	ck_assert_ptr_null(perfmap_name(NULL, 1));
}
END_TEST

START_TEST(the_newest_counts)
{
	ck_assert_str_eq(name_at("1000 10 old\n1000 10 new\n", 0x1008), "new");
	ck_assert_str_eq(name_at("1000 100 old\n1040 10 new\n", 0x1048), "new");
	ck_assert_str_eq(name_at("1000 100 old\n1040 10 new\n", 0x1050), "old");
	ck_assert_str_eq(name_at("1040 10 old\n1000 100 new\n", 0x1048), "new");
	ck_assert_str_eq(name_at("1000 1000 far\n1100 10 a\n1200 10 b\n1300 10 c\n", 0x1400), "far");
}
END_TEST

START_TEST(opens_only_the_targets)
{
	struct target target = { .root = -ENOENT, .uid = geteuid(), .euid = geteuid(), .inner_pid = 4711 };
	struct perfmap *map = NULL;

	ck_assert_int_eq(perfmap_open(&target, &map), -ENOENT);
	fixture_make();
	target.root = open(fixture_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(perfmap_open(&target, &map), -ENOENT);
	fixture_text("tmp/perf-4711.map", "1000 10 a\n");
	ck_assert_int_eq(perfmap_open(&target, &map), 0);
	ck_assert_str_eq(perfmap_name(map, 0x1000), "a");
	perfmap_free(map);
	ck_assert_int_eq(truncate(fixture_path("tmp/perf-4711.map"), (off_t)1 << 30), 0);
	ck_assert_int_eq(perfmap_open(&target, &map), -EFBIG);
	ck_assert_int_eq(unlink(fixture_path("tmp/perf-4711.map")), 0);
	ck_assert_int_eq(mkfifo(fixture_path("tmp/perf-4711.map"), 0644), 0);
	ck_assert_int_eq(perfmap_open(&target, &map), -ENXIO);
	target.uid = target.euid = geteuid() + 1;
	ck_assert_int_eq(perfmap_open(&target, &map), -EPERM);
	close(target.root);
	fixture_remove();
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("perfmap");

	tcase_add_test(tests, names_addresses);
	tcase_add_test(tests, the_newest_counts);
	tcase_add_test(tests, opens_only_the_targets);
	return suite_run("perfmap", tests);
}
