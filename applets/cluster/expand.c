#include "applets/cluster/expand.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

enum { REFERENCE_MAX = 1024 }; /* bytes between ${ and } */

#define REFUSE(x, ...) fault_say((x)->fault, (x)->line->file, (x)->line->line, __VA_ARGS__)

static int expand(const struct expand *x, const char **text, char until, unsigned depth, struct buf *out);

/* What may stand on either side of the colon. */
static bool is_plain(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_. ")] == '\0';
}

/* REFERENCE is "section:option", which is cut in two; SHOWN is what stands in the file. */
static int substitute(const struct expand *x, const char *shown, char *reference, struct buf *out)
{
	char *colon = strchr(reference, ':'), *option = colon ? colon + 1 : reference;

	if (!colon)
		return REFUSE(x, "%s: no ':' in it (of the environment it is ${env:%s}, a shell's own is $%s)", shown,
			      reference, shown);
	*colon = '\0';
	if (strchr(option, ':'))
		return REFUSE(x, "%s: more than one ':' in it", shown);
	if (!*option || !is_plain(option) || !is_plain(reference))
		return REFUSE(x, "%s: only letters, digits, '-', '_', '.' and blanks may stand around the ':' (a "
			      "shell's own is $%s)", shown, shown);
	return x->get(x, shown, *reference ? reference : x->section, option, out);
}

/* *TEXT stands at "${", afterwards behind its "}". */
static int expand_reference(const struct expand *x, const char **text, unsigned depth, struct buf *out)
{
	CLEANUP(buf_done) struct buf reference = BUF(REFERENCE_MAX);
	CLEANUP(free_done) char *shown = NULL;
	const char *begin = *text;
	int r;

	if (depth == EXPAND_DEPTH_MAX)
		return REFUSE(x, "too many ${ within each other");
	*text += 2;
	r = buf_adds(&reference, "");
	if (r == 0)
		r = expand(x, text, '}', depth + 1, &reference);
	if (r == -ENOBUFS)
		return REFUSE(x, "%.40s...: too long", begin);
	if (r < 0)
		return r;
	if (**text != '}')
		return REFUSE(x, "%.200s: no '}' behind it (a shell's own is $${)", begin);
	++*text;
	shown = strndup(begin, (size_t)(*text - begin));
	return shown ? substitute(x, shown, reference.data, out) : -ENOMEM;
}

/* Append *TEXT up to UNTIL, which it then stands at, or its end. */
static int expand(const struct expand *x, const char **text, char until, unsigned depth, struct buf *out)
{
	const char stops[] = { '$', until, '\0' };
	int r = 0;

	while (r == 0) {
		size_t n = strcspn(*text, stops);

		r = buf_add(out, *text, n);
		*text += n;
		if (r < 0 || **text != '$')
			break;
		if (!strncmp(*text, "$${", 3)) {
			r = buf_adds(out, "${");
			*text += 3;
		} else if (!strncmp(*text, "${", 2)) {
			r = expand_reference(x, text, depth, out);
		} else {
			n = (*text)[1] == '$' ? 2 : 1;
			r = buf_add(out, *text, n);
			*text += n;
		}
	}
	return r;
}

int expand_line(const struct expand *x, struct buf *out)
{
	const char *text = x->line->text;

	return expand(x, &text, '\0', 0, out);
}
