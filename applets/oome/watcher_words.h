/* watcher_words.h: what the watcher knows, in words, for a report of the listener.
 *
 *	programs: 2 guarded, 3 of supervisord in all
 *	webapp: pid 4711, oome file '/srv/webapp/work/oome' (watched), last restart 12.0 s ago, 1 in all, the next
 *	at any time
 *
 * a line each. */
#ifndef OOME_WATCHER_WORDS_H
#define OOME_WATCHER_WORDS_H

#include "applets/oome/programs.h"
#include "applets/oome/wards.h"

/* Into SHARED->words; what does not fit is left out. Looks at nothing anew. */
void watcher_words(const struct programs *programs, const struct wards *wards, struct programs_shared *shared);

#endif
