#include "core/opt.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/near.h"
#include "core/opt_private.h"

enum {
	LONG_VALUE = 256, /* getopt_long() answers a long form by this plus its index in the table; above any letter */
	MESSAGE_MAX = 256 << 10, /* an argument is 128 KiB at most; the log cuts lines anyway */
	WORDS_MAX = 1024, /* of a list of names in a message */
};

const struct opt opt_help_option = { .kind = OPT_FLAG, .letter = 'h', .name = "help", .help = "display this help" };

/* One run of opt_parse(): where messages and values go, and the table in getopt's form. */
struct parse {
	const struct opt_program *program;
	const struct opt_command *command;
	void *config;
	struct option *longs;
	char *letters;
};

static void parse_done(struct parse *p)
{
	free(p->longs);
	free(p->letters);
}

static void usage_va(const struct opt_program *program, const char *format, va_list args)
{
	CLEANUP(buf_done) struct buf text = BUF(MESSAGE_MAX);

	/* Where it is too long or memory is gone, the bare format still says what kind of error it is. */
	if (buf_vprintf(&text, format, args) < 0)
		log_line("%s: %s", program->name, format);
	else
		log_line("%s: %s", program->name, text.data);
	log_line("Try '%s --help'.", program->name);
}

int opt_usage(const struct opt_program *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	usage_va(program, format, args);
	va_end(args);
	return 2;
}

static enum opt_result __attribute__((format(printf, 2, 3))) refuse(const struct parse *p, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	usage_va(p->program, format, args);
	va_end(args);
	return OPT_USAGE;
}

/* The option as the user wrote it: '--timeout' or '-t'. VALUE is what getopt_long() calls it. */
static const char *option_form(const struct opt *option, int value, char *ret, size_t size)
{
	if (value >= LONG_VALUE)
		snprintf(ret, size, "--%s", option->name);
	else
		snprintf(ret, size, "-%c", option->letter);
	return ret;
}

static enum opt_result apply(const struct parse *p, const struct opt *option, int value, const char *text)
{
	int r = opt_value_set(option, text ? text : option->bare, p->config);
	char form[80];

	if (r == 0)
		return OPT_OK;
	option_form(option, value, form, sizeof(form));
	if (r == -ENOMEM)
		return refuse(p, "option '%s': out of memory", form);
	if (r == -ENODATA)
		return refuse(p, "option '%s': %s is empty (a variable that is not set?)", form, option->argument);
	return refuse(p, "option '%s': '%s' is %s %s (%s)", form, text, r == -ERANGE ? "too large for" : "not",
		      opt_value_is(option), opt_value_use(option));
}

/* The option that getopt_long() calls VALUE; NULL: the help, which no table names. */
static const struct opt *option_of(const struct parse *p, int value)
{
	for (const struct opt *o = p->command->options; o->kind != OPT_END; o++)
		if ((o->letter && o->letter == value) || o - p->command->options == value - LONG_VALUE)
			return o;
	return NULL;
}

/* The table in getopt's form. "+": stop at the first operand; ":": say a missing value by ':'. */
static int parse_prepare(struct parse *p)
{
	size_t count = 0, n = 0;
	char *letter;

	while (p->command->options[count].kind != OPT_END)
		count++;
	p->longs = calloc(count + 2, sizeof(*p->longs));
	p->letters = calloc(3 * count + sizeof("+:h"), 1);
	if (!p->longs || !p->letters)
		return -ENOMEM;
	letter = stpcpy(p->letters, "+:");
	for (size_t i = 0; i < count; i++) {
		const struct opt *o = &p->command->options[i];
		int has_arg = o->kind == OPT_FLAG ? no_argument : o->bare ? optional_argument : required_argument;

		if (o->name)
			p->longs[n++] = (struct option){ o->name, has_arg, NULL, LONG_VALUE + (int)i };
		if (o->letter)
			*letter++ = o->letter;
		for (int colon = 0; o->letter && colon < has_arg; colon++) /* two: the value may be missing */
			*letter++ = ':';
	}
	p->longs[n] = (struct option){ opt_help_option.name, no_argument, NULL, LONG_VALUE + (int)count };
	if (!strchr(p->letters, opt_help_option.letter))
		*letter = opt_help_option.letter;
	return 0;
}

/* Is OPTION what TYPED (LENGTH bytes, dashes included) names in full? */
static bool option_is(const struct opt *option, const char *typed, size_t length)
{
	if (typed[1] != '-')
		return option->letter && option->letter == typed[1];
	return option->name && strlen(option->name) == length - 2 && !strncmp(option->name, typed + 2, length - 2);
}

/* The commands of the program that have the option TYPED: "'single', 'run'" in RET. False: none. */
static bool option_owners(const struct opt_program *program, const char *typed, size_t length, struct buf *ret)
{
	bool found = false;

	for (const struct opt_command *c = program->commands; c->summary; c++) {
		const struct opt *o = c->options;

		while (o->kind != OPT_END && !option_is(o, typed, length))
			o++;
		if (!c->name || o->kind == OPT_END)
			continue;
		buf_printf(ret, "%s'%s'", found ? ", " : "", c->name);
		found = true;
	}
	return found;
}

/* More than one long form that begins with NAME: "'--max-a', '--max-b'" in RET. */
static bool is_ambiguous(const struct parse *p, const char *name, size_t length, struct buf *ret)
{
	int found = 0;

	for (const struct option *o = p->longs; o->name; o++)
		if (!strncmp(o->name, name, length))
			buf_printf(ret, "%s'--%s'", found++ ? ", " : "", o->name);
	return found > 1;
}

static enum opt_result refuse_long(const struct parse *p, const char *typed)
{
	CLEANUP(buf_done) struct buf list = BUF(WORDS_MAX);
	size_t length = strcspn(typed, "=");
	CLEANUP(buf_done) struct buf owners = BUF(WORDS_MAX);
	struct near near = NEAR(typed + 2, length - 2);

	if (is_ambiguous(p, near.typed, near.length, &list))
		return refuse(p, "option '%.*s' is ambiguous: %s", (int)length, typed, list.data ? list.data : "");
	if (option_owners(p->program, typed, length, &owners))
		return refuse(p, "option '%.*s' belongs to %s", (int)length, typed, owners.data ? owners.data : "");
	for (const struct option *o = p->longs; o->name; o++)
		near_offer(&near, o->name);
	if (near.best)
		return refuse(p, "unknown option '%.*s' (did you mean '--%s'?)", (int)length, typed, near.best);
	return refuse(p, "unknown option '%.*s'", (int)length, typed);
}

/* A letter that is not ASCII is one byte of it to glibc, and a wide character that stands for the byte to musl: name
 * the whole word. */
static enum opt_result refuse_letter(const struct parse *p, int letter, const char *word)
{
	char typed[] = { '-', (char)letter, '\0' };
	CLEANUP(buf_done) struct buf owners = BUF(WORDS_MAX);

	if (letter <= ' ' || letter >= 0x7f)
		return refuse(p, "unknown option in '%s'", word);
	if (option_owners(p->program, typed, 2, &owners))
		return refuse(p, "option '%s' belongs to %s", typed, owners.data ? owners.data : "");
	return refuse(p, "unknown option '%s'", typed);
}

/* WORD is the one that getopt_long() was at, LAST the one behind which it stands now. */
static enum opt_result refuse_option(const struct parse *p, int answer, const char *word, const char *last)
{
	const struct opt *option = option_of(p, optopt);
	char form[80];

	if (answer == ':' && option)
		return refuse(p, "option '%s' needs a value: %s", option_form(option, optopt, form, sizeof(form)),
			      option->argument ? option->argument : "VALUE");
	for (const struct option *o = p->longs; o->name; o++)
		if (o->val == optopt)
			return refuse(p, "option '--%s' takes no value", o->name);
	if (optopt == 0)
		return refuse_long(p, last);
	return refuse_letter(p, optopt, word);
}

static enum opt_result parse_options(const struct parse *p, int argc, char **argv, int *ret_operand)
{
	enum opt_result r = OPT_OK;

	opterr = 0;
	optind = 0; /* glibc and musl both start anew by this, in the middle of a group of letters, too */
	while (r == OPT_OK) {
		const char *word = argv[optind ? optind : 1];
		int answer = getopt_long(argc, argv, p->letters, p->longs, NULL);
		const struct opt *option = option_of(p, answer);

		if (answer == -1)
			break;
		if (answer == '?' || answer == ':')
			return refuse_option(p, answer, word, argv[optind - 1]);
		if (option) {
			r = apply(p, option, answer, optarg);
		} else {
			opt_help(p->program, stdout);
			r = OPT_HELP;
		}
	}
	if (r == OPT_OK)
		*ret_operand = optind;
	return r;
}

/* "single, all, run" */
static void command_names(const struct opt_program *program, struct buf *ret)
{
	for (const struct opt_command *c = opt_first_named(program); c->summary; c++)
		buf_printf(ret, "%s%s", ret->len ? ", " : "", c->name);
}

static enum opt_result refuse_command(const struct parse *p, const char *typed)
{
	CLEANUP(buf_done) struct buf names = BUF(WORDS_MAX);
	struct near near = NEAR(typed, typed ? strlen(typed) : 0);

	command_names(p->program, &names);
	if (!typed)
		return refuse(p, "which command? One of: %s", names.data ? names.data : "");
	if (typed[0] == '-' && typed[1])
		return refuse(p, "option '%s' stands before the command; options follow it (one of: %s)", typed,
			      names.data ? names.data : "");
	for (const struct opt_command *c = opt_first_named(p->program); c->summary; c++)
		near_offer(&near, c->name);
	if (near.best)
		return refuse(p, "unknown command '%s' (did you mean '%s'?)", typed, near.best);
	return refuse(p, "unknown command '%s' (one of: %s)", typed, names.data ? names.data : "");
}

/* -h, --help, or an abbreviation of it as getopt_long() takes it. */
static bool is_help(const char *word)
{
	return !strcmp(word, "-h") || (strlen(word) > 2 && !strncmp(word, "--help", strlen(word)));
}

/* The word that TYPED names. It is the whole word: a command that is added later must not change an old script. */
static enum opt_result find_command(struct parse *p, const char *typed)
{
	if (typed && is_help(typed)) {
		opt_help(p->program, stdout);
		return OPT_HELP;
	}
	for (p->command = opt_first_named(p->program); typed && p->command->summary; p->command++)
		if (!strcmp(p->command->name, typed))
			return OPT_OK;
	return refuse_command(p, typed);
}

const struct opt_command *opt_first_named(const struct opt_program *program)
{
	const struct opt_command *c = program->commands;

	while (c->summary && !c->name)
		c++;
	return c;
}

/* Is the first word, NULL where there is none, to be the name of a command? */
static bool is_name_wanted(const struct opt_program *program, const char *typed)
{
	if (program->commands[0].name)
		return true;
	return opt_first_named(program)->summary && typed && (typed[0] != '-' || is_help(typed));
}

static enum opt_result check_operands(const struct parse *p, int count, char **operands)
{
	const struct opt_command *c = p->command;

	if (count < c->min_operands)
		return refuse(p, "too few operands (usage: %s%s%s %s)", p->program->name, c->name ? " " : "",
			      c->name ? c->name : "", c->synopsis);
	if (c->max_operands >= 0 && count > c->max_operands)
		return refuse(p, "unexpected operand '%s'", operands[c->max_operands]);
	return OPT_OK;
}

enum opt_result opt_parse(const struct opt_program *program, int argc, char **argv, void *config,
			  const struct opt_command **ret_command, int *ret_operand)
{
	CLEANUP(parse_done) struct parse p = { .program = program, .command = program->commands, .config = config };
	const struct opt_command nameless = { .options = program->lead };
	bool is_nameless = program->lead && !opt_lead(program, argc, argv);
	const char *first = argc > 1 ? argv[1] : NULL;
	int skip = !is_nameless && is_name_wanted(program, first) ? 1 : 0, operand = argc - skip;
	enum opt_result r = OPT_OK;

	if (is_nameless)
		p.command = &nameless;
	else if (skip)
		r = find_command(&p, first);
	if (r != OPT_OK)
		return r;
	if (parse_prepare(&p) < 0)
		return refuse(&p, "out of memory");
	if (argc > skip)
		r = parse_options(&p, argc - skip, argv + skip, &operand);
	if (r == OPT_OK)
		r = check_operands(&p, argc - skip - operand, argv + skip + operand);
	if (r == OPT_OK) {
		*ret_command = is_nameless ? NULL : p.command;
		*ret_operand = operand + skip;
	}
	return r;
}
