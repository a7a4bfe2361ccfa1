#include "core/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/clock.h"
#include "core/evidence_private.h"
#include "core/headroom.h"
#include "core/log.h"
#include "core/reportdir.h"
#include "core/self.h"

enum {
	OPEN_MS = 10000,
	LOOK_MS = 5000,
	NAMES = 64,          /* as many different names of one tree are pruned; the others pile up */
	LINE_SIZE = PATH_MAX,
	EXIT_NOT_RUN = 127,
};

/* Of a deadline: when gmr is to come to an end by itself, when it is killed, and when all must be over. */
#define OWN(deadline)  ((deadline) * 5 / 8)
#define KILL(deadline) ((deadline) * 7 / 8)
#define OVER(deadline) ((deadline) * 31 / 32)

/* What gmr prints: "/var/log/reports/webapp_gurumeditation_20261121201048\n", a line for each report. */
struct paths {
	const struct evidence *e;
	const char *const *argv;
	const struct evidence_statement *statement; /* or NULL */
	char *first;                 /* PATH_MAX */
	char line[LINE_SIZE];
	size_t len;
	char names[NAMES][NAME_MAX + 1];
	int name_count;
	struct timespec begin;
};

/* There is a new report of NAME. */
static void note_name(struct paths *paths, const char *name, size_t len)
{
	for (int i = 0; i < paths->name_count; i++)
		if (strlen(paths->names[i]) == len && !memcmp(paths->names[i], name, len))
			return;
	if (paths->name_count == NAMES || len > NAME_MAX)
		return;
	memcpy(paths->names[paths->name_count], name, len);
	paths->names[paths->name_count++][len] = '\0';
}

/* The last of the middle: a name may have the same in it. */
static const char *find_middle(const char *file)
{
	const char *found = NULL;

	for (const char *at = file; (at = strstr(at, EVIDENCE_MIDDLE)); at++)
		found = at;
	return found;
}

static void take_line(struct paths *paths)
{
	const char *directory = paths->e->directory, *file, *middle;
	size_t len = strlen(directory);

	if (directory[len - 1] == '/')
		len--;
	if (strncmp(paths->line, directory, len) != 0 || paths->line[len] != '/')
		return;
	file = paths->line + len + 1;
	middle = find_middle(file);
	if (strchr(file, '/') || !middle)
		return;
	if (!paths->first[0])
		memcpy(paths->first, paths->line, paths->len + 1);
	note_name(paths, file, (size_t)(middle - file));
}

/* The directory's own name may have a newline in it. */
static void take_output(void *context, const char *data, size_t len)
{
	struct paths *paths = context;
	size_t directory = strlen(paths->e->directory);

	for (size_t i = 0; i < len; i++) {
		if (data[i] == '\n' && paths->len >= directory) {
			paths->line[paths->len] = '\0';
			take_line(paths);
			paths->len = 0;
		} else if (paths->len < LINE_SIZE - 1) {
			paths->line[paths->len++] = data[i];
		}
	}
}

/* In the child. */
static int become(const char *binary, char *const *argv)
{
	execv(binary, argv);
	dprintf(STDERR_FILENO, "cannot run '%s': %s\n", binary, log_errno(errno));
	return EXIT_NOT_RUN;
}

static int become_gmr(void *context)
{
	const struct paths *paths = context;

	if (paths->statement)
		fcntl(paths->statement->fd, F_SETFD, 0);
	return become(paths->e->binary, (char *const *)paths->argv);
}

static void on_begun(void *context, pid_t pid, int64_t until_ms)
{
	const struct evidence_statement *statement = ((const struct paths *)context)->statement;

	if (statement)
		statement->begun(statement->context, pid, until_ms);
}

/* In the child: where a disk hangs, only this waits. */
static int prune(void *context)
{
	const struct paths *paths = context;
	int r = 0;

	for (int i = 0; i < paths->name_count; i++)
		r = evidence_prune_but(paths->e, paths->names[i], &paths->begin) < 0 ? 1 : r;
	return r;
}

static void prune_until(struct paths *paths, int64_t until_ms)
{
	char why[EVIDENCE_WHY_SIZE];
	const struct evidence_job job = { .child = prune, .context = paths, .why = why };

	if (paths->e->keep > 0 && paths->name_count > 0)
		evidence_run(&job, until_ms);
}

/* "procguard gmr: cannot write..." without what the caller says itself. */
static void shorten(char *why)
{
	static const char prefix[] = "procguard gmr: ";

	if (!strncmp(why, prefix, strlen(prefix)))
		memmove(why, why + strlen(prefix), strlen(why + strlen(prefix)) + 1);
}

/* A report is a report, also where more was wanted. */
static int settle(const struct evidence *e, int r, const char *path, char *why)
{
	shorten(why);
	if (r == -ETIMEDOUT)
		snprintf(why, EVIDENCE_WHY_SIZE, path[0] ? "no time was left for all of them (%lld ms)"
							 : "it was not made in time (%lld ms)",
			 (long long)e->deadline_ms);
	else if (r < 0 && !why[0])
		snprintf(why, EVIDENCE_WHY_SIZE, "gmr cannot be started: %s", log_errno(r));
	if (path[0])
		return 0;
	if (r == 0 && !e->directory)
		return 0;
	if (r == 0 && !why[0])
		snprintf(why, EVIDENCE_WHY_SIZE, "gmr did not name a file");
	return r < 0 ? r : -ECHILD;
}

static int64_t clamp(int64_t ms)
{
	const int64_t longest = 24 * 3600 * 1000;

	return ms < 1 ? 1 : ms < longest ? ms : longest;
}

const char *evidence_own(int64_t deadline_ms, char ret[EVIDENCE_OWN_SIZE])
{
	snprintf(ret, EVIDENCE_OWN_SIZE, "%lldms", (long long)clamp(OWN(clamp(deadline_ms))));
	return ret;
}

int evidence_make(const struct evidence *e, const char *const *argv, const struct evidence_statement *statement,
		  char ret_path[PATH_MAX], char ret_why[EVIDENCE_WHY_SIZE])
{
	int64_t begin = clock_ms(), deadline = clamp(e->deadline_ms);
	struct paths paths = { .e = e, .argv = argv, .statement = statement, .first = ret_path };
	const struct evidence_job job = { .child = become_gmr, .output = take_output, .context = &paths,
					  .kept = statement ? statement->fd : 0, .shown = !e->directory,
					  .begun = on_begun, .why = ret_why };
	uint64_t left;
	int r;

	ret_path[0] = '\0';
	if (headroom_is_short(&left)) {
		snprintf(ret_why, EVIDENCE_WHY_SIZE, "the cgroup has %llu KiB left, and gmr needs %d",
			 (unsigned long long)left >> 10, HEADROOM_LEAST >> 10);
		return -ENOMEM;
	}
	clock_gettime(CLOCK_REALTIME_COARSE, &paths.begin);
	r = evidence_run(&job, begin + KILL(deadline));
	prune_until(&paths, begin + OVER(deadline));
	return settle(e, r, ret_path, ret_why);
}

int evidence_take(const struct evidence *e, pid_t pid, bool children, char ret_path[PATH_MAX],
		  char ret_why[EVIDENCE_WHY_SIZE])
{
	char own[EVIDENCE_OWN_SIZE], number[16];
	const char *argv[] = { "procguard", "gmr", "-L", e->directory, "--deadline", evidence_own(e->deadline_ms, own),
			       number, NULL, NULL };

	ret_path[0] = '\0';
	snprintf(ret_why, EVIDENCE_WHY_SIZE, "no reports are made");
	if (!e->directory || !e->directory[0] || !e->binary[0])
		return -ENOENT;
	snprintf(number, sizeof number, "%d", (int)pid);
	if (children) {
		argv[6] = "--children";
		argv[7] = number;
	}
	return evidence_make(e, argv, NULL, ret_path, ret_why);
}

/* "cluster\ngmr\nheart\noome\n" */
struct list {
	const char *binary;
	char line[16];
	size_t len;
	bool has_gmr;
};

static void take_list(void *context, const char *data, size_t len)
{
	struct list *list = context;

	for (size_t i = 0; i < len; i++) {
		if (data[i] != '\n' && list->len < sizeof(list->line)) {
			list->line[list->len++] = data[i];
		} else if (data[i] == '\n') {
			list->has_gmr |= list->len == 3 && !memcmp(list->line, "gmr", 3);
			list->len = 0;
		}
	}
}

static int become_list(void *context)
{
	static const char *const argv[] = { "procguard", "--list", NULL };
	const struct list *list = context;

	return become(list->binary, (char *const *)argv);
}

int evidence_ask(const char *binary, int64_t until_ms)
{
	struct list list = { .binary = binary };
	char why[EVIDENCE_WHY_SIZE];
	const struct evidence_job job = { .child = become_list, .output = take_list, .context = &list, .why = why };
	int r = evidence_run(&job, until_ms);

	if (r < 0)
		return r == -ECHILD ? -ENOEXEC : r;
	return list.has_gmr ? 0 : -ENOTSUP;
}

struct look {
	const char *directory;
	unsigned char error;
};

/* In the child: what it says is the error, a byte of errno(3). */
static int say_error(void *context)
{
	const struct look *look = context;
	CLEANUP(fd_done) int dir = reportdir_open(look->directory);
	unsigned char error = dir < 0 ? (unsigned char)-dir : 0;

	return write(STDOUT_FILENO, &error, 1) == 1 ? 0 : 1;
}

static void take_error(void *context, const char *data, size_t len)
{
	struct look *look = context;

	look->error = (unsigned char)data[len - 1];
}

/* By a child: a disk that hangs is to keep nobody from guarding. */
static int look_at(const char *directory)
{
	struct look look = { .directory = directory, .error = EIO };
	char why[EVIDENCE_WHY_SIZE];
	const struct evidence_job job = { .child = say_error, .output = take_error, .context = &look, .why = why };
	int r = evidence_run(&job, clock_ms() + LOOK_MS);

	return r < 0 && r != -ECHILD ? r : -look.error;
}

int evidence_open(struct evidence *e, const char *argv0, const char *directory, int64_t deadline_ms, int keep)
{
	int r;

	*e = (struct evidence){ .deadline_ms = deadline_ms, .keep = keep };
	if (!directory)
		return 0;
	if (!directory[0])
		return -ENOENT;
	if (strlen(directory) + 1 + NAME_MAX >= PATH_MAX)
		return -ENAMETOOLONG;
	r = self_exe(argv0, e->binary, sizeof e->binary) < 0 ? -ENOEXEC : 0;
	if (r == 0)
		r = evidence_ask(e->binary, clock_ms() + OPEN_MS);
	if (r < 0)
		return r;
	e->directory = directory;
	return look_at(directory);
}

const char *evidence_open_error(int error)
{
	switch (error < 0 ? -error : error) {
	case ENOTSUP:
		return "gmr is not built in (build with APPLETS that has it)";
	case ENOEXEC:
		return "this program's own file is not to be found or does not run (is proc mounted?)";
	case EPERM:
		return "it, or the link there, belongs to another user, or everybody may rename what is in it";
	case ETIMEDOUT:
		return "it does not answer";
	default:
		return log_errno(error);
	}
}
