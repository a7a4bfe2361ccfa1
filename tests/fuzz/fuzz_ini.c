/* fuzz_ini.c: files of buildout's syntax: the input up to a line "---" is parsed, the rest is laid over it; then each
 * section inherits what it wants to. */
#include "core/ini.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_value(const struct ini_value *value)
{
	if (value->count == 0)
		abort();
	for (size_t i = 0; i < value->count; i++)
		if (strpbrk(value->lines[i].text, "\r\n") || !value->lines[i].file || value->lines[i].line == 0)
			abort();
}

static void check_section(const struct ini_section *section, int whole)
{
	for (size_t i = 0; i < section->count; i++) {
		const struct ini_option *option = &section->options[i];

		check_value(&option->value);
		if (option->op == INI_SET && ini_option(section, option->name) != option)
			abort();
		if (whole && option->op != INI_SET)
			abort();
	}
}

static void inherit(const struct ini *ini, const char *name)
{
	struct ini_fault fault = { 0 };
	struct ini_section section;
	int r = ini_inherit(ini, name, &section, &fault);

	if (r == 0) {
		check_section(&section, 1);
		ini_section_done(&section);
	} else if (!fault.file || !fault.line || !fault.why[0]) {
		abort();
	}
}

static void parse(const char *file, const uint8_t *text, size_t len, struct ini *ret)
{
	struct ini_fault fault = { 0 };

	if (ini_parse(file, (const char *)text, len, ret, &fault) < 0 && (!fault.why[0] || !fault.line))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *mark = size ? memmem(data, size, "\n---\n", 5) : NULL;
	size_t first = mark ? (size_t)(mark - data) + 1 : size;
	struct ini ini = { 0 }, over = { 0 };

	parse("base", data, first, &ini);
	if (mark)
		parse("over", mark + 5, size - first - 4, &over);
	if (ini_merge(&ini, &over) < 0)
		abort();
	for (size_t i = 0; i < ini.count; i++) {
		check_section(&ini.sections[i], 0);
		if (ini_find(&ini, ini.sections[i].name) != &ini.sections[i])
			abort();
		inherit(&ini, ini.sections[i].name);
	}
	ini_done(&ini);
	return 0;
}
