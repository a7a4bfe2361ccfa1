/* complete_bash.c: completion for bash 4 or later; needs nothing of the package bash-completion. */
#include "core/complete_shell.h"

static const char *const kind_words[] = {
	[COMPLETE_NOTHING] = "", [COMPLETE_VALUE] = "value", [COMPLETE_FILE] = "file",
	[COMPLETE_DIR] = "dir", [COMPLETE_COMMAND] = "command", [COMPLETE_CHOICE] = "choice",
};

static const char head[] =
	"# Completion of @ in bash: `source` it, or keep it as\n"
	"# /usr/share/bash-completion/completions/@. Written by `@ --completion bash`.\n"
	"\n";

/* The walk over the words before the cursor. Bash splits at "=" (COMP_WORDBREAKS), so it is a word of its own. */
static const char walk[] =
	"# What the option $2 at the place $1 still waits for: only the last letter of a group can.\n"
	"_@_pending()\n"
	"{\n"
	"	local i kind\n"
	"	if [[ $2 == --* ]]; then\n"
	"		_@_value \"$1\" \"$2\"\n"
	"		return\n"
	"	fi\n"
	"	for ((i = 1; i < ${#2}; i++)); do\n"
	"		kind=$(_@_value \"$1\" \"-${2:i:1}\")\n"
	"		[[ $kind ]] || continue\n"
	"		((i + 1 == ${#2})) && printf '%s\\n' \"$kind\"\n"
	"		return\n"
	"	done\n"
	"}\n"
	"\n"
	"# The words of kind $1 that begin with $2.\n"
	"_@_candidates()\n"
	"{\n"
	"	case $1 in\n"
	"	file) compgen -f -- \"$2\" ;;\n"
	"	dir) compgen -d -- \"$2\" ;;\n"
	"	command) if [[ $2 == */* ]]; then compgen -f -- \"$2\"; else compgen -c -- \"$2\"; fi ;;\n"
	"	'choice '*) compgen -W \"${1#choice }\" -- \"$2\" ;;\n"
	"	esac\n"
	"}\n"
	"\n"
	"_@()\n"
	"{\n"
	"	local cur=${COMP_WORDS[COMP_CWORD]} place next kind='' operands='' word i\n"
	"	place=$(_@_enter '' \"${COMP_WORDS[0]##*/}\")\n"
	"	for ((i = 1; i < COMP_CWORD; i++)); do\n"
	"		word=${COMP_WORDS[i]}\n"
	"		if [[ $kind ]]; then\n"
	"			[[ $word == '=' ]] || kind=''\n"
	"		elif [[ $operands ]]; then\n"
	"			operands=some\n"
	"		elif [[ $word == -- ]]; then\n"
	"			operands=none\n"
	"		elif [[ $word == '=' ]]; then\n"
	"			kind=value\n"
	"		elif [[ $word == -?* ]]; then\n"
	"			kind=$(_@_pending \"$place\" \"$word\")\n"
	"		else\n"
	"			next=$(_@_enter \"$place\" \"$word\")\n"
	"			[[ $next ]] || operands=some\n"
	"			place=${next:-$place}\n"
	"		fi\n"
	"	done\n"
	"	if [[ $kind ]]; then\n"
	"		[[ $cur == '=' ]] && cur=''\n"
	"	elif [[ ! $operands && $cur == -* ]]; then\n"
	"		kind=\"choice $(_@_words \"$place\")\"\n"
	"	else\n"
	"		kind=$(_@_operand \"$place\")\n"
	"		[[ $operands == some && ( $kind == command || $kind == choice* ) ]] && kind='file'\n"
	"		[[ $kind || $operands ]] || kind=\"choice $(_@_words \"$place\")\"\n"
	"	fi\n"
	"	[[ $kind == choice* ]] || compopt -o filenames 2>/dev/null\n"
	"	COMPREPLY=()\n"
	"	while IFS= read -r word; do\n"
	"		COMPREPLY+=(\"$word\")\n"
	"	done < <(_@_candidates \"$kind\" \"$cur\")\n"
	"}\n"
	"\n"
	"complete -F _@ @";

static void open_table(const struct complete_job *job, const char *comment, const char *name, const char *subject)
{
	fprintf(job->out, "# %s\n_%s_%s()\n{\n\tcase %s in\n", comment, job->name, name, subject);
}

static void close_table(const struct complete_job *job)
{
	fputs("\tesac\n}\n\n", job->out);
}

/* The words that lead on from PLACE: applets behind NAME, commands behind an applet. */
static void leading_words(const struct complete_job *job, const char *place)
{
	if (!place[0])
		complete_all_words(job);
	for (size_t i = 0; i < job->count; i++) {
		const struct opt_command *c = opt_first_named(job->words[i].program);

		for (; place == job->words[i].word && c->summary; c++)
			fprintf(job->out, " %s", c->name);
	}
}

static void words_of(const struct complete_job *job, const char *place, const struct opt_command *command)
{
	fprintf(job->out, "\t'%s') printf '%%s ' -%c --%s", place, opt_help_option.letter, opt_help_option.name);
	for (const struct opt *o = command->options; o->kind != OPT_END; o++) {
		if (o->letter)
			fprintf(job->out, " -%c", o->letter);
		if (o->name)
			fprintf(job->out, " --%s", o->name);
	}
	leading_words(job, place);
	fputs(" ;;\n", job->out);
}

static void values_of(const struct complete_job *job, const char *place, const struct opt_command *command)
{
	for (const struct opt *o = command->options; o->kind != OPT_END; o++) {
		enum complete_kind kind = complete_value(o);

		if (kind == COMPLETE_NOTHING)
			continue;
		fputc('\t', job->out);
		if (o->letter)
			fprintf(job->out, "%s:-%c%s", place, o->letter, o->name ? " | " : "");
		if (o->name)
			fprintf(job->out, "%s:--%s", place, o->name);
		fprintf(job->out, ") echo '%s", kind_words[kind]);
		if (kind == COMPLETE_CHOICE)
			complete_choices(job->out, o->argument);
		fputs("' ;;\n", job->out);
	}
}

static void operand_of(const struct complete_job *job, const char *place, const struct opt_command *command)
{
	enum complete_kind kind = complete_operand(command);

	if (kind == COMPLETE_NOTHING)
		return;
	fprintf(job->out, "\t%s) echo '%s", place, kind_words[kind]);
	if (kind == COMPLETE_CHOICE)
		complete_choices(job->out, command->words);
	fputs("' ;;\n", job->out);
}

static void enter_table(const struct complete_job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		const struct opt_command *c = opt_first_named(job->words[i].program);
		const char *first = job->words[i].word;

		if (!complete_is_first(job, i))
			continue;
		fputs("\t:", job->out);
		complete_names(job, i, " | :");
		fprintf(job->out, ") echo %s ;;\n", first);
		for (; c->summary; c++)
			fprintf(job->out, "\t%s:%s) echo %s/%s ;;\n", first, c->name, first, c->name);
	}
}

void complete_bash(const struct complete_job *job)
{
	complete_template(job, head);
	open_table(job, "The options and words that may stand at the place $1.", "words", "$1");
	complete_places(job, words_of);
	close_table(job);
	open_table(job, "What the value of the option $2 is at the place $1; nothing: a flag.", "value", "$1:$2");
	complete_places(job, values_of);
	close_table(job);
	open_table(job, "What the operands at the place $1 are.", "operand", "$1");
	complete_places(job, operand_of);
	close_table(job);
	open_table(job, "The place to which the word $2 leads from the place $1.", "enter", "$1:$2");
	enter_table(job);
	close_table(job);
	complete_template(job, walk);
	complete_all_words(job);
	fputc('\n', job->out);
}
