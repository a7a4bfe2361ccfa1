/* section.c: see gmr.h and inside.h: sections. What is called, with its context, is a pair that must not be taken apart
 * by a fork(2) in the middle of a change: the slot's "generator" is the address of one of two pairs in the slot, and is
 * switched when the other is written. */
#include <errno.h>
#include <sched.h>
#include <string.h>

#include "core/inside/inside.h"
#include "core/inside/table.h"
#include "core/report.h"

struct pair {
	gmr_generator generator;
	void *context;
};

struct slot {
	struct registry_section shown;
	struct pair pairs[2];
};

_Static_assert(sizeof(struct slot) <= INSIDE_SECTION_SIZE, "what belongs together lies in one page");

struct section {
	char title[REGISTRY_TEXT_MAX]; /* zeros behind it */
	struct pair pair;
};

static unsigned long taken[REGISTRY_SECTIONS_MAX / INSIDE_WORD];
static uint32_t orders;

static bool is_section(const struct registry_slot *slot, const void *thing)
{
	return inside_same(((const struct registry_section *)slot)->title, thing, REGISTRY_TEXT_MAX);
}

/* The slot of one that is replaced keeps its place in the order, and the helper that is late. */
static int fill_section(struct registry_slot *slot, size_t index, const void *thing)
{
	struct registry_section *to = (struct registry_section *)slot;
	struct pair *pairs = ((struct slot *)slot)->pairs, *pair = &pairs[to->generator == (uintptr_t)&pairs[0]];
	const struct section *section = thing;

	(void)index;
	if (slot->state != REGISTRY_USED) {
		inside_store(to->title, section->title, sizeof(to->title));
		__atomic_store_n(&to->order, __atomic_fetch_add(&orders, 1, __ATOMIC_RELAXED), __ATOMIC_RELEASE);
		__atomic_store_n(&to->late, 0, __ATOMIC_RELEASE);
	}
	inside_store(pair, &section->pair, sizeof(*pair));
	__atomic_store_n(&to->generator, (uintptr_t)pair, __ATOMIC_RELEASE);
	return 0;
}

static bool mend_section(struct registry_slot *slot)
{
	(void)slot;
	return true;
}

struct inside_table inside_section_table = {
	.shown = &inside_registry.sections, .max = REGISTRY_SECTIONS_MAX, .taken = taken, .mend = mend_section,
};

static const struct inside_keyed keyed = { &inside_section_table, is_section, fill_section, NULL };

/* --- what the helper calls --- */

/* Copy SLOT where it is used. False: it was being written. */
static bool copy(const struct registry_section *slot, struct registry_section *ret)
{
	uint32_t before = __atomic_load_n(&slot->slot.sequence, __ATOMIC_ACQUIRE);
	uint64_t at = __atomic_load_n(&slot->generator, __ATOMIC_ACQUIRE);
	struct pair pair = { 0 };

	ret->slot.sequence = before;
	ret->slot.state = __atomic_load_n(&slot->slot.state, __ATOMIC_ACQUIRE);
	inside_load(ret->title, slot->title, sizeof(ret->title));
	ret->title[sizeof(ret->title) - 1] = '\0';
	ret->order = __atomic_load_n(&slot->order, __ATOMIC_ACQUIRE);
	ret->late = __atomic_load_n(&slot->late, __ATOMIC_ACQUIRE);
	if (at)
		inside_load(&pair, (const void *)(uintptr_t)at, sizeof(pair));
	ret->generator = (uintptr_t)pair.generator;
	ret->context = (uintptr_t)pair.context;
	return before % 2 == 0 && __atomic_load_n(&slot->slot.sequence, __ATOMIC_ACQUIRE) == before;
}

/* A writer is done within nanoseconds, unless it has lost its processor, or never goes on (table.h): then the section
 * is missing this time. */
static bool try_copy(const struct registry_section *slot, struct registry_section *ret)
{
	enum { TRIES = 100 };

	for (int i = 0; i < TRIES; i++) {
		if (copy(slot, ret))
			return ret->slot.sequence && ret->slot.state == REGISTRY_USED && ret->generator;
		sched_yield();
	}
	return false;
}

/* Add SECTION by its order, unless there is one of its title: two threads that registered it at once. */
static size_t insert(struct registry_section *sections, size_t count, const struct registry_section *section)
{
	size_t at = count;

	for (size_t i = 0; i < count; i++)
		if (strcmp(sections[i].title, section->title) == 0)
			return count;
	for (; at > 0 && sections[at - 1].order > section->order; at--)
		sections[at] = sections[at - 1];
	sections[at] = *section;
	return count + 1;
}

size_t inside_sections(struct registry_section ret[REGISTRY_SECTIONS_MAX])
{
	struct registry_section section;
	size_t count = 0;

	for (size_t i = 0; i < REGISTRY_SECTIONS_MAX; i++) {
		const struct registry_slot *slot = inside_slot(&inside_section_table, i);

		memset(&section, 0, sizeof(section));
		if (slot && try_copy((const struct registry_section *)slot, &section))
			count = insert(ret, count, &section);
	}
	return count;
}

struct registry_section *inside_section(const char *title)
{
	struct section section = { .title = "" };
	struct inside_found found = { 0 };

	memcpy(section.title, title, strnlen(title, sizeof(section.title) - 1));
	return inside_find(&keyed, &section, &found) ? (struct registry_section *)found.slot : NULL;
}

void inside_section_late(const char *title, uint32_t tid)
{
	struct registry_section *section = inside_section(title);

	if (section)
		__atomic_store_n(&section->late, tid, __ATOMIC_RELEASE);
}

/* --- what programs call --- */

static bool is_ours(const char *title)
{
	static const char *const ours[] = {
		"report", REPORT_PACKAGE, REPORT_THREADS, REPORT_GREEN_THREADS, REPORT_PROCESSES, REPORT_CONFIGURATION,
	};

	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++)
		if (strcmp(title, ours[i]) == 0)
			return true;
	return false;
}

int gmr_register_section(const char *title, gmr_generator generator, void *context)
{
	struct section section = { .pair = { generator, context } };
	int r;

	if (!title || !*title)
		return -EINVAL;
	memcpy(section.title, title, inside_cut(title, sizeof(section.title) - 1));
	if (is_ours(section.title))
		return -EINVAL;
	if (!generator) {
		inside_remove(&keyed, &section);
		return 0;
	}
	r = inside_put(&keyed, &section);
	if (r == 0)
		inside_generators();
	return r;
}
