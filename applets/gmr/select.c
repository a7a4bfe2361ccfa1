#include "applets/gmr/select.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "applets/gmr/hang.h"
#include "core/cleanup.h"
#include "core/find.h"
#include "core/log.h"
#include "core/procparse_task.h"
#include "core/sig.h"
#include "core/span.h"

enum { STATUS_MAX = 1 << 20 }; /* a process may be in 65,536 groups */

struct selection {
	const struct opt_program *as_typed;
	const struct procfs *proc;
	const struct options *options;
	struct pidset ours; /* gmr itself and its ancestors */
	struct pidset *ret, *ret_named;
};

static void selection_done(struct selection *s)
{
	pidset_done(&s->ours);
}

static int fail(const char *what, int error)
{
	log_fail("cannot look for %s: %s", what, log_errno(error));
	return 1;
}

/* Add PID, and what is below it; whoever ends meanwhile has no descendants any more. */
static int add(struct selection *s, pid_t pid)
{
	CLEANUP(pidset_done) struct pidset below = { 0 };
	int r = pidset_has(s->ret, pid) ? 0 : pidset_add(s->ret, pid);

	if (r == 0 && !pidset_has(s->ret_named, pid))
		r = pidset_add(s->ret_named, pid);
	if (r == 0 && s->options->children)
		r = procfs_descendants(s->proc, pid, &below);
	for (size_t i = 0; r == 0 && i < below.count; i++)
		if (below.pids[i] != s->ours.pids[0] && !pidset_has(s->ret, below.pids[i]))
			r = pidset_add(s->ret, below.pids[i]);
	if (r < 0 && r != -ESRCH && r != -ENOENT)
		return fail("processes", r);
	return 0;
}

static bool is_alive(const struct selection *s, pid_t pid)
{
	struct procparse_stat stat;

	return procfs_stat_of(s->proc, pid, &stat) == 0 && !procparse_stat_ended(&stat);
}

/* Why PID is none that can be reported, said; 0: it can be. */
static int check_pid(const struct selection *s, pid_t pid)
{
	struct procparse_stat stat;
	int r = procfs_stat_of(s->proc, pid, &stat);

	if (r == 0 && !procparse_stat_ended(&stat))
		return 0;
	if (r == 0)
		log_fail("process %d has ended (its parent has not taken notice yet)", (int)pid);
	else if (r == -ESRCH || r == -ENOENT)
		log_fail("there is no process %d", (int)pid);
	else
		log_fail("cannot look at process %d: %s", (int)pid, log_errno(r));
	return 1;
}

/* Add those of FOUND that can be meant. Returns how many; a negative number: it failed, and that was said. */
static int add_found(struct selection *s, const struct pidset *found)
{
	int count = 0;

	for (size_t i = 0; i < found->count; i++) {
		if (pidset_has(&s->ours, found->pids[i]) || !is_alive(s, found->pids[i]))
			continue;
		if (add(s, found->pids[i]))
			return -1;
		count++;
	}
	return count;
}

static int by_name(struct selection *s, const char *name)
{
	CLEANUP(pidset_done) struct pidset found = { 0 };
	int r = find_by_name(s->proc, name, &found), count;

	if (r < 0)
		return fail("processes", r);
	count = add_found(s, &found);
	if (count == 0)
		log_fail("no process is called '%s' (nor is the executable of any; try -C REGEX on its arguments)",
			 name);
	return count > 0 ? 0 : 1;
}

static int by_argv(struct selection *s, const char *pattern)
{
	CLEANUP(pidset_done) struct pidset found = { 0 };
	char why[FIND_WHY_SIZE];
	int r = find_by_argv(s->proc, pattern, &found, why), count;

	if (r == -EINVAL)
		return opt_usage(s->as_typed, "-C: '%s' is no regular expression: %s", pattern, why);
	if (r < 0)
		return fail("processes", r);
	count = add_found(s, &found);
	if (count == 0)
		log_fail("the arguments of no process match '%s'", pattern);
	return count > 0 ? 0 : 1;
}

static const char *pid_file_error(int r)
{
	if (r == -EBADMSG)
		return "it holds no pid";
	return r == -EINVAL ? "it is no regular file" : log_errno(r);
}

/* Who may write a pid file may not have us signal whomever he likes. */
static bool may_name(const struct selection *s, uid_t owner, pid_t pid)
{
	CLEANUP(fd_done) int dir = procfs_process(s->proc, pid);
	struct procparse_status status;

	if (owner == 0 || owner == geteuid())
		return true;
	return dir >= 0 && procfs_status(dir, &status) == 0 && status.uid == owner;
}

static int by_pid_file(struct selection *s, const char *path)
{
	pid_t pid;
	uid_t owner = 0;
	int r = find_pid_file(path, &pid, &owner);

	if (r < 0) {
		log_fail("cannot take a pid from '%s': %s", path, pid_file_error(r));
		return 1;
	}
	if (!is_alive(s, pid)) {
		log_fail("there is no process %d, which stands in '%s'", (int)pid, path);
		return 1;
	}
	if (s->options->signal && !may_name(s, owner, pid)) {
		log_fail("not sent to %d, which stands in '%s': uid %u, to whom the file belongs, is not the process's",
			 (int)pid, path, (unsigned)owner);
		return 1;
	}
	return add(s, pid);
}

/* The process that PID is a thread of, as top(1) shows them: /proc answers for threads, too. Else PID itself. */
static pid_t process_of(const struct selection *s, pid_t pid)
{
	CLEANUP(fd_done) int dir = procfs_process(s->proc, pid);
	CLEANUP(buf_done) struct buf status = BUF(STATUS_MAX);
	uint64_t process = 0;

	if (dir < 0 || procfs_read(dir, "status", &status) < 0 ||
	    procparse_field_number(status.data, status.len, "Tgid", &process) < 0)
		return pid;
	return (pid_t)process;
}

static int no_pid(struct selection *s, const char *typed)
{
	int number;

	if (typed[0] == '-')
		return opt_usage(s->as_typed, "'%s' is no pid (options stand before pids)", typed);
	if (s->options->signal && sig_parse(typed, &number) == 0) /* as kill(1) and pkill(1) have it: -s USR2 */
		return opt_usage(s->as_typed, "'%s' is no pid (--signal=%s sends that signal)", typed, typed);
	return opt_usage(s->as_typed, "'%s' is no pid (-n '%s' looks for a process of that name)", typed, typed);
}

static int by_pid(struct selection *s, const char *typed)
{
	struct span rest = span_of(typed, strlen(typed));
	uint64_t number = 0;
	pid_t process;

	if (span_take_number(&rest, INT_MAX, &number) < 0 || span_len(&rest) > 0 || number == 0)
		return no_pid(s, typed);
	if (check_pid(s, (pid_t)number))
		return 1;
	process = process_of(s, (pid_t)number);
	if (process != (pid_t)number) {
		log_fail("%d is no process, but a thread of process %d (give that one)", (int)number, (int)process);
		return 1;
	}
	return add(s, (pid_t)number);
}

/* A usage error ends it; whoever is not found does not keep others from being reported. */
static int each(struct selection *s, int (*by)(struct selection *s, const char *text), const char *const *texts,
		size_t count, int status)
{
	for (size_t i = 0; i < count && status < 2; i++) {
		int r = by(s, texts[i]);

		status = r > status ? r : status;
	}
	return status;
}

int select_processes(const struct opt_program *as_typed, const struct procfs *proc, const struct options *options,
		     struct pidset *ret, struct pidset *ret_named)
{
	CLEANUP(selection_done) struct selection s = { as_typed, proc, options, { 0 }, ret, ret_named };
	int status;

	if (find_ancestors(proc, getpid(), &s.ours) < 0)
		return fail("processes", -ENOMEM);
	hang_end_behind(options->deadline_ms); /* a command line may hang to be read, and a regular expression in it */
	status = each(&s, by_pid, (const char *const *)options->pids, options->pid_count, 0);
	status = each(&s, by_name, options->names.items, options->names.count, status);
	status = each(&s, by_pid_file, options->pid_files.items, options->pid_files.count, status);
	status = each(&s, by_argv, options->patterns.items, options->patterns.count, status);
	hang_is_over();
	return status;
}
