/* expand.h: the ${...} of one line of a configuration. Pure.
 *
 *	${section:option}   the value of that option
 *	${:option}          of the section that the line stands in
 *	${a:${:b}}          the inner one first
 *	$${x}               ${x}, for a shell; another $$ stays */
#ifndef CLUSTER_EXPAND_H
#define CLUSTER_EXPAND_H

#include "applets/cluster/fault.h"
#include "core/buf.h"
#include "core/ini.h"

enum { EXPAND_DEPTH_MAX = 16 }; /* of ${ within ${ */

struct expand {
	const struct ini_line *line;
	const char *section; /* the line's own */
	struct fault *fault;
	void *context; /* the caller's */
	/* Append the value of an option to OUT, lines separated by newlines; SHOWN is what stands in the line. Returns
	 * 0 or what expand_line() is to return. */
	int (*get)(const struct expand *x, const char *shown, const char *section, const char *option,
		   struct buf *out);
};

/* Append the line, its ${...} replaced, to OUT. -EBADMSG: x->fault says what is wrong; -ENOBUFS: OUT is full;
 * -ENOMEM. */
int expand_line(const struct expand *x, struct buf *out);

#endif
