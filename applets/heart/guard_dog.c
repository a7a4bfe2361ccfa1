/* guard_dog.c: see guard.h: the hardware watchdog that --watchdog names. */
#include <string.h>

#include "applets/heart/guard.h"
#include "core/log.h"

/* The machine is reset where we have come to the end of what we can do: the program is overdue and may not be killed,
 * or is killed and does not go, or cannot be started; or its dump has no limit. While a failure is dealt with in the
 * time that the options give it is fed: a reset is no better than the restart that is about to come. The command is
 * what follows on the last failure; if it hangs (a reboot that does not happen), so does the machine. */
static bool is_fed(const struct guard *guard)
{
	switch (guard->state) {
	case GUARD_PAUSING:
		return guard->failed_starts == 0;
	case GUARD_RUNNING:
		return !guard->overdue;
	case GUARD_DUMPING:
		return guard->config->dump_seconds >= 0 && !guard->stubborn;
	case GUARD_COMMAND:
		return false;
	default:
		return !guard->stubborn;
	}
}

void guard_dog_pet(struct guard *guard)
{
	int r = guard->hwdog.fd >= 0 && is_fed(guard) ? hwdog_pet(&guard->hwdog) : 0;

	if (r < 0)
		log_fail("cannot write to '%s': %s (the machine will be reset)", guard->config->watchdog,
			 log_errno(r));
}

static void on_time(struct loop *loop, void *context)
{
	struct guard *guard = context;

	guard_dog_pet(guard);
	loop_set_timer(loop, guard->hwdog.interval_ms, on_time, guard);
}

int guard_dog_open(struct guard *guard)
{
	const char *path = guard->config->watchdog;
	int r;

	if (!path)
		return 0;
	r = loop_reserve_timer(guard->loop, on_time, guard);
	if (r == 0)
		r = hwdog_open(path, &guard->hwdog);
	if (r < 0) {
		log_fail("cannot open '%s' (--watchdog): %s", path, log_errno(r));
		return r;
	}
	on_time(guard->loop, guard);
	return 0;
}

/* It is stopped at an end that was wanted. At any other it goes on: whoever guards next opens it again, or the machine
 * is reset. */
void guard_dog_done(struct guard *guard)
{
	if (guard->wanted)
		hwdog_done(&guard->hwdog);
}
