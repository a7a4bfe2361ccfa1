/* linelog.c: see linelog.h. */
#include "applets/cluster/linelog.h"

#include <inttypes.h>
#include <string.h>

#include "core/log.h"

enum {
	NAME_MAX_BYTES = 64,
	LINE_MAX_BYTES = sizeof("2026-11-21T17:04:05Z : \n") + NAME_MAX_BYTES + 4 * LINELOG_TEXT_MAX,
	BATCH_MAX = LINE_MAX_BYTES + (32 << 10),
};

int linelog_open(const char *path, int fd, struct linelog *ret)
{
	*ret = (struct linelog){ .stamped = path, .batch = BUF(BATCH_MAX), .second = -1 };
	if (path)
		logfile_open(path, &ret->file); /* what fails is tried again by each write, and then counted */
	else
		logfile_attach(fd, &ret->file);
	return buf_reserve(&ret->batch, BATCH_MAX);
}

static void add_stamp(struct linelog *log)
{
	time_t now = time(NULL);
	struct tm parts;

	if (!log->stamped)
		return;
	if (now != log->second && gmtime_r(&now, &parts)) {
		strftime(log->stamp, sizeof(log->stamp), "%Y-%m-%dT%H:%M:%SZ ", &parts);
		log->second = now;
	}
	buf_adds(&log->batch, log->stamp);
}

size_t linelog_escape(struct buf *out, const char *text, size_t len)
{
	size_t done = 0;

	while (done < len) {
		const char *tab = memchr(text + done, '\t', len - done);
		size_t plain = tab ? (size_t)(tab - text) - done : len - done;
		size_t taken = buf_add_escaped_part(out, text + done, plain, false);

		done += taken;
		if (taken < plain || (tab && buf_add(out, "\t", 1) < 0))
			break;
		done += tab != NULL;
	}
	return done;
}

static void add_note(struct linelog *log)
{
	if (log->lost == 0)
		return;
	add_stamp(log);
	buf_printf(&log->batch, "cluster: %" PRIu64 " line%s lost: %s\n", log->lost, log->lost == 1 ? "" : "s",
		   log_errno(log->error));
	log->noted = true;
}

void linelog_add(struct linelog *log, const char *name, const char *text, size_t len)
{
	if (len > LINELOG_TEXT_MAX)
		len = LINELOG_TEXT_MAX;
	if (BATCH_MAX - log->batch.len < LINE_MAX_BYTES)
		linelog_flush(log);
	if (log->batch.len == 0)
		add_note(log);
	add_stamp(log);
	buf_printf(&log->batch, "%.*s: ", NAME_MAX_BYTES, name);
	linelog_escape(&log->batch, text, len);
	buf_add(&log->batch, "\n", 1);
	log->lines++;
}

void linelog_flush(struct linelog *log)
{
	int r;

	if (log->batch.len == 0)
		add_note(log);
	if (log->batch.len == 0)
		return;
	r = logfile_write(&log->file, log->batch.data, log->batch.len);
	if (r < 0) {
		log->lost += log->lines;
		log->error = r;
	} else if (log->noted) {
		log->lost = 0;
	}
	buf_reset(&log->batch);
	log->lines = 0;
	log->noted = false;
}

void linelog_done(struct linelog *log)
{
	if (!log)
		return;
	linelog_flush(log);
	logfile_done(&log->file);
	buf_done(&log->batch);
}
