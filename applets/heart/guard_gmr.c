/* guard_gmr.c: see guard.h: --gmr-signal, --gmr-file: a report of ourselves. */
#include "applets/heart/guard.h"
#include "applets/heart/guard_status.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/log.h"

enum { STATUS_MAX = 64 << 10 };

static void put_status(const struct guard *guard, struct selfreport_section *section)
{
	CLEANUP(buf_done) struct buf text = BUF(STATUS_MAX);

	if (guard_status_print(guard, loop_now(), false, &text) < 0)
		selfreport_put(section, "state", "%s", guard_status_state(guard));
	else
		selfreport_put_lines(section, text.data);
}

static void put_restarts(const struct guard *guard, struct selfreport_section *section)
{
	const struct limit *limit = &guard->limit;
	const struct units_rate *rate = &guard->config->max_restarts;
	char text[SELFREPORT_TIME_SIZE];
	int64_t now = loop_now();

	selfreport_put(section, "last restart", "%s",
		       selfreport_time(limit->count ? limit->times[limit->count - 1] : -1, now, text));
	selfreport_put(section, "next restart", "%s", selfreport_next(limit, rate, now, text));
	if (guard->command_pid > 0)
		selfreport_put(section, "pid of the command", "%d", (int)guard->command_pid);
}

/* We are not back in the loop for a while. */
static void fill(void *context, struct selfreport_section *section)
{
	struct guard *guard = context;

	guard_dog_pet(guard);
	put_status(guard, section);
	put_restarts(guard, section);
}

static void say(void *context, const char *line)
{
	const struct guard *guard = context;

	log_line("%s: %s", guard->name, line);
}

int guard_gmr_open(struct guard *guard)
{
	const struct guard_config *config = guard->config;

	if (!config->gmr_signal && !config->gmr_file)
		return 0;
	guard->selfreport = (struct selfreport){
		SELFREPORT_NONE,
		.loop = guard->loop, .title = "Heart", .fill = fill, .say = say, .context = guard,
		.directory = config->report ? guard->report_directory : NULL,
		.deadline_ms = guard_report_deadline(guard, config->report_deadline_ms), .keep = config->report_keep,
	};
	return selfreport_start(&guard->selfreport, config->gmr_signal, config->gmr_file);
}
