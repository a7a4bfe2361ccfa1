/* threads.c: the section Threads, core/report.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/denied.h"
#include "applets/gmr/fold.h"
#include "applets/gmr/processes.h"
#include "applets/gmr/threads_private.h"
#include "core/cleanup.h"
#include "core/report.h"

enum { CALL_MAX = 4096 };

/* A pthread_t of glibc and musl is the thread pointer on x86-64; elsewhere it lies beside it, where depends on the
 * version. */
#ifdef __x86_64__
enum { THREAD_POINTER_IS_ID = 1 };
#else
enum { THREAD_POINTER_IS_ID = 0 };
#endif

/* Why a thread was not read. The views know these two words. */
static const char *unread_text(int error)
{
	switch (error) {
	case -EPERM:
	case -EACCES: return "not read: not permitted";
	case -EBUSY: return "not read: it was running, and was not to be stopped";
	case -ETIMEDOUT: return "not read: it did not stop within --max-stop, or --deadline was over";
	case -ENODATA: return "not read: a thread of the kernel's own";
	case -EBADMSG: return "not read: a program of another word size than ours";
	case -ENOMEM:
	case -ENOBUFS: return "not read: out of memory";
	}
	return "not read";
}

bool threads_is_gone(const struct threads *threads, size_t index)
{
	const struct capture_thread *thread = &threads->capture->threads[index];

	return thread->how == CAPTURE_UNREAD && thread->error == -ESRCH;
}

const struct value *threads_stack(const struct threads *threads, size_t index, const char **ret_missing)
{
	const struct capture_thread *thread = &threads->capture->threads[index];
	const struct decoded *decoded = threads->decoded;

	*ret_missing = "";
	if (thread->how == CAPTURE_UNREAD)
		*ret_missing = unread_text(thread->error);
	else if (decoded && index < decoded->count && decoded->stacks[index])
		return decoded->stacks[index];
	else
		*ret_missing = "not read: its stack was not decoded";
	return NULL;
}

/* Python's stack stands in the place of the native one, which is beside it then. */
static void add_stacks(struct threads *threads, size_t index, const struct value *python, struct value *entry)
{
	const struct value *own = threads_python_stack(python);
	const char *missing;
	const struct value *stack = threads_stack(threads, index, &missing);

	threads_add_python(threads, python, entry);
	if (own)
		section_stack(threads->report, entry, "stack_trace", own, "");
	section_stack(threads->report, entry, own ? "native_stack_trace" : "stack_trace", stack, missing);
	threads_add_interpreters(threads, index, python, entry);
	if (stack && !strcmp(value_string(stack, "end", ""), DECODE_NOT_STOPPED))
		threads->report->incomplete = true;
}

static void add_ids(const struct threads *threads, size_t first, const size_t *next, struct value *entry)
{
	struct value_tree *tree = &threads->report->tree;
	struct value *ids;

	if (next[first] == first)
		return;
	ids = value_add_list(tree, entry, "thread_ids");
	for (size_t i = first;; i = next[i]) {
		value_add_int(tree, ids, NULL, threads->capture->threads[i].tid);
		if (next[i] == i)
			return;
	}
}

static void add_call(struct threads *threads, size_t index, struct value *entry)
{
	struct value_tree *tree = &threads->report->tree;
	const char *wchan = threads->capture->threads[index].wchan;
	CLEANUP(buf_done) struct buf call = BUF(CALL_MAX);

	if (threads_call(threads, index, &call))
		value_add_bytes(tree, entry, "system_call", call.data, call.len);
	else
		value_add_null(tree, entry, "system_call");
	/* "0" is what the kernel shows who may not know. */
	value_add_string(tree, entry, "wchan", wchan[0] && strcmp(wchan, "0") != 0 ? wchan : NULL);
}

static const char *how_text(enum capture_how how)
{
	switch (how) {
	case CAPTURE_ASLEEP: return "asleep";
	case CAPTURE_STOPPED: return "stopped";
	case CAPTURE_UNREAD: break;
	}
	return NULL;
}

/* Whom all that are folded with FIRST wait for, or -1. */
static ssize_t common_owner(const struct threads *threads, size_t first, const size_t *next)
{
	ssize_t owner = threads->owners[first];

	for (size_t i = first; next[i] != i; i = next[i])
		if (threads->owners[next[i]] != owner)
			return -1;
	return owner;
}

/* Python's name of it comes before the kernel's, which has 15 bytes, prctl(2) PR_SET_NAME. */
static void add_names(struct value_tree *tree, const char *comm, const struct value *python, struct value *entry)
{
	const char *name = value_string(python, "thread_name", comm);

	section_masked(tree, entry, "name", name, strlen(name));
	if (python)
		section_masked(tree, entry, "comm", comm, strlen(comm));
}

/* Its pthread_t: of a thread of Python's threading.get_ident(). */
static void add_ident(const struct threads *threads, size_t index, const struct value *python, struct value *entry)
{
	const struct capture_thread *thread = &threads->capture->threads[index];
	struct value_tree *tree = &threads->report->tree;

	if (value_int(python, "ident", 0))
		value_add_int(tree, entry, "pthread_id", value_int(python, "ident", 0));
	else if (THREAD_POINTER_IS_ID && thread->how == CAPTURE_STOPPED && thread->regs.thread_pointer)
		value_add_int(tree, entry, "pthread_id", (int64_t)thread->regs.thread_pointer);
	else
		value_add_null(tree, entry, "pthread_id");
}

static void add_thread(struct threads *threads, size_t index, const size_t *next, struct value *list)
{
	const struct capture_thread *thread = &threads->capture->threads[index];
	struct value_tree *tree = &threads->report->tree;
	struct value *entry = value_add_map(tree, list, NULL);
	const struct value *python = threads_python(threads, index);
	ssize_t owner = common_owner(threads, index, next);

	value_add_int(tree, entry, "thread_id", thread->tid);
	add_ids(threads, index, next, entry);
	add_ident(threads, index, python, entry);
	add_names(tree, thread->comm, python, entry);
	value_add_string(tree, entry, "state", processes_state(thread->state));
	add_call(threads, index, entry);
	value_add_string(tree, entry, "read", how_text(thread->how));
	if (owner >= 0)
		value_add_int(tree, entry, "waits_for", threads->capture->threads[owner].tid);
	else
		value_add_null(tree, entry, "waits_for");
	add_stacks(threads, index, python, entry);
}

/* What could not be read, once for all threads. */
static void say_unread(const struct threads *threads)
{
	struct gmr_report *report = threads->report;
	const struct capture *capture = threads->capture;
	int refused = 0;

	for (size_t i = 0; i < capture->thread_count; i++) {
		const struct capture_thread *thread = &capture->threads[i];

		/* The kernel's own have none of what is read here. */
		if (thread->how != CAPTURE_UNREAD || threads_is_gone(threads, i) || thread->error == -ENODATA)
			continue;
		report->incomplete = true;
		if (thread->error == -EPERM || thread->error == -EACCES)
			refused = -thread->error;
	}
	if (refused)
		denied_add(&report->tree, report->denied, threads->target, REPORT_THREADS, "stacks", refused, true);
	if (!capture->threads_cut)
		return;
	report->incomplete = true;
	section_note(report, REPORT_THREADS, "there are more than these %zu threads", capture->thread_count);
}

static void say_decoded(struct gmr_report *report, const struct decoded *decoded)
{
	if (!decoded)
		return;
	if (decoded->error || decoded->why[0])
		report->incomplete = true;
	if (decoded->why[0])
		section_note(report, REPORT_THREADS, "%s%s", decoded->error ? "" :
			     "stacks are not followed beyond the innermost frame: ", decoded->why);
}

static bool is_java(const struct capture *capture)
{
	for (size_t i = 0; i < capture->module_count; i++) {
		const char *path = capture->modules[i].path, *name = path ? strrchr(path, '/') : NULL;

		if (name && strcmp(name, "/libjvm.so") == 0)
			return true;
	}
	return false;
}

/* The tool asks the JVM by a socket that takes its own user, and finds it in its pid namespace. */
static void say_java(struct gmr_report *report, const struct target *target, const struct capture *capture)
{
	if (!is_java(capture))
		return;
	section_note(report, REPORT_THREADS, "this is a JVM: `jcmd %d Thread.print`, run as uid %u%s, shows the frames "
		     "of its Java threads", target->inner_pid, (unsigned)target->euid,
		     target->inner_pid != target->ref.pid ? " in its pid namespace (a container: inside it)" : "");
}

static bool item_to_fold(const void *context, size_t index, struct fold_item *ret)
{
	const struct threads *threads = context;
	const struct value *python = threads_python(threads, index);

	ret->stack = threads_stack(threads, index, &ret->missing);
	ret->python = threads_python_stack(python);
	ret->other = threads_python_kind(python);
	return !threads_is_gone(threads, index) && !threads_python_is_alone(threads, index);
}

static void add_threads(struct threads *threads, const struct sections_options *options, struct value *list)
{
	size_t count = threads->capture->thread_count;
	CLEANUP(free_done) size_t *next = calloc(count + 1, sizeof(*next));
	CLEANUP(free_done) bool *is_first = calloc(count + 1, sizeof(*is_first));
	CLEANUP(free_done) ssize_t *owners = calloc(count + 1, sizeof(*owners));

	if (!next || !is_first || !owners) {
		threads->report->incomplete = true;
		section_note(threads->report, REPORT_THREADS, "out of memory");
		return;
	}
	threads->owners = owners;
	threads_locks(threads);
	for (size_t i = 0; i < count; i++) {
		next[i] = i;
		is_first[i] = true;
	}
	if (options->fold)
		(void)fold_stacks(item_to_fold, threads, count, next, is_first);
	for (size_t i = 0; i < count; i++)
		if (is_first[i] && !threads_is_gone(threads, i))
			add_thread(threads, i, next, list);
}

void section_threads(struct gmr_report *report, const struct target *target, const struct capture *capture,
		     const struct decoded *decoded, const struct sections_options *options)
{
	struct threads threads = { .report = report, .target = target, .capture = capture, .decoded = decoded };
	struct value *list = value_add_list(&report->tree, &report->tree.root, REPORT_THREADS);

	if (!capture)
		return;
	add_threads(&threads, options, list);
	say_unread(&threads);
	say_decoded(report, decoded);
	if (decoded)
		threads_say_python(report, decoded);
	say_java(report, target, capture);
	descriptors_free(threads.descriptors);
}
