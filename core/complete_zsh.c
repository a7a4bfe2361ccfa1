/* complete_zsh.c: completion for zsh, by its _arguments (zshcompsys(1)). */
#include <string.h>

#include "core/complete_shell.h"

static const char *const actions[] = {
	[COMPLETE_NOTHING] = "", [COMPLETE_VALUE] = " ", [COMPLETE_FILE] = "_files",
	[COMPLETE_DIR] = "_files -/", [COMPLETE_COMMAND] = "_command_names -e",
};

/* TEXT for the inside of single quotes; SPECIAL characters get a backslash, which _arguments takes off again. */
static void quote(FILE *out, const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr(special, *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

/* Do words behind PLACE name applets or commands? */
static bool leads_on(const struct complete_job *job, const char *place)
{
	for (size_t i = 0; i < job->count; i++)
		if (place == job->words[i].word && complete_has_commands(job->words[i].program))
			return true;
	return !place[0];
}

/* A name of a place that a function can have: "oome/single" is oome__single. */
static void print_place(FILE *out, const char *place)
{
	for (; *place; place++)
		fputs(*place == '/' ? "__" : (char[]){ *place, '\0' }, out);
}

/* '*'{-p+,--process-name=}'[help]:NAME: ': what may be given once excludes its other form. */
static void option_spec(FILE *out, const struct opt *o)
{
	enum complete_kind kind = complete_value(o);
	const char *letter_end = o->bare ? "-" : kind ? "+" : "", *name_end = o->bare ? "=-" : kind ? "=" : "";

	fputs(" \\\n\t\t", out);
	if (o->kind == OPT_LIST)
		fputs("'*'", out);
	else if (o->letter && o->name)
		fprintf(out, "'(-%c --%s)'", o->letter, o->name);
	if (o->letter && o->name)
		fprintf(out, "{-%c%s,--%s%s}'[", o->letter, letter_end, o->name, name_end);
	else if (o->letter)
		fprintf(out, "-%c%s'[", o->letter, letter_end);
	else
		fprintf(out, "--%s%s'[", o->name, name_end);
	quote(out, o->help, "[]:\\");
	fputc(']', out);
	if (kind == COMPLETE_CHOICE) {
		fputs(":choice:(", out);
		complete_choices(out, o->argument);
		fputc(')', out);
	} else if (kind || o->bare) {
		fputs(o->bare ? "::" : ":", out);
		quote(out, o->argument ? o->argument : "VALUE", "[]:\\");
		fprintf(out, ":%s", actions[kind ? kind : COMPLETE_VALUE]);
	}
	fputc('\'', out);
}

/* The call that completes OPTIONS; the caller adds what operands are. */
static void arguments(FILE *out, const struct opt *options)
{
	fputs("\t_arguments -C -s -S -A '-*'", out);
	for (const struct opt *o = options; o->kind != OPT_END; o++)
		option_spec(out, o);
	option_spec(out, &opt_help_option);
}

/* A place where options and operands stand, but no further commands, as a function. */
static void options_of(const struct complete_job *job, const char *place, const struct opt_command *command)
{
	enum complete_kind kind = complete_operand(command);

	if (leads_on(job, place))
		return;
	fprintf(job->out, "_%s_at_", job->name);
	print_place(job->out, place);
	fputs("()\n{\n\tlocal curcontext=$curcontext\n", job->out);
	arguments(job->out, command->options);
	if (kind == COMPLETE_COMMAND) {
		fputs(" \\\n\t\t'1:command:_command_names -e' '*::argument:_normal'", job->out);
	} else if (kind == COMPLETE_CHOICE) {
		fputs(" \\\n\t\t'1:word:(", job->out);
		complete_choices(job->out, command->words);
		fputs(")' '*:argument:_files'", job->out);
	} else if (kind != COMPLETE_NOTHING) {
		fprintf(job->out, " \\\n\t\t'*:operand:%s'", actions[kind]);
	}
	fputs("\n}\n\n", job->out);
}

/* "'single:restart the programs that are named'" for _describe. */
static void described(FILE *out, const char *word, const char *summary)
{
	fprintf(out, "\t\t'%s:", word);
	quote(out, summary, "\\");
	fputs("'\n", out);
}

/* The walk on from PLACE: the first operand is one of LIST, the rest belongs to what that names. */
static const char pass_on[] =
	"\t)\n"
	"\tcase $state in\n"
	"\tfirst) _describe -t commands command list && ret=0 ;;\n"
	"\trest)\n"
	"\t\tcase $words[1] in\n";

/* _arguments moves words and CURRENT on to the rest; zsh undoes that when the function that called it returns. */
static void begin_walk(const struct complete_job *job, const char *word, const struct opt *options)
{
	fprintf(job->out,
		"_%s_in_%s()\n{\n"
		"\tlocal context curcontext=$curcontext state state_descr line list ret=1\n"
		"\ttypeset -A opt_args\n", job->name, word);
	arguments(job->out, options);
	fputs(" \\\n\t\t'1: :->first' '*:: :->rest' && ret=0\n\tlist=(\n", job->out);
}

static void end_walk(const struct complete_job *job)
{
	fputs("\t\tesac ;;\n\tesac\n\treturn ret\n}\n\n", job->out);
}

static void walk_applet(const struct complete_job *job, size_t i)
{
	const struct opt_program *program = job->words[i].program;
	const struct opt_command *commands = opt_first_named(program);
	const char *word = job->words[i].word;

	if (!complete_has_commands(program))
		return;
	begin_walk(job, word, complete_lead(program));
	for (const struct opt_command *c = commands; c->summary; c++)
		described(job->out, c->name, c->summary);
	fputs(pass_on, job->out);
	for (const struct opt_command *c = commands; c->summary; c++)
		fprintf(job->out, "\t\t%s) _%s_at_%s__%s && ret=0 ;;\n", c->name, job->name, word, c->name);
	end_walk(job);
}

/* Which function a word leads to. */
static void word_cases(const struct complete_job *job, const char *indent, const char *then)
{
	for (size_t i = 0; i < job->count; i++) {
		const char *kind = complete_has_commands(job->words[i].program) ? "in" : "at";

		if (!complete_is_first(job, i))
			continue;
		fputs(indent, job->out);
		complete_names(job, i, "|");
		fprintf(job->out, ") _%s_%s_%s%s ;;\n", job->name, kind, job->words[i].word, then);
	}
}

void complete_zsh(const struct complete_job *job)
{
	fprintf(job->out, "#compdef %s", job->name);
	complete_all_words(job);
	complete_template(job, "\n# Completion of @ in zsh: `source` it behind compinit, or keep it as _@ in a\n"
			       "# folder of fpath. Written by `@ --completion zsh`.\n\n");
	complete_places(job, options_of);
	for (size_t i = 0; i < job->count; i++)
		if (complete_is_first(job, i))
			walk_applet(job, i);
	begin_walk(job, "", job->name_options);
	for (size_t i = 0; i < job->count; i++)
		described(job->out, job->words[i].word, job->words[i].program->summary);
	fputs(pass_on, job->out);
	word_cases(job, "\t\t", " && ret=0");
	end_walk(job);
	complete_template(job, "_@()\n{\n\tcase $service in\n");
	word_cases(job, "\t", "");
	complete_template(job, "\t*) _@_in_ ;;\n\tesac\n}\n\n"
			       "if [[ $funcstack[1] == _@ ]]; then\n\t_@\nelse\n\tcompdef _@ @");
	complete_all_words(job);
	fputs("\nfi\n", job->out);
}
