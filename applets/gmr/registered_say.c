/* registered_say.c: what a program registered, in the sections Package and Configuration. */
#include <string.h>

#include "applets/gmr/registered.h"
#include "core/cleanup.h"
#include "core/redact.h"

enum { KEY_MAX = 8 * REGISTRY_TEXT_MAX, VALUE_TEXT_MAX = 8 * REGISTRY_VALUE_MAX };

#define SUFFIX " (registered)"

/* --- Package --- */

static void add_text(struct gmr_report *report, struct value *in, const char *key, const char *text)
{
	value_add_string(&report->tree, in, key, *text ? text : NULL);
}

/* What the package database says, where the program says something else of itself. */
static void add_installed(struct gmr_report *report, struct value *in, const struct value *found)
{
	static const char *const keys[] = { "product", "vendor", "version" };
	struct value *installed;

	if (!value_get(found, "package"))
		return; /* then it is the file's name alone */
	installed = value_add_map(&report->tree, in, "installed");
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		value_add_string(&report->tree, installed, keys[i], value_string(found, keys[i], NULL));
}

bool registered_package(struct gmr_report *report, struct value *in, const struct registered *registered,
			const struct value *found, const char *name)
{
	const struct registry_copy *copy = registered_main(registered);

	if (!copy || !(copy->head.pid || copy->head.program[0] || copy->head.product[0]))
		return false;
	add_text(report, in, "product", copy->head.product[0] ? copy->head.product : name);
	add_text(report, in, "vendor", copy->head.vendor);
	add_text(report, in, "version", copy->head.program);
	value_add_bool(&report->tree, in, "registered", true);
	add_installed(report, in, found);
	return true;
}

/* --- Configuration --- */

/* The groups that were there before; those behind it are registered. */
struct groups {
	struct gmr_report *report;
	struct value *section;
	const struct value *last_own;
};

static bool is_own(const struct groups *groups, const struct value *group)
{
	for (const struct value *v = value_first(groups->section); v && groups->last_own; v = v->next) {
		if (v == group)
			return true;
		if (v == groups->last_own)
			break;
	}
	return false;
}

/* The group NAME, made when it is the first of it. */
static struct value *find_group(struct groups *groups, const char *name)
{
	CLEANUP(buf_done) struct buf key = BUF(KEY_MAX);
	const struct value *group;

	if (buf_add_escaped(&key, name, strlen(name), false) < 0)
		return NULL;
	group = value_get(groups->section, key.data ? key.data : "");
	if (is_own(groups, group)) {
		(void)buf_adds(&key, SUFFIX);
		group = value_get(groups->section, key.data);
	}
	if (!group)
		return value_add_map(&groups->report->tree, groups->section, key.data ? key.data : "");
	return group->kind == VALUE_MAP ? (struct value *)(uintptr_t)group : NULL;
}

static void add_value(struct groups *groups, struct value *group, const char *key,
		      const struct registry_copied_option *option)
{
	CLEANUP(buf_done) struct buf text = BUF(VALUE_TEXT_MAX);
	int r;

	if (!option->value || option->flags & REGISTRY_SECRET) {
		value_add_string(&groups->report->tree, group, key, REDACT_MASK);
		return;
	}
	r = redact_value(option->name, strlen(option->name), option->value, strlen(option->value), &text);
	if (r == 0 && option->flags & REGISTRY_CUT)
		r = buf_adds(&text, "...");
	if (r < 0)
		value_add_string(&groups->report->tree, group, key, REDACT_MASK);
	else
		value_add_bytes(&groups->report->tree, group, key, text.data ? text.data : "", text.len);
}

/* Several objects of a program may have registered the same: the first one is shown. */
static void add_option(struct groups *groups, const struct registry_copied_option *option)
{
	struct value *group = find_group(groups, option->group);
	CLEANUP(buf_done) struct buf key = BUF(KEY_MAX);

	if (!group || buf_add_escaped(&key, option->name, strlen(option->name), false) < 0)
		return;
	if (!value_get(group, key.data ? key.data : ""))
		add_value(groups, group, key.data ? key.data : "", option);
}

void registered_options(struct gmr_report *report, struct value *in, const struct registered *registered)
{
	struct groups groups = { .report = report, .section = in, .last_own = in ? in->items.last : NULL };

	for (size_t i = 0; in && registered && i < registered->count; i++) {
		const struct registry_copy *copy = registered->places[i].copy;

		for (size_t k = 0; copy && k < copy->option_count; k++)
			add_option(&groups, &copy->options[k]);
	}
}
