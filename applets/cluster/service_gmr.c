/* service_gmr.c: see service.h: on SIGUSR2 a report of the daemon: into the log, or below report=. */
#include <inttypes.h>
#include <signal.h>
#include <time.h>

#include "applets/cluster/service.h"
#include "core/spawn.h"

static const char *const state_names[] = {
	[ROSTER_STARTING] = "starting",
	[ROSTER_RUNNING] = "running",
	[ROSTER_STOPPING] = "stopping",
};

static const char *const kind_names[] = {
	[MEMBER_BACKGROUND] = "background",
	[MEMBER_DAEMON] = "daemon",
	[MEMBER_COMMAND] = "command",
	[MEMBER_ORPHAN] = "orphan",
};

static void put_member(const struct member *member, int64_t now_s, struct selfreport_section *section)
{
	char how[64];

	if (!member->ended)
		selfreport_put(section, member->name, "%s, pid %d, for %" PRId64 " s", kind_names[member->kind],
			       (int)member->process.pid, now_s - member->since_s);
	else
		selfreport_put(section, member->name, "%s, pid %d, ended %" PRId64 " s ago: %s",
			       kind_names[member->kind], (int)member->process.pid, now_s - member->ended_s,
			       member->status == MEMBER_STATUS_UNKNOWN ? "how is not known"
								       : spawn_describe(member->status, how));
}

/* What is waited for, and until when. */
static void put_timers(const struct service *s, struct selfreport_section *section)
{
	const struct config *config = s->config;

	selfreport_put(section, "stop-timeout", "%" PRId64 " ms", config->stop_timeout_ms);
	if (config->command_timeout_ms >= 0)
		selfreport_put(section, "command-timeout", "%" PRId64 " ms", config->command_timeout_ms);
	if (s->stopper.pid > 0)
		selfreport_put(section, "stopped by", "process %d", (int)s->stopper.pid);
	if (s->stale)
		selfreport_put(section, "pid file is behind", "yes: it cannot be written");
	if (s->logger_missing)
		selfreport_put(section, "log", "none: no process for it can be started");
}

static void fill(void *context, struct selfreport_section *section)
{
	const struct service *s = context;
	int64_t now_s = (int64_t)time(NULL);
	size_t living, count = roster_count(&s->roster, &living);

	selfreport_put(section, "state", "%s", state_names[s->roster.state]);
	selfreport_put(section, "members", "%zu of %zu are there", living, count);
	selfreport_put(section, "configuration", "%s", s->config->file);
	selfreport_put(section, "pid file", "%s", s->config->pid_path);
	put_timers(s, section);
	for (size_t i = 0; i < s->roster.count; i++)
		put_member(&s->roster.members[i], now_s, section);
}

static void say(void *context, const char *line)
{
	service_say(context, "%s", line);
}

int service_open_selfreport(struct service *s)
{
	s->selfreport = (struct selfreport){
		SELFREPORT_NONE,
		.loop = s->loop, .title = "Cluster", .fill = fill, .say = say, .context = s,
		.directory = s->config->report, .deadline_ms = s->config->report_deadline_ms,
		.keep = s->config->report_keep,
	};
	return selfreport_start(&s->selfreport, SIGUSR2, NULL);
}
