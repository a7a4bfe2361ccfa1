#include "applets/gmr/watch.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/log.h"
#include "core/loop.h"

struct watch {
	const struct procfs *proc;
	struct pidref ref;
	const struct options *options;
	const struct make_options *make;
	struct output *output;
	struct watch_file seen;
	struct loop *loop;
};

static void watch_done(struct watch *w)
{
	loop_free(w->loop);
	pidref_done(&w->ref);
}

bool watch_is_touched(const struct watch_file *before, const struct watch_file *now)
{
	if (!now->there)
		return false;
	return !before->there || now->modified.tv_sec > before->modified.tv_sec ||
	       (now->modified.tv_sec == before->modified.tv_sec && now->modified.tv_nsec > before->modified.tv_nsec);
}

/* A file that is missing, or may not be looked at any more, appears again some time: nothing ends by that. */
static struct watch_file look(const char *path)
{
	struct watch_file file = { false, { 0, 0 } };
	struct stat st;

	file.there = stat(path, &st) == 0;
	if (file.there)
		file.modified = st.st_mtim;
	return file;
}

/* One that fails is said; the next may succeed. */
static void report(struct watch *w)
{
	struct made made;
	int r = make_report(w->proc, w->ref.pid, w->make, &made);

	if (r == -ESRCH)
		return; /* the loop will say so */
	if (r < 0) {
		log_fail("cannot report process %d: %s", (int)w->ref.pid, log_errno(r));
		return;
	}
	output_put(w->output, &made);
	made_done(&made);
}

static void tick(struct loop *loop, void *context)
{
	struct watch *w = context;
	struct watch_file now = look(w->options->watch);
	bool touched = watch_is_touched(&w->seen, &now);

	w->seen = now; /* before the report: a touch meanwhile is another one */
	if (touched)
		report(w);
	loop_set_timer(loop, w->options->interval_ms, tick, w);
}

static void ended(struct loop *loop, const struct pidref *ref, void *context)
{
	(void)context;
	log_line("process %d has ended", (int)ref->pid);
	loop_stop(loop, 0);
}

static void told_to_end(struct loop *loop, int signal, pid_t sender, void *context)
{
	(void)signal, (void)sender, (void)context;
	loop_stop(loop, 0);
}

static int prepare(struct watch *w, pid_t pid)
{
	int r = pidref_open(w->proc, pid, &w->ref);

	if (r == 0)
		r = loop_new(&w->loop);
	if (r == 0)
		r = loop_add_signal(w->loop, SIGTERM, told_to_end, w);
	if (r == 0)
		r = loop_add_signal(w->loop, SIGINT, told_to_end, w);
	if (r == 0)
		r = loop_add_pidref(w->loop, w->proc, &w->ref, ended, w);
	if (r == 0)
		r = loop_set_timer(w->loop, w->options->interval_ms, tick, w);
	return r;
}

int watch_run(const struct procfs *proc, pid_t pid, const struct options *options, const struct make_options *make,
	      struct output *output)
{
	CLEANUP(watch_done) struct watch w = {
		.proc = proc, .ref = PIDREF_NONE, .options = options, .make = make, .output = output,
		.seen = look(options->watch),
	};
	int r = prepare(&w, pid);

	if (r == 0)
		r = loop_run(w.loop);
	if (r == 0)
		return 0;
	log_fail("cannot watch process %d: %s", (int)pid, r == -ESRCH ? "it has ended" : log_errno(r));
	return 1;
}
