/* pidfile.c: see pidfile.h. */
#include "applets/cluster/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/log.h"
#include "core/write_all.h"

/* What is opened may be anything that somebody put there: a link, a FIFO that nobody writes to, a terminal. */
enum { CAUTIOUS = O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK };

static int with_suffix(const char *path, const char *suffix, char ret[PATH_MAX])
{
	int n = snprintf(ret, PATH_MAX, "%s%s", path, suffix);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

static bool is_trusted(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) && !(st->st_mode & 022);
}

/* ---- Read ---- */

/* ENXIO: a socket. */
static int open_regular(const char *path, struct stat *ret)
{
	CLEANUP(fd_done) int fd = open(path, O_RDONLY | CAUTIOUS);

	if (fd < 0 || fstat(fd, ret) < 0)
		return errno == ENXIO ? -EBADMSG : -errno;
	return S_ISREG(ret->st_mode) ? TAKE_FD(fd) : -EBADMSG;
}

int pidfile_read(const char *path, struct roster *ret, struct pidfile_stat *ret_stat)
{
	CLEANUP(buf_done) struct buf text = BUF(ROSTER_BYTES_MAX);
	struct stat st;
	CLEANUP(fd_done) int fd = open_regular(path, &st);
	struct pidfile_stat stat;
	int r;

	if (fd < 0)
		return fd;
	stat = (struct pidfile_stat){ .uid = st.st_uid,
				      .mtime_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000 };
	if (!is_trusted(&st)) {
		*ret_stat = stat;
		return -EPERM;
	}
	r = buf_read_fd(&text, fd);
	if (r == 0)
		r = roster_parse(text.data, text.len, ret);
	if (r == 0)
		*ret_stat = stat;
	return r == -ENOBUFS ? -EBADMSG : r;
}

static const char *why_distrusted(const char *path, char ret[PIDFILE_WHY_SIZE])
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return "it belonged to somebody else, and is gone";
	if (is_trusted(&st)) /* hidepid=, proc(5) */
		return "its daemon is hidden from us in /proc (run as root)";
	if (st.st_uid == 0 || st.st_uid == geteuid())
		return "others may write it (chmod go-w, when what it says is right)";
	snprintf(ret, PIDFILE_WHY_SIZE, "it belongs to uid %u (run as that user)", (unsigned)st.st_uid);
	return ret;
}

const char *pidfile_why(const char *path, int error, char ret[PIDFILE_WHY_SIZE])
{
	switch (error) {
	case -EPERM:
		return why_distrusted(path, ret);
	case -EBADMSG:
		return "it is no pid file of a cluster, or was cut off (remove it: a daemon that runs makes it anew)";
	case -ELOOP:
		return "it is a link";
	default:
		return log_errno(error);
	}
}

/* ---- Write ---- */

/* What a crash has left there is in the way. Some file systems (NFS) say only at the end that the disk is full. */
static int write_new(const char *path, const struct buf *text)
{
	int fd, r;

	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | CAUTIOUS, 0644);
	if (fd < 0)
		return -errno;
	r = fchmod(fd, 0644) < 0 ? -errno : write_all(fd, text->data, text->len);
	if (close(fd) < 0 && errno != EINTR && r == 0)
		r = -errno;
	return r;
}

int pidfile_write(const char *path, const struct roster *roster)
{
	CLEANUP(buf_done) struct buf text = BUF(ROSTER_BYTES_MAX);
	char new[PATH_MAX];
	int r = with_suffix(path, ".new", new);

	if (r == 0)
		r = roster_format(roster, &text);
	if (r < 0)
		return r;
	r = write_new(new, &text);
	if (r == 0 && rename(new, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(new);
	return r;
}

int pidfile_remove(const char *path)
{
	return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}

/* ---- The lock ---- */

/* Only the owner may open it: who may read it could hold up a start for ever, by a lock for reading. */
int lock_open(const char *path)
{
	CLEANUP(fd_done) int fd = -1;
	char name[PATH_MAX];
	struct stat st;
	int r = with_suffix(path, ".lock", name);

	if (r < 0)
		return r;
	fd = open(name, O_RDWR | O_CREAT | CAUTIOUS, 0600);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || st.st_nlink != 1) /* a link: another file of ours */
		return -EPERM;
	if ((st.st_mode & 07777) != 0600 && fchmod(fd, 0600) < 0)
		return -errno;
	return TAKE_FD(fd);
}

static struct flock byte_of(enum lock_part part, short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET, .l_start = part, .l_len = 1 };
}

int lock_take(int fd, enum lock_part part, bool wait)
{
	struct flock byte = byte_of(part, F_WRLCK);

	while (fcntl(fd, wait ? F_OFD_SETLKW : F_OFD_SETLK, &byte) < 0)
		if (errno != EINTR)
			return errno == EACCES ? -EWOULDBLOCK : -errno;
	return 0;
}

void lock_release(int fd, enum lock_part part)
{
	struct flock byte = byte_of(part, F_UNLCK);

	while (fcntl(fd, F_OFD_SETLK, &byte) < 0 && errno == EINTR)
		;
}

int lock_is_held(const char *path, enum lock_part part)
{
	CLEANUP(fd_done) int fd = -1;
	struct flock byte = byte_of(part, F_WRLCK);
	char name[PATH_MAX];
	struct stat st;
	int r = with_suffix(path, ".lock", name);

	if (r < 0)
		return r;
	fd = open_regular(name, &st);
	if (fd < 0)
		return fd == -ENOENT || fd == -EACCES ? 0 : fd == -EBADMSG ? -EPERM : fd;
	if (!is_trusted(&st))
		return -EPERM;
	while (fcntl(fd, F_OFD_GETLK, &byte) < 0)
		if (errno != EINTR)
			return -errno;
	return byte.l_type != F_UNLCK;
}
