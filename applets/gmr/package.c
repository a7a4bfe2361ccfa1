/* package.c: the section Package: what the decoder has found (package_find.h), and what the parent knows by itself. */
#include "applets/gmr/denied.h"
#include "applets/gmr/registered.h"
#include "applets/gmr/sections.h"
#include "core/report.h"

/* Of a kernel thread, and where nothing was found. IS_REGISTERED: what it is, the program has said. */
static void add_bare(struct gmr_report *report, struct value *in, const struct target *target, bool is_registered)
{
	if (!is_registered) {
		value_add_string(&report->tree, in, "product", target_name(target));
		value_add_null(&report->tree, in, "vendor");
		value_add_null(&report->tree, in, "version");
	}
	if (target->exe_error)
		return;
	value_add_string(&report->tree, in, "path", target->exe);
	value_add_bool(&report->tree, in, "deleted", target->exe_deleted);
}

/* Only texts, booleans, and one map of them: the rest is not what package_find() writes. */
static void add_found(struct gmr_report *report, struct value *in, const struct value *found, bool nested)
{
	for (const struct value *v = value_first(found); v; v = v->next) {
		if (value_get(in, v->key))
			continue; /* registered */
		if (v->kind == VALUE_STRING || v->kind == VALUE_BOOL || v->kind == VALUE_NULL)
			value_add_copy(&report->tree, in, v->key, v);
		else if (v->kind == VALUE_MAP && !nested)
			add_found(report, value_add_map(&report->tree, in, v->key), v, true);
	}
}

void section_package(struct gmr_report *report, const struct target *target, const struct registered *registered,
		     const struct value *package)
{
	struct value *in = value_add_map(&report->tree, &report->tree.root, REPORT_PACKAGE);
	bool is_registered = registered_package(report, in, registered, package, target_name(target));

	if (value_get(package, "product"))
		add_found(report, in, package, false);
	else
		add_bare(report, in, target, is_registered);
	if (target->exe_error && !target_is_kernel(target))
		denied_add(&report->tree, report->denied, target, REPORT_PACKAGE, "the executable", -target->exe_error,
			   false);
	if (target->root < 0 && !target_is_kernel(target))
		denied_add(&report->tree, report->denied, target, REPORT_PACKAGE, "package databases", -target->root,
			   false);
}
