/* guard: run one test, and leave nothing behind.
 *
 *   guard SECONDS COMMAND [ARG]...
 *
 * Runs COMMAND in a new private directory (its TMPDIR as well), ends it after SECONDS, then ends every process that
 * came from it, daemons too: as a "child subreaper" (prctl(2)) guard inherits them all. Unmounts what was mounted in
 * the directory, and removes it. Exit status: COMMAND's, 128+signal, or 124 when the time was up.
 *
 * What is tested here ends whole trees of processes. As root, a fault in it could end the machine's: there COMMAND gets
 * a PID namespace of its own where that is allowed (pid_namespaces(7)). */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TIMED_OUT = 124, GRACE_SECONDS = 5 };

static void die(const char *what)
{
	fprintf(stderr, "guard: %s: %s\n", what, strerror(errno));
	exit(125);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int exit_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Is PID a child of ours? A child cannot give its pid away before we wait for it. "7 (comm) S 1 ..." of proc(5). */
static bool is_child(const char *pid)
{
	char path[64], text[512], *end;
	size_t len;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	stat = fopen(path, "re");
	if (!stat)
		return false;
	len = fread(text, 1, sizeof(text) - 1, stat);
	fclose(stat);
	text[len] = '\0';
	end = strrchr(text, ')');
	return end && strlen(end) > 4 && atoi(end + 4) == getpid();
}

static void kill_children(bool say)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc))) {
		if (atoi(entry->d_name) <= 0 || !is_child(entry->d_name))
			continue;
		if (say)
			fprintf(stderr, "guard: process %s was left, killing it\n", entry->d_name);
		kill((pid_t)atoi(entry->d_name), SIGKILL);
	}
	if (proc)
		closedir(proc);
}

/* Kill the children, then those that thereby become ours, until there are none. */
static void kill_descendants(void)
{
	const struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	bool say = getenv("GUARD_VERBOSE") != NULL;
	pid_t pid;

	for (int tries = 0; tries < 1000; tries++) {
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0)
			return;
		kill_children(say);
		nanosleep(&pause, NULL);
	}
	fprintf(stderr, "guard: some process does not die\n");
}

/* Wait for CHILD until DEADLINE or until a signal of SET other than SIGCHLD. 0: it has ended, with *RET_STATUS; -1: it
 * still runs. */
static int wait_child(pid_t child, const sigset_t *set, int64_t deadline, int *ret_status)
{
	for (;;) {
		int64_t left = deadline - now_ms();
		struct timespec wait = { .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000 };
		pid_t pid;
		int signal;

		while ((pid = waitpid(-1, ret_status, WNOHANG)) > 0)
			if (pid == child)
				return 0;
		if (left <= 0)
			return -1;
		signal = sigtimedwait(set, NULL, &wait);
		if (signal > 0 && signal != SIGCHLD)
			return -1;
	}
}

static void unmount_below(const char *dir)
{
	FILE *mounts = fopen("/proc/self/mounts", "re");
	char line[8192], point[PATH_MAX], *found[256];
	size_t count = 0, len = strlen(dir);

	while (mounts && count < 256 && fgets(line, sizeof(line), mounts))
		if (sscanf(line, "%*s %4095s", point) == 1 && !strncmp(point, dir, len) && point[len] == '/')
			found[count++] = strdup(point);
	if (mounts)
		fclose(mounts);
	while (count) {
		umount2(found[--count], MNT_DETACH);
		free(found[count]);
	}
}

static void remove_dir(const char *dir)
{
	pid_t pid;

	if (chdir("/") < 0)
		die("/");
	unmount_below(dir);
	pid = fork();
	if (pid == 0) {
		execlp("rm", "rm", "-rf", "--", dir, (char *)NULL);
		_exit(127);
	}
	waitpid(pid, NULL, 0);
}

static void block_signals(sigset_t *ret)
{
	const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGHUP };
	static const char default_action[256];

	/* Whoever called us may ignore some: a shell does for what it runs in the background, and glibc's
	 * posix_spawn(3), which make uses, leaves 32 and 33 so, which sigaction(3) does not touch. All bytes 0 is
	 * SIG_DFL without flags. */
	for (int i = 1; i < NSIG; i++)
		syscall(SYS_rt_sigaction, i, default_action, NULL, NSIG / 8);
	sigemptyset(ret);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(ret, signals[i]);
	sigprocmask(SIG_SETMASK, ret, NULL);
}

static void enter_dir(char *dir)
{
	if (!mkdtemp(dir) || chmod(dir, 0755) < 0 || chdir(dir) < 0)
		die(dir);
	setenv("TMPDIR", dir, 1);
}

static pid_t start(char **argv, const sigset_t *set)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid > 0)
		return pid;
	sigprocmask(SIG_UNBLOCK, set, NULL);
	execvp(argv[0], argv);
	die(argv[0]);
	return -1;
}

/* Run COMMAND and clean up after it; returns its exit code. */
static int guard(int seconds, char **command, const sigset_t *set)
{
	char dir[PATH_MAX];
	int status, code;
	pid_t child;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Short: the path of a unix socket in it has room for 107 bytes (unix(7)). */
	snprintf(dir, sizeof(dir), "%s/pg.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	enter_dir(dir);
	child = start(command, set);
	if (wait_child(child, set, now_ms() + seconds * 1000LL, &status) == 0) {
		code = exit_code(status);
	} else {
		fprintf(stderr, "guard: it had to be ended (it has %d s)\n", seconds);
		code = TIMED_OUT;
		kill(child, SIGTERM);
		wait_child(child, set, now_ms() + GRACE_SECONDS * 1000, &status);
	}
	kill_descendants();
	remove_dir(dir);
	return code;
}

/* In the child that is PID 1 of a new namespace: a /proc of that namespace, which nobody outside sees. In a chroot, "/"
 * may be no mount point. */
static bool mount_proc(void)
{
	return (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 ||
		mount("none", "/proc", NULL, MS_REC | MS_PRIVATE, NULL) == 0) &&
	       mount("proc", "/proc", "proc", 0, NULL) == 0;
}

/* Is all that allowed? Asked in a child, as there is no way back from it. */
static bool namespace_works(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (geteuid() != 0 || unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
			_exit(1);
		pid = fork();
		if (pid == 0)
			_exit(mount_proc() ? 0 : 1);
		_exit(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Pids go on from OUTER, so that names made of pids differ between tests that run at the same time. */
static void enter_namespace(pid_t outer)
{
	FILE *last;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!mount_proc())
		die("/proc of a namespace");
	last = fopen("/proc/sys/kernel/ns_last_pid", "we");
	if (last) {
		fprintf(last, "%d", (int)outer);
		fclose(last);
	}
}

/* Wait for the guard that is PID 1 of the namespace, and pass on what would end us. */
static int guard_from_outside(pid_t inner, const sigset_t *set)
{
	const int64_t for_ever = now_ms() + INT32_MAX;
	int status;

	while (wait_child(inner, set, for_ever, &status) < 0)
		kill(inner, SIGTERM);
	return exit_code(status);
}

int main(int argc, char **argv)
{
	int seconds;
	sigset_t set;
	pid_t inner, outer = getpid();

	if (argc < 3 || (seconds = atoi(argv[1])) <= 0) {
		fprintf(stderr, "usage: guard SECONDS COMMAND [ARG]...\n");
		return 2;
	}
	block_signals(&set);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (!namespace_works() || unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
		return guard(seconds, argv + 2, &set);
	inner = fork();
	if (inner < 0)
		die("fork");
	if (inner > 0)
		return guard_from_outside(inner, &set);
	enter_namespace(outer);
	return guard(seconds, argv + 2, &set);
}
