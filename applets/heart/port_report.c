/* port_report.c: see port.h: HEART_REPORT_DIR: what the node was doing, before it is killed. */
#include <errno.h>

#include "applets/heart/port.h"
#include "applets/heart/say.h"
#include "core/log.h"

static bool is_asked_for(const struct port *port)
{
	const char *directory = port->config->report;

	return directory && directory[0];
}

static int open_evidence(struct port *port)
{
	if (port->evidence.directory)
		return 0;
	return evidence_open(&port->evidence, NULL, port->config->report, EVIDENCE_DEADLINE_MS, EVIDENCE_KEEP);
}

void port_report_open(struct port *port)
{
	int r = is_asked_for(port) ? open_evidence(port) : 0;

	if (r < 0)
		say("HEART_REPORT_DIR=%s: no reports can be written there: %s (tried again when one is due)",
		    port->config->report, evidence_open_error(r));
}

/* The node alone is killed, and so reported; we ourselves are below it. */
void port_report(struct port *port)
{
	char path[PATH_MAX], why[EVIDENCE_WHY_SIZE] = "";
	pid_t pid = port->node.pid;
	int r;

	if (!is_asked_for(port) || pidref_verify(port->proc, &port->node) == -ESRCH)
		return;
	r = open_evidence(port);
	if (r < 0) {
		say("no report of Erlang (process %d): cannot write into '%s': %s", (int)pid, port->config->report,
		    evidence_open_error(r));
		return;
	}
	r = evidence_take(&port->evidence, pid, false, path, why);
	if (r < 0)
		say("no report of Erlang (process %d): %s", (int)pid, why);
	else
		say("report of Erlang (process %d): '%s'%s%s%s", (int)pid, path, why[0] ? " (" : "", why,
		    why[0] ? ")" : "");
}
