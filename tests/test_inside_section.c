/* Sections of the program's own: those that are registered, for the helper and from outside. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tests/inside.h"
#include "tests/suite.h"

static void one(struct gmr_section *section, void *context) { (void)section, (void)context; }
static void two(struct gmr_section *section, void *context) { (void)section, (void)context; }

static int contexts[2];

static void expect(const struct registry_section *section, const char *title, gmr_generator generator, void *context)
{
	ck_assert_str_eq(section->title, title);
	ck_assert_uint_eq(section->generator, (uintptr_t)generator);
	ck_assert_uint_eq(section->context, (uintptr_t)context);
}

START_TEST(registered)
{
	struct registry_section sections[REGISTRY_SECTIONS_MAX];
	struct registry_copy *copy;

	errno = 4711;
	ck_assert_int_eq(gmr_register_section("Queues", one, &contexts[0]), 0);
	ck_assert_int_eq(gmr_register_section("Caches", one, NULL), 0);
	ck_assert_int_eq(gmr_register_section("Locks", two, NULL), 0);
	ck_assert_int_eq(gmr_register_section("Queues", two, &contexts[1]), 0); /* keeps its place */
	ck_assert_int_eq(gmr_register_section("Queues", one, &contexts[1]), 0);
	ck_assert_uint_eq(inside_sections(sections), 3);
	expect(&sections[0], "Queues", one, &contexts[1]);
	expect(&sections[1], "Caches", one, NULL);
	expect(&sections[2], "Locks", two, NULL);
	ck_assert_int_eq(gmr_register_section("Queues", NULL, NULL), 0); /* and loses it */
	ck_assert_int_eq(gmr_register_section("Queues", NULL, NULL), 0);
	ck_assert_int_eq(gmr_register_section("Queues", two, &contexts[0]), 0);
	ck_assert_uint_eq(inside_sections(sections), 3);
	expect(&sections[2], "Queues", two, &contexts[0]);
	copy = inside_copy();
	ck_assert(copy->section_count == 3 && copy->torn == 0);
	ck_assert_str_eq(copy->sections[0].title, "Caches");
	ck_assert_str_eq(copy->sections[2].title, "Queues");
	registry_copy_free(copy);
	ck_assert_int_eq(gmr_register_section("Queues", NULL, NULL), 0);
	ck_assert_int_eq(gmr_register_section("Caches", NULL, NULL), 0);
	ck_assert_int_eq(gmr_register_section("Locks", NULL, NULL), 0);
	ck_assert_uint_eq(inside_sections(sections), 0);
	ck_assert_int_eq(errno, 4711);
}
END_TEST

START_TEST(refused)
{
	struct registry_section sections[REGISTRY_SECTIONS_MAX];
	char title[80];

	ck_assert_int_eq(gmr_register_section(NULL, one, NULL), -EINVAL);
	ck_assert_int_eq(gmr_register_section("", one, NULL), -EINVAL);
	ck_assert_int_eq(gmr_register_section("Threads", one, NULL), -EINVAL);
	ck_assert_int_eq(gmr_register_section("Configuration", one, NULL), -EINVAL);
	for (int i = 0; i < REGISTRY_SECTIONS_MAX; i++) {
		snprintf(title, sizeof(title), "%d", i);
		ck_assert_int_eq(gmr_register_section(title, one, NULL), 0);
	}
	ck_assert_int_eq(gmr_register_section("more", one, NULL), -ENOSPC);
	ck_assert_int_eq(gmr_register_section("63", two, NULL), 0);
	for (int i = 0; i < REGISTRY_SECTIONS_MAX; i++) {
		snprintf(title, sizeof(title), "%d", i);
		ck_assert_int_eq(gmr_register_section(title, NULL, NULL), 0);
	}
	memset(title, 't', 62);
	memcpy(title + 62, "\xc3\xa9", 3);
	ck_assert_int_eq(gmr_register_section(title, one, NULL), 0);
	title[62] = '\0';
	ck_assert_uint_eq(inside_sections(sections), 1);
	expect(&sections[0], title, one, NULL);
	ck_assert_int_eq(gmr_register_section(title, NULL, NULL), 0);
}
END_TEST

START_TEST(late)
{
	struct registry_section sections[REGISTRY_SECTIONS_MAX];
	struct registry_copy *copy;

	ck_assert_int_eq(gmr_register_section("Queues", one, NULL), 0);
	inside_section_late("Queues", 4711);
	inside_section_late("Caches", 4711);
	ck_assert_ptr_null(inside_section("Caches"));
	ck_assert_int_eq(gmr_register_section("Queues", two, NULL), 0); /* it is late still */
	copy = inside_copy();
	ck_assert_uint_eq(copy->sections[0].late, 4711);
	ck_assert_uint_eq(inside_section("Queues")->late, 4711);
	registry_copy_free(copy);
	inside_section_late("Queues", 0);
	ck_assert_uint_eq(inside_sections(sections), 1);
	ck_assert_uint_eq(sections[0].late, 0);
	ck_assert_int_eq(gmr_register_section("Queues", NULL, NULL), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, registered);
	tcase_add_test(t, refused);
	tcase_add_test(t, late);
	return suite_run("inside_section", t);
}
