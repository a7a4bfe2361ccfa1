#include "core/command.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"

#define SHELL "/bin/sh"
#define BLANKS " \t\r\n"

/* What a shell does itself and no program of that name could do, and the words of its grammar (POSIX 2.4, 2.14). */
static const char *const shell_words[] = {
	"!", ".", ":", "[[", "alias", "bg", "break", "builtin", "case", "cd", "command", "continue", "declare", "do",
	"done", "elif", "else", "esac", "eval", "exec", "exit", "export", "fc", "fg", "fi", "for", "function",
	"getopts", "hash", "if", "in", "jobs", "let", "local", "read", "readonly", "return", "set", "shift",
	"source", "then", "times", "trap", "type", "typeset", "ulimit", "umask", "unalias", "unset", "until", "wait",
	"while", "{", "}",
};

#define SHELL_WORDS (sizeof(shell_words) / sizeof(shell_words[0]))

/* Quotes and metacharacters, wherever they stand (POSIX 2.2). */
static const char *special_kind(char c)
{
	switch (c) {
	case '\'':
	case '"':
	case '\\':
		return "quote";
	case '$':
	case '`':
		return "substitution";
	case '|':
	case '&':
	case ';':
	case '\n':
		return "operator";
	case '<':
	case '>':
		return "redirection";
	case '(':
	case ')':
		return "parenthesis";
	case '*':
	case '?':
	case '[':
		return "pattern";
	default:
		return NULL;
	}
}

static bool is_name(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

		if (!letter && (i == 0 || c < '0' || c > '9'))
			return false;
	}
	return len > 0;
}

static int check_first(const char *word, char ret_why[COMMAND_WHY_SIZE])
{
	const char *equals = strchr(word, '=');

	if (equals && is_name(word, (size_t)(equals - word))) {
		snprintf(ret_why, COMMAND_WHY_SIZE, "the assignment %.*s=", (int)(equals - word), word);
		return -EINVAL;
	}
	for (size_t i = 0; i < SHELL_WORDS; i++)
		if (!strcmp(word, shell_words[i])) {
			snprintf(ret_why, COMMAND_WHY_SIZE, "the shell's own '%s'", word);
			return -EINVAL;
		}
	return 0;
}

static int check_line(const char *line, char ret_why[COMMAND_WHY_SIZE])
{
	char before = ' ';

	for (const char *c = line; *c; before = *c++) {
		bool begins = strchr(BLANKS, before);
		const char *kind = special_kind(*c);

		if (!kind && begins && *c == '#')
			kind = "comment";
		if (!kind && begins && *c == '~')
			kind = "home directory";
		if (!kind)
			continue;
		if (*c == '\n')
			snprintf(ret_why, COMMAND_WHY_SIZE, "the line break");
		else
			snprintf(ret_why, COMMAND_WHY_SIZE, "the %s %c", kind, *c);
		return -EINVAL;
	}
	return 0;
}

int command_split(char *line, char **ret_words, size_t max, char ret_why[COMMAND_WHY_SIZE])
{
	size_t length = strlen(line), count = 0;
	char *rest = NULL;
	int r;

	while (length > 0 && strchr(BLANKS, line[length - 1]))
		line[--length] = '\0';
	line += strspn(line, BLANKS);
	r = check_line(line, ret_why);
	if (r < 0)
		return r;
	for (char *word = strtok_r(line, BLANKS, &rest); word; word = strtok_r(NULL, BLANKS, &rest)) {
		if (count + 1 >= max)
			return -E2BIG;
		ret_words[count++] = word;
	}
	ret_words[count] = NULL;
	r = count > 0 ? check_first(ret_words[0], ret_why) : 0;
	return r < 0 ? r : (int)count;
}

/* "--": a line that begins with a dash is no option of the shell. */
#define SHELL_ARGV(line) { (char *)(uintptr_t)SHELL, (char *)(uintptr_t)"-c", (char *)(uintptr_t)"--", \
			   (char *)(uintptr_t)(line), NULL }

static pid_t start_words(const char *line, const struct spawn *how, char ret_why[COMMAND_WHY_SIZE])
{
	CLEANUP(free_done) char *copy = strdup(line);
	char *words[COMMAND_WORDS_MAX];
	struct spawn spawn = *how;
	int count;

	if (!copy)
		return -ENOMEM;
	count = command_split(copy, words, COMMAND_WORDS_MAX, ret_why);
	if (count < 0)
		return count;
	spawn.argv = words; /* none of an empty line: it succeeds */
	return spawn_start(&spawn);
}

pid_t command_start(const char *line, const struct spawn *how, char ret_why[COMMAND_WHY_SIZE])
{
	char *argv[] = SHELL_ARGV(line);
	struct spawn spawn = *how;

	if (access(SHELL, X_OK) < 0)
		return start_words(line, how, ret_why);
	spawn.argv = argv;
	return spawn_start(&spawn);
}

int command_begin(const char *line, const struct spawn *how, struct spawn_begun *ret,
		  char ret_why[COMMAND_WHY_SIZE])
{
	CLEANUP(free_done) char *copy = strdup(line);
	char *words[COMMAND_WORDS_MAX], *argv[] = SHELL_ARGV(line);
	bool has_shell = access(SHELL, X_OK) == 0;
	struct spawn spawn = *how;
	int count = copy ? command_split(copy, words, COMMAND_WORDS_MAX, ret_why) : -ENOMEM;

	if (count < 0 && (!copy || !has_shell))
		return count;
	spawn.argv = count < 0 ? argv : words; /* none of an empty line: it succeeds */
	spawn.script = has_shell ? argv : NULL;
	return spawn_begin(&spawn, ret);
}

int command_status(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
		return 127 << 8;
	case -EACCES:
	case -ENOEXEC:
		return 126 << 8;
	default:
		return -1;
	}
}
