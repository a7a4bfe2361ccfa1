/* package.h: a root with package databases, as a fixture. */
#ifndef TESTS_PACKAGE_H
#define TESTS_PACKAGE_H

#include "applets/gmr/package_private.h"
#include "core/cleanup.h"
#include "tests/fixture.h"

static int package_root = -1;

static inline void package_set_up(void)
{
	fixture_make();
	package_root = open(fixture_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(package_root, 0);
}

static inline void package_tear_down(void)
{
	package_root = fd_close(package_root);
	fixture_remove();
}

typedef int (*package_fn)(int root, const struct package_names *names, struct package *ret);

/* Who owns PATH by FUNCTION: "NAME:ARCH VERSION, VENDOR", or "" for nobody. */
static inline const char *package_owner(package_fn function, const char *path)
{
	static char text[512];
	struct package_names names;
	struct package package = { .name = "untouched" };
	int r = package_names(package_root, path, &names);

	r = r < 0 ? r : function(package_root, &names, &package);
	if (r < 0) {
		ck_assert_str_eq(package.name, "untouched");
		ck_assert_int_eq(r, -ENOENT);
		return "";
	}
	snprintf(text, sizeof text, "%s:%s %s, %s", package.name, package.arch, package.version, package.vendor);
	return text;
}

#endif
