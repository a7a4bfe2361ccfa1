/* ini_dump.h: parse a text, and write down what came of it: "[a] x=1|2; y+=3; ". */
#ifndef TESTS_INI_DUMP_H
#define TESTS_INI_DUMP_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "core/ini.h"
#include "tests/suite.h"

static const char *const signs[] = { [INI_SET] = "=", [INI_ADD] = "+=", [INI_REMOVE] = "-=" };

static inline void dump_option(struct buf *out, const struct ini_option *option)
{
	ck_assert_uint_gt(option->value.count, 0);
	buf_printf(out, "%s%s", option->name, signs[option->op]);
	for (size_t i = 0; i < option->value.count; i++)
		buf_printf(out, "%s%s", i ? "|" : "", option->value.lines[i].text);
	buf_adds(out, "; ");
}

static inline void dump_section(struct buf *out, const struct ini_section *section)
{
	buf_printf(out, "[%s] ", section->name);
	for (size_t i = 0; i < section->count; i++)
		dump_option(out, &section->options[i]);
}

static inline void expect_ini(const struct ini *ini, const char *expected)
{
	CLEANUP(buf_done) struct buf out = BUF(1 << 16);

	buf_adds(&out, "");
	for (size_t i = 0; i < ini->count; i++)
		dump_section(&out, &ini->sections[i]);
	ck_assert_str_eq(out.data, expected);
}

/* A copy without a NUL behind it, so that valgrind and the sanitizer see what is read there. */
static inline int parse_bytes(const char *text, size_t len, struct ini *ret, struct ini_fault *ret_fault)
{
	char *copy = malloc(len ? len : 1);
	int r;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, len);
	r = ini_parse("x.cfg", copy, len, ret, ret_fault);
	free(copy);
	return r;
}

static inline struct ini parsed(const char *text)
{
	struct ini_fault fault = { 0 };
	struct ini ini;

	ck_assert_msg(parse_bytes(text, strlen(text), &ini, &fault) == 0, "'%s': %u: %s", text, fault.line, fault.why);
	return ini;
}

#endif
