/* ini_list.c: what ini.h's structures are made of: how they grow, are searched and released. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/ini.h"
#include "core/ini_private.h"

void *ini_grown(void *items, size_t count, size_t size)
{
	if (count & (count - 1)) /* between two powers of two there is room */
		return items;
	return reallocarray(items, count ? 2 * count : 1, size);
}

int ini_value_add(struct ini_value *value, struct ini_line line)
{
	struct ini_line *grown = ini_grown(value->lines, value->count, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	value->lines = grown;
	grown[value->count++] = line;
	return 0;
}

int ini_section_add(struct ini *ini, const char *name, struct ini_section **ret)
{
	struct ini_section *grown = ini_grown(ini->sections, ini->count, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	ini->sections = grown;
	*ret = &grown[ini->count++];
	**ret = (struct ini_section){ .name = name };
	return 0;
}

int ini_option_add(struct ini_section *section, const char *name, enum ini_op op, struct ini_option **ret)
{
	struct ini_option *grown = ini_grown(section->options, section->count, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	section->options = grown;
	*ret = &grown[section->count++];
	**ret = (struct ini_option){ .name = name, .op = op };
	return 0;
}

int ini_condition_add(struct ini *ini, const struct ini_condition *condition)
{
	struct ini_condition *grown = ini_grown(ini->conditions, ini->condition_count, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	ini->conditions = grown;
	grown[ini->condition_count++] = *condition;
	return 0;
}

void ini_value_done(struct ini_value *value)
{
	if (!value)
		return;
	free(value->lines);
	*value = (struct ini_value){ 0 };
}

void ini_section_done(struct ini_section *section)
{
	if (!section)
		return;
	for (size_t i = 0; i < section->count; i++)
		ini_value_done(&section->options[i].value);
	free(section->options);
	*section = (struct ini_section){ 0 };
}

void ini_done(struct ini *ini)
{
	if (!ini)
		return;
	for (size_t i = 0; i < ini->count; i++)
		ini_section_done(&ini->sections[i]);
	free(ini->sections);
	free(ini->conditions);
	for (struct ini_text *text = ini->texts, *next; text; text = next) {
		next = text->next;
		free(text->data);
		free(text);
	}
	*ini = (struct ini){ 0 };
}

struct ini_section *ini_find(const struct ini *ini, const char *section)
{
	for (size_t i = 0; i < ini->count; i++)
		if (!strcmp(ini->sections[i].name, section))
			return &ini->sections[i];
	return NULL;
}

struct ini_option *ini_option_of(const struct ini_section *section, const char *name, enum ini_op op)
{
	for (size_t i = 0; i < section->count; i++)
		if (section->options[i].op == op && !strcmp(section->options[i].name, name))
			return &section->options[i];
	return NULL;
}

struct ini_option *ini_option(const struct ini_section *section, const char *option)
{
	return ini_option_of(section, option, INI_SET);
}

void ini_remove(struct ini_section *section, struct ini_option *option)
{
	size_t behind = (size_t)(section->options + section->count - option) - 1;

	ini_value_done(&option->value);
	section->count--;
	memmove(option, option + 1, behind * sizeof(*option));
}

int ini_set(struct ini *ini, const char *section, const char *option, const char *text)
{
	struct ini_section *s = ini_find(ini, section);
	struct ini_option *o = s ? ini_option(s, option) : NULL;
	int r = 0;

	if (!s)
		r = ini_section_add(ini, section, &s);
	if (r == 0 && !o)
		r = ini_option_add(s, option, INI_SET, &o);
	if (r < 0)
		return r;
	ini_value_done(&o->value);
	return ini_value_add(&o->value, (struct ini_line){ .text = text });
}
