/* decoder_python_line.c: see decoder_python_private.h: what stands in one line of a stack. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "applets/gmr/decoder_python_private.h"
#include "core/cleanup.h"
#include "core/redact.h"

enum {
	LOCAL_MAX = 1024,          /* of a local variable */
	LOCALS_TOTAL_MAX = 1 << 17,
};

/* --- where it is --- */

/* The line of source. As it was started ("python3 app.py"), a program's own file may have a name that begins at its
 * working directory. */
static int find_source(struct decoder_python *d, const struct python_line *line, struct buf *ret)
{
	const char *file = line->filename.data, *cwd = d->job->cwd;
	char path[PATH_MAX];

	if (!d->source || !file || file[0] == '<' || line->line <= 0)
		return -ENOENT;
	if (file[0] == '/')
		return source_line(d->source, file, line->line, ret);
	if (!cwd[0] || (size_t)snprintf(path, sizeof(path), "%s/%s", cwd, file) >= sizeof(path))
		return -ENOENT;
	return source_line(d->source, path, line->line, ret);
}

static void look_up(struct decoder_python *d, const struct python_frame *frame, struct decoder_line *ret)
{
	if (!ret->is_used) {
		ret->line = PYTHON_LINE();
		ret->source = BUF(SOURCE_MAX);
	}
	ret->is_used = true;
	ret->code = frame->code;
	ret->lasti = frame->lasti;
	ret->is_known = python_line(d->python, frame, &ret->line) == 0;
	buf_reset(&ret->source);
	if (ret->is_known && find_source(d, &ret->line, &ret->source) < 0)
		buf_reset(&ret->source);
}

static const struct decoder_line *find_line(struct decoder_python *d, const struct python_frame *frame)
{
	uint64_t hash = ((frame->code >> 4) ^ (uint64_t)frame->lasti) * 0x9e3779b97f4a7c15;
	struct decoder_line *line = &d->lines[(hash >> 32) % DECODER_PYTHON_CACHED];

	if (!line->is_used || line->code != frame->code || line->lasti != frame->lasti)
		look_up(d, frame, line);
	return line;
}

static void add_text(struct value_tree *tree, struct value *in, const char *key, const struct buf *text)
{
	if (text && text->len > 0)
		value_add_bytes(tree, in, key, text->data, text->len);
	else
		value_add_null(tree, in, key);
}

/* --- local variables --- */

struct adding {
	struct decoder_python *d;
	struct value_tree *tree;
	struct value *list;
	bool is_cut;
};

/* Masked as a setting of that name. */
static void add_value(struct value_tree *tree, struct value *map, const struct python_local *local)
{
	CLEANUP(buf_done) struct buf masked = BUF(LOCAL_MAX);
	const char *name = local->name.len > 0 ? local->name.data : "";

	if (local->value.len == 0)
		value_add_null(tree, map, "value");
	else if (redact_value(name, local->name.len, local->value.data, local->value.len, &masked) < 0)
		value_add_string(tree, map, "value", REDACT_MASK);
	else
		add_text(tree, map, "value", &masked);
}

static int add_local(const struct python_local *local, void *context)
{
	struct adding *adding = context;
	struct value *map;

	if (adding->list->count == DECODE_LOCALS_MAX || adding->d->locals_sent == LOCALS_TOTAL_MAX) {
		adding->is_cut = true;
		return 1;
	}
	adding->d->locals_sent++;
	map = value_add_map(adding->tree, adding->list, NULL);
	add_text(adding->tree, map, "name", &local->name);
	add_text(adding->tree, map, "type", &local->type);
	add_value(adding->tree, map, local);
	return adding->tree->error;
}

static void add_locals(struct decoder_python *d, const struct python_frame *frame, enum decoder_locals locals,
		       struct value_tree *tree, struct value *line)
{
	struct adding adding = { d, tree, NULL, locals == DECODER_LOCALS_CUT };

	if (locals == DECODER_LOCALS_NONE)
		return;
	adding.list = value_add_list(tree, line, "locals");
	if (adding.list && !adding.is_cut)
		(void)python_locals(d->python, frame, add_local, &adding);
	if (adding.is_cut)
		value_add_bool(tree, line, "locals_cut", true);
}

/* --- all of it --- */

void decoder_python_line(struct decoder_python *d, const struct python_frame *frame, enum decoder_locals locals,
			 struct value_tree *tree, struct value *lines)
{
	const struct decoder_line *found = find_line(d, frame);
	struct value *line = value_add_map(tree, lines, NULL);
	bool is_known = found->is_known;

	add_text(tree, line, "filename", is_known ? &found->line.filename : NULL);
	if (is_known && found->line.line > 0)
		value_add_int(tree, line, "line", found->line.line);
	else
		value_add_null(tree, line, "line");
	if (is_known && found->line.name.len > 0)
		add_text(tree, line, "name", &found->line.name);
	else
		value_add_string(tree, line, "name", "??");
	add_text(tree, line, "code", &found->source);
	add_text(tree, line, "qualname", is_known ? &found->line.qualname : NULL);
	add_locals(d, frame, locals, tree, line);
}
