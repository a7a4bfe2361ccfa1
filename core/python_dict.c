/* python_dict.c: see python_private.h: dictionaries.
 *
 * A dict has a table of keys, in which entries stand in the order of their insertion, behind the indices of its hash
 * table. These are of no use to us, as the hash of a str is seeded: all entries are looked at. In the dict of an
 * instance keys may be shared by all of a class ("split"); its values are in an array of its own then, in which some
 * may be missing. CPython's Objects/dictobject.c. */
#include <errno.h>
#include <string.h>

#include "core/python_dict_private.h"

enum { LOG2_SIZE_MAX = 40, KEYS_GENERAL = 0 /* dk_kind: keys of any type, with their hashes */ };

/* To 3.10: dk_size, and indices of as many bytes as it needs. */
static int read_size(struct python *p, uint64_t keys, uint64_t *ret_size, uint64_t *ret_index_bytes)
{
	int64_t size;
	uint64_t width = 1;
	int r = python_int64(p, keys, p->layout.dict.keys_size, &size);

	if (r == 0 && (size <= 0 || size > INT64_C(1) << LOG2_SIZE_MAX || (size & (size - 1))))
		r = -EBADMSG;
	if (r < 0)
		return r;
	if (size > 0xff)
		width = size <= 0xffff ? 2 : size <= 0xffffffff ? 4 : 8;
	*ret_size = (uint64_t)size;
	*ret_index_bytes = width * (uint64_t)size;
	return 0;
}

/* From 3.11: logarithms. */
static int read_log2(struct python *p, uint64_t keys, uint64_t *ret_size, uint64_t *ret_index_bytes)
{
	uint8_t size, index_bytes;
	int r = python_byte(p, keys, p->layout.dict.keys_log2_size, &size);

	if (r == 0)
		r = python_byte(p, keys, p->layout.dict.keys_log2_index_bytes, &index_bytes);
	if (r == 0 && (size > LOG2_SIZE_MAX || index_bytes > size + 3))
		r = -EBADMSG;
	if (r == 0) {
		*ret_size = UINT64_C(1) << size;
		*ret_index_bytes = UINT64_C(1) << index_bytes;
	}
	return r;
}

int python_dict_open_keys(struct python *p, uint64_t keys, struct python_dict *ret)
{
	const struct python_layout *l = &p->layout;
	uint64_t size = 0, index_bytes = 0;
	int64_t count = 0;
	uint8_t kind = KEYS_GENERAL;
	int r = l->dict.keys_size != PYTHON_NONE ? read_size(p, keys, &size, &index_bytes) :
						   read_log2(p, keys, &size, &index_bytes);

	if (r == 0)
		r = python_int64(p, keys, l->dict.keys_nentries, &count);
	if (r == 0 && l->dict.keys_kind != PYTHON_NONE)
		r = python_byte(p, keys, l->dict.keys_kind, &kind);
	if (r == 0 && (count < 0 || (uint64_t)count > size))
		r = -EBADMSG;
	if (r == 0)
		*ret = (struct python_dict){ .entries = keys + l->dict.keys_indices + index_bytes,
					     .entry_size = kind == KEYS_GENERAL ? 24 : 16,
					     .count = (uint64_t)count };
	return r;
}

static int open_dict(struct python *p, uint64_t address, struct python_dict *ret)
{
	struct python_dict dict;
	uint64_t keys, values;
	int r = python_is(p, address, PYTHON_IS_DICT) ? 0 : -EBADMSG;

	if (r == 0)
		r = python_pointer(p, address, p->layout.dict.keys, &keys);
	if (r == 0)
		r = python_pointer(p, address, p->layout.dict.values, &values);
	if (r == 0)
		r = keys ? python_dict_open_keys(p, keys, &dict) : -EBADMSG;
	if (r < 0)
		return r;
	if (values)
		dict.values = values + p->layout.dict.values_items;
	*ret = dict;
	return 0;
}

/* Entry INDEX; RET_VALUE 0: it is empty, or was deleted. */
static int read_entry(struct python *p, const struct python_dict *dict, uint64_t index, uint64_t *ret_key,
		      uint64_t *ret_value)
{
	uint64_t pair[2];
	uint64_t at = dict->entries + index * dict->entry_size + dict->entry_size - sizeof(pair);
	int r = pages_read(p->pages, at, pair, sizeof(pair));

	if (r == 0 && dict->values)
		r = pages_read(p->pages, dict->values + index * sizeof(pair[1]), &pair[1], sizeof(pair[1]));
	if (r == 0 && (pair[0] % 8 || pair[1] % 8))
		r = -EBADMSG;
	if (r < 0)
		return r;
	*ret_key = pair[0];
	*ret_value = pair[0] ? pair[1] : 0;
	return 0;
}

static int each(struct python *p, const struct python_dict *dict, python_pair_fn function, void *context)
{
	for (uint64_t i = 0; i < dict->count && i < PYTHON_DICT_MAX; i++) {
		uint64_t key, value;
		int r = read_entry(p, dict, i, &key, &value);

		if (r == 0 && value)
			r = function(key, value, context);
		if (r != 0)
			return r;
	}
	return dict->count > PYTHON_DICT_MAX ? -E2BIG : 0;
}

int python_dict_each(struct python *p, uint64_t dict, python_pair_fn function, void *context)
{
	struct python_dict found;
	int r = open_dict(p, dict, &found);

	return r < 0 ? r : each(p, &found, function, context);
}

struct wanted {
	struct python *p;
	const char *name;
	uint64_t value;
};

static int is_wanted(uint64_t key, uint64_t value, void *context)
{
	struct wanted *wanted = context;

	if (!python_text_is(wanted->p, key, wanted->name))
		return 0;
	wanted->value = value;
	return 1;
}

int python_dict_find(struct python *p, const struct python_dict *dict, const char *name, uint64_t *ret)
{
	struct wanted wanted = { p, name, 0 };
	int r = each(p, dict, is_wanted, &wanted);

	if (r == 1)
		*ret = wanted.value;
	return r == 1 ? 0 : r == 0 ? -ENOENT : r;
}

int python_dict_get(struct python *p, uint64_t dict, const char *key, uint64_t *ret)
{
	struct python_dict found;
	int r = open_dict(p, dict, &found);

	return r < 0 ? r : python_dict_find(p, &found, key, ret);
}
