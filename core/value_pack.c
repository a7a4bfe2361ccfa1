/* value_pack.c: values as bytes. Both ends are this program on this machine, so numbers are as the processor has them:
 *
 *   n | t | f           null, true, false
 *   i INT64
 *   s UINT32 BYTES      a string of so many bytes
 *   l UINT32 VALUE...   a list of so many
 *   m UINT32 (UINT32 BYTES VALUE)...
 *
 * What came from a stranger is walked twice: first it is checked, so that nothing is added of a broken one. */
#include "core/value.h"

#include <errno.h>
#include <string.h>

#include "core/span.h"

/* --- writing --- */

static int add_number(struct buf *ret, size_t number)
{
	uint32_t n = (uint32_t)number;

	return number > UINT32_MAX ? -ENOBUFS : buf_add(ret, &n, sizeof(n));
}

static int add_text(struct buf *ret, const char *text, size_t len)
{
	int r = add_number(ret, len);

	return r < 0 ? r : buf_add(ret, text, len);
}

static int add_value(const struct value *value, struct buf *ret);

static int add_items(const struct value *value, struct buf *ret)
{
	int r = add_number(ret, value->count);

	for (const struct value *item = value->items.first; r == 0 && item; item = item->next) {
		if (value->kind == VALUE_MAP)
			r = add_text(ret, item->key, strlen(item->key));
		if (r == 0)
			r = add_value(item, ret);
	}
	return r;
}

static int add_value(const struct value *value, struct buf *ret)
{
	static const char kinds[] = {
		[VALUE_NULL] = 'n', [VALUE_BOOL] = 'f', [VALUE_INT] = 'i',
		[VALUE_STRING] = 's', [VALUE_LIST] = 'l', [VALUE_MAP] = 'm',
	};
	char kind = value->kind == VALUE_BOOL && value->boolean ? 't' : kinds[value->kind];
	int r = buf_add(ret, &kind, 1);

	if (r < 0)
		return r;
	switch (value->kind) {
	case VALUE_INT:
		return buf_add(ret, &value->integer, sizeof(value->integer));
	case VALUE_STRING:
		return add_text(ret, value->string, value->count);
	case VALUE_LIST:
	case VALUE_MAP:
		return add_items(value, ret);
	default:
		return 0;
	}
}

int value_pack(const struct value *value, struct buf *ret)
{
	size_t before = ret->len;
	int r = add_value(value, ret);

	if (r < 0 && ret->data) {
		ret->len = before;
		ret->data[before] = '\0';
	}
	return r;
}

/* --- reading --- */

static bool take_bytes(struct span *s, void *ret, size_t n)
{
	if (span_len(s) < n)
		return false;
	memcpy(ret, s->at, n);
	s->at += n;
	return true;
}

/* UINT32 BYTES; RET_TEXT points into S. */
static bool take_text(struct span *s, struct span *ret_text)
{
	uint32_t len;

	if (!take_bytes(s, &len, sizeof(len)) || span_len(s) < len)
		return false;
	*ret_text = span_of(s->at, len);
	s->at += len;
	return true;
}

static bool check_value(struct span *s, int depth);

static bool check_items(struct span *s, bool is_map, int depth)
{
	struct span key;
	uint32_t count;

	if (!take_bytes(s, &count, sizeof(count)))
		return false;
	for (; count > 0; count--)
		if ((is_map && (!take_text(s, &key) || memchr(key.at, '\0', span_len(&key)))) ||
		    !check_value(s, depth + 1))
			return false;
	return true;
}

static bool check_value(struct span *s, int depth)
{
	struct span text;
	int64_t integer;
	char kind;

	if (depth > VALUE_DEPTH_MAX || !take_bytes(s, &kind, 1))
		return false;
	switch (kind) {
	case 'n':
	case 't':
	case 'f':
		return true;
	case 'i':
		return take_bytes(s, &integer, sizeof(integer));
	case 's':
		return take_text(s, &text);
	case 'l':
	case 'm':
		return check_items(s, kind == 'm', depth);
	default:
		return false;
	}
}

/* What is being built, of bytes that have been checked. KEY is where a key becomes a string. */
struct builder {
	struct value_tree *tree;
	struct span rest;
	struct buf key;
};

static void build_value(struct builder *b, struct value *in, const char *key);

/* INTO is NULL where it would be too deep: what it holds is passed over. */
static void build_items(struct builder *b, struct value *into, bool is_map)
{
	struct span key;
	uint32_t count = 0;

	take_bytes(&b->rest, &count, sizeof(count));
	for (; count > 0; count--) {
		if (is_map && take_text(&b->rest, &key)) {
			buf_reset(&b->key);
			if (buf_add(&b->key, key.at, span_len(&key)) < 0)
				b->tree->error = -ENOMEM;
		}
		if (b->tree->error == -ENOMEM || b->tree->error == -ENOBUFS)
			return;
		build_value(b, into, is_map ? b->key.data : NULL);
	}
}

static void build_value(struct builder *b, struct value *in, const char *key)
{
	struct span text = span_of(NULL, 0);
	int64_t integer = 0;
	char kind = 'n';

	take_bytes(&b->rest, &kind, 1);
	switch (kind) {
	case 't':
	case 'f':
		value_add_bool(b->tree, in, key, kind == 't');
		return;
	case 'i':
		take_bytes(&b->rest, &integer, sizeof(integer));
		value_add_int(b->tree, in, key, integer);
		return;
	case 's':
		take_text(&b->rest, &text);
		value_add_bytes(b->tree, in, key, text.at, span_len(&text));
		return;
	case 'l':
		build_items(b, value_add_list(b->tree, in, key), false);
		return;
	case 'm':
		build_items(b, value_add_map(b->tree, in, key), true);
		return;
	default:
		value_add_null(b->tree, in, key);
	}
}

int value_unpack(struct value_tree *tree, struct value *in, const char *key, const char *data, size_t len)
{
	struct builder b = { .tree = tree, .rest = span_of(data, len), .key = BUF(UINT32_MAX) };
	struct span check = b.rest;

	if (!check_value(&check, 0) || span_len(&check) > 0)
		return -EBADMSG;
	build_value(&b, in, key);
	buf_done(&b.key);
	return tree->error;
}
