#include "applets/gmr/make.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "applets/gmr/denied.h"
#include "applets/gmr/green.h"
#include "applets/gmr/hang.h"
#include "applets/gmr/options.h"
#include "applets/gmr/registered.h"
#include "core/cleanup.h"
#include "core/clock.h"
#include "core/python.h"
#include "core/report.h"
#include "core/version.h"

enum {
	TREE_MAX = 256 << 20,   /* at some 370 bytes a frame: about 29,000 threads of 25 frames */
	STACK_MAX = 1 << 20,    /* bytes of one thread's stack */
	STACKS_MAX = 64 << 20,  /* and of all */
	LOOK_NS = 20 * 1000000, /* how long it is waited that who runs goes to sleep */
	NS_PER_MS = 1000000,
	TIME_SIZE = sizeof("2026-11-21T20:10:48Z"),
};

/* What one report is made of; ends with it. */
struct making {
	struct target target;
	struct capture *capture;
	struct python *python;   /* NULL: it is not looked for, or there was no memory */
	bool is_python;
	struct registered registered;
	struct decoded decoded;
	bool is_decoded;
	int64_t deadline_ns;
};

static void making_done(struct making *m)
{
	if (m->is_decoded)
		decoded_done(&m->decoded);
	registered_done(&m->registered);
	python_free(m->python);
	capture_free(m->capture);
	target_done(&m->target);
}

static void add_time(struct value_tree *tree, struct value *head, time_t at)
{
	char text[TIME_SIZE];
	struct tm tm;

	if (gmtime_r(&at, &tm) && strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
		value_add_string(tree, head, "time", text);
	else
		value_add_null(tree, head, "time");
}

/* "report", the first key. Returns where it says whether the report is complete, which is known at the end; NULL: out
 * of memory. */
static struct value *begin_head(struct made *made, pid_t pid)
{
	struct value_tree *tree = &made->report.tree;
	struct value *head = value_add_map(tree, &tree->root, "report"), *complete;
	struct utsname host;

	value_add_string(tree, head, "version", version_string());
	add_time(tree, head, made->time);
	value_add_string(tree, head, "host", uname(&host) == 0 ? host.nodename : NULL);
	value_add_int(tree, head, "pid", pid);
	value_add_bool(tree, head, "complete", true);
	complete = head ? head->items.last : NULL;
	made->report.denied = value_add_list(tree, head, "denied");
	made->report.notes = value_add_list(tree, head, "notes");
	made->report.deadlocks = value_add_list(tree, head, "deadlocks");
	return complete;
}

static void end_head(struct made *made, struct value *complete)
{
	const struct gmr_report *report = &made->report;

	if (complete && (report->incomplete || report->tree.error || value_first(report->denied)))
		complete->boolean = false;
}

static void note_batches(struct gmr_report *report, const struct make_options *options, const struct capture *capture)
{
	if (options->mode == CAPTURE_STOP && capture->stops > 1)
		section_note(report, REPORT_THREADS,
			     "more threads than fit in --max-stop %lldms: stopped in %u batches, so not all stacks "
			     "are of one moment", (long long)options->max_stop_ms, capture->stops);
}

/* A CPython is looked at while its threads are. */
static void prepare_python(struct making *m, const struct make_options *options, bool is_read,
			   struct capture_hook *ret)
{
	const struct python_options how = { .greens = is_read && (options->sections & SECTION_GREEN_THREADS),
					    .locals = options->locals, .deadline_ns = m->deadline_ns };

	python_free(m->python);
	m->python = NULL;
	if (options->sections & (SECTION_THREADS | SECTION_GREEN_THREADS) && python_new(&how, &m->python) == 0)
		python_hook(m->python, ret);
}

/* Whether it is one; what is to be said of it, in each section that lacks it. */
static void settle_python(struct making *m, struct made *made, const struct make_options *options)
{
	int r = m->python ? python_settle(m->python, m->capture) : -ENOENT;
	const char *why;

	m->is_python = r == 0;
	if (r == 0 || r == -ENOENT || denied_memory(m->capture) < 0) /* which each section says itself */
		return;
	why = python_why(m->python)[0] ? python_why(m->python) : strerror(-r);
	made->report.incomplete = true;
	if (options->sections & SECTION_THREADS)
		section_note(&made->report, REPORT_THREADS, "no Python frames: %s", why);
	if (options->sections & SECTION_GREEN_THREADS)
		section_note(&made->report, REPORT_GREEN_THREADS, "no greenlets and tasks: %s", why);
}

/* Without threads (IS_READ): for what the program has registered. */
static int take_capture(struct making *m, struct made *made, const struct procfs *proc,
			const struct make_options *options, bool is_read)
{
	struct capture_hook hook = { .context = NULL };
	const struct capture_options how = {
		.mode = is_read ? options->mode : CAPTURE_NOBODY,
		.look_ns = LOOK_NS,
		.max_stop_ns = options->max_stop_ms * NS_PER_MS,
		.deadline_ns = m->deadline_ns,
		.stack_max = STACK_MAX,
		.total_max = STACKS_MAX,
		.hook = &hook,
	};
	int r;

	prepare_python(m, options, is_read, &hook);
	r = capture_take(proc, m->target.dir, &m->target.ref, &how, &m->capture);

	if (r == 0) {
		note_batches(&made->report, options, m->capture);
		settle_python(m, made, options);
		return m->capture->thread_count > 0 || !is_read ? 0 : -ESRCH; /* the last has ended since */
	}
	m->capture = NULL;
	if (r == -ENOMEM || (r == -ESRCH && is_read))
		return r;
	if (options->sections & SECTION_GREEN_THREADS && r != -ESRCH)
		denied_add(&made->report.tree, made->report.denied, &m->target, REPORT_GREEN_THREADS, "green threads",
			   -r, true);
	if (!is_read)
		return 0;
	denied_add(&made->report.tree, made->report.denied, &m->target, REPORT_THREADS, "its threads", -r, true);
	return 0;
}

static void decode_all(struct making *m, struct made *made, const struct make_options *options)
{
	const struct decode_options how = {
		.package = options->sections & SECTION_PACKAGE,
		.stacks = m->capture && (options->sections & SECTION_THREADS),
		.greens = m->capture && m->capture->green_count > 0,
		.may_stop = options->mode != CAPTURE_NO_STOP,
		.debuginfod = options->debuginfod,
		.python = m->is_python ? m->python : NULL,
		.python_threads = options->sections & SECTION_THREADS,
		.python_greens = options->sections & SECTION_GREEN_THREADS,
		.locals = options->locals,
		.sources = true,
		.deadline_ns = m->deadline_ns,
	};
	int r;

	if (!how.package && !how.stacks && !how.greens && !how.python)
		return;
	r = decode(&m->target, m->capture, &how, &m->decoded);
	m->is_decoded = r == 0;
	if (r == 0 && (how.stacks || (!m->decoded.error && !(how.greens && m->decoded.why[0]))))
		return; /* how it ended, the section Threads says */
	made->report.incomplete = true;
	section_note(&made->report, how.stacks ? REPORT_THREADS : how.greens ? REPORT_GREEN_THREADS : REPORT_PACKAGE,
		     "%s%s", r < 0 ? "no child that decodes: " : m->decoded.error ? "" :
		     "stacks are not followed beyond the innermost frame: ", r < 0 ? strerror(-r) : m->decoded.why);
}

static void add_sections(struct making *m, struct made *made, const struct make_options *options)
{
	struct gmr_report *report = &made->report;
	const struct decoded *decoded = m->is_decoded ? &m->decoded : NULL;

	if (options->sections & SECTION_PACKAGE)
		section_package(report, &m->target, &m->registered,
				decoded ? value_get(&decoded->tree.root, "package") : NULL);
	if (options->sections & SECTION_THREADS)
		section_threads(report, &m->target, m->capture, decoded, &options->shown);
	if (options->sections & SECTION_GREEN_THREADS)
		section_green_threads(report, &m->target, &m->registered, m->capture, decoded,
				      &options->shown);
	if (options->sections & SECTION_PROCESSES)
		section_processes(report, &m->target);
	if (options->sections & SECTION_CONFIGURATION)
		section_configuration(report, &m->target, &m->registered, &options->shown);
}

/* Which of them runs, and where, is known by the threads: so these are read for them alone, too. */
static int take_greens(struct making *m, struct made *made, const struct procfs *proc,
		       const struct make_options *options)
{
	int r;

	if (!(options->sections & SECTION_THREADS)) {
		registered_done(&m->registered);
		capture_free(m->capture);
		r = take_capture(m, made, proc, options, true);
		if (r < 0)
			return r;
		registered_read(m->capture, &m->registered);
	}
	if (m->capture)
		(void)green_take(m->capture, &m->registered); /* without memory the section says so */
	return 0;
}

/* Its report is its own: without who makes it, and by the name that it has given itself. */
static void become_inside(struct making *m, struct made *made, const struct stated *stated)
{
	const struct registry_copy *registry = registered_main(&m->registered);

	registered_leave_out(&m->registered, stated, m->capture);
	if (registry && registry->head.product[0])
		snprintf(made->name, sizeof(made->name), "%s", registry->head.product);
}

/* What is read from the process's memory. */
static int take_all(struct making *m, struct made *made, const struct procfs *proc, const struct make_options *options)
{
	int r = 0;

	if (options->sections & ~(unsigned)SECTION_PROCESSES)
		r = take_capture(m, made, proc, options, options->sections & SECTION_THREADS);
	if (r < 0)
		return r;
	registered_read(m->capture, &m->registered);
	if (options->sections & SECTION_GREEN_THREADS && (green_count(&m->registered) > 0 || m->is_python))
		r = take_greens(m, made, proc, options);
	if (r < 0)
		return r;
	registered_notes(&made->report, &m->registered, options->stated);
	if (options->stated)
		become_inside(m, made, options->stated);
	return 0;
}

static int fill(struct making *m, struct made *made, const struct procfs *proc, const struct make_options *options)
{
	struct value *complete = begin_head(made, m->target.ref.pid);
	int r = take_all(m, made, proc, options);

	if (r < 0)
		return r;
	decode_all(m, made, options);
	add_sections(m, made, options);
	if (options->stated)
		stated_add(&made->report, options->stated, m->capture, m->is_decoded ? &m->decoded : NULL);
	end_head(made, complete);
	made->nothing = !m->capture && !(options->sections & ~(unsigned)(SECTION_THREADS | SECTION_GREEN_THREADS)) &&
			(options->sections & SECTION_THREADS);
	return 0;
}

int make_report(const struct procfs *proc, pid_t pid, const struct make_options *options, struct made *ret)
{
	CLEANUP(making_done) struct making m = {
		.target = { .ref = PIDREF_NONE, .dir = -1, .root = -1 },
		.deadline_ns = clock_ns() + options->deadline_ms * NS_PER_MS,
	};
	struct made made = { .report = { .tree = VALUE_TREE(TREE_MAX) }, .time = time(NULL) };
	int r;

	hang_end_behind(options->deadline_ms);
	r = target_open(proc, pid, &m.target);
	if (r == 0) {
		snprintf(made.name, sizeof(made.name), "%s", target_name(&m.target));
		m.target.reporter = options->reporter;
		r = fill(&m, &made, proc, options);
	}
	hang_is_over();
	if (r < 0)
		made_done(&made);
	else
		*ret = made;
	return r;
}

void make_bare(pid_t pid, const struct stated *stated, int error, struct made *ret)
{
	struct value *complete;

	*ret = (struct made){ .report = { .tree = VALUE_TREE(TREE_MAX), .incomplete = true }, .time = time(NULL),
			      .name = "process" };
	complete = begin_head(ret, pid);
	section_note(&ret->report, "report", "the process could not be read: %s%s", strerror(-error),
		     error == -ENOENT ? " (is proc mounted?)" : "");
	stated_add(&ret->report, stated, NULL, NULL);
	end_head(ret, complete);
}

void made_done(struct made *made)
{
	if (made)
		value_tree_done(&made->report.tree);
}
