/* listener_gmr.c: see listener.h: on SIGUSR2 a report of ourselves, never on stdout. What there is to be said of
 * programs the watcher knows; it is asked first, and where it does not answer that is said. */
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "applets/oome/lastwords.h"
#include "applets/oome/listener.h"
#include "core/log.h"

enum { WORDS_WITHIN_MS = 500 };

static void put_watcher(const struct listener *l, struct selfreport_section *section)
{
	pid_t looking_at = l->shared->looking_at;

	if (l->watcher == 0)
		selfreport_put(section, "watcher", "it has ended, and is started anew");
	else if (!l->words_asked)
		selfreport_put(section, "watcher", "process %d", (int)l->watcher);
	else
		selfreport_put(section, "watcher", "process %d, which does not answer", (int)l->watcher);
	if (looking_at > 0)
		selfreport_put(section, "looking at", "the files of process %d", (int)looking_at);
	for (size_t i = 0; i < PROGRAMS_AVOID_MAX && l->shared->avoid[i]; i++)
		selfreport_put(section, i ? "left out as well" : "left out", "process %d, whose files did not answer",
			       (int)l->shared->avoid[i]);
}

static void put_words(const struct listener *l, struct selfreport_section *section)
{
	char words[PROGRAMS_WORDS_SIZE], text[SELFREPORT_TIME_SIZE];

	if (l->shared->words_ms == 0)
		return;
	memcpy(words, l->shared->words, sizeof words);
	words[sizeof words - 1] = '\0';
	if (l->words_asked)
		selfreport_put(section, "what follows was so", "%s",
			       selfreport_time(l->shared->words_ms, loop_now(), text));
	selfreport_put_lines(section, words);
}

static void fill(void *context, struct selfreport_section *section)
{
	const struct listener *l = context;

	put_watcher(l, section);
	selfreport_put(section, "ticks", "%" PRIu64 " of %" PRIu64 " are done%s", l->shared->ticks_done, l->ticks_sent,
		       l->tick_waiting ? ", one waits" : "");
	put_words(l, section);
}

static void say(void *context, const char *line)
{
	(void)context;
	log_line("%s", line);
}

/* ---- asking the watcher ---- */

static void on_words_late(struct loop *loop, void *context)
{
	struct listener *l = context;

	(void)loop;
	selfreport_ask(&l->selfreport);
}

void listener_gmr_words(struct listener *l)
{
	if (!l->words_asked)
		return;
	l->words_asked = false;
	loop_clear_timer(l->loop, on_words_late, l);
	selfreport_ask(&l->selfreport);
}

/* One question at a time: who does not answer is not asked again, and the report comes without it. */
static void on_signal(struct loop *loop, int signal, pid_t sender, void *context)
{
	const char byte = WATCHER_WORDS;
	struct listener *l = context;

	(void)signal, (void)sender;
	if (l->words_asked && loop_now() < l->words_until_ms)
		return;
	if (l->words_asked || l->socket < 0 || send(l->socket, &byte, 1, MSG_DONTWAIT | MSG_NOSIGNAL) != 1) {
		selfreport_ask(&l->selfreport);
		return;
	}
	l->words_asked = true;
	l->words_until_ms = loop_now() + WORDS_WITHIN_MS;
	loop_set_timer(loop, WORDS_WITHIN_MS, on_words_late, l);
}

int listener_gmr_open(struct listener *l)
{
	const struct oome_config *config = l->config;
	struct selfreport *s = &l->selfreport;
	int r;

	*s = (struct selfreport){
		SELFREPORT_NONE,
		.loop = l->loop, .title = "Oome", .fill = fill, .say = say, .context = l,
		.directory = config->report ? config->lastwords->directory : NULL,
		.deadline_ms = config->report_deadline_ms, .keep = config->report_keep,
	};
	r = selfreport_open(s);
	if (r == 0)
		r = loop_reserve_timer(l->loop, on_words_late, l);
	if (r == 0)
		r = selfreport_take_signal(s, SIGUSR2); /* who is ignored at the end */
	return r < 0 ? r : loop_add_signal(l->loop, SIGUSR2, on_signal, l);
}
