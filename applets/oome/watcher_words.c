/* watcher_words.c: see watcher_words.h. */
#include "applets/oome/watcher_words.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "applets/oome/supervisor.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/selfreport.h"

static const char *const phase_names[] = {
	[RECORD_IDLE] = NULL,
	[RECORD_REPORTED] = "to be restarted",
	[RECORD_STOPPING] = "being stopped",
	[RECORD_STARTING] = "being started",
	[RECORD_CLEANING] = "restarted just now",
};

/* Of which limit.times tell. */
static int64_t boottime_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int add_name(struct buf *words, const char *group, const char *name)
{
	char shown[256];

	if (supervisor_namespec(group, name, shown, sizeof shown) < 0)
		snprintf(shown, sizeof shown, "%s:%s", group, name);
	return buf_add_escaped(words, shown, strlen(shown), false);
}

static const struct ward *ward_of(const struct wards *wards, const struct program *program)
{
	for (size_t i = 0; i < wards->count && program->group && program->name; i++)
		if (!strcmp(wards->items[i]->record.group, program->group) &&
		    !strcmp(wards->items[i]->record.name, program->name))
			return wards->items[i];
	return NULL;
}

static int add_places(struct buf *words, const struct program *program)
{
	int r = program->place_count ? 0 : buf_adds(words, ", no place of an oome file is known");

	for (size_t i = 0; i < program->place_count && r == 0; i++) {
		const struct place *place = &program->places[i];
		const char *path = place->file.path ? place->file.path : "?";

		r = buf_adds(words, ", oome file '");
		if (r == 0)
			r = buf_add_escaped(words, path, strlen(path), false);
		if (r == 0)
			r = buf_printf(words, "' (%s%s)", place->watch >= 0 ? "watched" : "looked at by ticks",
				       place->present ? ", is there" : "");
	}
	return r;
}

/* ", last restart 12.0 s ago, 5 in all, the next in 588.0 s or later" */
static int add_restarts(struct buf *words, const struct limit *limit, const struct units_rate *rate)
{
	char last[SELFREPORT_TIME_SIZE], next[SELFREPORT_TIME_SIZE];
	int64_t now = boottime_ms();

	return buf_printf(words, ", last restart %s, %d%s in all, the next %s",
			  selfreport_time(limit->times[limit->count - 1], now, last), limit->count,
			  limit->count < LIMIT_MAX ? "" : " or more", selfreport_next(limit, rate, now, next));
}

static int add_ward(struct buf *words, const struct ward *ward, const struct units_rate *rate)
{
	int r;

	if (!ward || ward->record.restarts.count == 0)
		return buf_adds(words, ", never restarted");
	r = add_restarts(words, &ward->record.restarts, rate);
	if (r == 0 && phase_names[ward->record.phase])
		r = buf_printf(words, ", %s", phase_names[ward->record.phase]);
	return r;
}

/* "webapp: pid 4711, ..." A name that is not known is one by the pid. */
static int add_program(struct buf *words, const struct program *program, const struct wards *wards)
{
	int r = program->group && program->name ? add_name(words, program->group, program->name)
						: buf_printf(words, "(name not known, %d)", (int)program->pid);

	if (r == 0)
		r = buf_printf(words, ": pid %d", (int)program->pid);
	if (r == 0)
		r = add_places(words, program);
	if (r == 0)
		r = add_ward(words, ward_of(wards, program), &wards->config->max_restarts);
	return r < 0 ? r : buf_adds(words, "\n");
}

void watcher_words(const struct programs *programs, const struct wards *wards, struct programs_shared *shared)
{
	CLEANUP(buf_done) struct buf words = BUF(PROGRAMS_WORDS_SIZE - 1);
	size_t ours = 0, whole;
	int r;

	for (size_t i = 0; i < programs->count; i++)
		ours += programs->items[i].ours;
	r = buf_printf(&words, "programs: %zu guarded, %zu of supervisord in all\n", ours, programs->count);
	whole = words.len;
	for (size_t i = 0; i < programs->count && r == 0; i++) {
		if (programs->items[i].ours)
			r = add_program(&words, &programs->items[i], wards);
		if (r == 0)
			whole = words.len;
	}
	if (words.data)
		memcpy(shared->words, words.data, whole);
	shared->words[words.data ? whole : 0] = '\0';
	shared->words_ms = loop_now();
}
