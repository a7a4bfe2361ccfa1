#include "applets/gmr/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/procfs.h"
#include "core/write_all.h"

/* "_gurumeditation_20261121201048", and room for "-999". */
#define NAME_MIDDLE "_gurumeditation_"
enum { NAME_TIME = sizeof("YYYYMMDDHHMMSS"), NAME_NUMBER = 4, NUMBERS = 1000, MODE = 0600, TRIES = 100 };

/* A file that has no name yet, or a temporary one. */
struct unnamed {
	int dir, fd;
	char name[NAME_MAX + 1]; /* "": none */
	bool is_holding;
	sigset_t mask;           /* as it was before signals were held */
};

#define UNNAMED ((struct unnamed){ .fd = -1 })

static void hold_signals(struct unnamed *u)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&set, signals[i]);
	u->is_holding = sigprocmask(SIG_BLOCK, &set, &u->mask) == 0;
}

/* Whatever has become of it: no temporary name is left. */
static void unnamed_done(struct unnamed *u)
{
	if (u->name[0])
		unlinkat(u->dir, u->name, 0);
	u->fd = fd_close(u->fd);
	if (u->is_holding)
		sigprocmask(SIG_SETMASK, &u->mask, NULL);
}

/* ".gmr-0123456789abcdef": nobody can have made it before us, and O_EXCL makes sure. */
static void temporary_name(char ret[NAME_MAX + 1])
{
	unsigned long long random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = (unsigned long long)getpid();
	snprintf(ret, NAME_MAX + 1, ".gmr-%016llx", random);
}

static int create_named(struct unnamed *u)
{
	for (int i = 0; i < TRIES; i++) {
		temporary_name(u->name);
		u->fd = openat(u->dir, u->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, MODE);
		if (u->fd >= 0)
			return 0;
		u->name[0] = '\0'; /* it is not ours */
		if (errno != EEXIST)
			break;
	}
	return -errno;
}

static int create(struct unnamed *u)
{
	u->fd = openat(u->dir, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, MODE);
	if (u->fd >= 0)
		return 0;
	/* Not every file system has it; before Linux 3.11 it is a directory that is opened for writing. */
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT && errno != EINVAL)
		return -errno;
	return create_named(u);
}

static int fill(int fd, const char *data, size_t len)
{
	int r = write_all(fd, data, len);

	if (r < 0)
		return r;
	return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

static int begin(struct unnamed *u, int dir, const char *data, size_t len)
{
	int r;

	u->dir = dir;
	hold_signals(u);
	r = create(u);
	return r < 0 ? r : fill(u->fd, data, len);
}

/* Give it NAME, which must not exist: linkat(2) neither replaces nor follows. -EEXIST. */
static int give_name(struct unnamed *u, const char *name)
{
	char path[PROCFS_FD_PATH_MAX];
	int r;

	procfs_fd_path(u->fd, path);
	if (u->name[0])
		r = linkat(u->dir, u->name, u->dir, name, 0);
	else
		r = linkat(AT_FDCWD, path, u->dir, name, AT_SYMLINK_FOLLOW);
	if (r == 0)
		return 0;
	if (u->name[0] && (errno == EPERM || errno == EOPNOTSUPP)) { /* no hard links, as on vfat */
		r = (int)syscall(SYS_renameat2, u->dir, u->name, u->dir, name, RENAME_NOREPLACE);
		if (r == 0)
			u->name[0] = '\0';
	}
	return r < 0 ? -errno : 0;
}

/* A directory's entry is on the disk when the directory is. What cannot be synced is there all the same. */
static int settle(int dir)
{
	fsync(dir);
	return 0;
}

static bool is_harmless(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c && strchr("._-", c));
}

void outfile_name(const char *name, time_t at, char ret[NAME_MAX + 1])
{
	char when[NAME_TIME] = "00000000000000";
	size_t len = strlen(name), room = NAME_MAX - strlen(NAME_MIDDLE) - (NAME_TIME - 1) - NAME_NUMBER;
	struct tm tm;

	if (gmtime_r(&at, &tm))
		strftime(when, sizeof(when), "%Y%m%d%H%M%S", &tm);
	if (len > room)
		len = room;
	for (size_t i = 0; i < len; i++)
		ret[i] = is_harmless(name[i]) && (i > 0 || (name[i] != '.' && name[i] != '-')) ? name[i] : '_';
	if (len == 0)
		ret[len++] = '_';
	snprintf(ret + len, NAME_MAX + 1 - len, NAME_MIDDLE "%s", when);
}

int outfile_add(int dir, const char *name, time_t at, const char *data, size_t len, char ret_name[NAME_MAX + 1])
{
	CLEANUP(unnamed_done) struct unnamed u = UNNAMED;
	char own[NAME_MAX + 1];
	size_t end;
	int r = begin(&u, dir, data, len);

	outfile_name(name, at, own);
	end = strlen(own);
	if (r == 0)
		r = give_name(&u, own);
	for (int i = 1; r == -EEXIST && i < NUMBERS; i++) {
		snprintf(own + end, sizeof(own) - end, "-%d", i);
		r = give_name(&u, own);
	}
	if (r < 0)
		return r;
	memcpy(ret_name, own, sizeof(own));
	return settle(dir);
}

/* May what is at NAME be replaced? */
static int check(int dir, const char *name)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	return S_ISREG(st.st_mode) ? 0 : -EEXIST;
}

/* The directory and the last component of PATH. -EISDIR: it has none. */
static int split(const char *path, int *ret_dir, char ret_name[NAME_MAX + 1])
{
	char whole[PATH_MAX], parent[PATH_MAX];
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	if (strlen(path) >= sizeof(whole) || strlen(name) > NAME_MAX)
		return -ENAMETOOLONG;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return -EISDIR;
	strcpy(whole, path);
	strcpy(parent, dirname(whole));
	strcpy(ret_name, name);
	*ret_dir = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_dir < 0 ? -errno : 0;
}

int outfile_check(const char *path)
{
	CLEANUP(fd_done) int dir = -1;
	char name[NAME_MAX + 1];
	int r = split(path, &dir, name);

	if (r == 0)
		r = check(dir, name);
	if (r < 0)
		return r;
	return faccessat(dir, ".", W_OK | X_OK, AT_EACCESS) < 0 ? -errno : 0;
}

/* A link from an unnamed file cannot replace: it gets a temporary name, which is renamed. */
static int replace(struct unnamed *u, const char *name)
{
	char temporary[NAME_MAX + 1];
	int r = check(u->dir, name);

	for (int i = 0; r == 0 && !u->name[0] && i < TRIES; i++) {
		temporary_name(temporary);
		r = give_name(u, temporary);
		if (r == 0)
			strcpy(u->name, temporary);
		else if (r == -EEXIST)
			r = 0;
	}
	if (r < 0)
		return r;
	if (renameat(u->dir, u->name, u->dir, name) < 0)
		return -errno;
	u->name[0] = '\0';
	return settle(u->dir);
}

int outfile_replace(const char *path, const char *data, size_t len)
{
	CLEANUP(fd_done) int dir = -1;
	CLEANUP(unnamed_done) struct unnamed u = UNNAMED;
	char name[NAME_MAX + 1];
	int r = split(path, &dir, name);

	if (r == 0)
		r = check(dir, name);
	if (r == 0)
		r = begin(&u, dir, data, len);
	return r < 0 ? r : replace(&u, name);
}
