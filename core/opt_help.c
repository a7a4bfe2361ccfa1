/* opt_help.c: --help from the tables of opt.h. */
#include "core/opt.h"

#include <stdbool.h>
#include <string.h>

enum {
	WIDTH = 79,       /* of 80 columns the last stays free: some terminals wrap there */
	HELP_COLUMN = 28, /* where the text of an option begins */
	FIRST_MAX = 128,
	VALUE_MAX = 80,
	SYNOPSIS_MAX = 1024,
};

/* The next piece of TEXT that is not torn: a word, or all of "[-p NAME]...". */
static size_t piece(const char *text)
{
	size_t n = 0;
	int depth = 0;

	for (; text[n] && (text[n] != ' ' || depth > 0); n++)
		depth += (text[n] == '[') - (text[n] == ']');
	return n;
}

size_t opt_wrap(FILE *out, const char *text, size_t column, size_t indent)
{
	bool first = true; /* of its line: no space before it */

	for (size_t n; *text; text += n) {
		text += strspn(text, " ");
		n = piece(text);
		if (n == 0)
			break;
		if (!first && column + 1 + n > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		fprintf(out, "%s%.*s", first ? "" : " ", (int)n, text);
		column += n + !first;
		first = false;
	}
	return column;
}

/* Append as strlcat(3) does, which glibc has since 2.38 only. */
static void add(char *text, size_t size, const char *more)
{
	size_t length = strlen(text);

	snprintf(text + length, size - length, "%s", more);
}

/* What stands behind the name of OPTION: " FILE", "[=USR2]", or nothing. */
static const char *value_of(const struct opt *option, char *ret, size_t size)
{
	if (!option->argument)
		return "";
	snprintf(ret, size, option->bare ? "[=%s]" : " %s", option->argument);
	return ret;
}

/* "[-f FILE] [-s SECTION] " */
static void add_lead(char *text, size_t size, const struct opt *lead)
{
	for (const struct opt *o = lead; o && o->kind != OPT_END; o++) {
		size_t length = strlen(text);
		char value[VALUE_MAX];

		snprintf(text + length, size - length, "[%s%.1s%s%s] ", o->letter ? "-" : "--", &o->letter,
			 o->letter ? "" : o->name, value_of(o, value, sizeof(value)));
	}
}

static void synopsis(const struct opt_program *program, FILE *out)
{
	for (const struct opt_command *c = program->commands; c->summary; c++) {
		size_t indent = strlen("Usage:  [-h] ") + strlen(program->name);
		char text[SYNOPSIS_MAX] = "";

		add_lead(text, sizeof(text), program->lead);
		add(text, sizeof(text), c->name ? c->name : "");
		add(text, sizeof(text), c->name && c->synopsis[0] ? " " : "");
		add(text, sizeof(text), c->synopsis);
		fprintf(out, "%-6s %s [-h] ", c == program->commands ? "Usage:" : "", program->name);
		opt_wrap(out, text, indent, indent);
		fputc('\n', out);
	}
}

static void commands(const struct opt_program *program, FILE *out)
{
	size_t widest = 0;

	if (!opt_first_named(program)->summary)
		return;
	for (const struct opt_command *c = opt_first_named(program); c->summary; c++)
		widest = strlen(c->name) > widest ? strlen(c->name) : widest;
	fputs("\nCommands:\n", out);
	for (const struct opt_command *c = opt_first_named(program); c->summary; c++) {
		fprintf(out, "  %-*s  ", (int)widest, c->name);
		opt_wrap(out, c->summary, widest + 4, widest + 4);
		fputc('\n', out);
	}
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* The option of COMMAND that reads as WANTED in the help; NULL: it has none. */
static const struct opt *option_like(const struct opt_command *command, const struct opt *wanted)
{
	for (const struct opt *o = command->options; o->kind != OPT_END; o++)
		if (o->letter == wanted->letter && same_text(o->name, wanted->name) &&
		    same_text(o->argument, wanted->argument) && same_text(o->help, wanted->help))
			return o;
	return NULL;
}

/* " (single, all)": where an option does not belong to all commands. */
static void owners(const struct opt_program *program, const struct opt *option, char *ret, size_t size)
{
	bool all = true;

	snprintf(ret, size, "(");
	for (const struct opt_command *c = opt_first_named(program); c->summary; c++) {
		if (!option_like(c, option)) {
			all = false;
			continue;
		}
		add(ret, size, ret[1] ? ", " : "");
		add(ret, size, c->name);
	}
	add(ret, size, ")");
	if (all)
		ret[0] = '\0';
}

/* "  -o, --oome-file FILE    help (single)" */
static void option_lines(const struct opt *o, const char *belongs, FILE *out)
{
	char left[FIRST_MAX], value[VALUE_MAX];
	size_t column;

	snprintf(left, sizeof(left), "  %c%c%s%s%s%s", o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
		 !o->letter ? "  " : o->name ? ", " : "", o->name ? "--" : "", o->name ? o->name : "",
		 value_of(o, value, sizeof(value)));
	if (strlen(left) + 2 > HELP_COLUMN)
		fprintf(out, "%s\n%*s", left, HELP_COLUMN, "");
	else
		fprintf(out, "%-*s", HELP_COLUMN, left);
	column = opt_wrap(out, o->help, HELP_COLUMN, HELP_COLUMN);
	if (belongs[0] && column + 1 + strlen(belongs) > WIDTH)
		fprintf(out, "\n%*s%s", HELP_COLUMN, "", belongs);
	else if (belongs[0])
		fprintf(out, " %s", belongs);
	fputc('\n', out);
}

static bool is_said(const struct opt_program *program, const struct opt_command *until, const struct opt *option)
{
	for (const struct opt_command *c = program->commands; c < until; c++)
		if (option_like(c, option))
			return true;
	return false;
}

static void options(const struct opt_program *program, FILE *out)
{
	char belongs[FIRST_MAX];

	fputs("\nOptions:\n", out);
	for (const struct opt_command *c = program->commands; c->summary; c++)
		for (const struct opt *o = c->options; o->kind != OPT_END; o++) {
			if (is_said(program, c, o))
				continue;
			owners(program, o, belongs, sizeof(belongs));
			option_lines(o, belongs, out);
		}
	option_lines(&opt_help_option, "", out);
}

void opt_help(const struct opt_program *program, FILE *out)
{
	synopsis(program, out);
	fprintf(out, "\n");
	opt_wrap(out, program->summary, 0, 0);
	fputc('\n', out);
	commands(program, out);
	options(program, out);
	if (program->notes && program->notes[0])
		fprintf(out, "\n%s%s", program->notes,
			program->notes[strlen(program->notes) - 1] == '\n' ? "" : "\n");
}
