#include "applets/gmr/green.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/denied.h"
#include "applets/gmr/fold.h"
#include "applets/gmr/green_private.h"
#include "core/cleanup.h"
#include "core/report.h"

/* What the section is made of. */
struct greens {
	struct gmr_report *report;
	const struct capture *capture;
	const struct decoded *decoded;
	const struct registry_green **all; /* as they stand in the capture */
	size_t count;
};

size_t green_count(const struct registered *registered)
{
	size_t count = 0;

	for (size_t i = 0; i < registered->count; i++)
		if (registered->places[i].copy)
			count += registered->places[i].copy->green_count;
	return count;
}

/* Those of all registries, green_count() of them; NULL: no memory. */
static const struct registry_green **list_greens(const struct registered *registered)
{
	const struct registry_green **all = calloc(green_count(registered) + 1, sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; all && i < registered->count; i++) {
		const struct registry_copy *copy = registered->places[i].copy;

		for (size_t k = 0; copy && k < copy->green_count; k++)
			all[count++] = &copy->green[k];
	}
	return all;
}

int green_take(struct capture *capture, const struct registered *registered)
{
	size_t count = green_count(registered);
	CLEANUP(free_done) const struct registry_green **all = list_greens(registered);
	CLEANUP(free_done) struct capture_green_spec *specs = calloc(count + 1, sizeof(*specs));

	if (!all || !specs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		specs[i] = (struct capture_green_spec){ all[i]->stack, all[i]->stack_size, all[i]->context,
							all[i]->registers };
	return capture_green(capture, specs, count);
}

static const char *unread_text(int error)
{
	switch (error) {
	case -EINVAL: return "not read: the bounds of its stack make no sense";
	case -EFAULT: return "not read: its registers are not in memory";
	case -ENODATA: return "not read: its stack is not in memory";
	case -EBADMSG: return "not read: its registers do not lead into code and onto its stack";
	case -EAGAIN: return "not read: it was being switched";
	case -ENOBUFS: return "not read: there are more stacks than we take";
	case -ETIMEDOUT: return "not read: no time was left, see --deadline";
	case -ENOSYS: return "not read: registers of this processor are not known";
	case -EPERM:
	case -EACCES: return "not read: not permitted";
	}
	return "not read";
}

/* Is it for the report that it was not read, and not for the program? */
static bool is_our_fault(const struct capture_thread *green)
{
	return green->how == CAPTURE_UNREAD && !green->tid && green->error != -EINVAL && green->error != -EFAULT &&
	       green->error != -ENODATA && green->error != -EBADMSG;
}

static const struct value *stack_of(const struct greens *greens, size_t index, const char **ret_missing)
{
	const struct capture_thread *green = &greens->capture->greens[index];
	const struct decoded *decoded = greens->decoded;
	size_t at = greens->capture->thread_count + index;

	*ret_missing = "";
	if (green->tid)
		*ret_missing = REPORT_IN_THREADS;
	else if (green->how == CAPTURE_UNREAD)
		*ret_missing = unread_text(green->error);
	else if (decoded && at < decoded->count && decoded->stacks[at])
		return decoded->stacks[at];
	else
		*ret_missing = "not read: its stack was not decoded";
	return NULL;
}

/* Those that run are told apart by their threads. */
static bool item_to_fold(const void *context, size_t index, struct fold_item *ret)
{
	const struct greens *greens = context;

	ret->stack = stack_of(greens, index, &ret->missing);
	return !greens->capture->greens[index].tid;
}

static void add_name(const struct greens *greens, size_t index, struct value *in, const char *key)
{
	const char *name = greens->all[index]->name;

	section_masked(&greens->report->tree, in, key, name, strnlen(name, sizeof(greens->all[index]->name)));
}

static void add_names(const struct greens *greens, size_t first, const size_t *next, struct value *entry)
{
	struct value *names;

	if (next[first] == first)
		return;
	names = value_add_list(&greens->report->tree, entry, "names");
	for (size_t i = first;; i = next[i]) {
		add_name(greens, i, names, NULL);
		if (next[i] == i)
			return;
	}
}

static void add_stack(const struct greens *greens, size_t index, struct value *entry)
{
	const char *missing;
	const struct value *stack = stack_of(greens, index, &missing);

	section_stack(greens->report, entry, "stack_trace", stack, missing);
}

static void add_green(const struct greens *greens, size_t index, const size_t *next, struct value *list)
{
	struct value_tree *tree = &greens->report->tree;
	struct value *entry = value_add_map(tree, list, NULL);
	pid_t tid = greens->capture->greens[index].tid;

	add_name(greens, index, entry, "name");
	add_names(greens, index, next, entry);
	if (tid)
		value_add_format(tree, entry, "state", "running in thread %d", (int)tid);
	else
		value_add_string(tree, entry, "state", "waiting");
	add_stack(greens, index, entry);
}

static int add_greens(const struct greens *greens, const struct sections_options *options, struct value *list)
{
	CLEANUP(free_done) size_t *next = calloc(greens->count + 1, sizeof(*next));
	CLEANUP(free_done) bool *is_first = calloc(greens->count + 1, sizeof(*is_first));

	if (!next || !is_first)
		return -ENOMEM;
	for (size_t i = 0; i < greens->count; i++) {
		next[i] = i;
		is_first[i] = true;
	}
	if (options->fold)
		(void)fold_stacks(item_to_fold, greens, greens->count, next, is_first);
	for (size_t i = 0; i < greens->count; i++)
		if (is_first[i])
			add_green(greens, i, next, list);
	return 0;
}

/* What is missing for no fault of the program's. */
static void say_missing(const struct greens *greens, size_t registered)
{
	struct gmr_report *report = greens->report;

	for (size_t i = 0; i < greens->count; i++) {
		const char *missing;

		if (is_our_fault(&greens->capture->greens[i]) ||
		    (greens->capture->greens[i].how != CAPTURE_UNREAD && !stack_of(greens, i, &missing)))
			report->incomplete = true;
	}
	if (greens->count == registered)
		return;
	report->incomplete = true;
	section_note(report, REPORT_GREEN_THREADS, "%zu of %zu are not shown: %s", registered - greens->count,
		     registered, greens->count ? "there are more than we take" : "out of memory");
}

static void add_registered(struct gmr_report *report, const struct registered *registered,
			   const struct capture *capture, const struct decoded *decoded,
			   const struct sections_options *options, struct value *list)
{
	CLEANUP(free_done) const struct registry_green **all = list_greens(registered);
	struct greens greens = { .report = report, .capture = capture, .decoded = decoded, .all = all };

	if (!capture || !green_count(registered))
		return;
	greens.count = all ? capture->green_count : 0;
	if (add_greens(&greens, options, list) < 0)
		greens.count = 0;
	say_missing(&greens, green_count(registered));
}

void section_green_threads(struct gmr_report *report, const struct target *target,
			   const struct registered *registered, const struct capture *capture,
			   const struct decoded *decoded, const struct sections_options *options)
{
	struct value *list = value_add_list(&report->tree, &report->tree.root, REPORT_GREEN_THREADS);
	int refused = capture ? denied_memory(capture) : 0;

	if (refused)
		denied_add(&report->tree, report->denied, target, REPORT_GREEN_THREADS, "green threads", -refused,
			   true);
	add_registered(report, registered, capture, decoded, options, list);
	if (capture && decoded)
		green_python_add(report, capture, decoded, options, list);
}
