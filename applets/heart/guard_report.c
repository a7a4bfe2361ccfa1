/* guard_report.c: see guard.h: --report: what a program was doing, before it is ended. */
#include <errno.h>
#include <unistd.h>

#include "applets/heart/guard.h"
#include "core/abspath.h"
#include "core/log.h"

/* The hardware watchdog is not petted while we wait: a third of its time-out may pass so, no more. */
int64_t guard_report_deadline(const struct guard *guard, int64_t deadline_ms)
{
	int64_t interval = guard->hwdog.interval_ms;

	return guard->hwdog.fd >= 0 && interval < deadline_ms ? interval : deadline_ms;
}

/* What is in the way of a directory may pass, and keeps no program from being guarded. */
int guard_report_open(struct guard *guard)
{
	int r;

	if (!guard->config->report)
		return 0;
	abspath_or_same(guard->config->report, guard->report_directory, sizeof(guard->report_directory));
	r = evidence_open(&guard->evidence, NULL, guard->report_directory,
			  guard_report_deadline(guard, guard->config->report_deadline_ms), guard->config->report_keep);
	if (r == -ENOTSUP) {
		log_fail("--report: %s", evidence_open_error(r));
		return r;
	}
	if (r < 0)
		log_fail("cannot write reports into '%s' (--report): %s (%s)", guard->report_directory,
			 evidence_open_error(r),
			 guard->evidence.directory ? "tried again when one is due" : "no reports are made");
	else if (guard->evidence.deadline_ms < guard->config->report_deadline_ms)
		log_line("%s: reports have %lld ms, for '%s' (--watchdog) is to be petted", guard->name,
			 (long long)guard->evidence.deadline_ms, guard->config->watchdog);
	return 0;
}

static void take(struct guard *guard, pid_t pid)
{
	const char *whom = pid == getpid() ? "the guard, " : "";
	char why[EVIDENCE_WHY_SIZE];
	int r;

	guard_dog_pet(guard);
	r = evidence_take(&guard->evidence, pid, true, guard->report, why);
	if (r < 0)
		log_fail("%s: no report of %spid %d: %s", guard->name, whom, (int)pid, why);
	else
		log_line("%s: report of %spid %d: '%s'%s%s%s", guard->name, whom, (int)pid, guard->report,
			 why[0] ? " (" : "", why, why[0] ? ")" : "");
}

void guard_report(struct guard *guard)
{
	const struct guarded *guarded = &guard->guarded;

	if (!guard->config->report || guard->reported)
		return;
	guard->reported = true;
	if (pidref_verify(guarded->proc, &guarded->child) != -ESRCH) /* it ends by itself just now */
		take(guard, guarded->child.pid);
}

void guard_report_left(struct guard *guard)
{
	if (!guard->config->report || guard->reported)
		return;
	guard->reported = true;
	take(guard, getpid());
}
