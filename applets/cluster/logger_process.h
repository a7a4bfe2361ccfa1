/* logger_process.h: what runs in the logger's process, and how the daemon talks to it.
 *
 * Over a SOCK_SEQPACKET socket: a message is a source's name without NUL, with the reading end of its pipe as
 * SCM_RIGHTS (unix(7)). A NUL byte alone: these were all that there are at the start. The end: nobody adds any more. */
#ifndef CLUSTER_LOGGER_PROCESS_H
#define CLUSTER_LOGGER_PROCESS_H

#include <stdbool.h>

enum { LOGGER_SOURCES_MAX = 32768 };

struct logger_process {
	int control;      /* its end of the socket */
	const char *path; /* of the log, absolute; NULL: OUT */
	int out;
};

/* For spawn_function(): CONTEXT is a struct logger_process. Returns when there is no source any more and nobody adds
 * one. */
int logger_process_run(void *context);

#endif
