/* Options that a program registers with the C library, as they are read from outside. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/inside.h"
#include "tests/suite.h"

static const struct registry_copied_option *find(const struct registry_copy *copy, const char *group, const char *name)
{
	for (size_t i = 0; i < copy->option_count; i++)
		if (!strcmp(copy->options[i].group, group) && !strcmp(copy->options[i].name, name))
			return &copy->options[i];
	return NULL;
}

/* VALUE NULL: masked. */
static void expect(const char *group, const char *name, const char *value, uint32_t flags)
{
	struct registry_copy *copy = inside_copy();
	const struct registry_copied_option *option = find(copy, group, name);

	ck_assert_uint_eq(copy->torn, 0);
	ck_assert_ptr_nonnull(option);
	ck_assert_pstr_eq(option->value, value);
	ck_assert_uint_eq(option->flags, flags);
	registry_copy_free(copy);
}

static void expect_count(size_t count)
{
	struct registry_copy *copy = inside_copy();

	ck_assert_uint_eq(copy->option_count, count);
	registry_copy_free(copy);
}

START_TEST(registered)
{
	char name[8];

	errno = 4711;
	for (int i = 0; i < 200; i++) { /* several chunks */
		snprintf(name, sizeof(name), "o%d", i);
		ck_assert_int_eq(gmr_register_option(i % 2 ? "odd" : NULL, name, name, 0), 0);
	}
	ck_assert_int_eq(gmr_register_option("", "o4", "", 0), 0);
	expect_count(200);
	expect("odd", "o199", "o199", 0);
	expect("default", "o4", "", 0);
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "o%d", i);
		ck_assert_int_eq(gmr_register_option(i % 2 ? "odd" : NULL, name, NULL, 0), 0);
		expect_count(199 - (size_t)i);
	}
	ck_assert_int_eq(gmr_register_option("odd", "o1", NULL, 0), 0);
	ck_assert_int_eq(gmr_register_option("g", NULL, "v", 0), -EINVAL);
	ck_assert_int_eq(gmr_register_option("g", "", "v", 0), -EINVAL);
	ck_assert_int_eq(gmr_register_option("g", "n", "v", 2), -EINVAL);
	expect_count(0);
	ck_assert_int_eq(errno, 4711);
}
END_TEST

/* Characters stay whole; what is none is cut where it is. */
START_TEST(cut)
{
	char group[80], value[5000], expected[REGISTRY_VALUE_MAX];

	memset(group, 'g', sizeof(group));
	memcpy(group + 61, "\xe2\x82\xac", 4); /* EURO SIGN in bytes 61 to 63, of which the last is too much */
	memset(value, '\x82', sizeof(value) - 1);
	value[sizeof(value) - 1] = '\0';
	memcpy(expected, value, sizeof(expected) - 1);
	expected[sizeof(expected) - 1] = '\0';
	ck_assert_int_eq(gmr_register_option(group, "n", value, 0), 0);
	group[61] = '\0';
	expect(group, "n", expected, REGISTRY_CUT);
	memcpy(value + 4091, "\xf0\x9f\x98\x80", 5); /* four bytes up to the bound: not cut */
	memcpy(expected + 4091, "\xf0\x9f\x98\x80", 4);
	ck_assert_int_eq(gmr_register_option(group, "n", value, 0), 0);
	expect(group, "n", expected, 0);
	memcpy(value + 4092, "\xf0\x9f\x98\x80", 5);
	memcpy(expected + 4091, "\xf0", 2);
	expected[4092] = '\0';
	ck_assert_int_eq(gmr_register_option(group, "n", value, 0), 0);
	expect(group, "n", expected, REGISTRY_CUT);
	ck_assert_int_eq(gmr_register_option(group, "n", NULL, 0), 0);
	expect_count(0);
}
END_TEST

static size_t kilobytes(void)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	size_t pages;

	ck_assert_ptr_nonnull(statm);
	ck_assert_int_eq(fscanf(statm, "%zu", &pages), 1);
	fclose(statm);
	return pages * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

START_TEST(replaced)
{
	char value[4096] = "";
	size_t before = 0;

	for (size_t i = 0; i < 20000; i++) {
		size_t length = i % 2 ? i % sizeof(value) : 1;

		memset(value, 'a' + (int)(i % 26), length);
		value[length] = '\0';
		ck_assert_int_eq(gmr_register_option("g", "n", value, 0), 0);
		if (i % 5000 == 0)
			expect("g", "n", value, 0);
		if (i == 10000)
			before = kilobytes();
	}
	if (!getenv("CK_FORK")) /* valgrind itself takes more and more */
		ck_assert_uint_le(kilobytes(), before + 1024);
	ck_assert_int_eq(gmr_register_option("g", "n", NULL, 0), 0);
	expect_count(0);
}
END_TEST

/* What the place, of which the text is at AT, has by now. */
static bool has(const char *at, const char *text)
{
	return memmem(at, 128, text, strlen(text));
}

START_TEST(secret)
{
	const struct registry_option *slot;
	const char *first;

	ck_assert_int_eq(gmr_register_option("g", "n", "horse", 0), 0);
	slot = (const struct registry_option *)(uintptr_t)inside_registry.options.chunks[0];
	first = (const char *)(uintptr_t)slot->text;
	ck_assert(has(first, "horse"));
	ck_assert_int_eq(gmr_register_option("g", "n", "battery staple", GMR_SECRET), 0);
	expect("g", "n", NULL, REGISTRY_SECRET);
	ck_assert_uint_eq(slot->length, 4);
	ck_assert(!has(first, "horse") && !has((const char *)(uintptr_t)slot->text, "staple"));
	first = (const char *)(uintptr_t)slot->text;
	ck_assert_int_eq(gmr_register_option("g", "n", "correct", 0), 0);
	expect("g", "n", "correct", 0);
	first = (const char *)(uintptr_t)slot->text;
	ck_assert_int_eq(gmr_register_option("g", "n", NULL, 0), 0);
	ck_assert(!has(first, "correct"));
	ck_assert_uint_eq(slot->text, 0);
}
END_TEST

START_TEST(full)
{
	char name[16];

	for (int i = 0; i < REGISTRY_OPTIONS_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		ck_assert_int_eq(gmr_register_option(NULL, name, "v", 0), 0);
	}
	ck_assert_int_eq(gmr_register_option(NULL, "more", "v", 0), -ENOSPC);
	ck_assert_int_eq(gmr_register_option(NULL, "4095", "w", 0), 0);
	expect("default", "4095", "w", 0);
	expect_count(REGISTRY_OPTIONS_MAX);
	for (int i = 0; i < REGISTRY_OPTIONS_MAX; i++) {
		snprintf(name, sizeof(name), "%d", i);
		ck_assert_int_eq(gmr_register_option(NULL, name, NULL, 0), 0);
	}
	expect_count(0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, secret);
	tcase_add_test(t, registered);
	tcase_add_test(t, cut);
	tcase_add_test(t, replaced);
	tcase_add_test(t, full);
	return suite_run("inside_option", t);
}
