#include "applets/gmr/sections.h"

#include "core/cleanup.h"
#include "core/redact.h"

enum { MASKED_MAX = 16384 };

void section_masked(struct value_tree *tree, struct value *in, const char *key, const char *text, size_t len)
{
	CLEANUP(buf_done) struct buf masked = BUF(MASKED_MAX);

	if (!text || len == 0)
		value_add_null(tree, in, key);
	else if (redact_text(text, len, &masked) < 0)
		value_add_string(tree, in, key, REDACT_MASK);
	else
		value_add_bytes(tree, in, key, masked.data ? masked.data : "", masked.len);
}
