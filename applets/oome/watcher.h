/* watcher.h: the half of the listener that looks at processes and their files, in a process of its own: a file
 * system that does not answer may hold it up, but not the half that talks with supervisord. */
#ifndef OOME_WATCHER_H
#define OOME_WATCHER_H

#include "applets/oome/oome.h"
#include "applets/oome/programs.h"

struct watcher_start {
	const struct oome_config *config;
	struct programs_shared *shared; /* MAP_SHARED */
	/* From the listener, a WATCHER_TICK a tick; shared->ticks_done counts those done. A WATCHER_WORDS comes back
	 * when shared->words stand there. Its end is ours. */
	int socket;
	int foreign_socket; /* the listener's own end, to be closed in the child */
};

enum { WATCHER_TICK = 't', WATCHER_WORDS = 'w' };

/* For spawn_function(). 0: the listener went away; 1: no supervisord, said. */
int watcher_main(void *start);

#endif
