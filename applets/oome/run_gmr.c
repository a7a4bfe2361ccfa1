/* run_gmr.c: see run.h: --gmr-signal, --gmr-file: a report of ourselves. */
#include <inttypes.h>
#include <stdio.h>

#include "applets/oome/lastwords.h"
#include "applets/oome/run.h"
#include "core/log.h"

static const char *const state_names[RUN_STATES] = {
	[RUN_PAUSING] = "about to start",
	[RUN_RUNNING] = "running",
	[RUN_ENDING] = "its end was asked for",
	[RUN_TERMINATING] = "being terminated, to be restarted",
	[RUN_KILLING] = "being killed, to be restarted",
	[RUN_CLOSING] = "being terminated, for good",
	[RUN_CUTTING] = "being killed, for good",
};

static void put_program(const struct run *run, struct selfreport_section *section)
{
	const struct guarded *guarded = &run->guarded;
	char text[SELFREPORT_TIME_SIZE];

	selfreport_put(section, "program", "%s", run->command);
	selfreport_put(section, "state", "%s", state_names[run->state]);
	if (guarded->child.pid > 0) {
		selfreport_put(section, "pid", "%d", (int)guarded->child.pid);
		selfreport_put(section, "started", "%s", selfreport_time(guarded->started_ms, loop_now(), text));
	}
	if (run->failed_starts > 0)
		selfreport_put(section, "starts that failed", "%d", run->failed_starts);
}

static void put_restarts(const struct run *run, struct selfreport_section *section)
{
	const struct limit *limit = &run->limit;
	const struct units_rate *rate = &run->config->max_restarts;
	char text[SELFREPORT_TIME_SIZE];
	int64_t now = loop_now();

	selfreport_put(section, "restarts", "%d%s", limit->count, limit->count < LIMIT_MAX ? "" : " or more");
	selfreport_put(section, "last restart", "%s",
		       selfreport_time(limit->count ? limit->times[limit->count - 1] : -1, now, text));
	selfreport_put(section, "next restart", "%s", selfreport_next(limit, rate, now, text));
}

static void put_places(const struct run *run, struct selfreport_section *section)
{
	const struct run_places *places = &run->places;
	char key[32];

	if (places->count == 0)
		selfreport_put(section, "oome file", "no place of one is known");
	for (size_t i = 0; i < places->count; i++) {
		snprintf(key, sizeof key, i ? "oome file %zu" : "oome file", i + 1);
		selfreport_put(section, key, "%s (%s)", places->items[i].file.path,
			       places->items[i].watch >= 0 ? "watched" : "looked at now and then");
	}
	selfreport_put(section, "looks", "every %" PRId64 " ms at least", run->config->interval_ms);
	if (run->killer.counter.fd >= 0)
		selfreport_put(section, "OOM kills", "%s, %" PRIu64 " at the start", run->killer.counter.path,
			       run->killer.baseline);
}

static void fill(void *context, struct selfreport_section *section)
{
	const struct run *run = context;

	put_program(run, section);
	put_restarts(run, section);
	put_places(run, section);
	if (run->config->dry)
		selfreport_put(section, "dry run", "yes");
}

static void say(void *context, const char *line)
{
	const struct run *run = context;

	log_line("%s: %s", run->name, line);
}

int run_gmr_open(struct run *run)
{
	const struct oome_config *config = run->config;

	if (!config->gmr_signal && !config->gmr_file)
		return 0;
	run->selfreport = (struct selfreport){
		SELFREPORT_NONE,
		.loop = run->loop, .title = "Oome", .fill = fill, .say = say, .context = run,
		.directory = config->report ? config->lastwords->directory : NULL,
		.deadline_ms = config->report_deadline_ms, .keep = config->report_keep,
	};
	return selfreport_start(&run->selfreport, config->gmr_signal, config->gmr_file);
}
