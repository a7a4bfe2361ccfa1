/* ini_merge.c: sections laid over each other, as zc.buildout does it for `extends` and `<=`. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/ini.h"
#include "core/ini_private.h"
#include "core/near.h"

enum { INHERIT_STEPS_MAX = 1024 }; /* sections taken in for one; a list that doubles at each level must end */

/* ---- values ---- */

static bool has_line(const struct ini_value *value, const char *text)
{
	for (size_t i = 0; i < value->count; i++)
		if (!strcmp(value->lines[i].text, text))
			return true;
	return false;
}

static int append(struct ini_value *value, const struct ini_value *more)
{
	int r = 0;

	for (size_t i = 0; i < more->count && r == 0; i++)
		r = ini_value_add(value, more->lines[i]);
	return r;
}

/* What is left of a value of which all lines are taken out is an empty one. */
static int take_out(struct ini_value *value, const struct ini_value *less)
{
	struct ini_value kept = { 0 };
	int r = 0;

	for (size_t i = 0; i < value->count && r == 0; i++)
		if (!has_line(less, value->lines[i].text))
			r = ini_value_add(&kept, value->lines[i]);
	if (r == 0 && kept.count == 0)
		r = ini_value_add(&kept, (struct ini_line){ "", less->lines[0].file, less->lines[0].line });
	if (r < 0) {
		ini_value_done(&kept);
		return r;
	}
	ini_value_done(value);
	*value = kept;
	return 0;
}

static struct ini_value take_value(struct ini_value *value)
{
	struct ini_value taken = *value;

	*value = (struct ini_value){ 0 };
	return taken;
}

static int change(struct ini_value *value, enum ini_op op, const struct ini_value *by)
{
	return op == INI_ADD ? append(value, by) : take_out(value, by);
}

/* ---- sections ---- */

/* The option NAME that is set; an empty value is made where there is none, at the place of FOR. */
static int set_option(struct ini_section *section, const struct ini_option *for_option, struct ini_option **ret)
{
	const struct ini_line *first = &for_option->value.lines[0];
	int r;

	*ret = ini_option(section, for_option->name);
	if (*ret)
		return 0;
	r = ini_option_add(section, for_option->name, INI_SET, ret);
	return r < 0 ? r : ini_value_add(&(*ret)->value, (struct ini_line){ "", first->file, first->line });
}

/* Do what is still to be done to the option NAME of SECTION (NULL: to all). */
static int settle(struct ini_section *section, const char *name)
{
	for (enum ini_op op = INI_ADD; op <= INI_REMOVE; op++)
		for (size_t i = 0; i < section->count; i++) {
			struct ini_option pending = section->options[i], *set;
			int r;

			if (pending.op != op || (name && strcmp(pending.name, name) != 0))
				continue;
			r = set_option(section, &pending, &set);
			if (r == 0)
				r = change(&set->value, op, &pending.value);
			if (r < 0)
				return r;
			ini_remove(section, &section->options[i--]);
		}
	return 0;
}

/* What is still to be done to the option NAME of SECTION is not to be done any more. */
static void forget(struct ini_section *section, const char *name)
{
	for (enum ini_op op = INI_ADD; op <= INI_REMOVE; op++) {
		struct ini_option *pending = ini_option_of(section, name, op);

		if (pending)
			ini_remove(section, pending);
	}
}

/* Options of OVER take the place of those of BASE that have the same name and operation; "=" of all of them. */
static int replace(struct ini_section *base, struct ini_section *over)
{
	for (size_t i = 0; i < over->count; i++)
		if (over->options[i].op == INI_SET)
			forget(base, over->options[i].name);
	for (size_t i = 0; i < over->count; i++) {
		struct ini_option *from = &over->options[i], *to = ini_option_of(base, from->name, from->op);
		int r = to ? 0 : ini_option_add(base, from->name, from->op, &to);

		if (r < 0)
			return r;
		ini_value_done(&to->value);
		to->value = take_value(&from->value);
	}
	return 0;
}

/* Lay OVER on BASE. What OVER adds or takes out is done to its own value, else to that of BASE; OVER's values, whole
 * then, replace those of BASE. */
static int update(struct ini_section *base, struct ini_section *over)
{
	int r = 0;

	for (size_t i = 0; i < over->count && r == 0; i++) {
		const struct ini_option pending = over->options[i];
		struct ini_option *below, *own;

		if (pending.op == INI_SET || ini_option(over, pending.name))
			continue;
		r = settle(base, pending.name);
		below = r == 0 ? ini_option(base, pending.name) : NULL;
		if (below)
			r = ini_option_add(over, below->name, INI_SET, &own);
		if (below && r == 0)
			own->value = take_value(&below->value);
	}
	if (r == 0)
		r = settle(over, NULL);
	return r < 0 ? r : replace(base, over);
}

int ini_merge(struct ini *base, struct ini *over)
{
	struct ini_text **last = &base->texts;
	int r = 0;

	while (*last)
		last = &(*last)->next;
	*last = TAKE_PTR(over->texts);
	for (size_t i = 0; i < over->count && r == 0; i++) {
		struct ini_section *from = &over->sections[i], *to = ini_find(base, from->name);

		if (to) {
			r = update(to, from);
			continue;
		}
		r = ini_section_add(base, from->name, &to);
		if (r == 0) {
			*to = *from;
			*from = (struct ini_section){ 0 };
		}
	}
	for (size_t i = 0; i < over->condition_count && r == 0; i++)
		r = ini_condition_add(base, &over->conditions[i]);
	ini_done(over);
	return r;
}

/* ---- inheriting ---- */

struct inherit {
	const struct ini *ini;
	struct ini_fault *fault;
	const char *doing[INI_INHERIT_MAX];
	size_t depth, steps;
};

static int refuse(struct inherit *in, const struct ini_line *line, int error, const char *why, const char *near)
{
	const char *name = ini_strip(line->text).at;

	in->fault->file = line->file;
	in->fault->line = line->line;
	snprintf(in->fault->why, sizeof(in->fault->why), near ? "<= %s: %s (did you mean '%s'?)" : "<= %s: %s",
		 name, why, near);
	return error;
}

static int no_section(struct inherit *in, const struct ini_line *line, const char *name)
{
	struct near near = NEAR(name, strlen(name));

	for (size_t i = 0; i < in->ini->count; i++)
		near_offer(&near, in->ini->sections[i].name);
	return refuse(in, line, -ESRCH, "no such section", near.best);
}

static int copy(const struct ini_section *section, struct ini_section *ret)
{
	int r = 0;

	*ret = (struct ini_section){ .name = section->name };
	for (size_t i = 0; i < section->count && r == 0; i++) {
		const struct ini_option *from = &section->options[i];
		struct ini_option *to;

		r = ini_option_add(ret, from->name, from->op, &to);
		if (r == 0)
			r = append(&to->value, &from->value);
	}
	return r;
}

static int inherit(struct inherit *in, const struct ini_section *section, struct ini_section *ret);

/* Take what the section that LINE names has over into RET. */
static int inherit_line(struct inherit *in, const struct ini_line *line, struct ini_section *ret)
{
	CLEANUP(ini_section_done) struct ini_section base = { 0 };
	const struct ini_section *section;
	const char *name = ini_strip(line->text).at; /* at its end there is none anyway */
	int r;

	if (!*name)
		return 0;
	section = ini_find(in->ini, name);
	if (!section)
		return no_section(in, line, name);
	for (size_t i = 0; i < in->depth; i++)
		if (!strcmp(in->doing[i], name))
			return refuse(in, line, -ELOOP, "the section inherits itself", NULL);
	if (in->depth == INI_INHERIT_MAX || ++in->steps > INHERIT_STEPS_MAX)
		return refuse(in, line, -ELOOP, "it inherits too many sections", NULL);
	r = inherit(in, section, &base);
	return r < 0 ? r : replace(ret, &base);
}

/* RET, also where this fails, is the caller's to release. */
static int inherit(struct inherit *in, const struct ini_section *section, struct ini_section *ret)
{
	CLEANUP(ini_section_done) struct ini_section own = { 0 };
	const struct ini_option *bases = strcmp(section->name, "buildout") != 0 ? ini_option(section, "<") : NULL;
	int r;

	if (!bases)
		return copy(section, ret);
	in->doing[in->depth++] = section->name;
	ret->name = section->name;
	r = copy(section, &own);
	if (r == 0)
		ini_remove(&own, ini_option(&own, "<"));
	for (size_t i = 0; i < bases->value.count && r == 0; i++)
		r = inherit_line(in, &bases->value.lines[i], ret);
	if (r == 0)
		r = update(ret, &own);
	in->depth--;
	return r;
}

int ini_inherit(const struct ini *ini, const char *name, struct ini_section *ret, struct ini_fault *ret_fault)
{
	CLEANUP(ini_section_done) struct ini_section whole = { 0 };
	struct inherit in = { .ini = ini, .fault = ret_fault };
	const struct ini_section *section = ini_find(ini, name);
	int r = section ? inherit(&in, section, &whole) : -ENOENT;

	if (r == 0)
		r = settle(&whole, NULL);
	if (r < 0)
		return r;
	*ret = whole;
	whole = (struct ini_section){ 0 };
	return 0;
}
