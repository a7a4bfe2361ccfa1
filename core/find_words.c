/* find_words.c: processes by their command line, and by a pid file. */
#include "core/find.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <regex.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/span.h"

enum { ARGV_MAX = 64 << 10, PID_FILE_MAX = 64 };

/* "java\0-jar\0app.jar\0" reads "java -jar app.jar". */
static void join(struct buf *cmdline)
{
	while (cmdline->len > 0 && !cmdline->data[cmdline->len - 1])
		cmdline->len--;
	for (size_t i = 0; i < cmdline->len; i++)
		if (!cmdline->data[i])
			cmdline->data[i] = ' ';
}

static bool argv_matches(const struct procfs *proc, pid_t pid, const regex_t *regex, struct buf *cmdline)
{
	char path[PROCFS_PID_TEXT + sizeof "/cmdline"];
	int r;

	memcpy(procfs_pid_text(path, pid), "/cmdline", sizeof "/cmdline");
	r = procfs_read(proc->fd, path, cmdline);
	if ((r < 0 && r != -ENOBUFS) || cmdline->len == 0)
		return false;
	join(cmdline);
	return regexec(regex, cmdline->data, 0, NULL, 0) == 0;
}

static int find_matching(const struct procfs *proc, const regex_t *regex, struct pidset *ret)
{
	CLEANUP(procfs_iter_done) struct procfs_iter iter = { .fd = -1 };
	CLEANUP(buf_done) struct buf cmdline = BUF(ARGV_MAX);
	pid_t own = getpid(), pid;
	int r = procfs_iterate(proc, &iter);

	if (r < 0)
		return r;
	while ((r = procfs_next(&iter, &pid)) > 0) {
		if (pid == own || !argv_matches(proc, pid, regex, &cmdline))
			continue;
		r = pidset_add(ret, pid);
		if (r < 0)
			return r;
	}
	return r;
}

int find_by_argv(const struct procfs *proc, const char *pattern, struct pidset *ret, char ret_why[FIND_WHY_SIZE])
{
	regex_t regex;
	int r = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB);

	if (r != 0) {
		regerror(r, &regex, ret_why, FIND_WHY_SIZE);
		return r == REG_ESPACE ? -ENOMEM : -EINVAL;
	}
	r = find_matching(proc, &regex, ret);
	regfree(&regex);
	return r;
}

/* "1234\n", with blanks before the number where a program pads it. */
static int parse_pid(const char *text, size_t len, pid_t *ret)
{
	static const char white[] = " \t\r\n";
	struct span s = span_of(text, len);
	uint64_t number = 0;

	while (span_len(&s) > 0 && memchr(white, *s.at, strlen(white)))
		s.at++;
	while (span_len(&s) > 0 && memchr(white, s.end[-1], strlen(white)))
		s.end--;
	if (span_take_number(&s, INT_MAX, &number) < 0 || span_len(&s) > 0 || number == 0)
		return -EBADMSG;
	*ret = (pid_t)number;
	return 0;
}

int find_pid_file(const char *path, pid_t *ret, uid_t *ret_owner)
{
	CLEANUP(fd_done) int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	CLEANUP(buf_done) struct buf text = BUF(PID_FILE_MAX);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	r = buf_read_fd(&text, fd);
	if (r < 0)
		return r == -ENOBUFS ? -EBADMSG : r;
	r = parse_pid(text.data ? text.data : "", text.len, ret);
	if (r == 0)
		*ret_owner = st.st_uid;
	return r;
}
