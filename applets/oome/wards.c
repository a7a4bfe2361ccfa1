#include "applets/oome/wards.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "applets/oome/supervisor.h"
#include "applets/oome/worker.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/spawn.h"

/* Restarts are counted on the clock that all processes share and that goes on through suspend. */
static int64_t boottime_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the table ---- */

static void ward_free(struct ward *ward)
{
	record_done(&ward->record);
	free(ward);
}

static struct ward *ward_add(struct wards *wards, struct record *record)
{
	struct ward *ward = calloc(1, sizeof *ward);

	if (ward && wards->count == wards->size) {
		size_t size = wards->size ? 2 * wards->size : 16;
		struct ward **items = reallocarray(wards->items, size, sizeof *items);

		if (!items) {
			free(ward);
			return NULL;
		}
		wards->items = items;
		wards->size = size;
	}
	if (!ward)
		return NULL;
	if (supervisor_namespec(record->group, record->name, ward->shown, sizeof ward->shown) < 0)
		snprintf(ward->shown, sizeof ward->shown, "%s:%s", record->group, record->name);
	ward->record = *record;
	ward->limit_said_ms = -1;
	*record = (struct record){ 0 };
	wards->items[wards->count++] = ward;
	return ward;
}

static struct ward *ward_find(struct wards *wards, const char *group, const char *name)
{
	for (size_t i = 0; i < wards->count; i++) {
		struct ward *ward = wards->items[i];

		if (!strcmp(ward->record.group, group) && !strcmp(ward->record.name, name))
			return ward;
	}
	return NULL;
}

static struct ward *ward_of(struct wards *wards, const struct program *program)
{
	struct ward *ward = ward_find(wards, program->group, program->name);
	CLEANUP(record_done) struct record record = { 0 };

	if (ward)
		return ward;
	record.group = strdup(program->group);
	record.name = strdup(program->name);
	return record.group && record.name ? ward_add(wards, &record) : NULL;
}

static void load_one(struct record *record, void *context)
{
	struct wards *wards = context;

	if (!ward_find(wards, record->group, record->name))
		ward_add(wards, record);
}

void wards_load(struct wards *wards)
{
	if (wards->state_dir >= 0)
		record_each(wards->state_dir, load_one, wards);
}

void wards_done(struct wards *wards)
{
	if (!wards)
		return;
	for (size_t i = 0; i < wards->count; i++)
		ward_free(wards->items[i]);
	free(wards->items);
	wards->items = NULL;
	wards->count = wards->size = 0;
}

/* Take what another process has written, if it knows more than we do: what could not be written counts all the same. */
static bool reload(struct wards *wards, struct ward *ward)
{
	CLEANUP(record_done) struct record record = { 0 };

	if (wards->state_dir < 0 ||
	    record_load(wards->state_dir, ward->record.group, ward->record.name, &record) < 0 ||
	    record.version <= ward->record.version)
		return false;
	record_done(&ward->record);
	ward->record = record;
	record = (struct record){ 0 };
	return true;
}

/* Note a change, in memory at least. */
static int save(struct wards *wards, struct record *record)
{
	if (wards->state_dir >= 0)
		return record_save(wards->state_dir, record);
	record->version++;
	return 0;
}

/* ---- workers ---- */

/* Nothing was stopped: as if there had been no report. */
static void forget_report(struct ward *ward)
{
	ward->record.phase = RECORD_IDLE;
	ward->record.handled = (struct oomefile_id){ 0 };
	if (ward->record.restarts.count)
		ward->record.restarts.count--;
}

/* A worker ended with RESULT. WRITTEN: it could write what became of the restart; else its exit status must tell. */
static void settle(struct ward *ward, int result, bool written)
{
	if (result == WORKER_DONE || result == WORKER_KEPT || result == WORKER_GAVE_UP)
		ward->record.phase = RECORD_IDLE;
	if (result == WORKER_DONE)
		ward->record.handled = (struct oomefile_id){ 0 };
	if (!written && (result == WORKER_LATER || result == WORKER_LIAR))
		forget_report(ward);
	ward->record.version++;
}

/* The process lied about its name: it is none of ours while it lives. */
static void disown(struct wards *wards, const struct ward *ward)
{
	for (size_t i = 0; i < wards->programs->count; i++)
		if (wards->programs->items[i].pid == ward->reporter)
			wards->programs->items[i].disowned = true;
}

static void worker_ended(struct loop *loop, pid_t pid, int status, void *context)
{
	struct wards *wards = context;
	int result = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	char text[64];

	(void)loop;
	if (!WIFEXITED(status) && !WIFSIGNALED(status))
		return;
	for (size_t i = 0; i < wards->count; i++) {
		struct ward *ward = wards->items[i];

		if (ward->worker != pid)
			continue;
		ward->worker = 0;
		settle(ward, result, reload(wards, ward));
		if (result == WORKER_LIAR)
			disown(wards, ward);
		if (result < 0)
			log_fail("the restart of %s was interrupted (%s): it is taken up again at the next tick",
				 ward->shown, spawn_describe(status, text));
	}
	wards->on_end(wards->context, result);
}

/* The process that RECORD means, if it is among the programs; lent. */
static struct pidref reporter_of(const struct wards *wards, const struct record *record)
{
	for (size_t i = 0; i < wards->programs->count; i++) {
		const struct program *p = &wards->programs->items[i];

		if (p->pid == record->pid && p->name && !strcmp(p->name, record->name) &&
		    !strcmp(p->group, record->group))
			return p->process;
	}
	return PIDREF_NONE;
}

/* Start the worker for what WARD's record says; it holds LOCK to its end. FILE is taken over. */
static int start_worker(struct wards *wards, struct ward *ward, int lock, struct oomefile *file)
{
	struct worker worker = {
		.config = wards->config, .proc = wards->proc, .supervisord = wards->supervisord,
		.state_dir = wards->state_dir, .lock = lock, .record = ward->record, .file = *file,
		.reporter = reporter_of(wards, &ward->record),
	};
	pid_t pid = loop_reserve_child(wards->loop) < 0 ? -ENOMEM : spawn_function(worker_main, &worker, true);

	oomefile_done(file);
	if (pid < 0) {
		log_fail("cannot start the restart of %s: %s (tried again at the next tick)", ward->shown,
			 log_errno(pid));
		return pid;
	}
	ward->worker = pid;
	ward->reporter = ward->record.pid;
	return loop_add_child(wards->loop, pid, worker_ended, wards);
}

/* Own WARD's record; false: another process is at work on it. *RET_LOCK may be -1 where nothing can be locked. */
static bool own(struct wards *wards, struct ward *ward, int *ret_lock)
{
	*ret_lock = wards->state_dir < 0 ? -1 : record_own(wards->state_dir, ward->record.group, ward->record.name);
	ward->elsewhere = *ret_lock == -EWOULDBLOCK;
	return !ward->elsewhere;
}

/* ---- taking over ---- */

/* The place that the record names, if the program that lives now has it. */
static void place_of_record(const struct wards *wards, const struct record *record, struct oomefile *ret)
{
	for (size_t i = 0; i < wards->programs->count; i++) {
		const struct program *p = &wards->programs->items[i];

		if (!p->name || strcmp(p->name, record->name) || strcmp(p->group, record->group))
			continue;
		for (size_t k = 0; k < p->place_count; k++)
			if (record->path && !strcmp(p->places[k].file.path, record->path) &&
			    !oomefile_copy(&p->places[k].file, ret))
				return;
	}
}

void wards_take_over(struct wards *wards)
{
	if (wards->config->dry)
		return;
	for (size_t i = 0; i < wards->count; i++) {
		struct ward *ward = wards->items[i];
		struct oomefile file = OOMEFILE_NONE;
		CLEANUP(fd_done) int lock = -1;
		bool was_elsewhere = ward->elsewhere;

		if (ward->worker || (ward->record.phase == RECORD_IDLE && !was_elsewhere) || !own(wards, ward, &lock))
			continue;
		reload(wards, ward);
		if (ward->record.phase == RECORD_IDLE) {
			if (was_elsewhere) /* whose words went to a listener that is no more */
				log_fail("the restart of %s that an earlier listener began is done", ward->shown);
			continue;
		}
		log_fail("taking up the restart of %s again", ward->shown);
		place_of_record(wards, &ward->record, &file);
		start_worker(wards, ward, lock, &file);
	}
}

/* ---- reports ---- */

/* Once a file: touch(1) makes two versions of it. */
static void say_dry(struct ward *ward, const struct oomefile_id *id)
{
	if (ward->dry_said.exists && id->dev == ward->dry_said.dev && id->ino == ward->dry_said.ino)
		return;
	ward->dry_said = *id;
	log_line("oome file is detected for %s, not restarting due to dry-run", ward->record.name);
}

static bool over_limit(struct wards *wards, struct ward *ward, int64_t now)
{
	const struct units_rate *rate = &wards->config->max_restarts;
	char period[32], wait[32];

	if (limit_allows(&ward->record.restarts, rate, now))
		return false;
	if (ward->limit_said_ms >= 0 && now - ward->limit_said_ms < rate->period_ms)
		return true;
	ward->limit_said_ms = now;
	units_format_time(rate->period_ms, period);
	units_format_time(limit_wait(&ward->record.restarts, rate, now) / 1000 * 1000, wait);
	log_fail("%s reported out of memory again, over the limit of %d restarts in %s: left alone for %s "
		 "(--max-restarts)", ward->shown, rate->count, period, wait);
	return true;
}

/* The report was acted on, but its file still stands: it could not be deleted, or the one who should have was
 * killed. */
static void clean(struct wards *wards, struct ward *ward, const struct place *place, const struct oomefile_id *id)
{
	if (oomefile_delete(&place->file, id) < 0)
		return;
	log_line("oome file %s was deleted", place->file.path);
	ward->record.handled = (struct oomefile_id){ 0 };
	save(wards, &ward->record);
}

/* touch(1) makes the file and then sets its times: both are one report. */
static void note_until(struct record *record)
{
	const long touch_ns = 200 * 1000 * 1000;

	clock_gettime(CLOCK_REALTIME, &record->until);
	record->until.tv_nsec += touch_ns;
	if (record->until.tv_nsec >= 1000000000) {
		record->until.tv_nsec -= 1000000000;
		record->until.tv_sec++;
	}
}

static int note_report(struct wards *wards, struct ward *ward, const struct program *program, const struct place *place,
		       const struct oomefile_id *id, int64_t now)
{
	struct record *record = &ward->record;
	char *path = strdup(place->file.path);
	int r;

	if (!path)
		return -ENOMEM;
	free(record->path);
	record->path = path;
	record->pid = program->pid;
	record->handled = *id;
	note_until(record);
	record->phase = RECORD_REPORTED;
	limit_note(&record->restarts, now);
	r = save(wards, record);
	if (r < 0)
		log_fail("cannot note the restart of %s: %s (it goes on; a killed listener would not complete it)",
			 ward->shown, log_errno(r));
	return 0;
}

void wards_found(struct program *program, const struct place *place, const struct oomefile_id *id, void *context)
{
	struct wards *wards = context;
	struct ward *ward = ward_of(wards, program);
	struct oomefile file = OOMEFILE_NONE;
	CLEANUP(fd_done) int lock = -1;
	int64_t now = boottime_ms();

	if (!ward || ward->worker)
		return;
	if (wards->config->dry) {
		say_dry(ward, id);
		return;
	}
	if (!own(wards, ward, &lock))
		return;
	reload(wards, ward);
	if (ward->record.phase != RECORD_IDLE)
		return; /* taken over at the next tick */
	if (record_handled(&ward->record, id)) {
		clean(wards, ward, place, id);
		return;
	}
	if (over_limit(wards, ward, now) || oomefile_copy(&place->file, &file) < 0)
		return;
	if (note_report(wards, ward, program, place, id, now) < 0) {
		oomefile_done(&file);
		return;
	}
	log_fail("%s (pid %d) reported out of memory by '%s'", ward->shown, (int)program->pid, place->file.path);
	if (start_worker(wards, ward, lock, &file) < 0) {
		forget_report(ward);
		save(wards, &ward->record);
	}
}
