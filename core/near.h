/* near.h: the word that somebody meant who typed another one. Pure. */
#ifndef CORE_NEAR_H
#define CORE_NEAR_H

#include <stddef.h>

struct near { const char *typed; size_t length; const char *best; size_t distance; };

/* Look for what the first LENGTH bytes of TYPED may mean. */
#define NEAR(typed_, length_) ((struct near){ .typed = (typed_), .length = (length_) })

/* A word that would be right; NULL is skipped. The nearest of all is best; NULL: none is near enough to be named. */
void near_offer(struct near *near, const char *candidate);

#endif
