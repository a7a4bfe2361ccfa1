/* roster.c: who belongs to a cluster; its text is roster_format.c's and roster_parse.c's. */
#include "applets/cluster/roster.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/span.h"
#include "core/spawn.h"

enum {
	FIRST_MEMBERS = 16,
	SUFFIX_SIZE = 7,                          /* "-16385" */
	STEM_MAX = ROSTER_NAME_SIZE - SUFFIX_SIZE, /* of a name, so that the suffix has room behind it */
};

bool member_counts(const struct member *member)
{
	return member->kind == MEMBER_BACKGROUND || member->kind == MEMBER_DAEMON;
}

size_t roster_count(const struct roster *roster, size_t *ret_living)
{
	size_t all = 0;

	*ret_living = 0;
	for (size_t i = 0; i < roster->count; i++)
		if (member_counts(&roster->members[i])) {
			all++;
			*ret_living += !roster->members[i].ended;
		}
	return all;
}

/* An orphan of a background member is; one of a daemon is a matter of the stop lines, as the daemon itself. */
static bool is_of_background(const struct roster *roster, const struct member *member)
{
	bool found = member->kind == MEMBER_BACKGROUND;

	for (size_t i = 0; i < roster->count && !found && member->kind == MEMBER_ORPHAN; i++)
		found = roster->members[i].kind == MEMBER_BACKGROUND && roster->members[i].line == member->line;
	return found;
}

const struct member *roster_last(const struct roster *roster, size_t before)
{
	const struct member *last = NULL;

	for (size_t i = 0; i < roster->count; i++) {
		const struct member *member = &roster->members[i];

		if (member->ended || member->line >= before || (last && member->line < last->line))
			continue;
		if (is_of_background(roster, member))
			last = member;
	}
	return last;
}

int roster_exit_status(const struct roster *roster, enum roster_exit_on exit_on)
{
	size_t living, count = roster_count(roster, &living);
	int status = 0;

	if (exit_on == EXIT_ON_TERM || count == 0 || living == count || (exit_on == EXIT_ON_ALL && living > 0))
		return -1;
	for (size_t i = 0; i < roster->count && status == 0; i++)
		if (roster->members[i].ended && member_counts(&roster->members[i]))
			status = spawn_exit_status(roster->members[i].status);
	return status;
}

/* ---- roster_name() ---- */

/* The next word of a shell's command line, as far as its name goes: quotes hold together what has blanks, and stay. */
static struct span take_word(struct span *line)
{
	struct span word;
	char quote = '\0';

	span_skip_blanks(line);
	word = *line;
	for (; line->at < line->end; line->at++) {
		char c = *line->at;

		if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '\'' || c == '"')
			quote = c;
		else if (c == ' ' || c == '\t')
			break;
	}
	word.end = line->at;
	return word;
}

/* "NAME=anything" */
static bool is_assignment(struct span word)
{
	const char *at = word.at;

	for (; at < word.end && (isalnum((unsigned char)*at) || *at == '_'); at++)
		;
	return at > word.at && at < word.end && *at == '=' && !isdigit((unsigned char)*word.at);
}

/* What is behind the last slash of the command's word; quotes and slashes at its end do not count. */
static struct span stem_of(const char *command)
{
	struct span line = span_of(command, strlen(command)), word, next;

	for (word = take_word(&line); is_assignment(word) || span_is(&word, "exec"); word = next) {
		next = take_word(&line);
		if (span_len(&next) == 0)
			break;
	}
	while (word.at < word.end && strchr("'\"/", word.end[-1]))
		word.end--;
	for (const char *at = word.at; at < word.end; at++)
		if (strchr("'\"/", *at))
			word.at = at + 1;
	return word;
}

static bool is_taken(const struct roster *roster, const char *name)
{
	for (size_t i = 0; i < roster->count; i++)
		if (!strcmp(roster->members[i].name, name))
			return true;
	return false;
}

/* How many are called STEM, with or without a number. */
static size_t count_stem(const struct roster *roster, const char *stem, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < roster->count; i++) {
		const char *name = roster->members[i].name;

		count += !strncmp(name, stem, len) && (name[len] == '\0' || name[len] == '-');
	}
	return count;
}

void roster_name(const struct roster *roster, const char *command, char ret[ROSTER_NAME_SIZE])
{
	struct span stem = stem_of(command);
	size_t len = span_len(&stem), number = 2;

	if (len == 0)
		stem = span_of("command", len = strlen("command"));
	if (len > STEM_MAX)
		len = STEM_MAX;
	for (size_t i = 0; i < len; i++)
		ret[i] = isalnum((unsigned char)stem.at[i]) || strchr("._-+@", stem.at[i]) ? stem.at[i] : '_';
	ret[len] = '\0';
	if (!is_taken(roster, ret))
		return;
	/* Five hundred of one name must not take the cube of that: behind "-2" the count of them is near the end. */
	for (size_t all = count_stem(roster, ret, len); ; number = number < all ? all + 1 : number + 1) {
		snprintf(ret + len, ROSTER_NAME_SIZE - len, "-%u", (unsigned)number);
		if (!is_taken(roster, ret))
			return;
	}
}

/* ---- Members ---- */

struct member *roster_add(struct roster *roster, const struct member *member)
{
	if (roster->count == roster->size) {
		size_t size = roster->size ? 2 * roster->size : FIRST_MEMBERS;
		struct member *grown;

		if (roster->count >= ROSTER_MEMBERS_MAX)
			return NULL;
		grown = reallocarray(roster->members, size, sizeof(*grown));
		if (!grown)
			return NULL;
		roster->members = grown;
		roster->size = size;
	}
	roster->members[roster->count] = *member;
	return &roster->members[roster->count++];
}

struct member *roster_find(const struct roster *roster, pid_t pid)
{
	for (size_t i = roster->count; i-- > 0;)
		if (roster->members[i].process.pid == pid && !roster->members[i].ended)
			return &roster->members[i];
	return NULL;
}

void roster_remove(struct roster *roster, size_t i)
{
	roster->count--;
	memmove(&roster->members[i], &roster->members[i + 1], (roster->count - i) * sizeof(*roster->members));
}

void roster_done(struct roster *roster)
{
	if (!roster)
		return;
	free(roster->members);
	*roster = (struct roster){ 0 };
}
