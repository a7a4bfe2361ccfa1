#include "applets/cluster/reporting.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include "core/cleanup.h"
#include "core/log.h"
#include "core/loop.h"
#include "core/pidref.h"

enum { AT_ONCE_MAX = 4 }; /* of one ending: the deadline is for all of them */

int reporting_open(struct reporting *r, const struct config *config)
{
	int error;

	*r = (struct reporting){ .config = config };
	error = evidence_open(&r->evidence, NULL, config->report, config->report_deadline_ms, config->report_keep);
	if (error < 0)
		log_fail("cannot write reports into '%s': %s%s", config->report, evidence_open_error(error),
			 r->evidence.directory ? "; tried again when one is due" : "");
	return error == -ENOTSUP ? error : 0;
}

struct reporting *reporting_if_wanted(struct reporting *r)
{
	return r->evidence.directory ? r : NULL;
}

static void say(const struct reporting *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const struct reporting *r, const char *format, ...)
{
	char line[REPORTING_LINE_SIZE];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (r->say)
		r->say(r->context, line);
	else
		log_line("%s", line);
}

/* ---- who ---- */

static bool is_known(const struct reporting *r, const struct tree_node *node)
{
	size_t count = r->known_count < REPORTING_KNOWN ? r->known_count : REPORTING_KNOWN;

	for (size_t i = 0; i < count; i++)
		if (r->known[i].pid == node->pid && r->known[i].start_ticks == node->start_ticks)
			return true;
	return false;
}

/* Is its parent among those before it? It is reported with that. */
static bool is_below(const struct tree_node *nodes, size_t at, pid_t parent)
{
	for (size_t i = 0; i < at; i++)
		if (nodes[i].pid == parent)
			return true;
	return false;
}

/* ---- one of them ---- */

static void take(struct reporting *r, pid_t pid, const char *name, int64_t left_ms)
{
	char path[PATH_MAX], why[EVIDENCE_WHY_SIZE] = "";
	int error;

	r->evidence.deadline_ms = left_ms;
	error = left_ms > 0 ? evidence_take(&r->evidence, pid, true, path, why) : -ETIMEDOUT;
	if (error < 0)
		say(r, "%s: no report of pid %d: %s", name, (int)pid, why[0] ? why : "no time was left for it");
	else
		say(r, "%s: report of pid %d: '%s'%s%s%s", name, (int)pid, path, why[0] ? " (" : "", why,
		    why[0] ? ")" : "");
}

/* It stays who it is as long as the pidref is held. */
static void take_node(struct reporting *r, const struct procfs *proc, const struct tree_node *node, const char *name,
		      int64_t until)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	int error = pidref_open(proc, node->pid, &ref);

	if (error == -ESRCH || (error == 0 && ref.start_ticks != node->start_ticks))
		return;
	if (error < 0)
		say(r, "%s: no report of pid %d: %s", name, (int)node->pid, log_errno(error));
	else
		take(r, node->pid, name, until - loop_now());
}

void reporting_take(struct reporting *r, const struct procfs *proc, const struct tree_node *nodes, size_t count,
		    const char *name)
{
	int64_t until = r ? loop_now() + r->config->report_deadline_ms : 0;
	struct procparse_stat stat;

	for (size_t i = 0, taken = 0; r && i < count && taken < AT_ONCE_MAX; i++) {
		if (is_known(r, &nodes[i]) || procfs_stat_of(proc, nodes[i].pid, &stat) < 0 ||
		    is_below(nodes, i, stat.ppid))
			continue;
		r->known[r->known_count++ % REPORTING_KNOWN] = nodes[i];
		take_node(r, proc, &nodes[i], name ? name : stat.comm, until);
		taken++;
	}
}
