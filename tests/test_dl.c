/* Libraries at their first use: what is filled, what is left alone, what packagers read. */
#include <check.h>
#include <errno.h>
#include <link.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/dl.h"

DL_SONAMES(math_sonames, "math", "A test", "suggested", "libpg-no-such.so.9", "libm.so.6");

struct math {
	__typeof__(cos) *cos;
	__typeof__(cos) *sin;
};

START_TEST(the_second_soname_serves)
{
	struct math m = { NULL, NULL };
	const struct dl_symbol symbols[] = { DL_SYMBOL(m, cos), DL_SYMBOL(m, sin) };
	const struct dl_library library = { math_sonames, symbols, 2 };
	const char *why = NULL;

	ck_assert_int_eq(dl_load(&library, &why), 0);
	ck_assert_double_eq(m.cos(0), 1);
	ck_assert_double_eq(m.sin(0), 0);
	ck_assert_ptr_null(why);
	ck_assert_int_eq(dl_load(&library, &why), 0);
	ck_assert_double_eq(m.cos(0), 1);
}
END_TEST

#ifndef DL_LINKED
START_TEST(a_missing_library_is_told_by_its_usual_name)
{
	static const char *const names[] = { "libpg-first.so.1", "libpg-second.so.1", NULL };
	struct math m = { NULL, NULL };
	const struct dl_symbol symbols[] = { DL_SYMBOL(m, cos) };
	const struct dl_library library = { names, symbols, 1 };
	const char *why = NULL;

	ck_assert_int_eq(dl_load(&library, &why), -ENOENT);
	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, "libpg-first.so.1"), "%s", why);
	ck_assert_ptr_null(m.cos);
}
END_TEST

START_TEST(a_missing_function_leaves_all_slots_alone)
{
	struct math m = { NULL, NULL };
	const struct dl_symbol symbols[] = { DL_SYMBOL(m, cos), { "pg_no_such_function", (void **)&m.sin, NULL } };
	const struct dl_library library = { math_sonames, symbols, 2 };
	const char *why = NULL;

	ck_assert_int_eq(dl_load(&library, &why), -ENOEXEC);
	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, "pg_no_such_function"), "%s", why);
	ck_assert_ptr_null(m.cos);
	ck_assert_ptr_null(m.sin);
}
END_TEST

/* The notes of this program, as a packager's tool walks them: elf(5), Nhdr. */
static int find_note(struct dl_phdr_info *info, size_t size, void *context)
{
	const char **ret = context;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		const char *at = (const char *)(info->dlpi_addr + segment->p_vaddr), *end = at + segment->p_memsz;

		while (segment->p_type == PT_NOTE && segment->p_align == 4 && at + sizeof(ElfW(Nhdr)) <= end) {
			ElfW(Nhdr) note;
			const char *name = at + sizeof(note);

			memcpy(&note, at, sizeof(note));
			at = name + (note.n_namesz + 3) / 4 * 4;
			if (note.n_type == 0x407c0c0a && note.n_namesz == 4 && !strcmp(name, "FDO"))
				*ret = at;
			at += (note.n_descsz + 3) / 4 * 4;
		}
	}
	return 1; /* the program itself is the first; libraries have notes of their own */
}

START_TEST(the_note_is_what_packagers_read)
{
	const char *json = NULL;

	dl_iterate_phdr(find_note, &json);
	ck_assert_ptr_nonnull(json);
	ck_assert_str_eq(json, "[{\"feature\":\"math\",\"description\":\"A test\",\"priority\":\"suggested\","
			       "\"soname\":[\"libpg-no-such.so.9\",\"libm.so.6\"]}]");
}
END_TEST
#endif

static TCase *make_case(void)
{
	TCase *tc = tcase_create("dl");

	tcase_add_test(tc, the_second_soname_serves);
#ifndef DL_LINKED
	tcase_add_test(tc, a_missing_library_is_told_by_its_usual_name);
	tcase_add_test(tc, a_missing_function_leaves_all_slots_alone);
	tcase_add_test(tc, the_note_is_what_packagers_read);
#endif
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("dl");
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, make_case());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
