#include "applets/gmr/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "applets/gmr/make.h"
#include "applets/gmr/options.h"
#include "applets/gmr/output.h"
#include "applets/gmr/stated.h"
#include "core/cleanup.h"
#include "core/clock.h"
#include "core/log.h"

enum {
	LEVELS_MAX = 3,          /* we, who waits for us, the program */
	STATEMENT_MAX_S = 75,    /* 64 generators of a second each */
	TIME_MAX_MS = 24 * 60 * 60 * 1000,
	MAX_STOP_MS = 20,
};

struct inside {
	int fd;
	const char *format, *directory;
	int64_t deadline_ms;
	pid_t pid;
};

static const struct opt inside_options[] = {
	OPT(OPT_NUMBER, 0, "inside", "FD", struct inside, fd, "what the program states of itself"),
	OPT(OPT_CHOICE, 'f', "format", "text|json|xml", struct inside, format, "how the report is written"),
	OPT(OPT_STRING, 'L', "log-dir", "DIR", struct inside, directory, "write it to a file in DIR"),
	OPT(OPT_TIME, 0, "deadline", "TIME", struct inside, deadline_ms, "what is not read by then is left out"),
	{ .kind = OPT_END },
};

static const struct opt_command inside_forms[] = {
	{ .synopsis = "--inside FD [-f text|json|xml] [-L DIR] [--deadline TIME] PID", .summary = "report a parent",
	  .options = inside_options, .min_operands = 1, .max_operands = 1 },
	{ .summary = NULL },
};

bool inside_is_meant(int argc, char **argv)
{
	static const char option[] = "--inside";
	size_t len = sizeof(option) - 1;

	return argc > 1 && !strncmp(argv[1], option, len) && (argv[1][len] == '\0' || argv[1][len] == '=');
}

static int parse_pid(const char *text, pid_t *ret)
{
	char *end;
	long pid;

	errno = 0;
	pid = strtol(text, &end, 10);
	if (errno || *end || pid < 1 || pid > INT_MAX)
		return -EINVAL;
	*ret = (pid_t)pid;
	return 0;
}

static enum opt_result parse(const struct opt_program *as_typed, int argc, char **argv, struct inside *ret)
{
	struct opt_program program = {
		.name = as_typed->name, .summary = "The report that a program makes of itself.",
		.commands = inside_forms,
	};
	const struct opt_command *form;
	enum opt_result r;
	int operand;

	*ret = (struct inside){ .fd = -1, .format = "text", .deadline_ms = 5000 };
	r = opt_parse(&program, argc, argv, ret, &form, &operand);
	if (r != OPT_OK)
		return r;
	if (ret->fd < 0 || fcntl(ret->fd, F_SETFD, FD_CLOEXEC) < 0)
		opt_usage(&program, "--inside takes an open descriptor");
	else if (ret->deadline_ms < 1 || ret->deadline_ms > TIME_MAX_MS)
		opt_usage(&program, "--deadline takes a time from 1ms to 1d");
	else if (parse_pid(argv[operand], &ret->pid) < 0)
		opt_usage(&program, "'%s' is no pid", argv[operand]);
	else
		return OPT_OK;
	return OPT_USAGE;
}

/* Is PID above us, no further than it is where the library calls us? RET_CHILD: its child, which is we or who waits for
 * us. */
static bool is_above(const struct procfs *proc, pid_t pid, pid_t *ret_child)
{
	struct procparse_stat stat;
	pid_t child = getpid();

	for (int i = 0; i < LEVELS_MAX && procfs_stat_of(proc, child, &stat) == 0; i++) {
		*ret_child = child;
		if (stat.ppid == pid)
			return true;
		child = stat.ppid;
	}
	return false;
}

static void read_statement(struct inside *inside, struct stated *ret)
{
	stated_read(inside->fd, clock_ns() + STATEMENT_MAX_S * INT64_C(1000000000), ret);
	inside->fd = fd_close(inside->fd);
}

/* What cannot be looked at is said in a report that has the program's own sections alone. */
static int make(const struct inside *inside, const struct stated *stated, struct made *ret)
{
	CLEANUP(procfs_done) struct procfs proc = { .fd = -1 };
	struct make_options options = {
		.sections = SECTIONS_ALL, .mode = CAPTURE_GENTLE, .max_stop_ms = MAX_STOP_MS,
		.deadline_ms = inside->deadline_ms, .stated = stated,
	};
	int r = procfs_open_own(&proc);

	if (r < 0) {
		make_bare(inside->pid, stated, r, ret);
		return 0;
	}
	if (!is_above(&proc, inside->pid, &options.reporter)) {
		log_fail("--inside: process %d has ended, or is not above this one", (int)inside->pid);
		return 1;
	}
	r = make_report(&proc, inside->pid, &options, ret);
	if (r < 0)
		make_bare(inside->pid, stated, r, ret);
	return 0;
}

/* A directory that is missing, full or another's loses no report. */
static int put(struct options *options, const struct made *made)
{
	CLEANUP(output_done) struct output output = { .directory = -1 };

	if (output_open(options, false, &output) == 0 && output_put(&output, made) == 0)
		return 0;
	if (!options->directory || output.is_closed)
		return 1;
	output_done(&output);
	options->directory = NULL;
	if (output_open(options, false, &output) == 0)
		(void)output_put(&output, made);
	return 1;
}

/* Who started us has blocked all signals, so that none of the program's handlers ran. */
static void take_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int inside_run(const struct opt_program *as_typed, int argc, char **argv)
{
	CLEANUP(stated_done) struct stated stated = { .error = 0 };
	struct options options = { .sections = SECTIONS_ALL };
	struct inside inside;
	struct made made;
	enum opt_result parsed;
	int status;

	take_signals();
	parsed = parse(as_typed, argc, argv, &inside);
	if (parsed != OPT_OK)
		return parsed == OPT_HELP ? 0 : 2;
	options.format = inside.format;
	options.directory = inside.directory;
	read_statement(&inside, &stated);
	status = make(&inside, &stated, &made);
	if (status)
		return status;
	status = put(&options, &made);
	made_done(&made);
	return status;
}
