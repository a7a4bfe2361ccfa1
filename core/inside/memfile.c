/* memfile.c: see helper.h: gmr as a file that has no name, made while there is memory and nobody forbids it. */
#include "core/inside/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif
#ifndef O_TMPFILE
#define O_TMPFILE (020000000 | O_DIRECTORY)
#endif

/* SPARE is another descriptor for it, which makes room for a pipe where the program has used up all. */
static struct {
	int fd, spare;
	dev_t device;
	ino_t inode;
} memfile = { .fd = -1, .spare = -1 };

/* The pages of the blob have been mapped by the copying: they are in the program's file, and are not wanted again. */
static void forget_blob(void)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)inside_blob;
	uintptr_t end = (begin + inside_blob_size) & ~(page - 1);

	begin = (begin + page - 1) & ~(page - 1);
	if (begin < end)
		madvise((void *)begin, end - begin, MADV_DONTNEED);
}

static int copy(int fd)
{
	for (uint64_t at = 0; at < inside_blob_size;) {
		ssize_t n = write(fd, inside_blob + at, inside_blob_size - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -ENOSPC;
		if (n > 0)
			at += (uint64_t)n;
	}
	return 0;
}

/* Beyond RLIMIT_FSIZE SIGXFSZ is sent to this thread, and would end the program. */
static int copy_within_limit(int fd)
{
	const struct timespec now = { 0, 0 };
	sigset_t too_large, before, pending;
	bool was_pending;
	int r;

	sigemptyset(&too_large);
	sigaddset(&too_large, SIGXFSZ);
	pthread_sigmask(SIG_BLOCK, &too_large, &before);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGXFSZ) == 1;
	r = copy(fd);
	if (r == -EFBIG && !was_pending)
		(void)sigtimedwait(&too_large, NULL, &now);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static int make_memory(void)
{
	CLEANUP(fd_done) int fd = memfd_create("gmr", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	int r;

	if (fd < 0 && errno == EINVAL) /* before 6.3 */
		fd = memfd_create("gmr", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	r = copy_within_limit(fd);
	if (r < 0)
		return r;
	/* A stray write(2) of the program must not change what is run later. */
	(void)fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	return TAKE_FD(fd);
}

/* What is open for writing cannot be executed. */
static int reopen(int fd)
{
	char path[] = "/proc/self/fd/\0\0\0\0\0\0\0\0\0\0\0";
	char *digit = path + strlen(path);
	int scale = 1;

	while (fd / scale >= 10)
		scale *= 10;
	for (; scale > 0; scale /= 10)
		*digit++ = (char)('0' + fd / scale % 10);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int make_nameless(const char *directory)
{
	CLEANUP(fd_done) int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0500);
	struct statvfs fs;
	int r;

	if (fd < 0 || fstatvfs(fd, &fs) < 0)
		return -errno;
	if (fs.f_flag & ST_NOEXEC)
		return -EACCES;
	r = copy_within_limit(fd);
	return r < 0 ? r : reopen(fd);
}

static int make(void)
{
	static const char *const directories[] = { "/dev/shm", "/run", "/tmp", "/var/tmp" };
	int r = make_memory(), other = -1;

	if (r != -EACCES && r != -ENOSYS && r != -EPERM)
		return r;
	for (size_t i = 0; i < sizeof directories / sizeof *directories && other < 0; i++)
		other = make_nameless(directories[i]);
	return other < 0 ? r : other;
}

static bool is_ours(int fd)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == memfile.device && st.st_ino == memfile.inode;
}

/* With signal and watched file there are two other descriptors to be had again. */
static void have_spare(void)
{
	bool has_others = inside_config.signal != GMR_NO_SIGNAL && inside_config.watch_file[0];

	if (!has_others && !is_ours(memfile.spare))
		memfile.spare = fcntl(memfile.fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

void memfile_make_room(void)
{
	if (is_ours(memfile.spare))
		close(memfile.spare);
	memfile.spare = -1;
}

int memfile_get(void)
{
	struct stat st;
	int fd;

	if (is_ours(memfile.fd)) {
		have_spare();
		return memfile.fd;
	}
	fd = make();
	forget_blob();
	if (fd >= 0 && fd <= STDERR_FILENO) {
		fd = descriptor_high(fd);
		if (fd < 0)
			return -errno;
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0) {
		close(fd);
		return -EBADF;
	}
	memfile.fd = fd;
	memfile.device = st.st_dev;
	memfile.inode = st.st_ino;
	have_spare();
	return fd;
}
