#include "applets/gmr/arguments.h"

#include <string.h>

#include "core/cleanup.h"
#include "core/redact.h"
#include "core/span.h"

/* The mask may be longer than what it stands for. */
enum { GROWTH = 4, LEAST = 4096 };

/* Up to the last argument that is whole: half of one may be a secret that does not look like it. */
static size_t whole_len(const char *cmdline, size_t len)
{
	while (len > 0 && cmdline[len - 1] != '\0')
		len--;
	return len;
}

/* Programs that write over their arguments (setproctitle(3)) leave NULs behind the one text that is left. */
static size_t without_padding(const char *cmdline, size_t len)
{
	size_t first = strnlen(cmdline, len) + 1;

	for (size_t i = first; i < len; i++)
		if (cmdline[i] != '\0')
			return len;
	return len < first ? len : first;
}

void arguments_add(struct value_tree *tree, struct value *in, const char *key, const char *cmdline, size_t len,
		   bool cut, size_t max)
{
	CLEANUP(buf_done) struct buf redacted = BUF(len * GROWTH + LEAST);
	struct value *list = value_add_list(tree, in, key);
	struct span s, argument;
	size_t count = 0;

	if (cut)
		len = whole_len(cmdline, len);
	if (len > 0)
		len = without_padding(cmdline, len);
	if (len > 0 && redact_argv(cmdline, len, &redacted) < 0) {
		value_add_string(tree, list, NULL, ARGUMENTS_MORE);
		return;
	}
	s = span_of(redacted.data, redacted.len);
	while (count < max && span_len(&s) > 0) {
		if (!span_take_until(&s, '\0', &argument)) {
			argument = s;
			s.at = s.end;
		}
		value_add_bytes(tree, list, NULL, argument.at, span_len(&argument));
		count++;
	}
	if (cut || span_len(&s) > 0)
		value_add_string(tree, list, NULL, ARGUMENTS_MORE);
}
