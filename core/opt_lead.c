/* opt_lead.c: options that stand before the name of the command. */
#include <stdbool.h>
#include <string.h>

#include "core/opt_private.h"

/* Is OPTION what TYPED, of LENGTH bytes and without its dashes, names, a long form maybe in short? */
static bool is_long(const struct opt *option, const char *typed, size_t length)
{
	return option->name && !strncmp(option->name, typed, length);
}

/* Does an option in TABLE that is named so take the next word as its value? LETTER 0: a long one. */
static bool wants_value(const struct opt *table, char letter, const char *typed, size_t length)
{
	for (const struct opt *o = table; o->kind != OPT_END; o++)
		if (o->kind != OPT_FLAG && !o->bare && (letter ? o->letter == letter : is_long(o, typed, length)))
			return true;
	return false;
}

static bool any_wants_value(const struct opt_program *program, char letter, const char *typed, size_t length)
{
	bool wants = wants_value(program->lead, letter, typed, length);

	for (const struct opt_command *c = program->commands; c->summary; c++)
		wants |= wants_value(c->options, letter, typed, length);
	return wants;
}

/* Is the value of the option or the options WORD the next word? Only the last letter of a group can want it. */
static bool waits(const struct opt_program *program, const char *word)
{
	if (word[1] == '-')
		return !strchr(word, '=') && any_wants_value(program, '\0', word + 2, strlen(word + 2));
	for (const char *letter = word + 1; *letter; letter++)
		if (any_wants_value(program, *letter, NULL, 0))
			return letter[1] == '\0';
	return false;
}

bool opt_lead(const struct opt_program *program, int argc, char **argv)
{
	int at = 1;

	for (; at < argc && argv[at][0] == '-' && argv[at][1]; at++) {
		if (!strcmp(argv[at], "--"))
			return false;
		if (waits(program, argv[at]))
			at++;
	}
	if (at >= argc)
		return false;
	for (char *name = argv[at]; at > 0; at--)
		argv[at] = at > 1 ? argv[at - 1] : name;
	return true;
}
