#include "applets/gmr/sections.h"

void section_stack(struct gmr_report *report, struct value *entry, const char *key, const struct value *stack,
		   const char *missing)
{
	struct value *empty;

	if (stack) {
		value_add_copy(&report->tree, entry, key, stack);
		return;
	}
	empty = value_add_map(&report->tree, entry, key);
	value_add_list(&report->tree, empty, "lines");
	value_add_string(&report->tree, empty, "end", missing);
	value_add_null(&report->tree, empty, "root_exception");
}
