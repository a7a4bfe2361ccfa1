#include "applets/gmr/source.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/confine.h"
#include "core/inroot_file.h"
#include "core/redact.h"
#include "core/span.h"

enum {
	FILES_MAX = 256,         /* kept, also those that are not to be had */
	FILE_MAX = 4 << 20,      /* bytes of one */
	BYTES_MAX = 32 << 20,    /* of all with their indices */
	LINE_MAX_BYTES = 1024,   /* what is shown of one */
	INDEX_STEP = 64,         /* every so many lines the index has an offset */
};

struct file {
	char *name;
	int error;               /* of opening or reading it */
	struct buf text;
	uint32_t *index;         /* where line I * INDEX_STEP begins (from 0) */
	size_t steps;
};

struct source {
	const struct target *target;
	struct file files[FILES_MAX]; /* the one used last comes first */
	size_t count, bytes;
};

int source_open(const struct target *target, struct source **ret)
{
	struct source *source;

	if (target->root < 0)
		return target->root;
	if (!confine_may_open_for(target->uid, target->euid))
		return -EPERM;
	source = calloc(1, sizeof *source);
	if (!source)
		return -ENOMEM;
	source->target = target;
	*ret = source;
	return 0;
}

static void file_done(struct file *file)
{
	free(file->name);
	buf_done(&file->text);
	free(file->index);
	*file = (struct file){ .name = NULL };
}

static size_t file_bytes(const struct file *file)
{
	return file->text.size + file->steps * sizeof *file->index;
}

static void forget_last(struct source *source)
{
	struct file *file = &source->files[--source->count];

	source->bytes -= file_bytes(file);
	file_done(file);
}

void source_free(struct source *source)
{
	while (source && source->count > 0)
		forget_last(source);
	free(source);
}

static size_t count_lines(const struct buf *text)
{
	const char *at = text->data, *end = at + text->len;
	size_t lines = 1;

	for (; at && (at = memchr(at, '\n', (size_t)(end - at))); at++)
		lines++;
	return lines;
}

static int make_index(struct file *file)
{
	const char *begin = file->text.data, *at = begin, *end = begin + file->text.len;
	size_t steps = count_lines(&file->text) / INDEX_STEP + 1, line = 0;

	file->index = calloc(steps, sizeof *file->index);
	if (!file->index)
		return -ENOMEM;
	file->steps = steps;
	for (; at && (at = memchr(at, '\n', (size_t)(end - at))); at++)
		if (++line % INDEX_STEP == 0)
			file->index[line / INDEX_STEP] = (uint32_t)(at + 1 - begin);
	return 0;
}

static int read_file(int root, const char *name, struct file *ret)
{
	CLEANUP(fd_done) int fd = inroot_open_file(root, name, FILE_MAX, NULL);
	int r;

	if (fd < 0)
		return fd;
	ret->text.max = FILE_MAX;
	r = buf_read_fd(&ret->text, fd);
	if (r == -ENOBUFS) /* it grew meanwhile */
		return -EFBIG;
	return r < 0 ? r : make_index(ret);
}

static void move_to_front(struct source *source, size_t i)
{
	struct file file = source->files[i];

	memmove(source->files + 1, source->files, i * sizeof file);
	source->files[0] = file;
}

static int add_file(struct source *source, const char *name)
{
	struct file file = { .name = strdup(name) };

	if (!file.name)
		return -ENOMEM;
	file.error = read_file(source->target->root, name, &file);
	if (file.error) {
		buf_done(&file.text);
		free(file.index);
		file.index = NULL;
		file.steps = 0;
	}
	while (source->count > 0 && (source->count == FILES_MAX || source->bytes + file_bytes(&file) > BYTES_MAX))
		forget_last(source);
	source->bytes += file_bytes(&file);
	source->files[source->count] = file;
	move_to_front(source, source->count++);
	return 0;
}

/* FILE, from those that were read before or anew: the first one is it. */
static int find_file(struct source *source, const char *name)
{
	int r = 0;
	size_t i = 0;

	while (i < source->count && strcmp(source->files[i].name, name) != 0)
		i++;
	if (i < source->count)
		move_to_front(source, i);
	else
		r = add_file(source, name);
	return r < 0 ? r : source->files[0].error;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The line of NUMBER (from 0) without the blanks around it. */
static int find_line(const struct file *file, size_t number, struct span *ret)
{
	struct span text = span_of(file->text.data, file->text.len), line;

	if (number / INDEX_STEP >= file->steps)
		return -ENOENT;
	text.at += file->index[number / INDEX_STEP];
	for (size_t i = 0; i < number % INDEX_STEP; i++)
		if (!span_take_until(&text, '\n', &line))
			return -ENOENT;
	if (span_len(&text) == 0)
		return -ENOENT;
	line = text;
	(void)span_take_until(&text, '\n', &line);
	while (line.at < line.end && is_blank(*line.at))
		line.at++;
	while (line.at < line.end && is_blank(line.end[-1]))
		line.end--;
	*ret = line;
	return 0;
}

int source_line(struct source *source, const char *file, int line, struct buf *ret)
{
	struct span span;
	int r = line < 1 || file[0] != '/' ? -ENOENT : find_file(source, file);

	if (r == 0)
		r = find_line(&source->files[0], (size_t)line - 1, &span);
	if (r < 0)
		return r;
	if (span_len(&span) <= LINE_MAX_BYTES)
		return redact_source(span.at, span_len(&span), ret);
	r = redact_source(span.at, LINE_MAX_BYTES, ret);
	return r < 0 ? r : buf_adds(ret, "...");
}
