/* port.h: heart as Erlang's port program: stdin and stdout carry frames (frame.h), OTP's heart(3) is the contract.
 *
 * port_policy.h decides; port.c begins and takes events, port_frames.c reads and answers, port_end.c does what follows
 * on the node's end, port_report.c leaves a report of it before, port_gmr.c one of us on SIGUSR2. */
#ifndef HEART_PORT_H
#define HEART_PORT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/heart/frame.h"
#include "applets/heart/port_policy.h"
#include "core/evidence.h"
#include "core/loop.h"
#include "core/oomadj.h"
#include "core/pidref.h"
#include "core/selfreport.h"

enum { PORT_IN_SIZE = 16384, PORT_OUT_SIZE = 8 * FRAME_MAX };

/* What the command line and the environment say. */
struct port_config {
	int timeout;             /* seconds */
	pid_t pid;               /* of the node; 0: not given */
	const char *command;     /* HEART_COMMAND; NULL: not set */
	const char *dump;        /* ERL_CRASH_DUMP_SECONDS, or NULL */
	const char *no_kill;     /* HEART_NO_KILL, or NULL */
	const char *kill_signal; /* HEART_KILL_SIGNAL, or NULL */
	const char *report;      /* HEART_REPORT_DIR, or NULL */
	bool debug;              /* HEART_DEBUG is set */
};

struct port {
	const struct port_config *config;
	struct loop *loop;
	struct procfs procfs;
	const struct procfs *proc; /* &procfs, or NULL: there is none that shows our pids */
	struct pidref node;        /* pid 0: not known */
	struct oomadj oomadj;
	struct evidence evidence;
	struct selfreport selfreport;
	enum port_state state;
	int64_t deadline_ms; /* loop_now(): of heartbeats */
	int64_t term_ms; /* when the last SIGTERM came; -1: none did */
	int tries;       /* to start the command */

	bool watching;   /* stdin is in the loop */
	struct frame_reader reader;
	size_t in_at, in_have;
	unsigned char *in;  /* PORT_IN_SIZE; apart, so that its pages are not touched before they are needed */
	bool out_watched, out_dead;
	size_t out_at, out_have;
	unsigned char *out; /* PORT_OUT_SIZE */
	char cmd[FRAME_MAX]; /* SET_CMD's; empty: none */
	char report_directory[PATH_MAX]; /* HEART_REPORT_DIR, absolute where that can be told */
};

/* Guard until the end. Returns the exit status. */
int port_main(const struct port_config *config);

/* The command in force: SET_CMD's, else HEART_COMMAND; NULL: none. */
const char *port_command(const struct port *port);

/* HEART_NO_KILL is not TRUE. */
bool port_may_kill(const struct port_config *config);

/* Something happened: decide, and do it. */
void port_happened(struct port *port, enum port_event event);

/* Do it (port_end.c). */
void port_perform(struct port *port, enum port_action action);

/* HEART_REPORT_DIR, where it is set: what is wrong with it is said (port_report.c). */
void port_report_open(struct port *port);

/* Report the node, before it is killed. Blocks, for 2 s at most. Allocates nothing. */
void port_report(struct port *port);

/* From here on SIGUSR2 is a report of ourselves (port_gmr.c). As selfreport_take_signal(). */
int port_gmr_open(struct port *port);

/* Answer with a frame. What the node does not take at once waits; where it waits for room, so does its input. */
void port_answer(struct port *port, unsigned char op, const char *data);

/* Heartbeats count from now on. */
void port_set_deadline(struct port *port);

/* For loop_set_timer(): the time of the state is over. */
void port_on_time(struct loop *loop, void *port);

/* The callback of stdin. */
void port_on_input(struct loop *loop, int fd, short revents, void *context);

/* Have stdin in the loop exactly where its frames can be handled. */
void port_watch_input(struct port *port);

/* Read and handle what stands in stdin right now, its end included; does not block. */
void port_drain(struct port *port);

#endif
