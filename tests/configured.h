/* configured.h: configurations of a cluster in a directory of their own, and what comes of them. */
#ifndef TESTS_CONFIGURED_H
#define TESTS_CONFIGURED_H

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "applets/cluster/config.h"
#include "core/cleanup.h"
#include "tests/suite.h"

static char top[64];

static inline void enter(void)
{
	strcpy(top, "/tmp/test_config.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
	unsetenv("PROCGUARD_TEST");
}

static inline void leave(void)
{
	char command[128];

	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof(command), "rm -rf %s", top);
	ck_assert_int_eq(system(command), 0);
}

static inline void file(const char *name, const char *text)
{
	FILE *out = fopen(name, "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_int_ge(fputs(text, out), 0);
	ck_assert_int_eq(fclose(out), 0);
}

/* PATH below the directory of the test; good until the next call but one. */
static inline const char *at(const char *path)
{
	static char paths[2][256];
	static int next;
	char *ret = paths[next++ % 2];

	snprintf(ret, sizeof(paths[0]), "%s%s", top, path);
	return ret;
}

static inline struct config loaded(const struct config_request *request)
{
	struct fault fault = { "" };
	struct config config;
	int r = config_load(request, &config, NULL, &fault);

	ck_assert_msg(r == 0, "%d: %s", r, fault.text);
	return config;
}

static const struct config_request usual = { .called = "procguard cluster" };

/* TEXT as buildout.cfg. */
static inline struct config config_of(const char *text)
{
	file("buildout.cfg", text);
	return loaded(&usual);
}

static inline void expect_lines(const struct config_lines *lines, const char *expected)
{
	char text[1000] = "";

	for (size_t i = 0; i < lines->count; i++) {
		strcat(text, lines->items[i].kind == LINE_BACKGROUND ? "&" : "");
		strcat(text, lines->items[i].text);
		strcat(text, "@");
		strcat(text, lines->items[i].place);
		strcat(text, "|");
	}
	ck_assert_str_eq(text, expected);
}

/* The commands of `start` in TEXT. */
static inline void starts(const char *text, const char *expected)
{
	CLEANUP(config_done) struct config config = config_of(text);

	expect_lines(&config.start, expected);
}

static inline void refused_by(const struct config_request *request, const char *expected)
{
	struct config config = { .debug = true };
	struct fault fault = { "" };

	ck_assert_int_eq(config_load(request, &config, NULL, &fault), -EBADMSG);
	ck_assert_str_eq(fault.text, expected);
	ck_assert(config.debug);
}

static inline void refused(const char *text, const char *expected)
{
	file("buildout.cfg", text);
	refused_by(&usual, expected);
}

#endif
