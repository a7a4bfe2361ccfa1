#include "applets/gmr/descriptor_link.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>

#include "applets/gmr/words.h"
#include "core/cleanup.h"
#include "core/procparse_task.h"

enum { WORDS_MAX = 4096 };

static bool ends_with(const struct span *s, const char *end)
{
	size_t len = strlen(end);

	return span_len(s) >= len && memcmp(s->end - len, end, len) == 0;
}

/* By its name alone: stat(2) asks the file system, and one that hangs is what a report may be about. */
static void parse_path(struct span text, struct descriptor_link *ret)
{
	static const char *const not_devices[] = { "shm/", "mqueue/", "hugepages/" };
	struct span rest = text;

	ret->name = text;
	ret->type = DESCRIPTOR_PATH;
	ret->kind = "file";
	ret->wants_fdinfo = true;
	if (span_take_prefix(&rest, "/memfd:") && ends_with(&rest, " (deleted)")) {
		rest.end -= strlen(" (deleted)");
		*ret = (struct descriptor_link){ .type = DESCRIPTOR_MEMFD, .kind = "memfd", .name = rest };
		return;
	}
	if (!span_take_prefix(&rest, "/dev/"))
		return;
	for (size_t i = 0; i < sizeof not_devices / sizeof not_devices[0]; i++)
		if (span_take_prefix(&rest, not_devices[i]))
			return;
	ret->wants_fdinfo = false;
	if (span_take_prefix(&rest, "pts/") || span_take_prefix(&rest, "tty") || span_take_prefix(&rest, "console")) {
		ret->type = DESCRIPTOR_TERMINAL;
		ret->kind = "terminal";
	} else {
		ret->type = DESCRIPTOR_DEVICE;
		ret->kind = "device";
	}
}

/* anon_inode:[eventpoll], anon_inode:inotify */
static void parse_anonymous(struct span name, struct descriptor_link *ret)
{
	static const struct { const char *name; enum descriptor_type type; } known[] = {
		{ "eventpoll", DESCRIPTOR_EVENTPOLL }, { "eventfd", DESCRIPTOR_EVENTFD },
		{ "signalfd", DESCRIPTOR_SIGNALFD }, { "timerfd", DESCRIPTOR_TIMERFD },
		{ "inotify", DESCRIPTOR_INOTIFY }, { "pidfd", DESCRIPTOR_PIDFD },
		{ "fanotify", DESCRIPTOR_ANONYMOUS }, { "io_uring", DESCRIPTOR_ANONYMOUS },
		{ "userfaultfd", DESCRIPTOR_ANONYMOUS }, { "perf_event", DESCRIPTOR_ANONYMOUS },
		{ "bpf-map", DESCRIPTOR_ANONYMOUS }, { "bpf-prog", DESCRIPTOR_ANONYMOUS },
		{ "bpf_link", DESCRIPTOR_ANONYMOUS }, { "seccomp notify", DESCRIPTOR_ANONYMOUS },
	};

	if (span_take_prefix(&name, "[") && ends_with(&name, "]"))
		name.end--;
	ret->type = DESCRIPTOR_ANONYMOUS;
	ret->kind = "anonymous";
	ret->name = name;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (!span_is(&name, known[i].name))
			continue;
		ret->type = known[i].type;
		ret->kind = known[i].name;
		ret->wants_fdinfo = known[i].type != DESCRIPTOR_ANONYMOUS;
	}
}

/* pipe:[4711], socket:[4711], net:[4026531833] */
static bool parse_numbered(struct span text, struct descriptor_link *ret)
{
	static const struct { const char *prefix; enum descriptor_type type; const char *kind; } known[] = {
		{ "pipe:[", DESCRIPTOR_PIPE, "pipe" }, { "socket:[", DESCRIPTOR_SOCKET, "socket" },
		{ "pidfd:[", DESCRIPTOR_PIDFD, "pidfd" }, { "cgroup:[", DESCRIPTOR_NAMESPACE, "namespace" },
		{ "ipc:[", DESCRIPTOR_NAMESPACE, "namespace" }, { "mnt:[", DESCRIPTOR_NAMESPACE, "namespace" },
		{ "net:[", DESCRIPTOR_NAMESPACE, "namespace" }, { "pid:[", DESCRIPTOR_NAMESPACE, "namespace" },
		{ "time:[", DESCRIPTOR_NAMESPACE, "namespace" }, { "user:[", DESCRIPTOR_NAMESPACE, "namespace" },
		{ "uts:[", DESCRIPTOR_NAMESPACE, "namespace" },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		struct span rest = text;
		uint64_t inode;

		if (!span_take_prefix(&rest, known[i].prefix) || span_take_number(&rest, UINT64_MAX, &inode) < 0 ||
		    !span_is(&rest, "]"))
			continue;
		*ret = (struct descriptor_link){ .type = known[i].type, .kind = known[i].kind, .inode = inode,
			.name = text, .wants_fdinfo = known[i].type == DESCRIPTOR_PIDFD };
		return true;
	}
	return false;
}

void descriptor_link_parse(const char *text, size_t len, struct descriptor_link *ret)
{
	struct span s = span_of(text, len), rest = s;

	*ret = (struct descriptor_link){ .type = DESCRIPTOR_OTHER, .kind = "?", .name = s };
	if (len > 0 && text[0] == '/')
		parse_path(s, ret);
	else if (span_take_prefix(&rest, "anon_inode:"))
		parse_anonymous(rest, ret);
	else
		parse_numbered(s, ret);
}

/* How many lines begin with PREFIX. */
static size_t count_lines(const char *text, size_t len, const char *prefix)
{
	struct span s = span_of(text, len), line;
	size_t count = 0;

	while (span_take_until(&s, '\n', &line))
		count += span_take_prefix(&line, prefix);
	return count;
}

/* tfd:        5 events:       1d data: ffffffffffffffff  pos:0 ino:61af sdev:7
 * inotify wd:2 ino:7ef82a sdev:800001 mask:800afff ... */
static int add_watched(const char *kind, const char *prefix, struct span fdinfo, bool cut, struct buf *ret)
{
	size_t count = count_lines(fdinfo.at, span_len(&fdinfo), prefix);

	return buf_printf(ret, "%s (%zu%s watched)", kind, count, cut ? " or more" : "");
}

/* sigmask:	0000000000014002 */
static int add_signals(struct span fdinfo, struct buf *ret)
{
	CLEANUP(buf_done) struct buf words = BUF(WORDS_MAX);
	uint64_t mask;

	if (procparse_field_hex(fdinfo.at, span_len(&fdinfo), "sigmask", &mask) < 0 || words_signals(mask, &words) < 0)
		return buf_adds(ret, "signalfd");
	return buf_printf(ret, "signalfd (%s)", words.data);
}

/* clockid: 1
 * it_value: (0, 49406829)          until it strikes next: seconds, nanoseconds; both 0: disarmed */
static int add_timer(struct span fdinfo, struct buf *ret)
{
	uint64_t clock, seconds, nanoseconds;
	struct span value;

	if (procparse_field_number(fdinfo.at, span_len(&fdinfo), "clockid", &clock) < 0 ||
	    procparse_field(fdinfo.at, span_len(&fdinfo), "it_value", &value) < 0 ||
	    !span_take_prefix(&value, "(") || span_take_number(&value, INT64_MAX, &seconds) < 0 ||
	    !span_take_prefix(&value, ", ") || span_take_number(&value, 999999999, &nanoseconds) < 0)
		return buf_adds(ret, "timerfd");
	if (seconds == 0 && nanoseconds == 0)
		return buf_adds(ret, "timerfd (disarmed)");
	return buf_printf(ret, "timerfd (%s, in %llu.%03llu s)", clock == CLOCK_REALTIME ? "real time" : clock ==
			  CLOCK_MONOTONIC ? "monotonic" : clock == CLOCK_BOOTTIME ? "boot time" : "alarm",
			  (unsigned long long)seconds, (unsigned long long)nanoseconds / 1000000);
}

/* eventfd-count:               1f          hexadecimal */
static int add_counter(struct span fdinfo, struct buf *ret)
{
	uint64_t count;

	if (procparse_field_hex(fdinfo.at, span_len(&fdinfo), "eventfd-count", &count) < 0)
		return buf_adds(ret, "eventfd");
	return buf_printf(ret, "eventfd (count %llu)", (unsigned long long)count);
}

/* Pid:	4711          -1: it has ended */
static int add_process(struct span fdinfo, struct buf *ret)
{
	uint64_t pid;

	if (procparse_field_number(fdinfo.at, span_len(&fdinfo), "Pid", &pid) < 0)
		return buf_adds(ret, "pidfd");
	return buf_printf(ret, "pidfd (of %llu)", (unsigned long long)pid);
}

int descriptor_link_name(const struct descriptor_link *link, const char *fdinfo, size_t len, bool cut,
			 struct buf *ret)
{
	struct span info = span_of(fdinfo, len), name = link->name;

	switch (link->type) {
	case DESCRIPTOR_EVENTPOLL:
		return add_watched(link->kind, "tfd:", info, cut, ret);
	case DESCRIPTOR_INOTIFY:
		return add_watched(link->kind, "inotify wd:", info, cut, ret);
	case DESCRIPTOR_SIGNALFD:
		return add_signals(info, ret);
	case DESCRIPTOR_TIMERFD:
		return add_timer(info, ret);
	case DESCRIPTOR_EVENTFD:
		return add_counter(info, ret);
	case DESCRIPTOR_PIDFD:
		return add_process(info, ret);
	case DESCRIPTOR_PIPE:
	case DESCRIPTOR_SOCKET:
		return buf_printf(ret, "%s %llu", link->kind, (unsigned long long)link->inode);
	case DESCRIPTOR_MEMFD:
		return buf_printf(ret, "memfd %.*s", (int)span_len(&name), name.at);
	default:
		return buf_add(ret, name.at, span_len(&name));
	}
}

/* flags:	02100000          in octal, as open(2) got them */
const char *descriptor_link_kind(const struct descriptor_link *link, const char *fdinfo, size_t len)
{
	struct span flags;
	unsigned value = 0;

	if (link->type != DESCRIPTOR_PATH || procparse_field(fdinfo, len, "flags", &flags) < 0)
		return link->kind;
	for (; flags.at < flags.end && *flags.at >= '0' && *flags.at <= '7'; flags.at++)
		value = value << 3 | (unsigned)(*flags.at - '0');
	return value & O_DIRECTORY ? "directory" : link->kind;
}
