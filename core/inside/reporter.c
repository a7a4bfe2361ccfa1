/* reporter.c: see reporter_private.h. */
#include "core/inside/reporter_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/clock.h"
#include "core/headroom.h"
#include "core/inside/helper.h"
#include "core/inside/raw.h"
#include "core/statement.h"

enum {
	REPORTER_BEGIN_MS = 10000, /* until gmr runs */
	REPORTER_WRITE_MS = 5000,  /* until gmr has read a record */
	REPORTER_GRACE_MS = 10000, /* behind its deadline gmr ends itself; this is where it does not */
	REPORTER_GENERATORS_MS = REGISTRY_SECTIONS_MAX * GENERATE_TIME_MS,
	REPORTER_NUMBER = 12,      /* digits of an int, sign, NUL */
};

static struct reporter_job job;
/* Of the pipe for the statement. Taken before they are closed: a child of fork(2) closes what it finds here. */
static int ends[2] = { -1, -1 };
/* For the time of a report. A child of fork(2) undoes it for itself. */
static bool is_made_dumpable;

struct arguments {
	char fd[REPORTER_NUMBER], pid[REPORTER_NUMBER], deadline[REPORTER_NUMBER + 2];
	char path[sizeof "/proc/self/fd/" + REPORTER_NUMBER];
	char *argv[12];
};

static char *put_number(char *ret, unsigned number)
{
	unsigned scale = 1;

	while (number / scale >= 10)
		scale *= 10;
	for (; scale > 0; scale /= 10)
		*ret++ = (char)('0' + number / scale % 10);
	*ret = '\0';
	return ret;
}

/* gmr --inside 5 --format json -L /var/log --deadline 5000ms 4711 */
static void make_arguments(struct arguments *a, int file, int statement)
{
	static char gmr[] = "gmr", inside[] = "--inside", format[] = "--format", log_dir[] = "--log-dir";
	static char deadline[] = "--deadline", text[] = "text", json[] = "json", xml[] = "xml";
	char *const formats[] = { [GMR_TEXT] = text, [GMR_JSON] = json, [GMR_XML] = xml };
	size_t n = 0;

	put_number(a->fd, (unsigned)statement);
	put_number(a->pid, (unsigned)getpid());
	strcpy(put_number(a->deadline, inside_config.deadline_ms), "ms");
	strcpy(a->path, "/proc/self/fd/");
	put_number(a->path + strlen(a->path), (unsigned)file);
	a->argv[n++] = gmr;
	a->argv[n++] = inside;
	a->argv[n++] = a->fd;
	a->argv[n++] = format;
	a->argv[n++] = formats[inside_config.format];
	if (inside_config.log_dir[0]) {
		a->argv[n++] = log_dir;
		a->argv[n++] = inside_config.log_dir;
	}
	a->argv[n++] = deadline;
	a->argv[n++] = a->deadline;
	a->argv[n++] = a->pid;
	a->argv[n] = NULL;
}

static int open_pipe(int ret[2])
{
	int fds[2], r = pipe2(fds, O_CLOEXEC);

	if (r < 0 && errno == EMFILE) {
		signal_make_room();
		watch_make_room();
		memfile_make_room();
		r = pipe2(fds, O_CLOEXEC);
	}
	if (r < 0)
		return -errno;
	ret[0] = descriptor_high(fds[0]);
	ret[1] = descriptor_high(fds[1]);
	if (ret[0] >= 0 && ret[1] >= 0)
		return 0;
	r = -errno;
	ret[0] = fd_close(ret[0]);
	ret[1] = fd_close(ret[1]);
	return r;
}

static int64_t after(int64_t ms)
{
	return clock_ns() + ms * 1000000;
}

/* Until the middle has told, or has ended: it is killed where it does not come to that. */
static void await_begin(pid_t middle)
{
	int64_t until = after(REPORTER_BEGIN_MS);

	while (!__atomic_load_n(&job.begun, __ATOMIC_ACQUIRE) && clock_ns() < until)
		thread_wait(&job.begun, 0, until);
	if (!__atomic_load_n(&job.begun, __ATOMIC_ACQUIRE)) {
		kill(middle, SIGKILL);
		job.error = -ETIMEDOUT;
	}
}

/* In vfork(2) the child still uses the stack when the middle goes on; behind execveat(2) it has its own memory. */
static void await_end(pid_t middle)
{
	while (syscall(SYS_wait4, middle, NULL, __WALL, NULL) < 0 && errno == EINTR)
		;
}

/* gmr runs, and waits for the statement: the middle's pid, or -errno. */
static pid_t launch(int file, int statement)
{
	static char path[] = "PATH=/usr/bin:/bin";
	static char *const environment[] = { path, NULL };
	static struct arguments arguments;
	long middle;

	make_arguments(&arguments, file, statement);
	job.program = getpid();
	job.file = file;
	job.statement = statement;
	job.argv = arguments.argv;
	job.environment = environment;
	job.path = arguments.path;
	job.until_ns = after(REPORTER_BEGIN_MS + REPORTER_GENERATORS_MS + REPORTER_WRITE_MS);
	job.begun = job.pid = job.ended = 0;
	job.error = job.status = 0;
	middle = raw_clone(CLONE_VM, job.middle + REPORTER_STACK, reporter_middle, &job);
	if (middle < 0)
		return (pid_t)middle;
	await_begin((pid_t)middle);
	if (job.error == 0 && job.pid != 0)
		return (pid_t)middle;
	await_end((pid_t)middle);
	return job.error ? job.error : -ESRCH;
}

/* ---- what the program states ---- */

struct sender {
	int fd;
	int error; /* the first */
};

static void send_record(struct sender *s, enum statement_kind kind, const void *bytes, size_t length)
{
	if (s->error == 0)
		s->error = statement_write(s->fd, kind, bytes, length, after(REPORTER_WRITE_MS));
}

/* "key\0value\0key\0value\0" */
static void send_keys(struct sender *s, const struct gmr_section *content)
{
	const char *at = content->bytes, *end = at + content->length;

	while (at < end) {
		size_t key = strnlen(at, (size_t)(end - at));
		size_t both = key + 1;

		if (both < (size_t)(end - at))
			both += strnlen(at + both, (size_t)(end - at) - both);
		send_record(s, STATEMENT_KEY, at, both);
		at += both + 1;
	}
}

static void send_section(void *context, const struct generated *generated)
{
	const struct gmr_section *content = generated->content;
	struct sender *s = context;

	send_record(s, STATEMENT_SECTION, generated->section->title,
		    strnlen(generated->section->title, REGISTRY_TEXT_MAX));
	if (!content && generated->late)
		send_record(s, STATEMENT_LATE, &generated->late, sizeof generated->late);
	else if (!content)
		send_record(s, STATEMENT_UNASKED, NULL, 0);
	else if (content->kind == INSIDE_KEYS)
		send_keys(s, content);
	else if (content->kind == INSIDE_TEXT)
		send_record(s, STATEMENT_TEXT, content->bytes, content->length);
	if (content && content->cut)
		send_record(s, STATEMENT_CUT, NULL, 0);
}

static void state(int fd)
{
	struct sender sender = { .fd = fd };
	int64_t until;

	send_record(&sender, STATEMENT_MAGIC_KIND, STATEMENT_MAGIC, strlen(STATEMENT_MAGIC));
	generate_all(send_section, &sender);
	/* From here gmr's own deadline counts. */
	until = after((int64_t)inside_config.deadline_ms + REPORTER_GRACE_MS);
	__atomic_store_n(&job.until_ns, until, __ATOMIC_RELEASE);
	send_record(&sender, STATEMENT_END, NULL, 0);
}

/* ---- a report ---- */

/* Who changed its user is not dumpable: its files in /proc are root's. A fork(2) just now finds it noted already. */
static void make_dumpable(void)
{
	if (!(inside_config.flags & GMR_MAKE_DUMPABLE) || prctl(PR_GET_DUMPABLE) == 1)
		return;
	__atomic_store_n(&is_made_dumpable, true, __ATOMIC_SEQ_CST);
	(void)prctl(PR_SET_DUMPABLE, 1);
}

/* What fs.suid_dumpable had made 2, proc_sys_fs(5), becomes 0, too: prctl(2) takes no 2. */
static void undo_dumpable(void)
{
	if (__atomic_load_n(&is_made_dumpable, __ATOMIC_SEQ_CST))
		(void)prctl(PR_SET_DUMPABLE, 0);
	__atomic_store_n(&is_made_dumpable, false, __ATOMIC_SEQ_CST);
}

/* Yama's ptrace_scope 1: a child may not read its parent unless it is let, PR_SET_PTRACER(2const). Without Yama
 * -EINVAL. */
static void allow(pid_t pid)
{
	(void)prctl(PR_SET_PTRACER, pid, 0, 0, 0);
}

/* Is there a report? Where it could be written in part, or to stderr alone, there is. */
static bool judge(void)
{
	if (!job.ended)
		say("no report: what waited for it has ended", 0);
	else if (WIFSIGNALED(job.status) && WTERMSIG(job.status) == SIGKILL)
		say("no report: it was killed, or took too long", 0);
	else if (WIFSIGNALED(job.status))
		say("no report: it was ended by a signal", 0);
	else if (WEXITSTATUS(job.status) != 0)
		say("the report failed", 0);
	return job.ended && !WIFSIGNALED(job.status);
}

static void own_sections(void)
{
	bool is_stuck = false;

	generate_all(say_section, &is_stuck);
}

static int run(int file)
{
	int r = open_pipe(ends);
	bool is_there = true;
	pid_t middle;

	if (r < 0)
		return r;
	make_dumpable();
	middle = launch(file, ends[0]);
	fd_close(TAKE_FD(ends[0]));
	if (middle > 0) {
		__atomic_store_n(&inside_registry.reporter, job.pid, __ATOMIC_RELEASE);
		allow((pid_t)job.pid);
		state(ends[1]);
	}
	fd_close(TAKE_FD(ends[1]));
	(void)memfile_get(); /* with its spare, before others take its place */
	if (middle > 0) {
		await_end(middle);
		allow(0);
		__atomic_store_n(&inside_registry.reporter, 0, __ATOMIC_RELEASE);
		is_there = judge();
	}
	undo_dumpable();
	if (!is_there)
		own_sections();
	return middle < 0 ? middle : 0;
}

static void no_report(const char *why, int error)
{
	say(why, error);
	own_sections();
}

void reporter_run(void)
{
	uint64_t left;
	int r;

	if (access("/proc/self/stat", F_OK) < 0) {
		no_report("no report: there is no /proc", 0);
	} else if (headroom_is_short(&left)) {
		no_report("no report: less than 12 MiB are left in the cgroup", 0);
	} else if ((r = memfile_get()) < 0) {
		no_report("no report: its file cannot be had", r);
	} else if ((r = run(r)) < 0) {
		no_report("no report: it cannot be started", r);
	}
	__atomic_add_fetch(&inside_registry.reports, 1, __ATOMIC_ACQ_REL);
}

void reporter_forked(void)
{
	fd_close(TAKE_FD(ends[0]));
	fd_close(TAKE_FD(ends[1]));
	undo_dumpable();
	inside_registry.reporter = 0;
	inside_registry.reports = 0;
}
