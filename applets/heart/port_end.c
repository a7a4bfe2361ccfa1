/* port_end.c: what follows on the node's end. */
#include "applets/heart/port.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "applets/heart/say.h"
#include "core/command.h"
#include "core/log.h"

enum { TRIES = 10, TRY_AGAIN_MS = 1000 };

/* The same timer in every state; 0: none. Its room is reserved. */
static void set_timer(struct port *port, int64_t delay_ms)
{
	if (delay_ms > 0)
		loop_set_timer(port->loop, delay_ms, port_on_time, port);
	else
		loop_clear_timer(port->loop, port_on_time, port);
}

void port_set_deadline(struct port *port)
{
	int64_t timeout_ms = (int64_t)port->config->timeout * 1000;

	port->deadline_ms = loop_now() + timeout_ms;
	set_timer(port, timeout_ms);
}

/* ---- the node ---- */

/* Wait for its end in this state; it may have come already. */
static void await_node(struct port *port, int64_t until_ms)
{
	set_timer(port, until_ms > 0 ? until_ms : 1);
	if (pidref_verify(port->proc, &port->node) == -ESRCH)
		port_happened(port, PORT_GONE);
}

static void await_dump(struct port *port)
{
	int seconds = port_dump_seconds(port->config->dump);

	set_timer(port, seconds < 0 ? 0 : (int64_t)seconds * 1000);
	if (port->node.pid > 0 && pidref_verify(port->proc, &port->node) == -ESRCH)
		port_happened(port, PORT_GONE);
}

static void kill_node(struct port *port)
{
	int signal = port_kill_signal(port->config->kill_signal), r;

	port_report(port);
	if (signal == SIGABRT)
		say("kill signal SIGABRT requested");
	r = pidref_signal(port->proc, &port->node, signal);
	if (r == 0 && signal != SIGKILL)
		pidref_signal(port->proc, &port->node, SIGCONT); /* a stopped node takes nothing but SIGKILL */
	set_timer(port, PORT_KILL_MS);
	if (r == -ESRCH)
		port_happened(port, PORT_GONE);
	else if (r < 0) {
		say("Erlang (process %d) cannot be signalled: %s", (int)port->node.pid, log_errno(r));
		port_happened(port, PORT_TIME_OVER);
	}
}

/* ---- the command ---- */

static void report(struct port *port, int status)
{
	char text[64];

	say("Executed \"%s\" -> %d. Terminating.", port_command(port), status);
	if (status >= 0)
		say("The command's end: %s.", spawn_describe(status, text));
	port_happened(port, PORT_DONE);
}

static void on_command(struct loop *loop, pid_t pid, int status, void *context)
{
	(void)loop, (void)pid;
	if (WIFEXITED(status) || WIFSIGNALED(status))
		report(context, status);
}

static void run_command(struct port *port)
{
	/* Its stdin is no more the node's pipe, nor its stdout: that one is dead. */
	const struct spawn how = { .in = -1, .out = -1, .err = -1, .inherit = true, .oomadj = &port->oomadj };
	char why[COMMAND_WHY_SIZE] = "";
	const char *command = port_command(port);
	pid_t pid = command_start(command, &how, why);

	set_timer(port, 0);
	if (pid > 0) {
		loop_add_child(port->loop, pid, on_command, port); /* has room: port_main() */
		return;
	}
	if (spawn_may_pass(pid) && ++port->tries < TRIES) {
		say("Cannot execute \"%s\": %s (tried again in a second)", command, log_errno(pid));
		set_timer(port, TRY_AGAIN_MS);
		return;
	}
	if (why[0])
		say("Cannot execute \"%s\": there is no /bin/sh, and %s needs one (use plain words, or a program)",
		    command, why);
	else
		say("Cannot execute \"%s\": %s", command, log_errno(pid));
	report(port, command_status(pid));
}

/* ---- what was decided ---- */

void port_perform(struct port *port, enum port_action action)
{
	switch (action) {
	case PORT_NOTHING:
		break;
	case PORT_END_NO_CMD:
		say("Would reboot. Terminating.");
		loop_stop(port->loop, 0);
		break;
	case PORT_END_TERM:
		say("Erlang has ended after SIGTERM: no command is run. Terminating.");
		loop_stop(port->loop, 0);
		break;
	case PORT_END:
		loop_stop(port->loop, 0);
		break;
	case PORT_AWAIT_DUMP:
		await_dump(port);
		break;
	case PORT_AWAIT_END:
		say("Wait %d seconds for Erlang to terminate nicely", PORT_GRACE_MS / 1000);
		await_node(port, PORT_GRACE_MS);
		break;
	case PORT_AWAIT_LEAVE:
		await_node(port, port->term_ms + PORT_TERM_MS - loop_now());
		break;
	case PORT_KILL_LATE:
		say("Erlang still alive, kill it");
		kill_node(port);
		break;
	case PORT_KILL:
		kill_node(port);
		break;
	case PORT_RUN_BESIDE:
		say("Unable to kill old process, kill failed (tried multiple times).");
		say("Erlang (process %d) is still there: the command runs beside it", (int)port->node.pid);
		run_command(port);
		break;
	case PORT_RUN:
		run_command(port);
		break;
	}
}
