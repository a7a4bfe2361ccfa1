/* complete_shell.h: what the printers of complete.c's shells share. Only core/complete*.c include it.
 *
 * All three know the same places on a command line: "" (behind NAME), "oome" (behind an applet that has commands) and
 * "oome/single" (behind a command; "gmr" where an applet has none). */
#ifndef CORE_COMPLETE_SHELL_H
#define CORE_COMPLETE_SHELL_H

#include <stdbool.h>

#include "core/complete.h"

/* What may be typed for the value of an option or for an operand. */
enum complete_kind {
	COMPLETE_NOTHING, /* a flag has no value, and what may have one has it in the same word */
	COMPLETE_VALUE,   /* anything: a name, a time */
	COMPLETE_FILE,
	COMPLETE_DIR,
	COMPLETE_COMMAND,
	COMPLETE_CHOICE,  /* "bash|zsh|fish" */
};

struct complete_job {
	FILE *out;
	const char *name;
	const struct opt *name_options;
	const struct complete_word *words;
	size_t count;
};

/* What the value of OPTION, the operands of COMMAND are (COMPLETE_CHOICE: the first one is one of its words, further
 * ones are files). Pure. */
enum complete_kind complete_value(const struct opt *option);
enum complete_kind complete_operand(const struct opt_command *command);

/* Is word I the first of its program? The others are further names for the same. */
bool complete_is_first(const struct complete_job *job, size_t i);

/* All words that have the program of word I, with BETWEEN between them. */
void complete_names(const struct complete_job *job, size_t i, const char *between);

/* All words, then the choices of "a|b|c", each behind a space. */
void complete_all_words(const struct complete_job *job);
void complete_choices(FILE *out, const char *argument);

/* The options that stand right behind the program's name. */
const struct opt *complete_lead(const struct opt_program *program);

/* One place, and the command whose options (all have -h, --help beside) and operands stand there. */
typedef void complete_each(const struct complete_job *job, const char *place, const struct opt_command *command);

/* Do words behind PROGRAM name commands? */
bool complete_has_commands(const struct opt_program *program);

/* Call EACH for every place where options stand: NAME itself, applets, commands. */
void complete_places(const struct complete_job *job, complete_each *each);

/* TEXT with each @ replaced by the job's name. */
void complete_template(const struct complete_job *job, const char *text);

/* Print the whole script for one shell. That OUT took it all is the caller's to ask: ferror(3). */
void complete_bash(const struct complete_job *job);
void complete_zsh(const struct complete_job *job);
void complete_fish(const struct complete_job *job);

#endif
