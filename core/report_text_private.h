/* report_text_private.h: the parts of core/report_text.c. */
#ifndef CORE_REPORT_TEXT_PRIVATE_H
#define CORE_REPORT_TEXT_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/value.h"

/* Where the text goes. After an error nothing more is added. */
struct text {
	struct buf *out;
	int error;
};

void text_add(struct text *t, const char *string);
void text_addf(struct text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_pad(struct text *t, size_t blanks);

/* STRING in the middle of WIDTH characters, the odd blank behind it; a longer one as it is. */
void text_centre(struct text *t, const char *string, size_t width);

/* A value that is no list or map, as Python's str() has it, as oslo.reports does: None, True, 5. */
void text_scalar(struct text *t, const struct value *value);

/* How oslo.reports' KeyValueView was asked to look. */
struct text_keys {
	const char *map_mark;     /* between a key and the map below it */
	bool blank_before;        /* a blank line before each such key */
	bool sort;                /* keys by their bytes, else as they come; lists are never sorted */
	const char *const *first; /* unless sorted, these come first; ends with NULL; or NULL */
};

/* report_text_values.c: what MAP, or a list, holds: `key = value`, and lists and maps below their key, two deeper. */
void text_values(struct text *t, const struct value *map, const struct text_keys *keys);

/* report_text_stack.c: a stack; the native one below Python's. Does END say that it was not read at all? */
#define TEXT_NOT_READ "not read"
void text_stack(struct text *t, const struct value *stack);
void text_native_stack(struct text *t, const struct value *stack);
bool text_is_not_read(const char *end);

/* report_text_threads.c */
void text_threads(struct text *t, const struct value *threads);
void text_green_threads(struct text *t, const struct value *threads);

#endif
