/* watch.c: see helper.h. inotify(7) on the directory says at once that something was done to the file; a look each
 * interval is for where it does not: file systems of other machines, a directory that was removed and made again, no
 * inotify to be had. What counts is what stat(2) says. */
#include "core/inside/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

struct seen {
	bool is_there;
	dev_t device;
	ino_t inode;
	struct timespec modified;
};

static struct seen seen;
static bool is_touched;
static int64_t reported_ns;
static struct descriptor events = DESCRIPTOR_NONE;

static bool is_watched(void)
{
	return inside_config.watch_file[0] != '\0';
}

static int64_t interval_ns(void)
{
	return (int64_t)inside_config.interval_ms * 1000000;
}

static struct seen look(void)
{
	struct seen now = { .is_there = false };
	struct stat st;

	if (stat(inside_config.watch_file, &st) < 0)
		return now;
	return (struct seen){ true, st.st_dev, st.st_ino, st.st_mtim };
}

/* A file that was removed and made again is another one, even where its time is the same. */
static bool is_another(const struct seen *now)
{
	if (!now->is_there)
		return false;
	return !seen.is_there || seen.device != now->device || seen.inode != now->inode ||
	       seen.modified.tv_sec != now->modified.tv_sec || seen.modified.tv_nsec != now->modified.tv_nsec;
}

static void open_events(void)
{
	const uint32_t mask = IN_ATTRIB | IN_MODIFY | IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR;
	int fd = descriptor_high(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));

	if (fd >= 0 && inotify_add_watch(fd, inside_config.watch_dir, mask) < 0) {
		close(fd);
		fd = -1;
	}
	descriptor_keep(fd, &events);
}

int watch_begin(void)
{
	if (!is_watched())
		return 0;
	seen = look();
	descriptor_close(&events);
	open_events();
	return events.fd < 0 && errno == EMFILE ? -EMFILE : 0;
}

/* A child has its parent's by the same open file: who reads takes what the other waits for. */
void watch_forked(void)
{
	descriptor_close(&events);
	is_touched = false;
}

int watch_descriptor(void)
{
	if (is_watched() && events.fd < 0)
		open_events();
	/* What comes now waits: it must not wake the helper over and over. */
	return is_touched ? -1 : events.fd;
}

/* What they say is of no interest. One without a directory is made anew. */
static void read_events(void)
{
	char bytes[4096] __attribute__((aligned(8)));
	bool has_ended = false;
	ssize_t n;

	if (!descriptor_is_ours(&events)) {
		events.fd = -1;
		return;
	}
	while ((n = read(events.fd, bytes, sizeof bytes)) > 0)
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *event = (const void *)(bytes + at);

			has_ended = has_ended || event->mask & IN_IGNORED;
			at += (ssize_t)(sizeof *event + event->len);
		}
	if (has_ended)
		descriptor_close(&events);
}

int64_t watch_look(int64_t now_ns, bool *ret_touched)
{
	struct seen now;

	*ret_touched = false;
	if (!is_watched())
		return 0;
	read_events();
	now = look();
	is_touched = is_touched || is_another(&now);
	seen = now;
	if (!is_touched)
		return now_ns + interval_ns();
	if (reported_ns != 0 && now_ns < reported_ns + interval_ns())
		return reported_ns + interval_ns();
	*ret_touched = true;
	is_touched = false;
	reported_ns = now_ns;
	return now_ns + interval_ns();
}

void watch_make_room(void)
{
	descriptor_close(&events);
}
