/* run.c: `oome run`: guard one command without supervisord, as PID 1 of a container or below anything else. */
#include "applets/oome/run.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/oome/lastwords.h"
#include "core/abspath.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/spawn.h"

enum { EXIT_USAGE = 2, EXIT_CANNOT_START = 126 };

/* ---- doing what was decided ---- */

static bool child_lives(const struct run *run)
{
	return run->guarded.child.pid && pidref_verify(run->guarded.proc, &run->guarded.child) == 0;
}

/* Of a child that has ended, perhaps just now, there is what it left, which is below us, and what our cgroup tells of
 * OOM kills. */
static void take_last_words(struct run *run)
{
	const struct oome_config *config = run->config;
	const struct guarded *guarded = &run->guarded;
	int64_t until;

	if (!config->report)
		return;
	until = loop_now() + config->report_deadline_ms;
	if (child_lives(run) &&
	    (!lastwords_take(config, run->name, guarded->child.pid, config->report_deadline_ms) || child_lives(run) ||
	     loop_now() >= until))
		return;
	if (guarded_count(guarded) > 0 || oomkill_struck(&run->killer))
		lastwords_take(config, run->name, getpid(), until - loop_now());
	else
		log_line("%s: no report: nothing is left of it", run->name);
}

static void perform(struct run *run, enum run_action action)
{
	switch (action) {
	case RUN_NOTHING:
		break;
	case RUN_START:
		loop_set_timer(run->loop, 0, run_start, run);
		break;
	case RUN_PAUSE:
		loop_set_timer(run->loop, limit_pause(run->failed_starts), run_start, run);
		break;
	case RUN_FORWARD:
		guarded_signal(&run->guarded, run->signal);
		break;
	case RUN_TERMINATE:
		take_last_words(run);
		guarded_terminate(&run->guarded, SIGTERM, run->config->grace_ms);
		break;
	case RUN_KILL:
		guarded_kill(&run->guarded);
		break;
	case RUN_EXIT:
		loop_stop(run->loop, spawn_exit_status(run->guarded.status));
		break;
	case RUN_EXIT_SIGNAL:
		loop_stop(run->loop, 128 + run->signal);
		break;
	}
}

void run_happened(struct run *run, enum run_event event)
{
	struct run_step step = run_decide(run->state, event);

	run->state = step.next;
	perform(run, step.action);
}

static void on_ended(void *context)
{
	struct run *run = context;
	bool of_memory;

	oomkill_settle(&run->killer);
	of_memory = run->state == RUN_RUNNING && run_watch_end(run);

	run_happened(run, of_memory ? RUN_DIED_OF_MEMORY : RUN_DIED);
}

static void on_signalled(void *context, int signal)
{
	struct run *run = context;

	run->signal = signal;
	if (signal == SIGTERM || signal == SIGINT)
		run_happened(run, RUN_TERM);
	else if (signal == SIGHUP || signal == SIGQUIT)
		run_happened(run, RUN_HANGUP);
	else
		run_happened(run, RUN_OTHER_SIGNAL);
}

static void on_grace_over(void *context)
{
	run_happened(context, RUN_GRACE_OVER);
}

static void on_tree_gone(void *context)
{
	run_happened(context, RUN_TREE_GONE);
}

static void on_stubborn(void *context)
{
	const struct run *run = context;

	log_fail("%s: not all of its processes end, though they were killed (held in the kernel, by a dead file system "
		 "perhaps): waiting for them", run->name);
}

static const struct guarded_calls calls = {
	.ended = on_ended, .signalled = on_signalled, .grace_over = on_grace_over, .tree_gone = on_tree_gone,
	.stubborn = on_stubborn,
};

/* ---- the beginning and the end ---- */

static bool is_same_path(const char *a, const char *b)
{
	char absolute_a[PATH_MAX], absolute_b[PATH_MAX];

	return !strcmp(a, b) || (abspath(a, absolute_a, PATH_MAX) == 0 && abspath(b, absolute_b, PATH_MAX) == 0 &&
				 !strcmp(absolute_a, absolute_b));
}

/* -ENAMETOOLONG: of -o FILE, made absolute. What else fails leaves the child without OOME_FILE. */
static int open_home(struct run *run)
{
	const char *file = run->config->oome_file, *set = getenv("OOME_FILE");
	int r = run_home_open(&run->home, file);

	if (file && set && *set && !is_same_path(file, set))
		log_fail("'%s' is watched, as -o says, not '%s', as OOME_FILE says", file, set);
	if (r < 0 && file)
		log_fail("-o '%s': cannot tell its absolute path: %s", file, log_errno(r));
	else if (r < 0)
		log_fail("cannot make a directory for an oome file in %s/run, /tmp or /dev/shm: %s "
			 "(OOME_FILE is not set for %s; name a file by -o FILE)",
			 geteuid() == 0 ? "" : "$XDG_RUNTIME_DIR, ", log_errno(r), run->name);
	return r == -ENAMETOOLONG && file ? r : 0;
}

static int run_open(struct run *run)
{
	int r = loop_new(&run->loop);

	if (r == 0)
		r = guarded_open(&run->guarded, run->loop, &calls, run);
	if (r == 0)
		r = open_home(run);
	run_places_init(&run->places, run->config, run->guarded.proc, run->name,
			run->home.dir[0] ? run->home.file : NULL);
	oomkill_init(&run->killer, run->guarded.proc);
	if (r == 0 && run->places.inotify >= 0)
		r = loop_add_fd(run->loop, run->places.inotify, POLLIN, run_watch_event, run);
	if (r == 0)
		r = run_gmr_open(run);
	if (r == 0)
		r = loop_set_timer(run->loop, 0, run_start, run); /* the table has room for all our timers then */
	return r;
}

static void run_done(struct run *run)
{
	guarded_done(&run->guarded);
	selfreport_done(&run->selfreport);
	loop_free(run->loop);
	run_places_done(&run->places);
	oomkill_done(&run->killer);
	run_home_done(&run->home);
}

int run_main(const struct oome_config *config, char *const *argv)
{
	CLEANUP(run_done) struct run run = {
		.config = config, .argv = argv, .guarded = GUARDED_NONE, .limit_said_ms = -1,
		.selfreport = { SELFREPORT_NONE },
	};
	int r;

	log_never_block();
	guarded_name(argv[0], run.command, run.name);
	r = run_open(&run);
	if (r == 0) {
		oomadj_lower(&run.oomadj); /* where it is allowed */
		r = loop_run(run.loop);
	}
	if (r < 0)
		log_fail("cannot go on: %s%s", log_errno(r),
			 r == -EMFILE ? " (the limit of open files is too low: ulimit -n)" : "");
	return r == -EMFILE ? EXIT_CANNOT_START : r == -ENAMETOOLONG ? EXIT_USAGE : r < 0 ? 1 : r;
}
