/* threads_python.c: see threads_private.h: what Python says of a thread (decode.h: decoded_python). */
#include <string.h>

#include "applets/gmr/threads_private.h"
#include "core/report.h"

static const struct value *states_of(const struct threads *threads, size_t index)
{
	const struct decoded *decoded = threads->decoded;

	return decoded && decoded->python.threads && index < decoded->count ? decoded->python.threads[index] : NULL;
}

/* Python's code, or what kept us from seeing it. */
static bool has_frames(const struct value *state)
{
	const struct value *stack = value_get(state, "stack_trace");

	return value_first(value_get(stack, "lines")) || value_string(stack, "end", NULL);
}

/* Is A rather shown as the thread's own than B? One that runs code; then the main interpreter's. */
static bool comes_before(const struct value *a, const struct value *b)
{
	if (!b || has_frames(a) != has_frames(b))
		return !b || has_frames(a);
	return value_int(a, "interpreter", 0) < value_int(b, "interpreter", 0);
}

const struct value *threads_python(const struct threads *threads, size_t index)
{
	const struct value *best = NULL;

	for (const struct value *s = value_first(states_of(threads, index)); s; s = s->next)
		if (comes_before(s, best))
			best = s;
	return best;
}

const struct value *threads_python_stack(const struct value *python)
{
	return python && has_frames(python) ? value_get(python, "stack_trace") : NULL;
}

static void add_state(struct threads *threads, const struct value *state, struct value *map)
{
	struct value_tree *tree = &threads->report->tree;

	value_add_string(tree, map, "gil", value_string(state, "gil", NULL));
	value_add_int(tree, map, "interpreter_id", value_int(state, "interpreter", 0));
	value_add_bool(tree, map, "settled", value_bool(state, "settled", false));
	if (has_frames(state) && (!value_bool(state, "settled", false) ||
				  value_string(value_get(state, "stack_trace"), "end", NULL)))
		threads->report->incomplete = true;
}

void threads_add_python(struct threads *threads, const struct value *python, struct value *entry)
{
	if (python)
		add_state(threads, python, value_add_map(&threads->report->tree, entry, "python"));
}

void threads_add_interpreters(struct threads *threads, size_t index, const struct value *python, struct value *entry)
{
	struct value_tree *tree = &threads->report->tree;
	struct value *list = NULL, *map;

	for (const struct value *s = value_first(states_of(threads, index)); s; s = s->next) {
		if (s == python || !has_frames(s))
			continue;
		if (!list)
			list = value_add_list(tree, entry, "interpreters");
		map = value_add_map(tree, list, NULL);
		add_state(threads, s, map);
		value_add_copy(tree, map, "stack_trace", value_get(s, "stack_trace"));
	}
}

/* Threads whose Python differs in more than its stack are not the same; one that runs several interpreters is none
 * that has its like. */
bool threads_python_is_alone(const struct threads *threads, size_t index)
{
	const struct value *states = states_of(threads, index);

	return states && states->count > 1;
}

int64_t threads_python_kind(const struct value *python)
{
	const char *gil = value_string(python, "gil", "");

	return value_int(python, "interpreter", -1) * 8 + (value_bool(python, "settled", false) ? 4 : 0) +
	       (*gil == 'h' ? 2 : *gil == 'w' ? 1 : 0);
}

void threads_say_python(struct gmr_report *report, const struct decoded *decoded)
{
	const struct decoded_python *python = &decoded->python;

	if (python->why[0]) {
		report->incomplete = true;
		section_note(report, REPORT_THREADS, "Python: %s", python->why);
	}
	if (!python->threads_rest)
		return;
	report->incomplete = true;
	section_note(report, REPORT_THREADS, "what %zu of Python's threads execute is not shown: it is not known which "
		     "of these they are", python->threads_rest);
}
