/* report_text_values.c: keys and values, as oslo.reports' KeyValueView lays them out:
 *
 *   default:
 *     zig = 1
 *     names =
 *       a
 *       b */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/report_text_private.h"

enum { STEP = 2 };

static void add_below(struct text *t, const struct value *in, const struct text_keys *keys, size_t indent);

/* VALUE, with its key when a map holds it. */
static void add_one(struct text *t, const struct value *value, const struct text_keys *keys, size_t indent)
{
	bool is_map = value->kind == VALUE_MAP, has_items = is_map || value->kind == VALUE_LIST;

	if (value->key && is_map && keys->blank_before)
		text_add(t, "\n");
	if (value->key || !has_items || is_map)
		text_pad(t, indent);
	if (value->key) {
		text_add(t, value->key);
		text_add(t, is_map ? keys->map_mark : " = ");
	} else if (is_map) {
		text_add(t, "[dict]");
	}
	if (!has_items)
		text_scalar(t, value);
	if (value->key || !has_items || is_map)
		text_add(t, "\n");
	if (has_items)
		add_below(t, value, keys, indent + STEP);
}

static int compare_keys(const void *a, const void *b)
{
	const struct value *const *left = a, *const *right = b;

	return strcmp((*left)->key, (*right)->key);
}

static void add_sorted(struct text *t, const struct value *map, const struct text_keys *keys, size_t indent)
{
	CLEANUP(free_done) const struct value **sorted = calloc(map->count ? map->count : 1, sizeof(const void *));
	size_t n = 0;

	if (!sorted) {
		t->error = t->error ? t->error : -ENOMEM;
		return;
	}
	for (const struct value *item = value_first(map); item && n < map->count; item = item->next)
		sorted[n++] = item;
	qsort(sorted, n, sizeof(*sorted), compare_keys);
	for (size_t i = 0; i < n; i++)
		add_one(t, sorted[i], keys, indent);
}

static bool is_one_of(const char *const *names, const char *key)
{
	for (; names && key && *names; names++)
		if (!strcmp(*names, key))
			return true;
	return false;
}

/* What IN, a list or map, holds. As deep as values nest: VALUE_DEPTH_MAX. */
static void add_below(struct text *t, const struct value *in, const struct text_keys *keys, size_t indent)
{
	if (in->kind == VALUE_MAP && keys->sort) {
		add_sorted(t, in, keys, indent);
		return;
	}
	for (const char *const *name = keys->first; name && *name; name++)
		if (value_get(in, *name))
			add_one(t, value_get(in, *name), keys, indent);
	for (const struct value *item = value_first(in); item; item = item->next)
		if (!is_one_of(keys->first, item->key))
			add_one(t, item, keys, indent);
}

void text_values(struct text *t, const struct value *map, const struct text_keys *keys)
{
	add_below(t, map, keys, 0);
}
