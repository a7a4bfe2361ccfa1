#include "core/complete.h"

#include <errno.h>
#include <string.h>

#include "core/complete_shell.h"

enum { PLACE_SIZE = 256 };

static enum complete_kind kind_of(const char *argument)
{
	static const struct { const char *argument; enum complete_kind kind; } known[] = {
		{ "FILE", COMPLETE_FILE }, { "PATH", COMPLETE_FILE }, { "SCRIPT", COMPLETE_FILE },
		{ "SOCKET", COMPLETE_FILE }, { "DEVICE", COMPLETE_FILE },
		{ "DIR", COMPLETE_DIR }, { "COMMAND", COMPLETE_COMMAND },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(argument, known[i].argument))
			return known[i].kind;
	return strchr(argument, '|') ? COMPLETE_CHOICE : COMPLETE_VALUE;
}

enum complete_kind complete_value(const struct opt *option)
{
	if (option->kind == OPT_FLAG || option->bare)
		return COMPLETE_NOTHING;
	return option->argument ? kind_of(option->argument) : COMPLETE_VALUE;
}

enum complete_kind complete_operand(const struct opt_command *command)
{
	if (command->max_operands == 0)
		return COMPLETE_NOTHING;
	if (command->words)
		return COMPLETE_CHOICE;
	if (strstr(command->synopsis, "COMMAND") || strstr(command->synopsis, "PROGRAM"))
		return COMPLETE_COMMAND;
	if (strstr(command->synopsis, "[NAME]...") || strstr(command->synopsis, "PID]...")) /* no shell knows them */
		return COMPLETE_VALUE;
	return strstr(command->synopsis, "DIR") ? COMPLETE_DIR : COMPLETE_FILE;
}

bool complete_is_first(const struct complete_job *job, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (job->words[j].program == job->words[i].program)
			return false;
	return true;
}

void complete_names(const struct complete_job *job, size_t i, const char *between)
{
	for (size_t j = i; j < job->count; j++)
		if (job->words[j].program == job->words[i].program)
			fprintf(job->out, "%s%s", j > i ? between : "", job->words[j].word);
}

void complete_all_words(const struct complete_job *job)
{
	for (size_t i = 0; i < job->count; i++)
		fprintf(job->out, " %s", job->words[i].word);
}

void complete_choices(FILE *out, const char *argument)
{
	for (size_t n; *argument; argument += argument[n] ? n + 1 : n) {
		n = strcspn(argument, "|");
		fprintf(out, " %.*s", (int)n, argument);
	}
}

bool complete_has_commands(const struct opt_program *program)
{
	return opt_first_named(program)->summary;
}

const struct opt *complete_lead(const struct opt_program *program)
{
	static const struct opt none[] = { { .kind = OPT_END } };

	if (program->lead)
		return program->lead;
	return program->commands[0].name ? none : program->commands[0].options;
}

void complete_places(const struct complete_job *job, complete_each *each)
{
	static const struct opt_command none = { 0 };
	const struct opt_command own = { .options = job->name_options };
	char place[PLACE_SIZE];

	each(job, "", &own);
	for (size_t i = 0; i < job->count; i++) {
		const struct opt_program *program = job->words[i].program;
		struct opt_command nameless = program->commands[0].name ? none : program->commands[0];

		if (!complete_is_first(job, i))
			continue;
		nameless.options = complete_lead(program);
		each(job, job->words[i].word, &nameless);
		for (const struct opt_command *c = opt_first_named(program); c->summary; c++) {
			snprintf(place, sizeof(place), "%s/%s", job->words[i].word, c->name);
			each(job, place, c);
		}
	}
}

void complete_template(const struct complete_job *job, const char *text)
{
	for (size_t n; *text; text += n) {
		n = strcspn(text, "@");
		fprintf(job->out, "%.*s", (int)n, text);
		if (text[n] == '@') {
			fputs(job->name, job->out);
			n++;
		}
	}
}

int complete_print(FILE *out, const char *shell, const char *name, const struct opt *name_options,
		   const struct complete_word *words, size_t count)
{
	static const struct { const char *shell; void (*print)(const struct complete_job *job); } shells[] = {
		{ "bash", complete_bash }, { "zsh", complete_zsh }, { "fish", complete_fish },
	};
	struct complete_job job = { out, name, name_options, words, count };

	for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (!strcmp(shell, shells[i].shell)) {
			shells[i].print(&job);
			return 0;
		}
	return -EINVAL;
}
