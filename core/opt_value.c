/* opt_value.c: what an option's text means. */
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/opt_private.h"
#include "core/sig.h"
#include "core/units.h"

enum { DECIMAL = 10 };

static const struct { const char *is, *use; } kinds[] = {
	[OPT_TIME] = { "a time", "use 500ms, 30s, 5m; a bare number is seconds" },
	[OPT_TIMEOUT] = { "a time", "use 500ms, 30s, 5m, or none; a bare number is seconds" },
	[OPT_RATE] = { "a rate", "use COUNT/PERIOD with a COUNT from 1 to 64, as 5/10m, or none" },
	[OPT_CHOICE] = { "a choice", NULL },
	[OPT_SIGNAL] = { "a signal", "use a name as TERM, or a number" },
	[OPT_NUMBER] = { "a number", "use one as 10 or -1" },
};

const char *opt_value_is(const struct opt *option)
{
	return kinds[option->kind].is;
}

const char *opt_value_use(const struct opt *option)
{
	return option->kind == OPT_CHOICE ? option->argument : kinds[option->kind].use;
}

void opt_list_done(struct opt_list *list)
{
	if (!list)
		return;
	free(list->items);
	*list = (struct opt_list){ 0 };
}

static int list_add(struct opt_list *list, const char *item)
{
	const char **items = reallocarray(list->items, list->count + 1, sizeof(*items));

	if (!items)
		return -ENOMEM;
	list->items = items;
	items[list->count++] = item;
	return 0;
}

/* "none", or what units_time() takes. */
static int timeout_set(const char *text, int64_t *ret)
{
	if (strcmp(text, "none") != 0)
		return units_time(text, ret);
	*ret = -1;
	return 0;
}

/* Is TEXT one of the words of "a|b|c"? */
static bool is_choice(const char *words, const char *text)
{
	size_t length = strlen(text), n;

	for (; *words; words += words[n] ? n + 1 : n) {
		n = strcspn(words, "|");
		if (n == length && !strncmp(words, text, n))
			return true;
	}
	return false;
}

static int number_set(const char *text, int *ret)
{
	char *end;
	long n;

	if (!strchr("-0123456789", *text)) /* no blanks, no plus */
		return -EINVAL;
	errno = 0;
	n = strtol(text, &end, DECIMAL);
	if (end == text || *end)
		return -EINVAL;
	if (errno || n < INT_MIN || n > INT_MAX)
		return -ERANGE;
	*ret = (int)n;
	return 0;
}

int opt_value_set(const struct opt *option, const char *text, void *config)
{
	void *place = (char *)config + option->offset;

	switch (option->kind) {
	case OPT_FLAG:
		*(bool *)place = true;
		return 0;
	case OPT_STRING:
		if (!*text)
			return -ENODATA;
		*(const char **)place = text;
		return 0;
	case OPT_LIST:
		return *text ? list_add(place, text) : -ENODATA;
	case OPT_TIME:
		return units_time(text, place);
	case OPT_TIMEOUT:
		return timeout_set(text, place);
	case OPT_RATE:
		return units_rate(text, place);
	case OPT_CHOICE:
		if (!is_choice(option->argument, text))
			return -EINVAL;
		*(const char **)place = text;
		return 0;
	case OPT_SIGNAL:
		return sig_parse(text, place);
	case OPT_NUMBER:
		return number_set(text, place);
	case OPT_END:
		break;
	}
	return -EINVAL;
}
