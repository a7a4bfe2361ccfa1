/* tree_private.h: what the files of tree share: to collect processes, to signal them. Allocates nothing. */
#ifndef CORE_TREE_PRIVATE_H
#define CORE_TREE_PRIVATE_H

#include <stdbool.h>

#include "core/tree.h"

struct tree_gather {
	const struct procfs *proc;
	pid_t parent; /* whose children are being taken */
	struct tree_node *nodes;
	size_t count, max;
	int error;    /* the first failure that may have hidden somebody; -ENOBUFS: there is no room for more */
	/* May this one be taken? NULL: everybody. */
	bool (*wanted)(const struct tree_gather *gather, const struct tree_node *node);
	const void *context;
};

/* CHILD becomes its parent, that of this very moment. -EAGAIN: one of the two has ended meanwhile; -ESRCH: it has none
 * that PROC shows: hidepid=2, or a pid namespace above ours. */
int tree_read_parent(const struct procfs *proc, struct procparse_stat *child);

/* Has the pid of NODE been its own all the time until now? It may be a zombie. */
bool tree_node_is_same(const struct procfs *proc, const struct tree_node *node);

/* Keep R as the error, unless there is one: that somebody has gone, or is hidden from us by hidepid=, is none. */
void tree_note_error(struct tree_gather *gather, int r);

/* Append the living children of PARENT. -errno of the list of them; one of them that cannot be read is noted. */
int tree_take_children(struct tree_gather *gather, pid_t parent);

/* Append whatever is below the nodes from AT on, level by level: parents stand before their children. */
void tree_take_below(struct tree_gather *gather, size_t at);

#endif
