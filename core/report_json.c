#include "core/report.h"

#include <inttypes.h>
#include <string.h>

#include "core/json.h"

static int add_value(const struct value *value, struct buf *ret);

/* As deep as values nest: VALUE_DEPTH_MAX. */
static int add_items(const struct value *value, struct buf *ret)
{
	bool is_map = value->kind == VALUE_MAP;
	int r = buf_adds(ret, is_map ? "{" : "[");

	for (const struct value *item = value_first(value); r == 0 && item; item = item->next) {
		if (is_map)
			r = json_add_string(ret, item->key, strlen(item->key));
		if (r == 0 && is_map)
			r = buf_adds(ret, ": ");
		if (r == 0)
			r = add_value(item, ret);
		if (r == 0 && item->next)
			r = buf_adds(ret, ", ");
	}
	return r < 0 ? r : buf_adds(ret, is_map ? "}" : "]");
}

static int add_value(const struct value *value, struct buf *ret)
{
	switch (value->kind) {
	case VALUE_BOOL:
		return buf_adds(ret, value->boolean ? "true" : "false");
	case VALUE_INT:
		return buf_printf(ret, "%" PRId64, value->integer);
	case VALUE_STRING:
		return json_add_string(ret, value->string, value->count);
	case VALUE_LIST:
	case VALUE_MAP:
		return add_items(value, ret);
	default:
		return buf_adds(ret, "null");
	}
}

int report_json(const struct value *report, struct buf *ret)
{
	size_t before = ret->len;
	int r = add_value(report, ret);

	if (r == 0)
		r = buf_adds(ret, "\n");
	if (r < 0 && ret->data) {
		ret->len = before;
		ret->data[before] = '\0';
	}
	return r;
}
