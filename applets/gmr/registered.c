#include "applets/gmr/registered.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/sig.h"

enum {
	BYTES_MAX = 32 << 20, /* of all registries of a process */
	TITLES_SHOWN = 8,
	TITLES_MAX = TITLES_SHOWN * (REGISTRY_TEXT_MAX + 2) + 64,
};

static int read_memory(void *context, uint64_t address, void *ret, size_t len)
{
	return capture_read(context, address, ret, len);
}

struct registry_memory registered_memory(const struct capture *capture)
{
	return (struct registry_memory){ .read = read_memory, .context = (void *)(uintptr_t)capture };
}

void registered_read(const struct capture *capture, struct registered *ret)
{
	struct registry_memory memory = registered_memory(capture);
	struct registry_place found[REGISTRY_PLACES_MAX];
	int count = 0;

	*ret = (struct registered){ .count = 0 };
	if (capture && capture->mapping_count > 0)
		count = registry_find(&memory, capture->mappings, capture->mapping_count, found);
	for (int i = 0; i < count; i++) {
		struct registered_place *place = &ret->places[ret->count];

		place->place = found[i];
		place->error = registry_read(&memory, &found[i], BYTES_MAX / (size_t)count, &place->copy);
		/* What was never written to need not be in memory: nothing is registered there. */
		if (place->error != -EFAULT)
			ret->count++;
	}
}

void registered_done(struct registered *registered)
{
	if (!registered)
		return;
	for (size_t i = 0; i < registered->count; i++)
		registry_copy_free(registered->places[i].copy);
	*registered = (struct registered){ .count = 0 };
}

const struct registry_copy *registered_main(const struct registered *registered)
{
	const struct registry_copy *first = NULL;

	for (size_t i = 0; registered && i < registered->count; i++) {
		const struct registry_copy *copy = registered->places[i].copy;

		if (copy && copy->head.pid)
			return copy;
		first = first ? first : copy;
	}
	return first;
}

static bool is_helper(const struct registered *registered, pid_t tid)
{
	for (size_t i = 0; registered && i < registered->count; i++)
		for (size_t k = 0; registered->places[i].copy && k < REGISTRY_HELPERS_MAX; k++)
			if (registered->places[i].copy->head.helpers[k] == (uint32_t)tid)
				return true;
	return false;
}

void registered_leave_out(const struct registered *registered, const struct stated *stated, struct capture *capture)
{
	size_t count = 0;

	for (size_t i = 0; capture && i < capture->thread_count; i++) {
		pid_t tid = capture->threads[i].tid;

		/* The main thread is no helper, whatever stands there. */
		if (tid == capture->pid || stated_is_late(stated, tid) || !is_helper(registered, tid))
			capture->threads[count++] = capture->threads[i];
	}
	if (capture)
		capture->thread_count = count;
}

static const char *why(int error)
{
	switch (error) {
	case -EPROTO: return "it is of another version of the library than this gmr knows";
	case -EBADMSG: return "what is there makes no sense";
	case -ETIMEDOUT: return "no time was left (--deadline)";
	}
	return strerror(-error);
}

static void note_place(struct gmr_report *report, const struct registered_place *place)
{
	const struct registry_copy *copy = place->copy;

	if (!copy || copy->torn || copy->cut)
		report->incomplete = true;
	if (!copy) {
		section_note(report, "report", "what the program has registered could not be read: %s",
			     why(place->error));
		return;
	}
	if (copy->torn)
		section_note(report, "report", "%zu of what the program has registered changed while it was read, or "
			     "could not be read, and is missing", copy->torn);
	if (copy->cut)
		section_note(report, "report", "the program has registered more than is shown");
}

/* "Queues, Pool and 3 more" */
static size_t list_titles(const struct registered *registered, struct buf *ret)
{
	size_t count = 0;

	for (size_t i = 0; registered && i < registered->count; i++) {
		const struct registry_copy *copy = registered->places[i].copy;

		for (size_t k = 0; copy && k < copy->section_count; k++, count++)
			if (count < TITLES_SHOWN)
				(void)buf_printf(ret, "%s%s", count ? ", " : "", copy->sections[k].title);
	}
	if (count > TITLES_SHOWN)
		(void)buf_printf(ret, " and %zu more", count - TITLES_SHOWN);
	return count;
}

/* Only the program itself can call its generators. */
static void note_sections(struct gmr_report *report, const struct registered *registered)
{
	const struct registry_copy *copy = registered_main(registered);
	CLEANUP(buf_done) struct buf titles = BUF(TITLES_MAX);
	char name[24];

	if (!copy || list_titles(registered, &titles) == 0)
		return;
	if (copy->head.pid && copy->head.signal > 0 && copy->head.signal <= SIGRTMAX)
		section_note(report, "report", "the program has sections of its own, %s: the report that it makes "
			     "itself on %s shows them (gmr --signal=%s)", titles.data ? titles.data : "?",
			     sig_name(copy->head.signal, name), sig_name(copy->head.signal, name));
	else
		section_note(report, "report", "the program has sections of its own, %s: only a report that it makes "
			     "itself shows them", titles.data ? titles.data : "?");
}

void registered_notes(struct gmr_report *report, const struct registered *registered, bool is_inside)
{
	for (size_t i = 0; registered && i < registered->count; i++)
		note_place(report, &registered->places[i]);
	if (!is_inside)
		note_sections(report, registered);
}
