#include "core/value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

enum {
	CHUNK_FIRST = 4096,   /* the first chunk; each is twice as large as the one before it */
	CHUNK_LAST = 1 << 18, /* up to this */
	SHORT_MAX = 256,      /* a string up to this may be taken again */
};

struct value_chunk {
	struct value_chunk *next;
	size_t size, used; /* of data */
	_Alignas(struct value) char data[];
};

/* What every new value needs: where it goes. */
struct place {
	struct value *in;
	const char *key;
};

void value_tree_done(struct value_tree *tree)
{
	struct value_chunk *chunk, *next;

	if (!tree)
		return;
	for (chunk = tree->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	*tree = VALUE_TREE(tree->max);
}

/* --- the arena --- */

static bool is_full(const struct value_tree *tree)
{
	return tree->error == -ENOBUFS || tree->error == -ENOMEM;
}

/* Nothing is added to a full tree any more, so that what it holds has no holes. */
static void *fail(struct value_tree *tree, int error)
{
	if (!is_full(tree))
		tree->error = error;
	return NULL;
}

/* A new chunk with room for SIZE bytes at least. */
static struct value_chunk *add_chunk(struct value_tree *tree, size_t size)
{
	size_t room = tree->max - tree->bytes, wanted = CHUNK_FIRST;
	struct value_chunk *chunk;

	if (tree->chunks)
		wanted = tree->chunks->size < CHUNK_LAST / 2 ? 2 * tree->chunks->size : CHUNK_LAST;
	if (room < sizeof(*chunk) || size > room - sizeof(*chunk))
		return fail(tree, -ENOBUFS);
	if (wanted < size)
		wanted = size;
	if (wanted > room - sizeof(*chunk))
		wanted = room - sizeof(*chunk);
	chunk = malloc(sizeof(*chunk) + wanted);
	if (!chunk)
		return fail(tree, -ENOMEM);
	*chunk = (struct value_chunk){ .next = tree->chunks, .size = wanted };
	tree->chunks = chunk;
	tree->bytes += sizeof(*chunk) + wanted;
	return chunk;
}

/* SIZE bytes, aligned to ALIGN, a power of two; NULL: tree.error says why. */
static void *take(struct value_tree *tree, size_t size, size_t align)
{
	struct value_chunk *chunk = tree->chunks;
	size_t at = chunk ? (chunk->used + align - 1) & ~(align - 1) : 0;

	if (is_full(tree))
		return NULL;
	if (!chunk || at > chunk->size || size > chunk->size - at) {
		chunk = add_chunk(tree, size);
		at = 0;
	}
	if (!chunk)
		return NULL;
	chunk->used = at + size;
	return chunk->data + at;
}

static bool is_plain(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (data[i] < 0x20 || data[i] > 0x7e) /* bytes from 0x80 on too, whether char is signed or not */
			return false;
	return true;
}

/* Where the LEN bytes of DATA would be among the recent strings (FNV-1a). */
static const char **recent_place(struct value_tree *tree, const char *data, size_t len)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)data[i]) * 16777619u;
	return &tree->recent[(hash ^ hash >> 16) % VALUE_RECENT];
}

/* The LEN readable bytes of DATA as a string of TREE. Keys, and the frames of many threads, are the same few again and
 * again. */
static const char *keep(struct value_tree *tree, const char *data, size_t len, uint32_t *ret_len)
{
	const char **recent = len <= SHORT_MAX ? recent_place(tree, data, len) : NULL;
	char *copy;

	if (recent && *recent && !strncmp(*recent, data, len) && !(*recent)[len] && !is_full(tree)) {
		*ret_len = (uint32_t)len;
		return *recent;
	}
	if (len >= UINT32_MAX)
		return fail(tree, -ENOBUFS);
	copy = take(tree, len + 1, 1);
	if (!copy)
		return NULL;
	memcpy(copy, data, len);
	copy[len] = '\0';
	if (recent)
		*recent = copy;
	*ret_len = (uint32_t)len;
	return copy;
}

/* A readable copy of the LEN bytes of DATA. */
static const char *copy_readable(struct value_tree *tree, const char *data, size_t len, uint32_t *ret_len)
{
	CLEANUP(buf_done) struct buf text = BUF(tree->max);
	int r;

	if (len == 0)
		data = "";
	if (is_plain(data, len))
		return keep(tree, data, len, ret_len);
	r = buf_add_escaped(&text, data, len, false);
	return r < 0 ? fail(tree, r) : keep(tree, text.data, text.len, ret_len);
}

/* --- adding --- */

/* A value that is to be put into PLACE, but is not yet, or NULL. */
static struct value *make(struct value_tree *tree, const struct place *place, enum value_kind kind)
{
	const struct value *in = place->in;
	struct value *value;
	uint32_t len;

	if (!in || (in->kind != VALUE_LIST && in->kind != VALUE_MAP))
		return NULL;
	if (in->depth >= VALUE_DEPTH_MAX)
		return fail(tree, -ELOOP);
	if (in->count == UINT32_MAX)
		return fail(tree, -ENOBUFS);
	value = take(tree, sizeof(*value), _Alignof(struct value));
	if (!value)
		return NULL;
	*value = (struct value){ .kind = kind, .depth = in->depth + 1 };
	if (in->kind == VALUE_MAP) {
		const char *key = place->key ? place->key : "";

		value->key = copy_readable(tree, key, strlen(key), &len);
		if (!value->key)
			return NULL;
	}
	return value;
}

static void put(const struct place *place, struct value *value)
{
	struct value *in = place->in;

	if (in->items.last)
		in->items.last->next = value;
	else
		in->items.first = value;
	in->items.last = value;
	in->count++;
}

static struct value *add(struct value_tree *tree, struct value *in, const char *key, enum value_kind kind)
{
	const struct place place = { in, key };
	struct value *value = make(tree, &place, kind);

	if (value)
		put(&place, value);
	return value;
}

struct value *value_add_map(struct value_tree *tree, struct value *in, const char *key)
{
	return add(tree, in, key, VALUE_MAP);
}

struct value *value_add_list(struct value_tree *tree, struct value *in, const char *key)
{
	return add(tree, in, key, VALUE_LIST);
}

void value_add_null(struct value_tree *tree, struct value *in, const char *key)
{
	add(tree, in, key, VALUE_NULL);
}

void value_add_bool(struct value_tree *tree, struct value *in, const char *key, bool boolean)
{
	struct value *value = add(tree, in, key, VALUE_BOOL);

	if (value)
		value->boolean = boolean;
}

void value_add_int(struct value_tree *tree, struct value *in, const char *key, int64_t integer)
{
	struct value *value = add(tree, in, key, VALUE_INT);

	if (value)
		value->integer = integer;
}

void value_add_bytes(struct value_tree *tree, struct value *in, const char *key, const char *data, size_t len)
{
	const struct place place = { in, key };
	struct value *value = make(tree, &place, VALUE_STRING);

	if (!value)
		return;
	value->string = copy_readable(tree, data, len, &value->count);
	if (value->string)
		put(&place, value);
}

/* As buf_add_escaped(), without what stands between lines and columns. */
static int escape_lines(struct buf *ret, const char *data, size_t len)
{
	int r = buf_adds(ret, "");

	while (r == 0 && len > 0) {
		size_t n = 0;

		while (n < len && data[n] != '\n' && data[n] != '\t')
			n++;
		r = buf_add_escaped(ret, data, n, false);
		if (r == 0 && n < len)
			r = buf_add(ret, data + n++, 1);
		data += n;
		len -= n;
	}
	return r;
}

void value_add_text(struct value_tree *tree, struct value *in, const char *key, const char *data, size_t len)
{
	CLEANUP(buf_done) struct buf text = BUF(tree->max);
	const struct place place = { in, key };
	struct value *value = make(tree, &place, VALUE_STRING);
	int r = value ? escape_lines(&text, data, len) : 0;

	if (!value)
		return;
	value->string = r < 0 ? fail(tree, r) : keep(tree, text.data ? text.data : "", text.len, &value->count);
	if (value->string)
		put(&place, value);
}

void value_add_string(struct value_tree *tree, struct value *in, const char *key, const char *text)
{
	if (text)
		value_add_bytes(tree, in, key, text, strlen(text));
	else
		value_add_null(tree, in, key);
}

void value_add_format(struct value_tree *tree, struct value *in, const char *key, const char *format, ...)
{
	CLEANUP(buf_done) struct buf text = BUF(tree->max);
	va_list args;
	int r;

	va_start(args, format);
	r = buf_vprintf(&text, format, args);
	va_end(args);
	if (r == 0)
		value_add_bytes(tree, in, key, text.data, text.len);
	else if (in)
		fail(tree, r);
}

/* The copy is put into its place when it is whole: so OTHER may be what holds that place. */
struct value *value_add_copy(struct value_tree *tree, struct value *in, const char *key, const struct value *other)
{
	const struct place place = { in, key };
	struct value *value = other ? make(tree, &place, other->kind) : NULL;

	if (!value)
		return NULL;
	if (other->kind == VALUE_BOOL)
		value->boolean = other->boolean;
	else if (other->kind == VALUE_INT)
		value->integer = other->integer;
	else if (other->kind == VALUE_STRING)
		value->string = keep(tree, other->string, other->count, &value->count);
	if (other->kind == VALUE_STRING && !value->string)
		return NULL;
	for (const struct value *item = value_first(other); item; item = item->next)
		value_add_copy(tree, value, item->key, item);
	put(&place, value);
	return value;
}

/* --- reading --- */

const struct value *value_first(const struct value *value)
{
	return value && (value->kind == VALUE_LIST || value->kind == VALUE_MAP) ? value->items.first : NULL;
}

const struct value *value_get(const struct value *map, const char *key)
{
	if (!map || map->kind != VALUE_MAP)
		return NULL;
	for (const struct value *item = map->items.first; item; item = item->next)
		if (!strcmp(item->key, key))
			return item;
	return NULL;
}

const char *value_string(const struct value *map, const char *key, const char *fallback)
{
	const struct value *value = value_get(map, key);

	return value && value->kind == VALUE_STRING ? value->string : fallback;
}

int64_t value_int(const struct value *map, const char *key, int64_t fallback)
{
	const struct value *value = value_get(map, key);

	return value && value->kind == VALUE_INT ? value->integer : fallback;
}

bool value_bool(const struct value *map, const char *key, bool fallback)
{
	const struct value *value = value_get(map, key);

	return value && value->kind == VALUE_BOOL ? value->boolean : fallback;
}

static bool same_scalar(const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_BOOL)
		return a->boolean == b->boolean;
	if (a->kind == VALUE_INT)
		return a->integer == b->integer;
	return a->kind != VALUE_STRING || !strcmp(a->string, b->string);
}

static bool same_key(const struct value *a, const struct value *b)
{
	return a->key && b->key ? !strcmp(a->key, b->key) : a->key == b->key;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->count != b->count || !same_scalar(a, b))
		return false;
	a = value_first(a);
	b = value_first(b);
	for (; a && b; a = a->next, b = b->next)
		if (!same_key(a, b) || !value_equal(a, b))
			return false;
	return a == b;
}
