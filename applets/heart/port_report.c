/* port_report.c: see port.h: HEART_REPORT_DIR: what the node was doing, before it is killed. */
#include <errno.h>

#include "applets/heart/port.h"
#include "applets/heart/say.h"
#include "core/abspath.h"
#include "core/log.h"

static bool is_asked_for(const struct port *port)
{
	const char *directory = port->config->report;

	return directory && directory[0];
}

void port_report_open(struct port *port)
{
	const char *directory = port->report_directory;
	int r;

	if (!is_asked_for(port))
		return;
	/* Who reads the line need not know where the node was started. */
	abspath_or_same(port->config->report, port->report_directory, sizeof(port->report_directory));
	r = evidence_open(&port->evidence, NULL, directory, EVIDENCE_DEADLINE_MS, EVIDENCE_KEEP);
	if (r < 0)
		say("cannot write reports into '%s' (HEART_REPORT_DIR): %s (%s)", directory, evidence_open_error(r),
		    port->evidence.directory ? "tried again when one is due" : "no reports are made");
}

/* The node alone is killed, and so reported; we ourselves are below it. */
void port_report(struct port *port)
{
	char path[PATH_MAX], why[EVIDENCE_WHY_SIZE];
	pid_t pid = port->node.pid;
	int r;

	if (!is_asked_for(port) || pidref_verify(port->proc, &port->node) == -ESRCH)
		return;
	r = evidence_take(&port->evidence, pid, false, path, why);
	if (r < 0)
		say("no report of Erlang (process %d): %s", (int)pid, why);
	else
		say("report of Erlang (process %d): '%s'%s%s%s", (int)pid, path, why[0] ? " (" : "", why,
		    why[0] ? ")" : "");
}
