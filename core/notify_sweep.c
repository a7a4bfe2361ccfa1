/* notify_sweep.c: see notify_private.h.
 *
 *   /run/procguard-9f86d081884c7d65/2c26b46b68ffc68ff99b453c1d304134
 *
 * A socket that nobody has open refuses connections: then its listener is gone, in whatever namespace it was. Not so on
 * a file system that another kernel may have mounted, too: only those are looked at that no two kernels share. */
#include "core/notify_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/cleanup.h"

#ifndef XFS_SUPER_MAGIC /* headers before Linux 5.10 */
#define XFS_SUPER_MAGIC 0x58465342
#endif

enum {
	ENTRIES_MAX = 4096, REMOVED_MAX = 64, /* at one start */
	DIR_LEN = 2 * NOTIFY_DIR_BYTES, SOCKET_LEN = 2 * NOTIFY_SOCKET_BYTES, /* in hexadecimal */
};

static void dir_done(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

/* To read through; FD stays the caller's. */
static DIR *dir_of(int fd)
{
	CLEANUP(fd_done) int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own < 0 ? NULL : fdopendir(own);

	if (dir)
		TAKE_FD(own);
	return dir;
}

static int open_dir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

static bool is_local(int fd)
{
	static const unsigned long types[] = {
		TMPFS_MAGIC, RAMFS_MAGIC, OVERLAYFS_SUPER_MAGIC, EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC,
	};
	struct statfs fs;

	if (fstatfs(fd, &fs) < 0)
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if ((unsigned long)fs.f_type == types[i])
			return true;
	return false;
}

static bool is_hex(const char *text, size_t len)
{
	return strlen(text) == len && strspn(text, "0123456789abcdef") == len;
}

static bool nobody_has_it(const char *base, const char *dir, const char *name)
{
	CLEANUP(fd_done) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/%s/%s", base, dir, name);

	if (fd < 0 || n < 0 || (size_t)n >= sizeof(address.sun_path))
		return false;
	return connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 && errno == ECONNREFUSED;
}

/* The one thing in there: a socket of ours by its name. False: anything else; one that is just being made. */
static bool find_socket(int fd, char ret[SOCKET_LEN + 1])
{
	CLEANUP(dir_done) DIR *dir = dir_of(fd);
	const struct dirent *entry;
	struct stat st;
	int count = 0;

	while (dir && count < 2 && (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		count++;
		if (!is_hex(entry->d_name, SOCKET_LEN))
			return false;
		memcpy(ret, entry->d_name, SOCKET_LEN + 1);
	}
	return count == 1 && fstatat(fd, ret, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode);
}

static bool remove_dead(int base_fd, const char *base, const char *name)
{
	CLEANUP(fd_done) int fd = open_dir(base_fd, name);
	char socket_name[SOCKET_LEN + 1];
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_uid != geteuid())
		return false;
	return find_socket(fd, socket_name) && nobody_has_it(base, name, socket_name) &&
	       unlinkat(fd, socket_name, 0) == 0 && unlinkat(base_fd, name, AT_REMOVEDIR) == 0;
}

void notify_sweep(const char *base)
{
	CLEANUP(fd_done) int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(dir_done) DIR *dir = fd >= 0 && is_local(fd) ? dir_of(fd) : NULL;
	size_t prefix = strlen(NOTIFY_DIR_PREFIX);
	const struct dirent *entry;
	int removed = 0;

	for (int i = 0; dir && i < ENTRIES_MAX && removed < REMOVED_MAX && (entry = readdir(dir)); i++)
		if (!strncmp(entry->d_name, NOTIFY_DIR_PREFIX, prefix) && is_hex(entry->d_name + prefix, DIR_LEN))
			removed += remove_dead(fd, base, entry->d_name);
}
