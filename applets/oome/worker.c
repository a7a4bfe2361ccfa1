#include "applets/oome/worker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "applets/oome/lastwords.h"
#include "applets/oome/restart.h"
#include "applets/oome/supervisor.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/spawn.h"

enum { NAMESPEC_MAX = 512, WHY_MAX = 512, CONTINUE = -1 };

/* A restart by XML-RPC under way. */
struct session {
	struct worker *w;
	struct xmlrpc_client *client;
	struct restart restart;
	char namespec[NAMESPEC_MAX]; /* for RPC: always group:name */
	char shown[NAMESPEC_MAX];    /* for people: as supervisorctl shows it */
	int looks;                   /* since the last request */
};

static void save(struct worker *w, enum record_phase phase)
{
	int r;

	w->record.phase = phase;
	if (w->state_dir < 0)
		return;
	r = record_save(w->state_dir, &w->record);
	if (r == 0 || w->unsaved_said)
		return;
	w->unsaved_said = true;
	log_fail("cannot note the restart of %s: %s (it goes on; a killed listener would not complete it)",
			w->record.name, log_errno(r));
}

/* Sleep; true when supervisord has ended meanwhile: then there is nobody left to ask. */
static bool supervisord_ends_within(struct worker *w, int64_t ms)
{
	return pidref_wait(w->proc, w->supervisord, (int)ms) == 0;
}

/* Before its stop is asked for the first time: what is it doing? Once a process, however often its stop fails. False:
 * that took no time. */
static bool take_last_words(struct worker *w, const char *shown)
{
	const struct pidref *reporter = &w->reporter;

	if (!w->config->report || w->record.phase >= RECORD_STOPPING || w->record.witnessed == reporter->start_ticks ||
	    pidref_verify(w->proc, reporter) < 0)
		return false;
	w->record.witnessed = reporter->start_ticks;
	lastwords_take(w->config, shown, reporter->pid, w->config->report_deadline_ms);
	return true;
}

/* Nothing was stopped, so nothing is lost: the file still stands, and the next tick finds it. */
static int later(struct worker *w)
{
	w->record.handled = (struct oomefile_id){ 0 };
	if (w->record.restarts.count)
		w->record.restarts.count--;
	save(w, RECORD_IDLE);
	return WORKER_LATER;
}

/* The old process is gone: what its file is now is its last word; what is written from here on is a report of the
 * new one. Where there is a new one ALREADY, nobody knows whose word it is but by its time. */
static void note_gone(struct worker *w, bool already)
{
	struct oomefile_id id;
	uid_t owner;

	if (w->record.phase >= RECORD_STARTING)
		return;
	if (!already) {
		if (w->file.dir >= 0 && !oomefile_look(&w->file, NULL, 0, true, &id, &owner))
			w->record.handled = id;
		clock_gettime(CLOCK_REALTIME, &w->record.until);
	}
	save(w, RECORD_STARTING);
}

static int delete_handled(const struct worker *w)
{
	struct oomefile_id id;
	uid_t owner;
	int r = w->file.dir < 0 || !w->record.handled.exists
			? -ENOENT
			: oomefile_look(&w->file, NULL, 0, true, &id, &owner);

	if (r < 0)
		return r;
	if (!id.exists)
		return -ENOENT;
	return record_handled(&w->record, &id) ? oomefile_delete(&w->file, &id) : -ESTALE;
}

static void delete_file(struct worker *w)
{
	int r = delete_handled(w);

	if (!r)
		log_line("oome file %s was deleted", w->file.path);
	else if (r == -ESTALE)
		log_line("oome file %s has changed since: it stays, as a new report", w->file.path);
	else if (r != -ENOENT)
		log_fail("oome file %s could not be removed: %s (it is not acted on again until it changes)",
			 w->file.path, log_errno(r));
	if (!r || r == -ESTALE || (r == -ENOENT && w->file.dir >= 0))
		w->record.handled = (struct oomefile_id){ 0 };
}

static int done(struct worker *w, const char *shown)
{
	save(w, RECORD_CLEANING);
	delete_file(w);
	log_line("%s restarted", shown);
	save(w, RECORD_IDLE);
	return w->record.handled.exists ? WORKER_KEPT : WORKER_DONE;
}

static int give_up(struct worker *w)
{
	save(w, RECORD_IDLE);
	return WORKER_GAVE_UP;
}

/* A start did not work: say so, wait a little longer each time. */
static int start_failed(struct worker *w, const char *shown, int failures, const char *why)
{
	int64_t pause = limit_pause(failures);

	log_line("Failed to start process %s: %s", shown, why);
	log_fail("%s will be started again in %d s", shown, (int)(pause / 1000));
	return supervisord_ends_within(w, pause) ? WORKER_GAVE_UP : CONTINUE;
}

static bool is_fault(const struct xmlrpc_error *error, int code)
{
	return error->outcome == XMLRPC_FAULT && error->fault_code == code;
}

/* supervisord did not answer the question for the state. */
static int ask_failed(struct session *s, const struct xmlrpc_error *error)
{
	char why[WHY_MAX];

	supervisor_explain(error, why, sizeof why);
	if (is_fault(error, SUPERVISOR_BAD_NAME)) {
		log_fail("%s: supervisord does not know it any more: nothing to restart", s->shown);
		return give_up(s->w);
	}
	if (is_fault(error, SUPERVISOR_SHUTDOWN_STATE)) {
		log_fail("%s: not restarted: %s", s->shown, why);
		return s->restart.gone || s->restart.stop_sent ? give_up(s->w) : later(s->w);
	}
	if (!s->restart.gone && !s->restart.stop_sent) {
		log_line("Failed to stop process %s: %s", s->shown, why);
		return later(s->w);
	}
	return start_failed(s->w, s->shown, ++s->restart.failed_starts, why);
}

static int ask_stop(struct session *s)
{
	struct xmlrpc_error error = { 0 };
	char why[WHY_MAX];

	if (!s->restart.stop_sent)
		save(s->w, RECORD_STOPPING); /* before it is sent: found stopped, it must be started again */
	s->restart.stop_sent = true;
	if (supervisor_stop(s->client, s->namespec, &error) == XMLRPC_OK || is_fault(&error, SUPERVISOR_NOT_RUNNING))
		return CONTINUE;
	log_line("Failed to stop process %s: %s", s->shown, supervisor_explain(&error, why, sizeof why));
	/* A refusal is one; without an answer it may be stopping all the same, and its state will tell. */
	return error.outcome == XMLRPC_FAULT || error.outcome == XMLRPC_UNAUTHORIZED ? later(s->w) : CONTINUE;
}

static int ask_start(struct session *s)
{
	struct xmlrpc_error error = { 0 };
	char why[WHY_MAX];
	bool accepted = supervisor_start(s->client, s->namespec, &error) == XMLRPC_OK;

	if (!accepted && is_fault(&error, SUPERVISOR_ALREADY_STARTED))
		return CONTINUE;
	restart_note_start(&s->restart, accepted);
	if (accepted)
		return CONTINUE;
	return start_failed(s->w, s->shown, s->restart.failed_starts, supervisor_explain(&error, why, sizeof why));
}

static int act(struct session *s, enum restart_step step, const char *description)
{
	switch (step) {
	case RESTART_STOP:
		return ask_stop(s);
	case RESTART_START:
		s->looks = 0;
		return ask_start(s);
	case RESTART_FAILED:
		return start_failed(s->w, s->shown, s->restart.failed_starts, description);
	case RESTART_DONE:
		return done(s->w, s->shown);
	case RESTART_GIVE_UP:
		log_fail("%s was stopped by somebody else while it was being restarted: it stays stopped", s->shown);
		return give_up(s->w);
	case RESTART_WAIT:
	default:
		return CONTINUE;
	}
}

/* A process writes its own environment, and so its name. It must be the one that supervisord has under that name,
 * before anything is stopped. */
static bool is_liar(const struct session *s, const struct supervisor_info *info)
{
	CLEANUP(pidref_done) struct pidref old = PIDREF_NONE;

	return !s->restart.gone && info->pid != s->restart.old_pid &&
	       !pidref_open(s->w->proc, s->restart.old_pid, &old);
}

static int expose(struct session *s, const struct supervisor_info *info)
{
	char whom[32] = "no process";

	if (info->pid > 0)
		snprintf(whom, sizeof whom, "pid %d", (int)info->pid);
	log_fail("pid %d calls itself %s, but supervisord has %s under that name: its oome file is ignored",
		 (int)s->restart.old_pid, s->shown, whom);
	later(s->w);
	return WORKER_LIAR;
}

/* One look at the program and what follows from it; CONTINUE or a worker_result. */
static int step(struct session *s)
{
	CLEANUP(supervisor_info_done) struct supervisor_info info = { 0 };
	struct xmlrpc_error error = { 0 };
	int r;

	if (supervisor_info(s->client, s->namespec, &info, &error) != XMLRPC_OK)
		return ask_failed(s, &error);
	if (is_liar(s, &info))
		return expose(s, &info);
	enum restart_step next = restart_decide(&s->restart, info.state, info.pid);
	if (next == RESTART_STOP && take_last_words(s->w, s->shown))
		return CONTINUE; /* somebody else may have stopped it meanwhile */
	if (s->restart.gone)
		note_gone(s->w, info.pid > 0);
	r = act(s, next, info.description);
	if (r == CONTINUE && supervisord_ends_within(s->w, restart_look_again(s->looks++)))
		r = WORKER_GAVE_UP;
	return r;
}

static void client_done(struct xmlrpc_client **client)
{
	xmlrpc_free(*client);
}

static int restart_by_rpc(struct worker *w, const char *namespec, const char *shown)
{
	CLEANUP(client_done) struct xmlrpc_client *client = NULL;
	struct xmlrpc_error error = { 0 };
	struct session s = { .w = w,
			     .restart = { .old_pid = w->record.pid, .stop_sent = w->record.phase == RECORD_STOPPING,
		.gone = w->record.phase >= RECORD_STARTING } };
	char why[WHY_MAX];
	int r;

	if (supervisor_connect((int)w->config->timeout_ms, &client, &error) != XMLRPC_OK) {
		log_line("Failed to stop process %s: %s", shown, supervisor_explain(&error, why, sizeof why));
		return s.restart.gone || s.restart.stop_sent ? WORKER_AGAIN : later(w);
	}
	s.client = client;
	snprintf(s.namespec, sizeof s.namespec, "%s", namespec);
	snprintf(s.shown, sizeof s.shown, "%s", shown);
	do
		r = step(&s);
	while (r == CONTINUE);
	return r;
}

/* Run `SCRIPT VERB`; 0, or a sentence in WHY. */
static int run_script(struct worker *w, const char *verb, const char *namespec, char why[WHY_MAX])
{
	char *argv[] = { (char *)w->config->script, (char *)verb, NULL };
	char variable[NAMESPEC_MAX + 16], text[64];
	const char *env[] = { variable, NULL };
	struct spawn s = { .argv = argv, .env = env, .in = -1, .out = -1, .err = -1, .group = SPAWN_GROUP };
	int status, r;

	snprintf(variable, sizeof variable, "OOME_PROCESS=%s", namespec);
	r = spawn_run(&s, -1, &status);
	if (r < 0)
		snprintf(why, WHY_MAX, "cannot run '%s': %s", w->config->script, log_errno(r));
	else if (status)
		snprintf(why, WHY_MAX, "'%s %s' ended with %s", w->config->script, verb, spawn_describe(status, text));
	return r < 0 ? r : status ? -EIO : 0;
}

/* The script believes the name; so it is checked where supervisord can be asked. */
static bool is_exposed(struct worker *w, const char *namespec, const char *shown)
{
	CLEANUP(client_done) struct xmlrpc_client *client = NULL;
	CLEANUP(supervisor_info_done) struct supervisor_info info = { 0 };
	struct xmlrpc_error error;
	struct session s = { .w = w, .restart = { .old_pid = w->record.pid } };

	if (w->record.phase >= RECORD_STARTING || !getenv("SUPERVISOR_SERVER_URL") ||
	    supervisor_connect((int)w->config->timeout_ms, &client, &error) != XMLRPC_OK ||
	    supervisor_info(client, namespec, &info, &error) != XMLRPC_OK || !is_liar(&s, &info))
		return false;
	snprintf(s.shown, sizeof s.shown, "%s", shown);
	expose(&s, &info);
	return true;
}

static int restart_by_script(struct worker *w, const char *namespec, const char *shown)
{
	char why[WHY_MAX];
	int failures = 0;

	if (is_exposed(w, namespec, shown))
		return WORKER_LIAR;
	take_last_words(w, shown);
	if (w->record.phase < RECORD_STARTING)
		save(w, RECORD_STOPPING);
	if (w->record.phase == RECORD_STOPPING && run_script(w, "stop", namespec, why) < 0) {
		log_line("Failed to stop process %s: %s", shown, why);
		return later(w);
	}
	note_gone(w, false);
	while (w->record.phase != RECORD_CLEANING && run_script(w, "start", namespec, why) < 0)
		if (start_failed(w, shown, ++failures, why) != CONTINUE)
			return WORKER_GAVE_UP;
	return done(w, shown);
}

int worker_main(void *context)
{
	struct worker *w = context;
	const struct record *record = &w->record;
	char namespec[NAMESPEC_MAX], shown[NAMESPEC_MAX];
	int r = supervisor_namespec(record->group, record->name, shown, sizeof shown);
	int n = snprintf(namespec, sizeof namespec, "%s:%s", record->group, record->name);

	if (r < 0 || n < 0 || (size_t)n >= sizeof namespec) {
		log_fail("cannot restart '%s': its name is too long", record->name);
		return give_up(w);
	}
	return w->config->script ? restart_by_script(w, namespec, shown) : restart_by_rpc(w, namespec, shown);
}
