#include "applets/oome/run.h"

#include <sys/wait.h>

#include "core/log.h"
#include "core/spawn.h"

/* ---- the limit ---- */

/* May it be restarted now? If not, that is said once a period. */
static bool may_restart(struct run *run)
{
	const struct units_rate *rate = &run->config->max_restarts;
	int64_t now = loop_now();
	char period[32];

	if (limit_allows(&run->limit, rate, now)) {
		limit_note(&run->limit, now);
		return true;
	}
	if (run->limit_said_ms < 0 || now - run->limit_said_ms >= rate->period_ms) {
		run->limit_said_ms = now;
		units_format_time(rate->period_ms, period);
		log_fail("%s is out of memory again, but was restarted %d time%s within %s: not restarting "
			 "(see --max-restarts)", run->name, rate->count,
			 rate->count == 1 ? "" : "s", period);
	}
	return false;
}

/* ---- looking for a report ---- */

static void say_dry(const struct run *run)
{
	log_line("oome file is detected for %s, not restarting due to dry-run", run->name);
}

/* Is there a report to act on? PID 0: the child has ended. */
static bool find_report(struct run *run, pid_t pid, struct run_report *ret)
{
	while (run_places_look(&run->places, pid, ret)) {
		if (!run->config->dry)
			return true;
		say_dry(run);
		run_places_ignore(&run->places, &ret->id);
	}
	return false;
}

static void look(struct run *run)
{
	pid_t pid = run->guarded.child.pid;
	struct run_report report;

	if (run->state != RUN_RUNNING || !find_report(run, pid, &report) || !may_restart(run))
		return;
	log_line("%s: out of memory reported by '%s', terminating pid %d", run->name, report.place->file.path,
		 (int)pid);
	run_happened(run, RUN_REPORTED);
}

static void on_look(struct loop *loop, void *context)
{
	struct run *run = context;
	const struct guarded *guarded = &run->guarded;

	if (run->state != RUN_RUNNING)
		return;
	loop_set_timer(loop, run_next_look(loop_now() - guarded->started_ms, run->config->interval_ms), on_look, run);
	oomkill_settle(&run->killer);
	run_places_find(&run->places, guarded->child.pid);
	oomkill_settle(&run->killer); /* what we ask for ourselves may be what is one page too many */
	oomkill_follow(&run->killer, guarded->child.pid);
	look(run);
}

void run_watch_event(struct loop *loop, int fd, short revents, void *context)
{
	struct run *run = context;
	bool find;

	(void)loop, (void)fd, (void)revents;
	if (!run_places_event(&run->places, &find) || run->state != RUN_RUNNING)
		return;
	if (find)
		run_places_find(&run->places, run->guarded.child.pid);
	look(run);
}

void run_watch(struct run *run)
{
	on_look(run->loop, run);
}

/* ---- the child's end ---- */

/* A wrapper that exits 137 lives on a moment; the one that was killed is below it. */
static void say_killed(const struct run *run)
{
	const struct guarded *guarded = &run->guarded;

	log_line("%s: %s %d was killed by the kernel's OOM killer (%s oom_kill %llu -> %llu)%s", run->name,
		 WIFSIGNALED(guarded->status) ? "pid" : "a child of pid", (int)guarded->pid, run->killer.counter.path,
		 (unsigned long long)run->killer.baseline, (unsigned long long)run->killer.now,
		 run->config->dry ? ", not restarting due to dry-run" : "");
}

static bool died_of_memory(struct run *run)
{
	struct run_report report;
	bool reported, killed;
	char how[64];

	run_places_find(&run->places, 0);
	reported = find_report(run, 0, &report);
	killed = oomkill_struck(&run->killer);
	if (!run_died_of_memory(run->guarded.status, reported, killed))
		return false;
	if (reported)
		log_line("%s: out of memory reported by '%s', pid %d ended (%s)", run->name, report.place->file.path,
			 (int)run->guarded.pid, spawn_describe(run->guarded.status, how));
	else
		say_killed(run);
	return !run->config->dry;
}

bool run_watch_end(struct run *run)
{
	return died_of_memory(run) && may_restart(run);
}
