/* port.c: see port.h: the beginning, and what happens. */
#include "applets/heart/port.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "applets/heart/say.h"
#include "core/cleanup.h"
#include "core/log.h"

const char *port_command(const struct port *port)
{
	return port->cmd[0] ? port->cmd : port->config->command;
}

bool port_may_kill(const struct port_config *config)
{
	return !config->no_kill || strcmp(config->no_kill, "TRUE") != 0;
}

static struct port_facts facts_now(const struct port *port)
{
	const struct port_config *config = port->config;

	return (struct port_facts){
		.command = port_command(port),
		.node = port->node.pid > 0,
		.may_kill = port_may_kill(config),
		.term = port->term_ms >= 0 && loop_now() - port->term_ms < PORT_TERM_MS,
		.dump_seconds = port_dump_seconds(config->dump),
	};
}

/* What OTP's heart says to it. */
static void say_event(const struct port *port, enum port_event event)
{
	if (port->state != PORT_WAITING)
		return;
	if (event == PORT_OVERDUE)
		say("heart-beat time-out, no activity for %d seconds", port->config->timeout);
	if (event == PORT_CLOSED || event == PORT_GONE)
		say("Erlang has closed.");
	if (event == PORT_CRASHED) {
		say("Erlang is crashing .. (waiting for crash dump file)");
		if (port->config->dump)
			say("Waiting for dump - timeout set to %d seconds.", port_dump_seconds(port->config->dump));
	}
}

void port_happened(struct port *port, enum port_event event)
{
	const struct port_facts facts = facts_now(port);
	struct port_step step = port_decide(port->state, event, &facts);

	say_event(port, event);
	port->state = step.next;
	port_watch_input(port);
	port_perform(port, step.action);
}

/* What it said last may still stand in stdin: that it shuts down, for one. */
static void on_node_gone(struct loop *loop, const struct pidref *ref, void *context)
{
	struct port *port = context;

	(void)loop, (void)ref;
	if (port->state == PORT_WAITING)
		port_drain(port);
	port_happened(port, PORT_GONE);
}

/* A heartbeat that stands in stdin was in time: it sets the timer anew. What else stands there may lead to another
 * state, with a time of its own. */
void port_on_time(struct loop *loop, void *context)
{
	struct port *port = context;

	(void)loop;
	if (port->state != PORT_WAITING) {
		port_happened(port, PORT_TIME_OVER);
		return;
	}
	port_drain(port);
	if (port->state == PORT_WAITING && loop_now() >= port->deadline_ms)
		port_happened(port, PORT_OVERDUE);
}

/* Containers send it to every process; a guard that went first would leave the node unguarded, and the node would take
 * that for a fault. */
static void on_term(struct loop *loop, int signal, pid_t sender, void *context)
{
	struct port *port = context;

	(void)loop, (void)signal, (void)sender;
	port->term_ms = loop_now();
	say("SIGTERM: if Erlang ends within %d seconds, no command is run", PORT_TERM_MS / 1000);
}

/* ---- the beginning and the end ---- */

static void warn_of_settings(const struct port_config *config)
{
	const char *no_kill = config->no_kill, *kill_signal = config->kill_signal;

	if (no_kill && no_kill[0] && strcmp(no_kill, "TRUE") != 0)
		say("HEART_NO_KILL=%s does nothing: only TRUE counts", no_kill);
	if (kill_signal && kill_signal[0] && strcmp(kill_signal, "SIGABRT") != 0 && strcmp(kill_signal, "SIGKILL") != 0)
		say("HEART_KILL_SIGNAL=%s: SIGKILL is used; only SIGABRT is another choice", kill_signal);
}

static int open_node(struct port *port)
{
	int r;

	if (procfs_open_own(&port->procfs) == 0)
		port->proc = &port->procfs;
	if (port->config->pid == 0)
		return 0;
	r = pidref_open(port->proc, port->config->pid, &port->node);
	if (r == 0)
		return loop_add_pidref(port->loop, port->proc, &port->node, on_node_gone, port);
	say("process %d cannot be watched: %s (it is not killed; heartbeats and the standard input tell of its end)",
	    (int)port->config->pid, log_errno(r));
	return 0;
}

/* The answer that the node waits for comes as early as can be; what may come later does. */
static int port_open(struct port *port)
{
	int r = loop_new(&port->loop);

	if (r == 0)
		r = loop_add_signal(port->loop, SIGTERM, on_term, port);
	if (r == 0)
		r = port_gmr_open(port);
	if (r == 0)
		r = loop_reserve_child(port->loop);
	if (r == 0)
		r = loop_reserve_timer(port->loop, port_on_time, port);
	if (r < 0)
		return r;
	port_set_deadline(port);
	port_answer(port, FRAME_ACK, "");
	r = open_node(port);
	if (r < 0)
		return r;
	port_watch_input(port);
	oomadj_lower(&port->oomadj); /* where it is allowed */
	warn_of_settings(port->config);
	port_report_open(port);
	return 0;
}

static void port_done(struct port *port)
{
	selfreport_done(&port->selfreport);
	loop_free(port->loop);
	pidref_done(&port->node);
	procfs_done(&port->procfs);
}

int port_main(const struct port_config *config)
{
	unsigned char in[PORT_IN_SIZE], out[PORT_OUT_SIZE];
	CLEANUP(port_done) struct port port = {
		.config = config, .procfs = { .fd = -1 }, .node = PIDREF_NONE, .term_ms = -1,
		.in = in, .out = out, .selfreport = { SELFREPORT_NONE },
	};
	int r;

	r = port_open(&port);
	if (r == 0)
		r = loop_run(port.loop);
	if (r < 0)
		log_fail("cannot go on: %s", log_errno(r));
	return r < 0 ? 1 : r;
}
