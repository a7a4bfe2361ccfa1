/* opt.h: one table of options gives the parser, --help and shell completion.
 *
 * An applet describes each of its commands ("single", "run") in a struct opt_command; an applet without sub-commands
 * has one whose name is NULL; it may stand before named ones, too. Values land in the applet's own config struct, by
 * offset. Options stand before operands (POSIX; musl's getopt does not permute either), and behind the command's name,
 * where a program does not say otherwise.
 *
 * Core does not print; this is the exception, for help and usage errors are what it is for (core/complete.h, which is
 * handed its FILE, beside it). */
#ifndef CORE_OPT_H
#define CORE_OPT_H

#include <stddef.h>
#include <stdio.h>

enum opt_kind {
	OPT_END,
	OPT_FLAG,   /* bool: set to true */
	OPT_STRING, /* const char *: the argument, not copied, not empty */
	OPT_LIST,   /* struct opt_list: one more string; free with opt_list_done() */
	OPT_TIME,   /* int64_t milliseconds: units_time() */
	OPT_TIMEOUT, /* the same, or "none": -1 */
	OPT_RATE,   /* struct units_rate: units_rate() */
	OPT_CHOICE, /* const char *: one of the words of its argument, "a|b|c" */
	OPT_SIGNAL, /* int: sig_parse() */
	OPT_NUMBER, /* int: decimal, may be negative */
};

struct opt_list { const char **items; size_t count; };

struct opt {
	enum opt_kind kind;
	char letter;          /* 0: has a long form only */
	const char *name;     /* long form, without the dashes */
	const char *argument; /* NULL for a flag; FILE, PATH, SCRIPT, SOCKET, DEVICE, DIR, COMMAND and "a|b|c" have
			       * a completion */
	size_t offset;        /* into the config struct */
	const char *help;     /* one sentence, no full stop; the default in parentheses at its end */
	const char *bare;     /* what it means without a value, which then stands in the same word: --signal[=USR2];
			       * NULL: it needs one */
};

#define OPT(opt_kind_, letter_, name_, argument_, type, member, help_) \
	{ .kind = (opt_kind_), .letter = (letter_), .name = (name_), .argument = (argument_), \
	  .offset = offsetof(type, member), .help = (help_) }
#define OPT_BARE(opt_kind_, letter_, name_, argument_, bare_, type, member, help_) \
	{ .kind = (opt_kind_), .letter = (letter_), .name = (name_), .argument = (argument_), .bare = (bare_), \
	  .offset = offsetof(type, member), .help = (help_) }

struct opt_command {
	const char *name;          /* "single"; NULL: the applet has no sub-commands */
	const char *synopsis;      /* what follows the name: "-p NAME [-p NAME]... [-o FILE] [options]" */
	const char *summary;       /* one line */
	const struct opt *options; /* ends with OPT_END */
	int min_operands;          /* fewer is a usage error */
	int max_operands;          /* more is a usage error; -1: any number */
	const char *words;         /* "a|b|c": the first operand is one of these, for completion; NULL: it is not */
};

/* What `--help` prints beside the commands. Commands without a name stand before those that have one. Where none has
 * one, they are lines of the synopsis, and the first one's options and operands are parsed. Where others have, the
 * first one is what the program does when no command is named, and takes no operands. */
struct opt_program {
	const char *name;                   /* as typed: "procguard oome", "oome_monitor" */
	const char *summary;                /* one line */
	const struct opt_command *commands; /* ends with an entry whose summary is NULL */
	const char *notes;                  /* closing paragraphs, lines at most 79 wide; may be NULL */
	const struct opt *lead;             /* NULL, or options that all commands have, and that the help shows before
					     * a command's name: where there are any, all options may stand there */
};

enum opt_result {
	OPT_OK,    /* go on */
	OPT_HELP,  /* --help was asked for and is printed on stdout: end with 0 */
	OPT_USAGE, /* a usage error, already said on stderr with what to do: end with 2 */
};

/* Parse ARGV (argv[0] is the program, as typed) into CONFIG, whose defaults the caller has set. RET_COMMAND is the
 * command that was named, RET_OPERAND the index in ARGV of the first operand (ARGC when there is none). Where PROGRAM
 * has a lead, the name is moved before the options in ARGV, and RET_COMMAND is NULL when there is none.
 * -h and --help are understood before and behind the command's name. A mistyped command or option names the nearest. */
enum opt_result opt_parse(const struct opt_program *program, int argc, char **argv, void *config,
			  const struct opt_command **ret_command, int *ret_operand);

/* Print the help of PROGRAM to OUT: synopsis of each command, its options, the notes. */
void opt_help(const struct opt_program *program, FILE *out);

/* Print TEXT to OUT from COLUMN on, in lines of at most 79; those that follow are indented by INDENT. No newline at the
 * end. What stands in brackets is not torn. Returns the column behind the text. */
size_t opt_wrap(FILE *out, const char *text, size_t column, size_t indent);

/* A usage error found by the applet itself: "NAME: TEXT" and the hint at --help on stderr. Returns 2. */
int opt_usage(const struct opt_program *program, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first command of PROGRAM that has a name; the end of the table, whose summary is NULL: none has. */
const struct opt_command *opt_first_named(const struct opt_program *program);

/* Free the list, not its strings, which are ARGV's. Takes NULL. */
void opt_list_done(struct opt_list *list);

/* -h, --help: every command has it, no table needs to name it. */
extern const struct opt opt_help_option;

#endif
