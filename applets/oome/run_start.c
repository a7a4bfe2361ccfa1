#include "applets/oome/run.h"

#include <errno.h>

#include "core/log.h"

/* ERROR of a start. Passing ones mean another try; what cannot pass ends us, as a shell would. */
static void not_started(struct run *run, int error)
{
	const char *hint;
	int status;

	if (guarded_may_pass(&run->guarded, error)) {
		run->failed_starts++;
		log_fail("cannot start '%s': %s (tried again in %lld s)", run->command, log_errno(error),
			 (long long)limit_pause(run->failed_starts) / 1000);
		run_happened(run, RUN_NOT_STARTED);
		return;
	}
	status = guarded_start_status(error, &hint);
	log_fail("cannot run '%s': %s %s", run->command, log_errno(error), hint);
	loop_stop(run->loop, status);
}

void run_start(struct loop *loop, void *context)
{
	struct run *run = context;
	const char *const env[] = { run->home.env[0] ? run->home.env : NULL, NULL };
	const struct spawn how = { .argv = run->argv, .env = env, .oomadj = &run->oomadj,
				   .readable = run->config->report != NULL };
	int r;

	(void)loop;
	if (run->restarting)
		run_places_clear(&run->places);
	run_places_start(&run->places);
	oomkill_start(&run->killer);
	r = guarded_start(&run->guarded, &how);
	if (r < 0) {
		not_started(run, r);
		return;
	}
	run->failed_starts = 0;
	if (run->restarting)
		log_line("%s restarted", run->name);
	run->restarting = true;
	run_happened(run, RUN_STARTED);
	run_watch(run);
}
