/* ctl.c: see ctl.h. */
#include "applets/heart/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/heart/control.h"
#include "applets/heart/control_ask.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/near.h"
#include "core/notify.h"
#include "core/units.h"

/* A probe that takes a second has failed: end before. */
enum { DEADLINE_MS = 900, NAMES_MAX = 512 };

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

/* ---- what was typed ---- */

/* `status --json` and `heart beat` are verbs of ctl's only in the packet. */
static bool is_typed(enum control_verb verb)
{
	return verb != CONTROL_STATUS_JSON && verb != CONTROL_BEAT;
}

static int refuse_verb(const struct opt_program *program, const char *typed)
{
	CLEANUP(buf_done) struct buf names = BUF(NAMES_MAX);
	struct near near = NEAR(typed, typed ? strlen(typed) : 0);

	for (enum control_verb verb = 0; verb < CONTROL_VERBS; verb++) {
		if (!is_typed(verb))
			continue;
		near_offer(&near, control_verb_name(verb));
		buf_printf(&names, "%s%s", names.len ? ", " : "", control_verb_name(verb));
	}
	if (!typed)
		return opt_usage(program, "which request? One of: %s", names.data ? names.data : "");
	if (!strcmp(typed, control_verb_name(CONTROL_BEAT)))
		return opt_usage(program, "unknown request '%s' (heart beat sends one, without ctl)", typed);
	if (near.best)
		return opt_usage(program, "unknown request '%s' (did you mean '%s'?)", typed, near.best);
	return opt_usage(program, "unknown request '%s' (one of: %s)", typed, names.data ? names.data : "");
}

/* The words behind set-options are one argument: OTP's take a list. */
static int join(const struct opt_program *program, char **words, struct buf *ret)
{
	for (; *words; words++)
		if (buf_printf(ret, "%s%s", ret->len ? " " : "", *words) < 0)
			return opt_usage(program, "too many options");
	return 0;
}

static int check_count(const struct opt_program *program, enum control_verb verb, char **words)
{
	const char *name = control_verb_name(verb);

	if (!words[0])
		return opt_usage(program, "'%s' needs an argument", name);
	if (!words[1])
		return 0;
	if (verb == CONTROL_SNOOZE)
		return opt_usage(program, "unexpected operand '%s'", words[1]);
	return opt_usage(program, "'%s' takes one argument: quote the command, %s '%s %s...'", name, name, words[0],
			 words[1]);
}

static int check_time(const struct opt_program *program, const char *text)
{
	int64_t ms;

	if (units_time(text, &ms) == 0)
		return 0;
	return opt_usage(program, "'%s' is no time for 'snooze' (a number and ms, s, m, h or d: 500ms, 10m)", text);
}

/* JOINED holds the argument where it is not a word. */
static int read_argument(const struct opt_program *program, char **words, struct control_request *request,
			 struct buf *joined)
{
	int r;

	if (!words[0] && control_verb_takes(request->verb) != CONTROL_TAKES_ONE)
		return 0;
	if (control_verb_takes(request->verb) == CONTROL_TAKES_NOTHING)
		return opt_usage(program, "unexpected operand '%s'", words[0]);
	if (control_verb_takes(request->verb) == CONTROL_TAKES_ONE)
		r = check_count(program, request->verb, words);
	else
		r = join(program, words, joined);
	if (r == 0 && request->verb == CONTROL_SNOOZE)
		r = check_time(program, words[0]);
	if (r != 0)
		return r;
	request->argument = joined->data ? joined->data : words[0];
	request->len = strlen(request->argument);
	return 0;
}

/* Verb and argument of the COUNT WORDS, of which there is a NULL behind the last. 0, or the exit status. */
static int read_words(const struct opt_program *program, bool json, int count, char **words,
		      struct control_request *request, struct buf *joined)
{
	request->verb = count > 0 ? control_verb_find(words[0], strlen(words[0])) : CONTROL_VERBS;
	if (request->verb == CONTROL_VERBS || !is_typed(request->verb))
		return refuse_verb(program, count > 0 ? words[0] : NULL);
	if (request->verb == CONTROL_STATUS && count > 1 && !strcmp(words[1], "--json")) {
		json = true;
		words++;
	}
	if (json && request->verb != CONTROL_STATUS)
		return opt_usage(program, "option '--json' belongs to 'status'");
	if (json)
		request->verb = CONTROL_STATUS_JSON;
	return read_argument(program, words + 1, request, joined);
}

/* The only word behind a verb: it is no command, and no time. */
static bool asks_for_help(int count, char **words)
{
	return count == 2 && (!strcmp(words[1], "-h") || !strcmp(words[1], "--help"));
}

/* ---- what was answered ---- */

/* As it is; where a person reads, without what could change the terminal. Failures show when stdout is flushed. */
static void print(const char *text, size_t len)
{
	CLEANUP(buf_done) struct buf line = BUF(4 * CONTROL_ANSWER_MAX);

	if (!isatty(STDOUT_FILENO)) {
		fwrite(text, 1, len, stdout);
		return;
	}
	for (size_t at = 0, end; at < len; at = end + 1) {
		const char *newline = memchr(text + at, '\n', len - at);

		end = newline ? (size_t)(newline - text) : len;
		buf_reset(&line);
		buf_add_escaped_part(&line, text + at, end - at, false);
		puts(line.data ? line.data : "");
	}
}

/* An answer as control.h has it. Returns the exit status. */
static int take_answer(const char *path, const struct buf *answer)
{
	const char *text = answer->data + 1, *why;
	size_t len = strlen(text);

	if (answer->len == 0 || (answer->data[0] != '0' && answer->data[0] != '1')) {
		log_fail("'%s' is no control socket of a guard", path);
		return 1;
	}
	print(text, len);
	why = text + len + 1;
	if (len + 1 < answer->len)
		log_fail("%.*s", (int)strcspn(why, "\n"), why);
	return answer->data[0] - '0';
}

static int explain(const char *path, int error)
{
	switch (-error) {
	case ENOENT:
	case ECONNREFUSED:
		log_fail("no guard at '%s': %s (a guard listens there with --control)", path, log_errno(error));
		break;
	case ETIMEDOUT:
		log_fail("the guard at '%s' does not answer: it is stopped, or held up", path);
		break;
	case EACCES:
		log_fail("cannot ask the guard at '%s': %s (run as its user, or as root)", path, log_errno(error));
		break;
	case EPROTOTYPE:
	case EBADMSG:
		log_fail("'%s' is no control socket of a guard", path);
		break;
	default:
		log_fail("cannot ask the guard at '%s': %s", path, log_errno(error));
	}
	return 1;
}

static int ask(const char *path, const struct control_request *request)
{
	CLEANUP(buf_done) struct buf answer = BUF(CONTROL_ANSWER_MAX);
	int r = control_ask(path, request, DEADLINE_MS, &answer);

	return r < 0 ? explain(path, r) : take_answer(path, &answer);
}

int ctl_main(const struct opt_program *program, const struct ctl_config *config, int argc, char **argv)
{
	const char *path = config->socket ? config->socket : environment("HEART_CONTROL");
	CLEANUP(buf_done) struct buf joined = BUF(CONTROL_PACKET_MAX);
	struct control_request request = { .verb = CONTROL_VERBS };
	int r;

	if (asks_for_help(argc, argv)) {
		opt_help(program, stdout);
		return 0;
	}
	r = read_words(program, config->json, argc, argv, &request, &joined);
	if (r != 0)
		return r;
	if (!path)
		return opt_usage(program, "which guard? Give -S SOCKET, as its --control, or set HEART_CONTROL");
	return ask(path, &request);
}

/* ---- one heartbeat ---- */

static int notify_beat(const char *address)
{
	int r = notify_send(address, "WATCHDOG=1", true, DEADLINE_MS);

	if (r == 0)
		return 0;
	if (r == -ETIMEDOUT)
		log_fail("the heartbeat was sent to '%s', but not taken: the guard is stopped, or held up", address);
	else
		log_fail("cannot send a heartbeat to '%s': %s (NOTIFY_SOCKET)", address, log_errno(r));
	return 1;
}

int beat_main(const struct opt_program *program, const struct ctl_config *config)
{
	const struct control_request request = { .verb = CONTROL_BEAT };
	const char *notify = environment("NOTIFY_SOCKET"), *control = environment("HEART_CONTROL");

	if (config->socket)
		return ask(config->socket, &request);
	if (notify)
		return notify_beat(notify);
	if (control)
		return ask(control, &request);
	return opt_usage(program, "nobody waits for a heartbeat: give -S SOCKET, or call it below heart run, which "
			 "sets NOTIFY_SOCKET");
}
