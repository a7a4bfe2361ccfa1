#include "applets/oome/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/percent.h"
#include "core/statedir.h"

enum {
	RECORD_MAX = 64 * 1024,
	RECORD_TEXT_MAX = 2 * PATH_MAX + 2, /* a directory and a relative path behind it */
	RECORD_NAME_MAX = NAME_MAX + 1 - 5, /* ".lock" */
};

/* The first line; a file without it is not ours. */
static const char magic[] = "procguard oome record 1";

static const char *const phase_names[] = {
	[RECORD_IDLE] = "idle",
	[RECORD_REPORTED] = "reported",
	[RECORD_STOPPING] = "stopping",
	[RECORD_STARTING] = "starting",
	[RECORD_CLEANING] = "cleaning",
};

/* "KEY=TEXT" with TEXT encoded, so that it can neither end the line nor hold NUL. */
static int format_text(struct buf *ret, const char *key, const char *text)
{
	char encoded[3 * RECORD_TEXT_MAX];
	int r = text ? percent_encode(text, encoded, sizeof encoded) : -ENOENT;

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r : buf_printf(ret, "%s=%s\n", key, encoded);
}

bool record_handled(const struct record *record, const struct oomefile_id *id)
{
	const struct oomefile_id *handled = &record->handled;

	if (oomefile_id_equal(id, handled))
		return true;
	if (!id->exists || !handled->exists || !record->until.tv_sec || id->dev != handled->dev ||
	    id->ino != handled->ino)
		return false;
	return id->ctime_sec < record->until.tv_sec ||
	       (id->ctime_sec == record->until.tv_sec && id->ctime_nsec <= record->until.tv_nsec);
}

int record_format(const struct record *record, struct buf *ret)
{
	const struct oomefile_id *id = &record->handled;
	int r = buf_printf(ret, "%s\nversion=%" PRIu64 "\nphase=%s\npid=%d\n", magic, record->version,
			   phase_names[record->phase], (int)record->pid);

	if (!r)
		r = format_text(ret, "group", record->group);
	if (!r)
		r = format_text(ret, "name", record->name);
	if (!r)
		r = format_text(ret, "path", record->path);
	if (!r && id->exists)
		r = buf_printf(ret, "handled=%" PRIu64 " %" PRIu64 " %" PRId64 " %" PRId64 "\n", id->dev, id->ino,
			       id->ctime_sec, id->ctime_nsec);
	if (!r && record->until.tv_sec)
		r = buf_printf(ret, "until=%" PRId64 " %ld\n", (int64_t)record->until.tv_sec, record->until.tv_nsec);
	if (!r && record->witnessed)
		r = buf_printf(ret, "witnessed=%" PRIu64 "\n", record->witnessed);
	for (int i = 0; !r && i < record->restarts.count; i++)
		r = buf_printf(ret, "restart=%" PRId64 "\n", record->restarts.times[i]);
	return r;
}

static int parse_text(const char *value, char **ret)
{
	char text[RECORD_TEXT_MAX];
	int r = percent_decode(value, text, sizeof text);

	if (r < 0)
		return -EBADMSG;
	free(*ret);
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int parse_phase(const char *value, enum record_phase *ret)
{
	for (size_t i = 0; i < sizeof phase_names / sizeof *phase_names; i++)
		if (!strcmp(value, phase_names[i])) {
			*ret = (enum record_phase)i;
			return 0;
		}
	return -EBADMSG;
}

static int parse_handled(const char *value, struct oomefile_id *ret)
{
	struct oomefile_id id = { .exists = true };
	int end = 0;

	if (sscanf(value, "%" SCNu64 " %" SCNu64 " %" SCNd64 " %" SCNd64 "%n", &id.dev, &id.ino, &id.ctime_sec,
		   &id.ctime_nsec, &end) != 4 ||
	    value[end])
		return -EBADMSG;
	*ret = id;
	return 0;
}

static int parse_until(const char *value, struct timespec *ret)
{
	int64_t sec;
	long nsec;
	int end = 0;

	if (sscanf(value, "%" SCNd64 " %ld%n", &sec, &nsec, &end) != 2 || value[end] || nsec < 0 || nsec > 999999999)
		return -EBADMSG;
	*ret = (struct timespec){ .tv_sec = (time_t)sec, .tv_nsec = nsec };
	return 0;
}

static int parse_number(const char *value, int64_t max, int64_t *ret)
{
	char *end;

	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (errno || end == value || *end || number < 0 || number > max)
		return -EBADMSG;
	*ret = number;
	return 0;
}

static int parse_line(struct record *record, const char *key, const char *value)
{
	int64_t number;
	int r = 0;

	if (!strcmp(key, "phase"))
		return parse_phase(value, &record->phase);
	if (!strcmp(key, "group"))
		return parse_text(value, &record->group);
	if (!strcmp(key, "name"))
		return parse_text(value, &record->name);
	if (!strcmp(key, "path"))
		return parse_text(value, &record->path);
	if (!strcmp(key, "handled"))
		return parse_handled(value, &record->handled);
	if (!strcmp(key, "until"))
		return parse_until(value, &record->until);
	if (!strcmp(key, "version")) {
		r = parse_number(value, INT64_MAX, &number);
		if (!r)
			record->version = (uint64_t)number;
	} else if (!strcmp(key, "pid")) {
		r = parse_number(value, INT_MAX, &number);
		if (!r)
			record->pid = (pid_t)number;
	} else if (!strcmp(key, "witnessed")) {
		r = parse_number(value, INT64_MAX, &number);
		if (!r)
			record->witnessed = (uint64_t)number;
	} else if (!strcmp(key, "restart")) {
		r = parse_number(value, INT64_MAX, &number);
		if (!r)
			limit_note(&record->restarts, number);
	}
	return r; /* a key that we do not know is from a later version */
}

static int parse_lines(char *text, struct record *record)
{
	char *rest = text;

	if (strcmp(strsep(&rest, "\n"), magic))
		return -EBADMSG;
	while (rest && *rest) {
		char *value = strsep(&rest, "\n");
		const char *key = strsep(&value, "=");
		int r = value && rest ? parse_line(record, key, value) : -EBADMSG; /* no newline: torn */

		if (r < 0)
			return r;
	}
	return record->group && record->name ? 0 : -EBADMSG;
}

int record_parse(const char *text, size_t len, struct record *ret)
{
	CLEANUP(record_done) struct record record = { 0 };
	CLEANUP(free_done) char *copy = strndup(text, len);
	int r;

	if (!copy)
		return -ENOMEM;
	if (strlen(copy) != len)
		return -EBADMSG;
	r = parse_lines(copy, &record);
	if (r < 0)
		return r;
	*ret = record;
	record = (struct record){ 0 };
	return 0;
}

static int file_name(const char *group, const char *name, char *ret, size_t size)
{
	char both[NAME_MAX + 1];
	int n = snprintf(both, sizeof both, "%s:%s", group, name);

	return n < 0 || (size_t)n >= sizeof both ? -ENAMETOOLONG : percent_encode(both, ret, size);
}

static int load_file(int dir, const char *file, struct record *ret)
{
	CLEANUP(buf_done) struct buf text = BUF(RECORD_MAX);
	int r = statedir_read(dir, file, &text);

	return r < 0 ? r : record_parse(text.data ? text.data : "", text.len, ret);
}

int record_load(int dir, const char *group, const char *name, struct record *ret)
{
	char file[RECORD_NAME_MAX];
	int r = file_name(group, name, file, sizeof file);

	return r < 0 ? r : load_file(dir, file, ret);
}

int record_save(int dir, struct record *record)
{
	CLEANUP(buf_done) struct buf text = BUF(RECORD_MAX);
	char file[RECORD_NAME_MAX];
	int r = file_name(record->group, record->name, file, sizeof file);

	record->version++;
	if (!r)
		r = record_format(record, &text);
	return r < 0 ? r : statedir_write(dir, file, text.data, text.len);
}

int record_own(int dir, const char *group, const char *name)
{
	char file[RECORD_NAME_MAX];
	int r = file_name(group, name, file, sizeof file);

	return r < 0 ? r : statedir_lock(dir, file);
}

static void closedir_done(DIR **stream)
{
	if (*stream)
		closedir(*stream);
}

/* A stream over DIR, which stays the caller's. */
static DIR *open_stream(int dir)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = copy < 0 ? NULL : fdopendir(copy);

	if (!stream)
		fd_done(&copy);
	return stream;
}

int record_each(int dir, void (*function)(struct record *record, void *context), void *context)
{
	CLEANUP(closedir_done) DIR *stream = open_stream(dir);

	if (!stream)
		return -errno;
	for (struct dirent *entry; (entry = readdir(stream));) {
		CLEANUP(record_done) struct record record = { 0 };

		if (!strchr(entry->d_name, '.') && !load_file(dir, entry->d_name, &record))
			function(&record, context);
	}
	return 0;
}

/* Is NAME that of a process that lives? Names of another form or pid namespace are none of ours to judge: true. */
static bool names_living(const struct procfs *proc, ino_t namespace, const char *name)
{
	CLEANUP(pidref_done) struct pidref ref = PIDREF_NONE;
	uint64_t where, ticks;
	int pid, end = 0;

	if (sscanf(name, "%" SCNu64 "-%d-%" SCNu64 "%n", &where, &pid, &ticks, &end) != 3 || name[end] || pid <= 0 ||
	    where != namespace)
		return true;
	return !pidref_open(proc, pid, &ref) && ref.start_ticks == ticks;
}

static void sweep(int state_dir, const struct procfs *proc, ino_t namespace)
{
	CLEANUP(closedir_done) DIR *stream = open_stream(state_dir);

	if (!stream)
		return;
	for (struct dirent *entry; (entry = readdir(stream));)
		if (!names_living(proc, namespace, entry->d_name))
			statedir_remove_below(state_dir, entry->d_name);
}

int record_open_dir(int state_dir, const struct procfs *proc, const struct pidref *supervisord)
{
	char name[96];
	ino_t namespace;
	int r = procfs_pid_namespace(proc, &namespace);

	if (r < 0)
		return r;
	sweep(state_dir, proc, namespace);
	snprintf(name, sizeof name, "%" PRIu64 "-%d-%" PRIu64, (uint64_t)namespace, (int)supervisord->pid,
		 supervisord->start_ticks);
	return statedir_open_below(state_dir, name);
}

void record_done(struct record *record)
{
	if (!record)
		return;
	free(record->group);
	free(record->name);
	free(record->path);
	*record = (struct record){ 0 };
}
