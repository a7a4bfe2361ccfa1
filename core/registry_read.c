/* registry_read.c: see registry.h: the copy of a registry: its head, and what becomes of the slots of each table. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/registry_private.h"

/* --- one slot --- */

static int take_section(struct registry_reader *r, const void *slot, union registry_item *item)
{
	struct registry_section *section = &item->section;

	(void)r;
	memcpy(section, slot, sizeof(*section));
	section->title[REGISTRY_TEXT_MAX - 1] = '\0';
	if (section->late > INT_MAX)
		section->late = 0;
	return 0;
}

static int take_green(struct registry_reader *r, const void *slot, union registry_item *item)
{
	struct registry_green *green = &item->green;

	(void)r;
	memcpy(green, slot, sizeof(*green));
	green->name[sizeof(green->name) - 1] = '\0';
	return 0;
}

/* A string of less than MAX bytes at *AT within the text's END; *AT moves behind it. NULL: there is none. */
static char *next_string(char **at, const char *end, size_t max)
{
	char *string = *at, *nul = string < end ? memchr(string, '\0', (size_t)(end - string)) : NULL;

	if (!nul || (size_t)(nul - string) >= max)
		return NULL;
	*at = nul + 1;
	return string;
}

/* "group\0name\0value\0" or "group\0name\0" in TEXT, which the option gets. */
static int split_option(struct registry_copied_option *option, char *text, size_t len)
{
	const char *end = text + len;
	char *at = text;

	option->group = text;
	if (!next_string(&at, end, REGISTRY_TEXT_MAX))
		return -EBADMSG;
	option->name = next_string(&at, end, REGISTRY_TEXT_MAX);
	if (!(option->flags & REGISTRY_SECRET))
		option->value = next_string(&at, end, REGISTRY_VALUE_MAX);
	if (!option->name || !(option->value || option->flags & REGISTRY_SECRET))
		return -EBADMSG;
	return at == end ? 0 : -EBADMSG;
}

static int take_option(struct registry_reader *r, const void *slot, union registry_item *item)
{
	struct registry_copied_option *option = &item->option;
	struct registry_option from;
	char *text;
	int result;

	memcpy(&from, slot, sizeof(from));
	if (from.length == 0 || from.length > sizeof(r->text))
		return -EBADMSG;
	result = registry_read_at(r, from.text, r->text, from.length);
	if (result == 0)
		result = registry_charge(r, from.length);
	if (result < 0)
		return result;
	text = malloc(from.length);
	if (!text)
		return -ENOMEM;
	memcpy(text, r->text, from.length);
	*option = (struct registry_copied_option){ .flags = from.flags & (REGISTRY_SECRET | REGISTRY_CUT) };
	return split_option(option, text, from.length);
}

static void option_done(union registry_item *item)
{
	free(item->option.group); /* all three are one text */
}

static const struct registry_kind section_kind = {
	sizeof(struct registry_section), sizeof(struct registry_section), REGISTRY_SECTIONS_MAX, take_section, NULL,
};
static const struct registry_kind option_kind = {
	sizeof(struct registry_option), sizeof(struct registry_copied_option), REGISTRY_OPTIONS_MAX,
	take_option, option_done,
};
static const struct registry_kind green_kind = {
	sizeof(struct registry_green), sizeof(struct registry_green), REGISTRY_GREEN_MAX, take_green, NULL,
};

/* --- the whole --- */

static void check_ids(struct registry *head)
{
	if (head->pid > INT_MAX)
		head->pid = 0;
	if (head->reporter > INT_MAX)
		head->reporter = 0;
	for (size_t i = 0; i < REGISTRY_HELPERS_MAX; i++)
		if (head->helpers[i] > INT_MAX)
			head->helpers[i] = 0;
	if (head->signal < 0 || head->signal >= NSIG)
		head->signal = 0;
}

static int read_head(const struct registry_reader *r, const struct registry_place *place)
{
	struct registry *head = &r->copy->head;
	int result;

	if (place->version != REGISTRY_VERSION)
		return -EPROTO;
	if (place->size < REGISTRY_SIZE_LEAST || place->size > REGISTRY_SIZE_MAX)
		return -EBADMSG;
	result = registry_read_at(r, place->at, head, place->size < sizeof(*head) ? place->size : sizeof(*head));
	if (result < 0)
		return result;
	if (head->magic != REGISTRY_MAGIC)
		return -EBADMSG;
	if (head->version != REGISTRY_VERSION)
		return -EPROTO;
	if (head->size != place->size)
		return -EBADMSG;
	check_ids(head);
	head->program[REGISTRY_TEXT_MAX - 1] = '\0';
	head->product[REGISTRY_TEXT_MAX - 1] = '\0';
	head->vendor[REGISTRY_TEXT_MAX - 1] = '\0';
	return 0;
}

/* Few, and most often in order already: by insertion, which keeps equal ones as they are. */
static void sort_sections(struct registry_section *sections, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct registry_section section = sections[i];
		size_t at = i;

		for (; at > 0 && sections[at - 1].order > section.order; at--)
			sections[at] = sections[at - 1];
		sections[at] = section;
	}
}

static int read_tables(struct registry_reader *r)
{
	struct registry_copy *copy = r->copy;
	void *sections = NULL, *options = NULL, *green = NULL;
	int result = registry_read_table(r, &section_kind, &copy->head.sections, &sections, &copy->section_count);

	copy->sections = sections;
	if (result == 0)
		result = registry_read_table(r, &option_kind, &copy->head.options, &options, &copy->option_count);
	copy->options = options;
	if (result == 0)
		result = registry_read_table(r, &green_kind, &copy->head.green, &green, &copy->green_count);
	copy->green = green;
	sort_sections(copy->sections, copy->section_count);
	return result;
}

static void copy_done(struct registry_copy **copy)
{
	registry_copy_free(*copy);
}

int registry_read(const struct registry_memory *memory, const struct registry_place *place, size_t bytes_max,
		  struct registry_copy **ret)
{
	CLEANUP(copy_done) struct registry_copy *copy = calloc(1, sizeof(*copy));
	CLEANUP(free_done) struct registry_reader *r = calloc(1, sizeof(*r));
	int result;

	if (!copy || !r)
		return -ENOMEM;
	r->memory = memory;
	r->copy = copy;
	r->left = bytes_max;
	result = read_head(r, place);
	if (result == 0)
		result = read_tables(r);
	if (result == 0)
		*ret = TAKE_PTR(copy);
	return result;
}

void registry_copy_free(struct registry_copy *copy)
{
	if (!copy)
		return;
	for (size_t i = 0; i < copy->option_count; i++)
		free(copy->options[i].group);
	free(copy->sections);
	free(copy->options);
	free(copy->green);
	free(copy);
}
