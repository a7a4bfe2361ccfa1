/* itself.h: how this applet is run anew. */
#ifndef CLUSTER_ITSELF_H
#define CLUSTER_ITSELF_H

#include <limits.h>

/* "/usr/bin/procguard" and "cluster"; the binary may also have the applet's name, and needs no word then: NULL. */
struct itself { char path[PATH_MAX]; const char *word; };

/* Find it. -ENOENT: its file was deleted or replaced; -ENAMETOOLONG. */
int itself_find(struct itself *ret);

#endif
