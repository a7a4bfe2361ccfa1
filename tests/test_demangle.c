/* C++ names, and what is refused of them. Where libstdc++ is missing, and in static builds, all stay as they are. */
#include "core/demangle.h"

#include <stdio.h>
#include <string.h>

#include "tests/suite.h"

static void stays(struct demangler *d, const char *name)
{
	char *text = demangle(d, name);

	ck_assert_msg(!text, "%.200s: %.200s", name, text);
}

/* If there is a library at all. */
static void becomes(struct demangler *d, const char *name, const char *expected)
{
	char *text = demangle(d, name);

	ck_assert(!text == !d->function);
	if (text)
		ck_assert_str_eq(text, expected);
	free(text);
}

START_TEST(names)
{
	struct demangler d = { .looked_for = false };

	becomes(&d, "_ZN7Monitor4waitEv", "Monitor::wait()");
	becomes(&d, "_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector<int, std::allocator<int> >::push_back(int&&)");
	becomes(&d, "_Z1fIJicEEvDpT_", "void f<int, char>(int, char)");
	ck_assert(d.looked_for);
}
END_TEST

START_TEST(what_is_none)
{
	struct demangler d = { .looked_for = false };

	stays(&d, "");
	stays(&d, "main");
	stays(&d, "_");
	stays(&d, "_start");
	stays(&d, "_RNvC5crate4main");
	ck_assert(!d.looked_for);
	stays(&d, "_Z");
	stays(&d, "_ZN7Monitor4wait");
	stays(&d, "_Z99f");
}
END_TEST

/* f(A<int, int>, A<that, that>, A<that, that>, ...): each layer twice as long. */
static char *layers(unsigned count)
{
	static char name[8192];
	size_t len = (size_t)snprintf(name, sizeof(name), "_Z1f1AIiiE");

	for (unsigned i = 0; i < count; i++) {
		char last = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[i % 36];

		len += (size_t)snprintf(name + len, sizeof(name) - len, "S_IS%c_S%c_E", last, last);
	}
	return name;
}

START_TEST(what_would_be_endless)
{
	struct demangler d = { .looked_for = false };
	char *text, *name = malloc(100001);

	text = demangle(&d, layers(3));
	ck_assert(!text == !d.function);
	free(text);
	stays(&d, layers(12));
	stays(&d, layers(36));
	ck_assert_ptr_nonnull(name);
	memset(name, 'P', 100000);
	memcpy(name, "_Z1f", 4);
	memcpy(name + 99999, "i", 2);
	stays(&d, name);
	free(name);
	stays(&d, "_Z1fIJiiiiiiiiEEv1AIDpS_IDpS_IDpS_IDpT_T_ET_ET_ET_E");
	ck_assert_uint_eq(d.refused, 0);
}
END_TEST

START_TEST(too_long_too_often)
{
	struct demangler d = { .looked_for = false };

	for (int i = 0; i < 20; i++)
		stays(&d, layers(9));
	ck_assert(!d.function || d.refused == 8);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("demangle");

	tcase_add_test(tests, names);
	tcase_add_test(tests, what_is_none);
	tcase_add_test(tests, what_would_be_endless);
	tcase_add_test(tests, too_long_too_often);
	return suite_run("demangle", tests);
}
