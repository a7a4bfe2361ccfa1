/* complete_fish.c: completion for fish, by its own `complete -n CONDITION`. */
#include <string.h>

#include "core/complete_shell.h"

static const char *const values[] = {
	[COMPLETE_NOTHING] = "", [COMPLETE_VALUE] = " -x", [COMPLETE_FILE] = " -r -F",
	[COMPLETE_DIR] = " -x -a '(__fish_complete_directories)'", [COMPLETE_COMMAND] = " -r -F",
	[COMPLETE_CHOICE] = " -x",
};

static const char head[] =
	"# Completion of @ in fish: `source` it, or keep it as @.fish in ~/.config/fish/completions.\n"
	"# Written by `@ --completion fish`.\n"
	"\n"
	"# Which place the words before the cursor lead to: 'oome/single'; behind an operand '...+'.\n"
	"function __@_place\n"
	"	set -l words (commandline -opc)\n"
	"	set -l place (__@_enter '' (string replace -r '.*/' '' -- $words[1]))\n"
	"	set -l waiting no\n"
	"	set -l only_operands no\n"
	"	for word in $words[2..-1]\n"
	"		if test $waiting = yes\n"
	"			set waiting no\n"
	"		else if test $only_operands = no; and test \"$word\" = --\n"
	"			set only_operands yes\n"
	"		else if test $only_operands = no; and string match -q -- '-?*' $word\n"
	"			set waiting (__@_waits \"$place\" $word)\n"
	"		else\n"
	"			set -l next (__@_enter \"$place\" $word)\n"
	"			if test -z \"$next\"\n"
	"				set place $place+\n"
	"				break\n"
	"			end\n"
	"			set place $next\n"
	"		end\n"
	"	end\n"
	"	printf '%s\\n' \"$place\"\n"
	"end\n"
	"\n"
	"function __@_at\n"
	"	test (__@_place) = \"$argv[1]\"\n"
	"end\n"
	"\n"
	"# Does the option $argv[2] at the place $argv[1] take the next word? Only the last letter of a group can.\n"
	"function __@_waits\n"
	"	set -l options $argv[2]\n"
	"	if not string match -q -- '--*' $options\n"
	"		set options -(string split '' -- (string sub -s 2 -- $options))\n"
	"	end\n"
	"	for i in (seq (count $options))\n"
	"		if __@_takes_value \"$argv[1]:$options[$i]\"\n"
	"			test $i -eq (count $options); and echo yes; or echo no\n"
	"			return\n"
	"		end\n"
	"	end\n"
	"	echo no\n"
	"end\n"
	"\n";

static void quote(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++) {
		if (*text == '\'' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('\'', out);
}

static void value_cases(const struct complete_job *job, const char *place, const struct opt_command *command)
{
	for (const struct opt *o = command->options; o->kind != OPT_END; o++) {
		if (complete_value(o) == COMPLETE_NOTHING)
			continue;
		if (o->letter)
			fprintf(job->out, " '%s:-%c'", place, o->letter);
		if (o->name)
			fprintf(job->out, " '%s:--%s'", place, o->name);
	}
}

static void enter_cases(const struct complete_job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		const struct opt_command *c = opt_first_named(job->words[i].program);
		const char *first = job->words[i].word;

		if (!complete_is_first(job, i))
			continue;
		fputs("	case ':", job->out);
		complete_names(job, i, "' ':");
		fprintf(job->out, "'\n		echo %s\n", first);
		for (; c->name && c->summary; c++)
			fprintf(job->out, "	case '%s:%s'\n		echo %s/%s\n", first, c->name, first, c->name);
	}
}

/* "	complete -c $__procguard_name -n "__procguard_at 'oome/single'"": the beginning of every rule. */
static void rule(const struct complete_job *job, const char *place, const char *behind)
{
	fprintf(job->out, "\tcomplete -c $__%s_name -n \"__%s_at '%s%s'\"", job->name, job->name, place, behind);
}

static void option_rule(const struct complete_job *job, const char *place, const struct opt *o)
{
	rule(job, place, "");
	if (o->letter)
		fprintf(job->out, " -s %c", o->letter);
	if (o->name)
		fprintf(job->out, " -l %s", o->name);
	fputs(values[complete_value(o)], job->out);
	if (complete_value(o) == COMPLETE_CHOICE) {
		fputs(" -a '", job->out);
		complete_choices(job->out, o->argument);
		fputs("'", job->out);
	}
	fputs(" -d ", job->out);
	quote(job->out, o->help);
	fputc('\n', job->out);
}

static void operand_rules(const struct complete_job *job, const char *place, const struct opt_command *command)
{
	enum complete_kind kind = complete_operand(command);

	if (kind == COMPLETE_NOTHING || kind == COMPLETE_VALUE)
		return;
	rule(job, place, "");
	if (kind == COMPLETE_CHOICE) {
		fputs(" -a '", job->out);
		complete_choices(job->out, command->words);
		fputs("'\n", job->out);
	} else if (kind == COMPLETE_COMMAND) {
		fputs(" -a '(__fish_complete_command)'\n", job->out);
	} else {
		fprintf(job->out, "%s\n", kind == COMPLETE_DIR ? " -a '(__fish_complete_directories)'" : " -F");
	}
	rule(job, place, "+");
	fputs(" -F\n", job->out);
}

static void rules_of(const struct complete_job *job, const char *place, const struct opt_command *command)
{
	for (const struct opt *o = command->options; o->kind != OPT_END; o++)
		option_rule(job, place, o);
	option_rule(job, place, &opt_help_option);
	operand_rules(job, place, command);
}

static void word_rule(const struct complete_job *job, const char *place, const char *word, const char *summary)
{
	rule(job, place, "");
	fprintf(job->out, " -a %s -d ", word);
	quote(job->out, summary);
	fputc('\n', job->out);
}

static void word_rules(const struct complete_job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		const struct opt_program *program = job->words[i].program;

		word_rule(job, "", job->words[i].word, program->summary);
		for (const struct opt_command *c = opt_first_named(program); complete_is_first(job, i) && c->summary;
		     c++)
			word_rule(job, job->words[i].word, c->name, c->summary);
	}
}

void complete_fish(const struct complete_job *job)
{
	complete_template(job, head);
	complete_template(job, "function __@_takes_value\n	contains -- $argv[1]");
	complete_places(job, value_cases);
	complete_template(job, "\nend\n\n# The place to which the word $argv[2] leads from the place $argv[1].\n"
			       "function __@_enter\n	switch \"$argv[1]:$argv[2]\"\n");
	enter_cases(job);
	fprintf(job->out, "	end\nend\n\nfor __%s_name in %s", job->name, job->name);
	complete_all_words(job);
	complete_template(job, "\n	complete -c $__@_name -f\n");
	complete_places(job, rules_of);
	word_rules(job);
	complete_template(job, "end\nset -e __@_name\n");
}
