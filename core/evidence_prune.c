/* evidence_prune.c: see evidence.h: of the reports of a name the oldest go. */
#include "core/evidence_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/reportdir.h"
#include "core/span.h"

/* opendir(3) allocates. getdents64(2) says what it writes; musl and older C libraries name neither. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t size; /* of this entry */
	uint8_t type;
	char name[];
};

#define LEFTOVER ".gmr-"

enum {
	STAMP_SIZE = sizeof("YYYYMMDDHHMMSS"),
	BLOCK_SIZE = 8192,
	ENTRIES_MAX = 1 << 20, /* of a directory are looked at */
	OLDEST = 32,           /* so many are found in one reading */
	ROUNDS = 64,
	NUMBER_MAX = 999,      /* "-1" to "-999" */
	LEFTOVER_DIGITS = 16,
	LEFTOVER_AGE = 3600,   /* seconds */
};

struct file {
	char name[NAME_MAX + 1];
	char stamp[STAMP_SIZE];
	struct timespec written;
	uint64_t number;
};

struct prune {
	const char *name;
	const struct timespec *since;
	time_t now;
	int dir;
	int count;                  /* how many there are */
	struct file oldest[OLDEST]; /* of those that may go, in order */
	int oldest_count;
};

/* "_gurumeditation_20261121201048" or "_gurumeditation_20261121201048-12", as gmr makes them, behind NAME. */
static bool parse(const char *entry, const char *name, struct file *ret)
{
	size_t len = strlen(entry);
	struct span rest = span_of(entry, len);
	const char *stamp;
	uint64_t number = 0;

	if (len > NAME_MAX || !span_take_prefix(&rest, name) || !span_take_prefix(&rest, EVIDENCE_MIDDLE))
		return false;
	stamp = entry + len - span_len(&rest);
	if (strspn(stamp, "0123456789") != STAMP_SIZE - 1)
		return false;
	if (stamp[STAMP_SIZE - 1] != '\0') {
		rest = span_of(stamp + STAMP_SIZE - 1, strlen(stamp + STAMP_SIZE - 1));
		if (!span_take_prefix(&rest, "-") || stamp[STAMP_SIZE] == '0' ||
		    span_take_number(&rest, NUMBER_MAX, &number) < 0 || span_len(&rest) > 0)
			return false;
	}
	memcpy(ret->name, entry, len + 1);
	memcpy(ret->stamp, stamp, STAMP_SIZE - 1);
	ret->stamp[STAMP_SIZE - 1] = '\0';
	ret->number = number;
	return true;
}

static int compare_times(const struct timespec *a, const struct timespec *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec < b->tv_sec ? -1 : 1;
	return a->tv_nsec == b->tv_nsec ? 0 : a->tv_nsec < b->tv_nsec ? -1 : 1;
}

/* Of a second, a number may be given again, when the one that had it has gone: so it counts last. */
static bool is_older(const struct file *a, const struct file *b)
{
	int order = strcmp(a->stamp, b->stamp);

	if (order == 0)
		order = compare_times(&a->written, &b->written);
	return order < 0 || (order == 0 && a->number < b->number);
}

static bool is_ours(int dir, const char *name, struct stat *ret)
{
	return fstatat(dir, name, ret, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(ret->st_mode) && ret->st_uid == geteuid();
}

/* The clock may have been set back since one that seems to come from the future. */
static bool is_new(const struct prune *prune, const struct file *file)
{
	return prune->since && compare_times(&file->written, prune->since) >= 0 &&
	       file->written.tv_sec <= prune->now + 1;
}

/* What gmr writes into where files cannot be nameless (O_TMPFILE), as it is left by one that was killed:
 * ".gmr-0123456789abcdef". One that is written to is not old. */
static void remove_leftover(const struct prune *prune, const char *entry)
{
	struct stat st;

	if (!strncmp(entry, LEFTOVER, strlen(LEFTOVER)) &&
	    strspn(entry + strlen(LEFTOVER), "0123456789abcdef") == LEFTOVER_DIGITS &&
	    entry[strlen(LEFTOVER) + LEFTOVER_DIGITS] == '\0' && is_ours(prune->dir, entry, &st) &&
	    st.st_mtime < prune->now - LEFTOVER_AGE)
		unlinkat(prune->dir, entry, 0);
}

static void insert(struct prune *prune, const struct file *file)
{
	int at = prune->oldest_count;

	while (at > 0 && is_older(file, &prune->oldest[at - 1]))
		at--;
	if (at == OLDEST)
		return;
	if (prune->oldest_count < OLDEST)
		prune->oldest_count++;
	memmove(&prune->oldest[at + 1], &prune->oldest[at],
		(size_t)(prune->oldest_count - 1 - at) * sizeof(prune->oldest[0]));
	prune->oldest[at] = *file;
}

static void look(struct prune *prune, const char *entry)
{
	struct file file;
	struct stat st;

	remove_leftover(prune, entry);
	if (!parse(entry, prune->name, &file) || !is_ours(prune->dir, entry, &st))
		return;
	prune->count++;
	file.written = st.st_mtim;
	if (!is_new(prune, &file))
		insert(prune, &file);
}

/* All of the directory, from its beginning. */
static int read_all(struct prune *prune)
{
	alignas(struct entry) char block[BLOCK_SIZE];
	long n, entries = 0;

	prune->count = prune->oldest_count = 0;
	if (lseek(prune->dir, 0, SEEK_SET) < 0)
		return -errno;
	while ((n = syscall(SYS_getdents64, prune->dir, block, sizeof block)) > 0) {
		for (long at = 0; at < n; entries++) {
			const struct entry *entry = (const struct entry *)(const void *)(block + at);

			look(prune, entry->name);
			at += entry->size;
		}
		if (entries > ENTRIES_MAX)
			break;
	}
	return n < 0 ? -errno : 0;
}

/* The oldest of what was read. Returns how many have gone. */
static int remove_oldest(const struct prune *prune, int too_many)
{
	struct stat st;
	int gone = 0;

	for (int i = 0; i < prune->oldest_count && i < too_many; i++)
		gone += is_ours(prune->dir, prune->oldest[i].name, &st) &&
			unlinkat(prune->dir, prune->oldest[i].name, 0) == 0;
	return gone;
}

int evidence_prune_but(const struct evidence *e, const char *name, const struct timespec *since)
{
	CLEANUP(fd_done) int dir = e->directory ? reportdir_open(e->directory) : -ENOENT;
	struct prune prune = { .name = name, .since = since, .now = time(NULL), .dir = dir };
	int r = dir < 0 ? dir : 0;

	for (int i = 0; i < ROUNDS && r == 0 && e->keep > 0; i++) {
		r = read_all(&prune);
		if (r < 0 || prune.count <= e->keep || remove_oldest(&prune, prune.count - e->keep) == 0)
			break;
	}
	return r;
}

int evidence_prune(const struct evidence *e, const char *name)
{
	return evidence_prune_but(e, name, NULL);
}
