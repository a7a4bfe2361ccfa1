/* listener.h: what the files of the listener share: listener.c talks with supervisord, listener_gmr.c reports us. */
#ifndef OOME_LISTENER_H
#define OOME_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "applets/oome/event.h"
#include "applets/oome/oome.h"
#include "applets/oome/watcher.h"
#include "core/loop.h"
#include "core/selfreport.h"

struct listener {
	const struct oome_config *config;
	struct loop *loop;
	struct event_reader reader;
	struct programs_shared *shared;
	pid_t watcher;
	int socket;              /* to the watcher */
	uint64_t ticks_sent;     /* to this watcher; shared->ticks_done says how far it is */
	uint64_t ticks_due;      /* what must be done by the deadline; 0: there is none */
	bool tick_waiting;       /* for a watcher to be there */
	struct selfreport selfreport;
	bool words_asked;        /* and the watcher has not answered yet */
	int64_t words_until_ms;  /* loop_now(): it is waited for */
};

/* From here on SIGUSR2 is a report of ourselves, on stderr or below --report. -errno of selfreport.h. */
int listener_gmr_open(struct listener *l);

/* The watcher has answered, or has ended: whoever waits for its words waits no more. */
void listener_gmr_words(struct listener *l);

#endif
