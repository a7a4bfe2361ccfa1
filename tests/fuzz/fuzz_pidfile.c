/* fuzz_pidfile.c: the text of a pid file; what was read is written, and read again the same; names of commands. */
#include "applets/cluster/roster.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char name_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+@";

static void check_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= ROSTER_NAME_SIZE || strspn(name, name_characters) != len)
		abort();
}

static void check_roster(const struct roster *roster)
{
	size_t living, all = roster_count(roster, &living);

	if (roster->daemon.pid <= 0 || all > roster->count || living > all || (roster->bare && roster->count > 0))
		abort();
	for (size_t i = 0; i < roster->count; i++) {
		const struct member *member = &roster->members[i];

		check_name(member->name);
		if (member->process.pid <= 0 || member->since_s < 0 || member->ended_s < 0)
			abort();
	}
}

static void check_again(const struct roster *roster)
{
	CLEANUP(buf_done) struct buf text = BUF(ROSTER_BYTES_MAX), second = BUF(ROSTER_BYTES_MAX);
	CLEANUP(roster_done) struct roster again = { 0 };

	if (roster_format(roster, &text) < 0 || roster_parse(text.data, text.len, &again) < 0 ||
	    roster_format(&again, &second) < 0)
		abort();
	if (text.len != second.len || memcmp(text.data, second.data, text.len) != 0 || again.count != roster->count)
		abort();
}

/* The input as a command, in a roster that has it twice. */
static void check_command(const uint8_t *data, size_t size)
{
	CLEANUP(free_done) char *command = strndup((const char *)data, size);
	CLEANUP(roster_done) struct roster roster = { 0 };

	for (int i = 0; i < 3 && command; i++) {
		struct member member = { 0 };

		roster_name(&roster, command, member.name);
		check_name(member.name);
		for (size_t j = 0; j < roster.count; j++)
			if (!strcmp(roster.members[j].name, member.name))
				abort();
		if (!roster_add(&roster, &member))
			return;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(roster_done) struct roster roster = { 0 };

	check_command(data, size);
	if (roster_parse((const char *)data, size, &roster) == 0) {
		check_roster(&roster);
		check_again(&roster);
	}
	return 0;
}
