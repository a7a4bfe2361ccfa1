/* port_gmr.c: see port.h: on SIGUSR2 a report of ourselves, on stderr: stdout carries frames. */
#include <signal.h>

#include "applets/heart/port.h"
#include "applets/heart/say.h"

static const char *const state_names[PORT_STATES] = {
	[PORT_WAITING] = "waiting for heartbeats",
	[PORT_DUMPING] = "waiting for the crash dump",
	[PORT_PARTING] = "the node has closed, and may end by itself",
	[PORT_LEAVING] = "SIGTERM came, and the node may end by itself",
	[PORT_KILLING] = "the node is being killed",
	[PORT_COMMAND] = "the command runs",
	[PORT_ENDED] = "ended",
};

static const char *command_of(const struct port *port)
{
	if (port->cmd[0])
		return "the node has set one";
	return port->config->command ? "HEART_COMMAND" : "none";
}

static void put_beats(const struct port *port, struct selfreport_section *section)
{
	char text[SELFREPORT_TIME_SIZE];
	int64_t now = loop_now(), timeout_ms = (int64_t)port->config->timeout * 1000;

	selfreport_put(section, "timeout", "%d s", port->config->timeout);
	selfreport_put(section, "last heartbeat, or the start", "%s",
		       selfreport_time(port->deadline_ms - timeout_ms, now, text));
	if (port->state == PORT_WAITING)
		selfreport_put(section, "deadline", "%s", selfreport_time(port->deadline_ms, now, text));
}

static void fill(void *context, struct selfreport_section *section)
{
	const struct port *port = context;
	char text[SELFREPORT_TIME_SIZE];

	if (port->node.pid > 0)
		selfreport_put(section, "node", "process %d", (int)port->node.pid);
	else
		selfreport_put(section, "node", "%s", port->config->pid > 0 ? "gone" : "not known (no -pid)");
	selfreport_put(section, "state", "%s", state_names[port->state]);
	put_beats(port, section);
	selfreport_put(section, "command", "%s", command_of(port));
	if (port->tries > 0)
		selfreport_put(section, "tries to start the command", "%d", port->tries);
	selfreport_put(section, "may be killed", "%s", port_may_kill(port->config) ? "yes" : "no (HEART_NO_KILL)");
	selfreport_put(section, "last SIGTERM", "%s", selfreport_time(port->term_ms, loop_now(), text));
}

static void say_line(void *context, const char *line)
{
	(void)context;
	say("%s", line);
}

int port_gmr_open(struct port *port)
{
	const char *directory = port->config->report;
	struct selfreport *s = &port->selfreport;

	*s = (struct selfreport){
		SELFREPORT_NONE,
		.loop = port->loop, .title = "Heart", .fill = fill, .say = say_line, .context = port,
		.directory = directory && directory[0] ? directory : NULL,
		.deadline_ms = EVIDENCE_DEADLINE_MS, .keep = EVIDENCE_KEEP,
	};
	return selfreport_start(s, SIGUSR2, NULL);
}
