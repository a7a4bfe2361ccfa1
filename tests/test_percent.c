#include "core/percent.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

START_TEST(one_code_a_text)
{
	static const char *const texts[] = { "web:app", "..", "a/b", ".lock", "100%", "\n\x01", "\xc3\xa9", "A-z_9" };
	static const char *const bad[] = { "", "a.b", "%", "%4", "%41", "%00", "%2f", "%GG", "a b", "%2" };
	char name[256], back[256], long_text[400];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		ck_assert_int_eq(percent_encode(texts[i], name, sizeof(name)), 0);
		ck_assert_ptr_null(strpbrk(name, "./:\n"));
		ck_assert_int_eq(percent_decode(name, back, sizeof(back)), 0);
		ck_assert_str_eq(back, texts[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ck_assert_int_eq(percent_decode(bad[i], back, sizeof(back)), -EINVAL);
	ck_assert_int_eq(percent_encode("web:app", name, sizeof(name)), 0);
	ck_assert_str_eq(name, "web%3Aapp");
	ck_assert_int_eq(percent_encode("", name, sizeof(name)), -EINVAL);
	ck_assert_int_eq(percent_encode("abc", name, 3), -ENAMETOOLONG);
	ck_assert_int_eq(percent_decode("abc", name, 3), -ENAMETOOLONG);
	memset(long_text, 'a', sizeof(long_text));
	long_text[sizeof(long_text) - 1] = '\0';
	ck_assert_int_eq(percent_encode(long_text, name, sizeof(name)), -ENAMETOOLONG);
	ck_assert_int_eq(percent_decode(long_text, name, sizeof(name)), -ENAMETOOLONG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("percent");
	TCase *tcase = tcase_create("percent");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, one_code_a_text);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
