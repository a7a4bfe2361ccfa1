#include "core/reportdir.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"

/* A link may stand for it that nobody but us or root can have made. A '/' behind it would follow any. */
static int open_directory(const char *typed)
{
	char path[PATH_MAX];
	size_t len = strlen(typed);
	CLEANUP(fd_done) int link = -1;
	struct stat st;
	int fd;

	while (len > 1 && typed[len - 1] == '/')
		len--;
	if (len >= sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, typed, len);
	path[len] = '\0';
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 || (errno != ELOOP && errno != ENOTDIR))
		return fd < 0 ? -errno : fd;
	link = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (link < 0 || fstat(link, &st) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode))
		return -ENOTDIR;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return -EPERM;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int reportdir_open(const char *path)
{
	CLEANUP(fd_done) int fd = open_directory(path);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0)
		return -errno;
	if (geteuid() == 0 && (st.st_uid != 0 || ((st.st_mode & S_IWOTH) && !(st.st_mode & S_ISVTX))))
		return -EPERM;
	return TAKE_FD(fd);
}
