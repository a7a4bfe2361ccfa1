/* statement_read.c: see statement.h: the side that reads. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "core/statement_private.h"
#include "core/value.h"

enum {
	SEEN_SIZE = 2 * STATEMENT_KEYS_MAX, /* a power of two */
	KEY_MAX = 4 * STATEMENT_SECTION_MAX, /* of a key that was made readable */
};

#define MORE "..."

/* The section that is being read. */
struct section {
	enum { NO_SECTION, EMPTY, TEXT, KEYS, STATE } kind;
	char title[STATEMENT_TITLE_MAX + 1];
	bool dropped;                /* another has its title */
	bool cut, twice;
	size_t bytes;
	struct value *keys;
	const char *seen[SEEN_SIZE]; /* keys by their hash; NULL: free */
};

struct reader {
	struct value_tree *tree;
	struct value *sections, *notes;
	struct statement_late *late;
	size_t late_max, late_count, section_count, note_count;
	bool begun;                  /* the magic has come */
	struct statement_input input;
	struct section section;
	struct buf text, key;
};

/* --- a section --- */

/* What was kept of a text until now. */
static void end_text(struct reader *r)
{
	struct buf *text = &r->text;

	while (!r->section.cut && text->len > 0 && text->data[text->len - 1] == '\n')
		text->len--;
	if (r->section.cut)
		(void)buf_adds(text, MORE);
	value_add_text(r->tree, r->sections, r->section.title, text->data, text->len);
	buf_reset(text);
}

static void add_more(struct reader *r)
{
	if (!value_get(r->section.keys, MORE))
		value_add_string(r->tree, r->section.keys, MORE, MORE);
}

static void end_section(struct reader *r)
{
	struct section *s = &r->section;

	if (s->kind != NO_SECTION && s->dropped)
		value_add_format(r->tree, r->notes, NULL, "two sections are named '%s': the first is shown", s->title);
	else if (s->kind == TEXT || s->kind == EMPTY)
		end_text(r);
	else if (s->kind == KEYS && s->cut)
		add_more(r);
	if (s->twice)
		value_add_format(r->tree, r->notes, NULL, "'%s' has a key twice: the first is shown", s->title);
	s->kind = NO_SECTION;
}

static bool is_string(const char *bytes, size_t length)
{
	return length > 0 && !memchr(bytes, '\0', length);
}

static int take_section(struct reader *r, const char *bytes, size_t length)
{
	struct section *s = &r->section;

	end_section(r);
	if (!is_string(bytes, length) || length > STATEMENT_TITLE_MAX || r->section_count == STATEMENT_SECTIONS_MAX)
		return -EBADMSG;
	r->section_count++;
	memset(s, 0, sizeof(*s));
	s->kind = EMPTY;
	memcpy(s->title, bytes, length);
	buf_reset(&r->key);
	if (buf_add_escaped(&r->key, bytes, length, false) < 0)
		return -ENOMEM;
	s->dropped = value_get(r->sections, r->key.data);
	return 0;
}

/* Count LENGTH bytes more. False: they are too many, and left out, as all behind them. */
static bool has_room(struct section *s, size_t length)
{
	s->bytes += length;
	s->cut |= s->bytes > STATEMENT_SECTION_MAX;
	return !s->cut;
}

static int take_text(struct reader *r, const char *bytes, size_t length)
{
	struct section *s = &r->section;

	if (s->kind != EMPTY && s->kind != TEXT)
		return -EBADMSG;
	s->kind = TEXT;
	return s->dropped || !has_room(s, length) ? 0 : buf_add(&r->text, bytes, length);
}

/* Where KEY is, or would be, among those seen (FNV-1a). There is always a free place. */
static const char **seen_place(struct section *s, const char *key)
{
	uint32_t hash = 2166136261u;

	for (const char *c = key; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	for (;; hash++) {
		const char **place = &s->seen[hash % SEEN_SIZE];

		if (!*place || !strcmp(*place, key))
			return place;
	}
}

static void add_key(struct reader *r, const char *value, size_t length)
{
	struct section *s = &r->section;
	const char *key = r->key.data ? r->key.data : "";
	const char **place = seen_place(s, key);
	uint32_t before = s->keys ? s->keys->count : 0;

	if (*place) {
		s->twice = true;
		return;
	}
	value_add_bytes(r->tree, s->keys, key, value, length);
	if (s->keys && s->keys->count > before)
		*place = s->keys->items.last->key;
}

static int take_key(struct reader *r, const char *bytes, size_t length)
{
	const char *nul = length > 0 ? memchr(bytes, '\0', length) : NULL;
	struct section *s = &r->section;

	if (!nul || (s->kind != EMPTY && s->kind != KEYS))
		return -EBADMSG;
	if (s->kind == EMPTY && !s->dropped)
		s->keys = value_add_map(r->tree, r->sections, s->title);
	s->kind = KEYS;
	if (s->dropped || !has_room(s, length))
		return 0;
	if (s->keys && s->keys->count == STATEMENT_KEYS_MAX) {
		s->cut = true;
		return 0;
	}
	buf_reset(&r->key);
	if (buf_add_escaped(&r->key, bytes, (size_t)(nul - bytes), false) < 0)
		return -ENOMEM;
	add_key(r, nul + 1, length - (size_t)(nul + 1 - bytes));
	return 0;
}

/* The section has words for what it would hold. */
static int take_state(struct reader *r, const char *words)
{
	struct section *s = &r->section;

	if (s->kind != EMPTY)
		return -EBADMSG;
	s->kind = STATE;
	if (!s->dropped)
		value_add_string(r->tree, r->sections, s->title, words);
	return 0;
}

static int take_late(struct reader *r, const char *bytes, size_t length)
{
	struct statement_late *late;
	uint32_t tid;

	if (length != sizeof(tid))
		return -EBADMSG;
	memcpy(&tid, bytes, sizeof(tid));
	if (tid == 0 || tid > INT_MAX || take_state(r, STATEMENT_NO_ANSWER) < 0)
		return -EBADMSG;
	if (r->section.dropped || r->late_count == r->late_max)
		return 0;
	late = &r->late[r->late_count++];
	late->tid = (pid_t)tid;
	memcpy(late->title, r->section.title, sizeof(late->title));
	return 0;
}

/* --- the whole --- */

static int take_note(struct reader *r, const char *bytes, size_t length)
{
	if (r->note_count++ == STATEMENT_NOTES_MAX)
		return -EBADMSG;
	value_add_bytes(r->tree, r->notes, NULL, bytes, length);
	return 0;
}

static int take_cut(struct reader *r, size_t length)
{
	enum { TAKES = 1 << EMPTY | 1 << TEXT | 1 << KEYS };

	if (length != 0 || !(TAKES & 1 << r->section.kind))
		return -EBADMSG;
	r->section.cut = true;
	return 0;
}

/* 1: that was the end. */
static int take_record(struct reader *r, const struct statement_record *head, const char *bytes)
{
	size_t length = head->length;

	if (r->begun == (head->kind == STATEMENT_MAGIC_KIND))
		return -EBADMSG;
	switch (head->kind) {
	case STATEMENT_MAGIC_KIND:
		r->begun = length == strlen(STATEMENT_MAGIC) && !memcmp(bytes, STATEMENT_MAGIC, length);
		return r->begun ? 0 : -EBADMSG;
	case STATEMENT_SECTION:
		return take_section(r, bytes, length);
	case STATEMENT_TEXT:
		return take_text(r, bytes, length);
	case STATEMENT_KEY:
		return take_key(r, bytes, length);
	case STATEMENT_CUT:
		return take_cut(r, length);
	case STATEMENT_LATE:
		return take_late(r, bytes, length);
	case STATEMENT_UNASKED:
		return length == 0 ? take_state(r, STATEMENT_NOT_ASKED) : -EBADMSG;
	case STATEMENT_NOTE:
		return take_note(r, bytes, length);
	case STATEMENT_END:
		return length == 0 ? 1 : -EBADMSG;
	default:
		return -EBADMSG;
	}
}

static int read_all(struct reader *r)
{
	struct statement_record head;
	const char *bytes;
	int result = 0;

	while (result == 0) {
		result = statement_next(&r->input, &head, &bytes);
		if (result == 0)
			result = take_record(r, &head, bytes);
	}
	if (result < 0)
		r->section.cut = true;
	end_section(r);
	return result < 0 ? result : 0;
}

static void note_error(struct reader *r, int error)
{
	const char *what = error == -EBADMSG ? "is broken" : error == -EPIPE ? "ends too early" :
			   error == -ETIMEDOUT ? "did not come in time" : strerror(-error);

	value_add_format(r->tree, r->notes, NULL, "what the program states of itself: %s", what);
}

static void reader_free(struct reader **reader)
{
	if (!*reader)
		return;
	buf_done(&(*reader)->text);
	buf_done(&(*reader)->key);
	free(*reader);
}

int statement_read(int fd, int64_t deadline_ns, struct value_tree *tree, struct value *sections, struct value *notes,
		   struct statement_late *ret_late, size_t late_max, size_t *ret_late_count)
{
	CLEANUP(reader_free) struct reader *r = calloc(1, sizeof(*r));
	int result;

	*ret_late_count = 0;
	if (!r)
		return -ENOMEM;
	r->tree = tree, r->sections = sections, r->notes = notes;
	r->late = ret_late, r->late_max = late_max;
	r->input.fd = fd, r->input.deadline_ns = deadline_ns;
	r->text = BUF(STATEMENT_SECTION_MAX + sizeof(MORE));
	r->key = BUF(KEY_MAX);
	result = read_all(r);
	*ret_late_count = r->late_count;
	if (result < 0)
		note_error(r, result);
	return result;
}
