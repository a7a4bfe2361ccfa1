/* value.h: a tree of values as JSON has them: what a report is made of. Pure.
 *
 * All of a tree lies in one arena, which never grows beyond its cap and is freed as a whole. Who builds one does not
 * check every step: when memory or the cap has run out, what is added is dropped, what is there stays, and tree.error
 * says why. A value that could not be made is NULL, and all functions take that: they add nothing, find nothing.
 *
 * Strings and keys are made readable as they come in (buf_add_escaped(): what is no UTF-8, and control characters, are
 * \xNN; a backslash stays as it is), so that no view has to think of it. */
#ifndef CORE_VALUE_H
#define CORE_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"

enum value_kind { VALUE_NULL, VALUE_BOOL, VALUE_INT, VALUE_STRING, VALUE_LIST, VALUE_MAP };

struct value {
	enum value_kind kind : 8;
	unsigned int depth : 8;   /* the root has 0, what it holds 1 */
	uint32_t count;           /* items of a list or map, bytes of a string */
	const char *key;          /* its name where a map holds it, else NULL */
	struct value *next;       /* behind it in the list or map that holds it */
	union {
		bool boolean;
		int64_t integer;
		const char *string; /* NUL-terminated */
		struct { struct value *first, *last; } items;
	};
};

struct value_chunk;

enum { VALUE_RECENT = 128 };

struct value_tree {
	struct value root;                /* a map */
	struct value_chunk *chunks;
	size_t bytes, max;                /* taken from malloc(3), never more than MAX */
	int error;                        /* 0; -ENOBUFS: MAX was reached; -ENOMEM; -ELOOP: nested too deep */
	const char *recent[VALUE_RECENT]; /* strings that were added last, by their hash: taken again for equal ones */
};

/* An empty map that takes at most MAX_BYTES; allocates nothing yet. Free it with value_tree_done() (takes NULL). */
#define VALUE_TREE(max_bytes) ((struct value_tree){ .root = { .kind = VALUE_MAP }, .max = (max_bytes) })
void value_tree_done(struct value_tree *tree);

/* How deep values may nest in a tree; the root counts as 0. */
enum { VALUE_DEPTH_MAX = 200 };

/* Append to IN, a map (under KEY, which is copied and not yet in it) or a list (KEY is NULL) of TREE. Takes constant
 * time. To anything else nothing is added. */
struct value *value_add_map(struct value_tree *tree, struct value *in, const char *key);
struct value *value_add_list(struct value_tree *tree, struct value *in, const char *key);
void value_add_null(struct value_tree *tree, struct value *in, const char *key);
void value_add_bool(struct value_tree *tree, struct value *in, const char *key, bool boolean);
void value_add_int(struct value_tree *tree, struct value *in, const char *key, int64_t integer);
void value_add_string(struct value_tree *tree, struct value *in, const char *key, const char *text); /* NULL: null */
void value_add_bytes(struct value_tree *tree, struct value *in, const char *key, const char *data, size_t len);
void value_add_format(struct value_tree *tree, struct value *in, const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* A text of several lines: newlines and tabs stay as they are. Not to be packed. */
void value_add_text(struct value_tree *tree, struct value *in, const char *key, const char *data, size_t len);

/* The same with a copy of OTHER, of another tree or of this one, with all below it. */
struct value *value_add_copy(struct value_tree *tree, struct value *in, const char *key, const struct value *other);

/* The value in MAP under KEY, or NULL: none, or MAP is no map. */
const struct value *value_get(const struct value *map, const char *key);

/* The same where it is a string, a number, a boolean; else FALLBACK. */
const char *value_string(const struct value *map, const char *key, const char *fallback);
int64_t value_int(const struct value *map, const char *key, int64_t fallback);
bool value_bool(const struct value *map, const char *key, bool fallback);

/* The first item of a list or map, or NULL: `for (v = value_first(list); v; v = v->next)`. */
const struct value *value_first(const struct value *value);

/* The same values in the same order, keys too? */
bool value_equal(const struct value *a, const struct value *b);

/* ---- value_pack.c: a value as bytes, for a pipe between two of our processes ---- */

/* Append VALUE to RET. -ENOBUFS, -ENOMEM: RET is as before. */
int value_pack(const struct value *value, struct buf *ret);

/* Append what the LEN bytes of DATA hold to IN, as value_add_copy(). The bytes are not trusted: -EBADMSG: not what
 * value_pack() writes (nothing has been added); tree.error as when it is built. */
int value_unpack(struct value_tree *tree, struct value *in, const char *key, const char *data, size_t len);

#endif
