/* confine_child.c: see confine.h: what the child gives up. credentials(7), capabilities(7), prctl(2), setrlimit(2). */
#include "core/confine_private.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/oomadj.h"

/* Nothing to read, nowhere to write: /dev/null, or a pipe that only we have where an empty chroot has none. */
static int quiet_stdio(void)
{
	int ends[2], fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		ends[0] = ends[1] = fd;
	else if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	if (dup2(ends[0], STDIN_FILENO) < 0 || dup2(ends[1], STDOUT_FILENO) < 0 || dup2(ends[1], STDERR_FILENO) < 0)
		return -errno;
	if (ends[0] > STDERR_FILENO)
		close(ends[0]);
	if (ends[1] > STDERR_FILENO && ends[1] != ends[0])
		close(ends[1]);
	return 0;
}

/* The kernel refuses: we may not, or our user namespace has no such id. */
static bool is_refused(int error)
{
	return error == EPERM || error == EINVAL;
}

/* The groups before the user: behind it we may not any more. A user whose groups could not change is refused: it would
 * keep root's. */
static int change_ids(const struct confine *confine)
{
	uid_t old = geteuid();
	int error = 0;

	if (setgroups(0, NULL) < 0 && getgroups(0, NULL) != 0)
		error = errno;
	if (setresgid(confine->gid, confine->gid, confine->gid) < 0)
		error = errno;
	if (error && !is_refused(error))
		return -error;
	if (setresuid(confine->uid, confine->uid, confine->uid) < 0)
		return is_refused(errno) ? 0 : -errno;
	return error && geteuid() != old ? -EPERM : 0;
}

/* Where we could not become another, we are at least one: no saved id that leads back to more. */
static int settle_ids(void)
{
	gid_t gid = getegid();
	uid_t uid = geteuid();

	if (getgid() != gid && setresgid(gid, gid, gid) < 0)
		return -errno;
	uid = getuid() != uid ? getuid() : uid;
	return setresuid(uid, uid, uid) < 0 ? -errno : 0;
}

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct sets[2] = { { .effective = 0 } };

	/* EINVAL: Linux before 4.3 has no ambient ones. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return -errno;
	if (syscall(SYS_capset, &header, sets) < 0 || syscall(SYS_capget, &header, sets) < 0)
		return -errno;
	for (int i = 0; i < 2; i++)
		if (sets[i].effective | sets[i].permitted | sets[i].inheritable)
			return -EPERM;
	return 0;
}

/* There must be no way back to root, nor to who we were. */
static int verify_ids(uid_t old_uid, gid_t old_gid)
{
	uid_t uid[3];
	gid_t gid[3];

	if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 || getresgid(&gid[0], &gid[1], &gid[2]) < 0)
		return -errno;
	if (uid[0] != uid[1] || uid[0] != uid[2] || gid[0] != gid[1] || gid[0] != gid[2])
		return -EPERM;
	if ((uid[0] != 0 && setuid(0) == 0) || (uid[0] != old_uid && setuid(old_uid) == 0))
		return -EPERM;
	if ((gid[0] != 0 && setgid(0) == 0) || (gid[0] != old_gid && setgid(old_gid) == 0))
		return -EPERM;
	return 0;
}

/* Lower the limit WHICH to MAX, not above what it is. The kernel signals at the soft one and kills at HARD. */
static int lower(int which, rlim_t max, rlim_t hard)
{
	struct rlimit limit;

	if (getrlimit(which, &limit) < 0)
		return -errno;
	limit.rlim_cur = limit.rlim_cur < max ? limit.rlim_cur : max;
	limit.rlim_max = limit.rlim_max < hard ? limit.rlim_max : hard;
	return setrlimit(which, &limit) < 0 ? -errno : 0;
}

static int lower_limits(const struct confine *confine, uint64_t memory)
{
	rlim_t space = (rlim_t)(memory + confine->memory_max);
	int r = lower(RLIMIT_CORE, 0, 0);

	if (r == 0 && confine->memory_max > 0)
		r = lower(RLIMIT_AS, space, space);
	if (r == 0 && confine->cpu_max > 0)
		r = lower(RLIMIT_CPU, confine->cpu_max, (rlim_t)confine->cpu_max + 1);
	if (r == 0 && !confine->may_write)
		r = lower(RLIMIT_FSIZE, 0, 0);
	if (r == 0 && !confine->may_write)
		r = lower(RLIMIT_NPROC, 0, 0);
	return r;
}

int confine_give_up(const struct confine *confine, pid_t parent, uint64_t memory)
{
	uid_t old_uid = geteuid();
	gid_t old_gid = getegid();
	int r;

	if (confine->uid == 0 || confine->gid == 0)
		return -EINVAL;
	/* Nobody else is to be killed for what a stranger's file makes us need. While /proc/self is still our own. */
	oomadj_go_first();
	/* A session of our own: /dev/tty is nobody's, and what the terminal sends to its foreground is not for us. */
	if (setsid() < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	r = quiet_stdio();
	r = r < 0 ? r : change_ids(confine);
	r = r < 0 ? r : settle_ids();
	r = r < 0 ? r : drop_capabilities();
	if (r < 0)
		return r;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	r = verify_ids(old_uid, old_gid);
	r = r < 0 ? r : lower_limits(confine, memory);
	if (r < 0)
		return r;
	/* A change of ids resets both of these to what the system's settings say. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}
