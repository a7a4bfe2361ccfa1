#include "core/fscred.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/procfs.h"

/* libc's setgroups() sets the groups of all threads; the kernel's call, like setfsuid(2), is of this one. 32-bit
 * architectures have it twice, and the first takes ids of 16 bits. */
#ifdef SYS_setgroups32
enum { FSCRED_SETGROUPS = SYS_setgroups32 };
#else
enum { FSCRED_SETGROUPS = SYS_setgroups };
#endif

/* capabilities(7), "Effect of user ID changes on capabilities": what setfsuid(2) takes from root. */
#define FSCRED_CAPS ((uint64_t)1 << CAP_CHOWN | (uint64_t)1 << CAP_DAC_OVERRIDE | \
		     (uint64_t)1 << CAP_DAC_READ_SEARCH | (uint64_t)1 << CAP_FOWNER | (uint64_t)1 << CAP_FSETID | \
		     (uint64_t)1 << CAP_LINUX_IMMUTABLE | (uint64_t)1 << CAP_MKNOD | (uint64_t)1 << CAP_MAC_OVERRIDE)

int fscred_of_process(int dir, struct fscred *ret)
{
	struct procparse_status status;
	int r = procfs_status(dir, &status);

	if (r < 0)
		return r;
	ret->uid = status.fsuid;
	ret->gid = status.fsgid;
	memcpy(ret->groups, status.groups, sizeof status.groups);
	ret->group_count = status.group_count;
	ret->groups_cut = status.groups_cut;
	return 0;
}

/* Neither call reports errors: they return the id before, and -1 is no id, so nothing changes. setfsuid(2). */
static uid_t current_fsuid(void)
{
	return (uid_t)setfsuid((uid_t)-1);
}

static gid_t current_fsgid(void)
{
	return (gid_t)setfsgid((gid_t)-1);
}

/* Ours in the order of /proc/PID/status: the kernel keeps them sorted. */
static int own_groups(struct fscred *ret)
{
	gid_t all[NGROUPS_MAX];
	int n = getgroups(NGROUPS_MAX, all);

	if (n < 0)
		return -errno;
	ret->groups_cut = n > PROCPARSE_GROUPS_MAX;
	ret->group_count = ret->groups_cut ? PROCPARSE_GROUPS_MAX : (size_t)n;
	memcpy(ret->groups, all, ret->group_count * sizeof *all);
	return 0;
}

int fscred_own(struct fscred *ret)
{
	struct fscred own = { .uid = current_fsuid(), .gid = current_fsgid() };
	int r = getgroups(PROCPARSE_GROUPS_MAX, own.groups);

	if (r >= 0)
		own.group_count = (size_t)r;
	else if (errno != EINVAL) /* more of them */
		return -errno;
	else if ((r = own_groups(&own)) < 0)
		return r;
	*ret = own;
	return 0;
}

static bool groups_equal(const struct fscred *a, const struct fscred *b)
{
	return a->groups_cut == b->groups_cut && a->group_count == b->group_count &&
	       memcmp(a->groups, b->groups, a->group_count * sizeof *a->groups) == 0;
}

bool fscred_equal(const struct fscred *a, const struct fscred *b)
{
	return a->uid == b->uid && a->gid == b->gid && groups_equal(a, b);
}

static int set_groups(const struct fscred *cred)
{
	return syscall(FSCRED_SETGROUPS, cred->group_count, cred->groups) < 0 ? -errno : 0;
}

static int set_gid(gid_t gid)
{
	setfsgid(gid);
	return current_fsgid() == gid ? 0 : -EPERM;
}

/* Has this thread a capability in force that lets it pass file permissions? */
static bool has_file_caps(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return true;
	return (((uint64_t)data[1].effective << 32) | data[0].effective) & FSCRED_CAPS;
}

/* The kernel takes the capabilities only on the way from 0 to another: not from who has them without being root, and
 * not with SECBIT_NO_SETUID_FIXUP. Then a change would be none. */
static int set_uid(uid_t uid)
{
	setfsuid(uid);
	if (current_fsuid() != uid)
		return -EPERM;
	return uid != 0 && has_file_caps() ? -EPERM : 0;
}

/* Go from OWN to CRED, uid last: until then the capabilities that the rest may need are there. */
static int change(const struct fscred *own, const struct fscred *cred)
{
	int r = 0;

	if (!groups_equal(own, cred))
		r = set_groups(cred);
	if (r == 0 && own->gid != cred->gid)
		r = set_gid(cred->gid);
	if (r == 0 && own->uid != cred->uid)
		r = set_uid(cred->uid);
	return r;
}

/* Whatever of it was changed: nothing here can fail that has just been possible. */
static void change_back(const struct fscred *own, const struct fscred *cred)
{
	setfsuid(own->uid);
	setfsgid(own->gid);
	if (!groups_equal(own, cred))
		set_groups(own);
}

int fscred_assume(const struct fscred *cred)
{
	struct fscred own;
	int r = fscred_own(&own);

	if (r < 0)
		return r;
	if (fscred_equal(&own, cred))
		return 0;
	if (own.groups_cut && !groups_equal(&own, cred)) /* there would be no way back */
		return -EOVERFLOW;
	r = change(&own, cred);
	if (r < 0)
		change_back(&own, cred);
	return r;
}
