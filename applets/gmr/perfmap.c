#include "applets/gmr/perfmap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/confine.h"
#include "core/inroot_file.h"
#include "core/sorted.h"
#include "core/span.h"

enum {
	FILE_MAX = 64 << 20,   /* bytes */
	ENTRIES_MAX = 1000000, /* the newest count */
	LOOK_MAX = 4096,       /* entries looked at for one address */
};

struct entry {
	uint64_t start, end;   /* END is behind it; START is first, for sorted_up_to() */
	uint64_t end_max;      /* the greatest END of this one and all before it */
	size_t name;           /* where it begins in the text */
};

struct perfmap {
	char *text;            /* names end with NUL */
	struct entry *entries; /* by START; of equal ones, in the order of the file */
	size_t count;
};

void perfmap_free(struct perfmap *map)
{
	if (!map)
		return;
	free(map->text);
	free(map->entries);
	free(map);
}

/* "7f3a2c0012a0" or "0x7f...", and the blank behind it. */
static bool take_hex(struct span *line, uint64_t *ret)
{
	(void)(span_take_prefix(line, "0x") || span_take_prefix(line, "0X"));
	return span_take_hex(line, ret) == 0 && span_take_prefix(line, " ");
}

/* 7f3a2c0012a0 1c0 java.util.HashMap.get(Object)
 * start, size in hexadecimal; the rest of the line is the name. LINE is followed by NUL. */
static bool parse_line(const struct perfmap *map, struct span line, struct entry *ret)
{
	uint64_t start, size;

	if (!take_hex(&line, &start) || !take_hex(&line, &size) || size == 0 || *line.at == '\0')
		return false;
	ret->start = start;
	ret->end = start + size < start ? UINT64_MAX : start + size;
	ret->name = (size_t)(line.at - map->text);
	return true;
}

/* Names lie in the file's order: they tell which of two was written later. */
static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->name < y->name ? -1 : x->name > y->name;
}

static void sort(struct perfmap *map)
{
	uint64_t end = 0;

	if (map->count == 0)
		return;
	qsort(map->entries, map->count, sizeof *map->entries, compare);
	for (size_t i = 0; i < map->count; i++) {
		end = map->entries[i].end > end ? map->entries[i].end : end;
		map->entries[i].end_max = end;
	}
}

/* A last line without its end is still being written. Of too many, the first ones go: code that was replaced long
 * ago. */
static int parse(struct perfmap *map, size_t len)
{
	char *begin = map->text, *end = begin + len, *newline;
	size_t lines = 0;

	for (char *at = begin; (newline = memchr(at, '\n', (size_t)(end - at))); at = newline + 1)
		lines++;
	map->entries = calloc(lines < ENTRIES_MAX ? lines + 1 : ENTRIES_MAX, sizeof *map->entries);
	if (!map->entries)
		return -ENOMEM;
	for (; (newline = memchr(begin, '\n', (size_t)(end - begin))); begin = newline + 1) {
		const struct span line = { begin, newline };

		*newline = '\0';
		if (lines-- <= ENTRIES_MAX && parse_line(map, line, &map->entries[map->count]))
			map->count++;
	}
	sort(map);
	return 0;
}

/* Takes TEXT, LEN bytes. */
static int make(char *text, size_t len, struct perfmap **ret)
{
	struct perfmap *map = calloc(1, sizeof *map);
	int r;

	if (!map) {
		free(text);
		return -ENOMEM;
	}
	map->text = text;
	r = parse(map, len);
	if (r < 0)
		perfmap_free(map);
	else
		*ret = map;
	return r;
}

int perfmap_parse(const char *text, size_t len, struct perfmap **ret)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return -ENOMEM;
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	return make(copy, len, ret);
}

int perfmap_open(const struct target *target, struct perfmap **ret)
{
	CLEANUP(buf_done) struct buf text = BUF(FILE_MAX);
	CLEANUP(fd_done) int fd = -1;
	struct stat st;
	char path[48];
	int r;

	if (target->root < 0)
		return target->root;
	if (!confine_may_open_for(target->uid, target->euid))
		return -EPERM;
	snprintf(path, sizeof path, "/tmp/perf-%d.map", (int)target->inner_pid);
	fd = inroot_open_file(target->root, path, FILE_MAX, &st);
	if (fd < 0)
		return fd;
	if (st.st_uid != 0 && st.st_uid != target->uid && st.st_uid != target->euid)
		return -EPERM;
	r = buf_read_fd(&text, fd);
	if (r < 0 && r != -ENOBUFS) /* it grew meanwhile: what fits is as good */
		return r;
	r = buf_reserve(&text, 0);
	return r < 0 ? r : make(TAKE_PTR(text.data), text.len, ret);
}

const char *perfmap_name(const struct perfmap *map, uint64_t address)
{
	const struct entry *best = NULL;
	size_t i = map ? sorted_up_to(map->entries, map->count, sizeof *map->entries, address) : 0;

	for (size_t n = 0; n < LOOK_MAX && i > 0 && map->entries[i - 1].end_max > address; n++) {
		const struct entry *entry = &map->entries[--i];

		if (entry->end > address && (!best || entry->name > best->name))
			best = entry;
	}
	return best ? map->text + best->name : NULL;
}
