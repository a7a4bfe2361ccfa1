/* gmr: a Guru Meditation Report of any process, from outside. */
#include <errno.h>
#include <signal.h>

#include "applets/applet.h"
#include "applets/gmr/inside.h"
#include "applets/gmr/make.h"
#include "applets/gmr/options.h"
#include "applets/gmr/output.h"
#include "applets/gmr/select.h"
#include "applets/gmr/signal.h"
#include "applets/gmr/watch.h"
#include "core/cleanup.h"
#include "core/log.h"

static struct make_options how_to_make(const struct options *o)
{
	return (struct make_options){
		.sections = o->sections,
		.mode = o->stop ? CAPTURE_STOP : o->no_stop ? CAPTURE_NO_STOP : CAPTURE_GENTLE,
		.max_stop_ms = o->max_stop_ms,
		.deadline_ms = o->deadline_ms,
		.debuginfod = o->debuginfod,
		.locals = o->locals,
		.shown = { .environ = o->environ, .fold = o->fold },
	};
}

static int fail(pid_t pid, int error)
{
	log_fail("cannot report process %d: %s", (int)pid, error == -ESRCH ? "it has ended" : log_errno(error));
	return 1;
}

/* MAY_BE_GONE: nobody has named it, so nobody misses it when it has ended since. */
static int report_one(const struct procfs *proc, pid_t pid, bool may_be_gone, const struct make_options *make,
		      struct output *output)
{
	struct made made;
	int r = make_report(proc, pid, make, &made), status;

	if (r < 0)
		return r == -ESRCH && may_be_gone ? 0 : fail(pid, r);
	status = output_put(output, &made) || made.nothing ? 1 : 0;
	made_done(&made);
	return status;
}

/* Where stdout is gone, no other report will get there either. */
static int report_all(const struct procfs *proc, const struct pidset *pids, const struct pidset *named,
		      const struct make_options *make, struct output *output)
{
	int status = 0;

	for (size_t i = 0; i < pids->count && !output->is_closed; i++)
		status |= report_one(proc, pids->pids[i], !pidset_has(named, pids->pids[i]), make, output);
	return status;
}

static int signal_all(const struct procfs *proc, const struct pidset *pids, const struct options *o)
{
	int status = 0;

	for (size_t i = 0; i < pids->count; i++)
		status |= signal_send(proc, pids->pids[i], o->signal, o->force);
	return status;
}

/* One report or one process is wanted, and names have led to several: nothing has been looked at yet. */
static int check_count(const struct opt_program *as_typed, const struct options *o, const struct pidset *pids)
{
	if (pids->count < 2 || (!o->file && !o->watch))
		return 0;
	return opt_usage(as_typed, "%zu processes are meant, of which the first two are %d and %d: %s", pids->count,
			 (int)pids->pids[0], (int)pids->pids[1],
			 o->watch ? "--watch takes one" : "-o takes one report (use -L DIR for several)");
}

static int write_reports(const struct procfs *proc, const struct pidset *pids, const struct pidset *named,
			 const struct options *o)
{
	const struct make_options make = how_to_make(o);
	CLEANUP(output_done) struct output output = { .directory = -1 };
	int status;

	if (output_open(o, pids->count > 1 || o->watch, &output))
		return 1;
	if (o->watch)
		status = watch_run(proc, pids->pids[0], o, &make, &output);
	else
		status = report_all(proc, pids, named, &make, &output);
	return output_end(&output) ? 1 : status;
}

static int run(const struct opt_program *as_typed, const struct options *o)
{
	CLEANUP(procfs_done) struct procfs proc = { .fd = -1 };
	CLEANUP(pidset_done) struct pidset pids = { 0 }, named = { 0 };
	int r = procfs_open_own(&proc), status;

	if (r < 0) {
		log_fail("no process can be read: %s (is proc mounted?)", log_errno(r));
		return 1;
	}
	status = select_processes(as_typed, &proc, o, &pids, &named);
	if (status > 1 || pids.count == 0)
		return status ? status : 1;
	if (check_count(as_typed, o, &pids))
		return 2;
	return (o->signal ? signal_all(&proc, &pids, o) : write_reports(&proc, &pids, &named, o)) ? 1 : status;
}

static int gmr_run(const struct opt_program *as_typed, int argc, char **argv)
{
	CLEANUP(options_done) struct options options = { .format = NULL };

	log_prefix("procguard gmr");
	signal(SIGXFSZ, SIG_IGN); /* a file at our limit (ulimit -f) is an error of write(2) */
	if (inside_is_meant(argc, argv))
		return inside_run(as_typed, argc, argv);
	switch (options_parse(as_typed, argc, argv, &options)) {
	case OPT_HELP:
		return 0;
	case OPT_USAGE:
		return 2;
	case OPT_OK:
	default:
		return run(as_typed, &options);
	}
}

const struct applet gmr_applet = { .name = "gmr", .program = &options_program, .run = gmr_run };
