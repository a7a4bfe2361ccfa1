#include "applets/gmr/signal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "applets/gmr/descriptors.h"
#include "applets/gmr/syscalls.h"
#include "applets/gmr/target.h"
#include "core/cleanup.h"
#include "core/elffile.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/procparse_task.h"
#include "core/sig.h"

enum {
	NAMES_MAX = 6,         /* comm, the executable, four arguments: "ruby /usr/bin/puma -C x" */
	STATUS_MAX = 1 << 20,  /* a process may be in 65,536 groups */
	PLACE_MAX = 8 << 10,
	NOTE_MAX = 256,
	SYSCALL_MAX = 512,
	LOOKS = 5,
	BIRTHS = 50,           /* and so often, with naps between, at one with a thread that blocks all */
	NAP_NS = 10000000,
	LIBRARY_FIRST = 32,    /* the C library's own signals, which a program cannot block by its functions */
	LIBRARY_LAST = 33,
	NOTE_GO_BUILD_ID = 4,  /* of the owner "Go": the linker of Go writes one into every program */
};

/* Who is asked, by which signal. */
struct asked {
	const struct target *target;
	const char *name;
	int signal;
	const char *signal_name;
};

static bool has_signal(const struct buf *status, const char *key, int signal)
{
	uint64_t mask = 0;

	procparse_field_hex(status->data ? status->data : "", status->len, key, &mask);
	return mask >> (signal - 1) & 1;
}

/* While a thread is in rt_sigtimedwait(2), which sigwait(3) is, its SigBlk lacks what it waits for. */
static bool is_waited_for(pid_t tid, int dir, int signal)
{
	CLEANUP(buf_done) struct buf text = BUF(SYSCALL_MAX);
	struct procparse_syscall call = { .number = PROCPARSE_CALL_NONE };
	const char *name;
	uint64_t set;

	if (procfs_read(dir, "syscall", &text) < 0 || procparse_syscall(text.data, text.len, &call) < 0)
		return false;
	name = call.number >= 0 ? syscall_name(call.number) : NULL;
	if (!name || !strstr(name, "sigtimedwait") || memory_read(tid, call.args[0], &set, sizeof(set)) < 0)
		return false;
	return set >> (signal - 1) & 1;
}

struct looking {
	int signal;
	bool has_newborn; /* a thread that blocks all signals was seen */
};

/* 1: this thread does not block it, and would be hit. */
static int is_hit(pid_t tid, int dir, void *context)
{
	CLEANUP(buf_done) struct buf status = BUF(STATUS_MAX);
	struct looking *looking = context;
	int r = procfs_read(dir, "status", &status);

	if (r < 0)
		return r;
	looking->has_newborn |= has_signal(&status, "SigBlk", LIBRARY_FIRST) &&
				has_signal(&status, "SigBlk", LIBRARY_LAST);
	return has_signal(&status, "SigBlk", looking->signal) || is_waited_for(tid, dir, looking->signal) ? 0 : 1;
}

/* Programs that take signals by signalfd(2) or sigwait(3) block them in all threads; a handler is not there. One that
 * goes into or out of sigwait(3) between our two readings is looked at again; and so is a thread that blocks all
 * signals: the C library does while it makes it, and takes that back soon, the kernel's workers for io_uring always. */
static bool is_blocked(const struct asked *asked)
{
	static const struct timespec nap = { .tv_nsec = NAP_NS };
	struct looking looking = { .signal = asked->signal };
	int r = 1;

	for (int looks = 0, births = 0; looks < LOOKS && births < BIRTHS; births++) {
		looking.has_newborn = false;
		r = procfs_each_thread(asked->target->dir, is_hit, &looking);
		if (r < 0 || (r == 0 && !looking.has_newborn))
			break;
		looks += r;
		if (r == 0)
			nanosleep(&nap, NULL);
	}
	return r == 0;
}

/* Go's runtime has a handler for every signal, and ends the program by those that it was not told to pass on. */
static bool is_go(const struct target *target)
{
	CLEANUP(fd_done) int exe = openat(target->dir, "exe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	CLEANUP(buf_done) struct buf note = BUF(NOTE_MAX);
	int r = exe < 0 ? -errno : elffile_note(exe, "Go", NOTE_GO_BUILD_ID, &note);

	return r == 0 || r == -ENOBUFS;
}

static const char *last_component(const char *text)
{
	const char *slash = strrchr(text, '/');

	return slash ? slash + 1 : text;
}

/* All that it may be known by. The command line ends with NUL behind its length (buf.h). */
static size_t names_of(const struct target *target, const char *ret[NAMES_MAX])
{
	size_t count = 0;

	ret[count++] = target->stat.comm;
	ret[count++] = last_component(target->exe);
	for (size_t at = 0; at < target->cmdline.len && count < NAMES_MAX; at += strlen(target->cmdline.data + at) + 1)
		ret[count++] = last_component(target->cmdline.data + at);
	return count;
}

/* Why it is not sent without --force; NULL: nothing is known against it. */
static const char *objection(const struct asked *asked)
{
	const char *names[NAMES_MAX];
	size_t count = names_of(asked->target, names);
	const char *meaning = signal_meaning(names, count, asked->signal);

	if (!meaning && is_go(asked->target))
		return "is a Go program, which has a handler for every signal and may end by it";
	return meaning;
}

/* Is there somebody to take it? Said if not. */
static bool is_expected(const struct asked *asked)
{
	const struct buf *status = &asked->target->status;

	if (has_signal(status, "SigCgt", asked->signal) || is_blocked(asked))
		return true;
	log_fail("not sent to %d (%s): it %s", (int)asked->target->ref.pid, asked->name,
		 has_signal(status, "SigIgn", asked->signal)
			 ? "ignores the signal"
			 : "has no handler for the signal, which would end it (procguard gmr PID asks from outside)");
	return false;
}

/* What its standard error is, as far as that can be seen. To be asked before the signal: it may end by it. */
static int error_place(const struct target *target, struct buf *ret, const char **ret_kind)
{
	struct descriptors *descriptors = NULL;
	const char *kind;
	int r = descriptors_open(target, &descriptors);

	if (r == 0)
		r = descriptors_name(descriptors, STDERR_FILENO, ret);
	if (r == 0) {
		kind = descriptors_kind(descriptors, STDERR_FILENO);
		*ret_kind = !strcmp(kind, "pipe") ? "pipe" : !strcmp(kind, "UNIX") ? "UNIX" : "";
	}
	descriptors_free(descriptors);
	return r;
}

static const char *error_hint(const char *kind, const struct buf *place)
{
	if (place->len == strlen("/dev/null") && !memcmp(place->data, "/dev/null", place->len))
		return ", so a report that goes there is lost";
	if (!strcmp(kind, "pipe"))
		return ", read by whoever started it";
	return !strcmp(kind, "UNIX") ? ", the journal where systemd started it (journalctl)" : "";
}

/* The line of the answer: "SIGUSR2 sent to 7 (webapp); its standard error is /var/log/webapp.log". */
static void answer(const struct asked *asked, struct buf *ret)
{
	CLEANUP(buf_done) struct buf place = BUF(PLACE_MAX);
	const char *kind = "";
	int r = error_place(asked->target, &place, &kind);

	buf_printf(ret, "%s sent to %d (", asked->signal_name, (int)asked->target->ref.pid);
	buf_add_escaped(ret, asked->name, strlen(asked->name), false);
	if (r == -ENOENT) {
		buf_adds(ret, "); its standard error is closed\n");
	} else if (r < 0) {
		buf_printf(ret, "); its standard error cannot be seen: %s\n", log_errno(r));
	} else {
		buf_adds(ret, "); its standard error is ");
		buf_add_escaped(ret, place.data, place.len, false);
		buf_printf(ret, "%s\n", error_hint(kind, &place));
	}
}

static int send_to(const struct asked *asked, bool force)
{
	CLEANUP(buf_done) struct buf line = BUF(5 * PLACE_MAX);
	const char *why = force ? NULL : objection(asked);
	int r;

	if (!is_expected(asked))
		return 1;
	if (why) {
		log_fail("not sent to %d (%s): it %s (--force sends it)", (int)asked->target->ref.pid, asked->name,
			 why);
		return 1;
	}
	answer(asked, &line);
	r = pidref_signal(asked->target->proc, &asked->target->ref, asked->signal);
	if (r < 0) {
		log_fail("cannot send %s to %d (%s): %s", asked->signal_name, (int)asked->target->ref.pid, asked->name,
			 r == -ESRCH ? "it has ended" : log_errno(r));
		return 1;
	}
	fputs(line.data ? line.data : "", stdout);
	return 0;
}

int signal_send(const struct procfs *proc, pid_t pid, int signal, bool force)
{
	CLEANUP(target_done) struct target target = { .ref = PIDREF_NONE, .dir = -1, .root = -1 };
	char name[24];
	int r = target_open(proc, pid, &target);
	struct asked asked = { &target, target_name(&target), signal, sig_name(signal, name) };

	if (r == 0)
		return send_to(&asked, force);
	log_fail("cannot read process %d: %s", (int)pid, r == -ESRCH ? "it has ended" : log_errno(r));
	return 1;
}
