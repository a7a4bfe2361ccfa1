#include "applets/heart/reason.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "core/spawn.h"
#include "core/write_all.h"

enum { REASON_MAX = 16384, VALUE_MAX = 4096, NAMES_TRIED = 8, NAME_SIZE = 32 };

const char *reason_cause_name(enum reason_cause cause)
{
	static const char *const names[REASON_CAUSES] = {
		[REASON_EXIT] = "exit",
		[REASON_SIGNAL] = "signal",
		[REASON_OOM_KILLED] = "oom-killed",
		[REASON_OVERDUE] = "overdue",
		[REASON_TRIGGERED] = "triggered",
		[REASON_CRASHED] = "crashed",
		[REASON_STOPPED] = "stopped",
		[REASON_NOT_STARTED] = "not-started",
	};

	return (unsigned)cause < REASON_CAUSES ? names[cause] : "unknown";
}

/* ---- the text ---- */

/* TEXT may be as long as it likes: what does not fit is left out, and the lines behind it still have room. */
static int add_text(struct buf *b, const char *key, const char *text)
{
	size_t max = b->max;
	int r = buf_printf(b, "%s=", key);

	if (r < 0)
		return r;
	b->max = b->len + VALUE_MAX;
	buf_add_escaped_part(b, text, strlen(text), true);
	b->max = max;
	return buf_adds(b, "\n");
}

static int add_time(struct buf *b, time_t when)
{
	char text[64];
	struct tm tm;

	if (!gmtime_r(&when, &tm) || strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return -EOVERFLOW;
	return buf_printf(b, "TIME=%s\n", text);
}

static int add_end(struct buf *b, const struct reason *reason)
{
	char end[64];
	int r = 0;

	if (reason->status >= 0)
		r = buf_printf(b, "END=%s\n", spawn_describe(reason->status, end));
	return r < 0 ? r : buf_printf(b, "UPTIME=%lld\n", (long long)reason->uptime_ms / 1000);
}

/* What the program said of itself. */
static int add_said(struct buf *b, const struct reason *reason)
{
	int r = reason->error ? buf_printf(b, "ERRNO=%d\n", reason->error) : 0;

	return r == 0 && reason->text && *reason->text ? add_text(b, "STATUS", reason->text) : r;
}

static int format(struct buf *b, const struct reason *reason)
{
	bool ran = reason->cause != REASON_NOT_STARTED;
	int r = add_time(b, reason->time);

	if (r == 0)
		r = add_text(b, "PROGRAM", reason->program);
	if (r == 0 && ran)
		r = buf_printf(b, "PID=%ld\n", (long)reason->pid);
	if (r == 0)
		r = buf_printf(b, "CAUSE=%s\n", reason_cause_name(reason->cause));
	if (r == 0 && ran)
		r = add_end(b, reason);
	if (r == 0)
		r = buf_printf(b, "RESTARTS=%d\n", reason->restarts);
	if (r == 0 && ran && reason->report && *reason->report)
		r = add_text(b, "REPORT", reason->report);
	return r == 0 && ran ? add_said(b, reason) : r;
}

/* ---- the file ---- */

/* Where a file lies: the open directory, and its name there, in the path that was given. */
struct place {
	int dir;
	const char *name;
};

static int open_place(const char *path, struct place *ret)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_MAX] = ".";
	size_t len = slash ? (size_t)(slash - path) : 0;
	int fd;

	if (len >= sizeof(dir))
		return -ENAMETOOLONG;
	if (slash) {
		memcpy(dir, len ? path : "/", len ? len : 1);
		dir[len ? len : 1] = '\0';
	}
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && errno == EACCES)
		fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC); /* does for all but fsync(2) */
	if (fd < 0)
		return -errno;
	ret->dir = fd;
	ret->name = slash ? slash + 1 : path;
	return 0;
}

/* A link would be replaced by a file, and what it points to kept as it is; a device would be gone. */
static int check_old(const struct place *place)
{
	struct stat st;

	if (!*place->name)
		return -EINVAL;
	if (fstatat(place->dir, place->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return S_ISREG(st.st_mode) ? 0 : -EINVAL;
}

static int make_name(char ret[NAME_SIZE])
{
	uint64_t number = 0;

	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) < 0)
		return -errno;
	snprintf(ret, NAME_SIZE, ".reason-%016llx", (unsigned long long)number);
	return 0;
}

/* A new file, by a name that nobody else could know: others may write the directory, and wait for us with a link. */
static int create(const struct place *place, char ret_name[NAME_SIZE])
{
	int fd = -EEXIST, r;

	for (int i = 0; i < NAMES_TRIED && fd == -EEXIST; i++) {
		r = make_name(ret_name);
		if (r < 0)
			return r;
		fd = openat(place->dir, ret_name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (fd < 0)
			fd = -errno;
	}
	return fd;
}

/* A limit of file sizes (RLIMIT_FSIZE) is to be an error here, not the guard's end. */
static int write_limited(int fd, const char *data, size_t len)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	int r;

	sigaction(SIGXFSZ, &ignore, &before);
	r = write_all(fd, data, len);
	sigaction(SIGXFSZ, &before, NULL);
	return r;
}

static int replace(const struct place *place, const struct buf *text)
{
	CLEANUP(fd_done) int fd = -1;
	char name[NAME_SIZE];
	int r;

	fd = create(place, name);
	if (fd < 0)
		return fd;
	r = write_limited(fd, text->data, text->len);
	if (r == 0 && (fchmod(fd, 0644) < 0 || fsync(fd) < 0 ||
		       renameat(place->dir, name, place->dir, place->name) < 0))
		r = -errno;
	if (r < 0)
		unlinkat(place->dir, name, 0);
	else
		fsync(place->dir); /* the new one is there; not every file system can say that it stays */
	return r;
}

int reason_check(const char *path)
{
	struct place place = { .dir = -1 };
	int r = open_place(path, &place);

	if (r == 0)
		r = check_old(&place);
	if (r == 0 && faccessat(place.dir, ".", W_OK | X_OK, AT_EACCESS) < 0)
		r = -errno;
	fd_close(place.dir);
	return r;
}

int reason_write(const char *path, const struct reason *reason)
{
	char data[REASON_MAX + 1] = ""; /* not allocated: the reason may be that there is no memory */
	struct buf text = { .data = data, .size = sizeof(data), .max = REASON_MAX };
	struct place place = { .dir = -1 };
	int r = format(&text, reason);

	if (r == 0)
		r = open_place(path, &place);
	if (r == 0)
		r = check_old(&place);
	if (r == 0)
		r = replace(&place, &text);
	fd_close(place.dir);
	return r;
}
