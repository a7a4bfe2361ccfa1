#include "applets/gmr/denied.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/words.h"
#include "core/cleanup.h"

enum {
	CAP_PTRACE = 19, /* CAP_SYS_PTRACE, capabilities(7) */
	SECCOMP_FILTERED = 2,
};

static void say(char *text, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void say(char *text, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text, size, format, args);
	va_end(args);
}

#define REASON(ret, ...) say((ret)->reason, sizeof((ret)->reason), __VA_ARGS__)
#define REMEDY(ret, ...) say((ret)->remedy, sizeof((ret)->remedy), __VA_ARGS__)

static bool has_cap(const struct denied_facts *facts)
{
	return facts->our_caps >> CAP_PTRACE & 1;
}

static uid_t our_uid(const struct denied_facts *facts)
{
	return facts->attach ? facts->our_uid : facts->our_fsuid;
}

static bool is_our_uid(const struct denied_facts *facts)
{
	for (size_t i = 0; i < 3; i++)
		if (facts->uids[i] != our_uid(facts))
			return false;
	return true;
}

static const char *user_name(uid_t uid, char *text, size_t size)
{
	say(text, size, uid == 0 ? "root" : "uid %u", (unsigned)uid);
	return text;
}

/* What would give CAP_SYS_PTRACE. */
static void remedy_cap(const struct denied_facts *facts, struct denied_why *ret)
{
	if (facts->in_container)
		REMEDY(ret, "give the container --cap-add SYS_PTRACE (docker, podman) or "
		       "securityContext.capabilities.add: [SYS_PTRACE] (Kubernetes)");
	else if (our_uid(facts) == 0)
		REMEDY(ret, "run with CAP_SYS_PTRACE, which this root lacks");
	else
		REMEDY(ret, "run as root");
}

static bool other_uid(const struct denied_facts *facts, struct denied_why *ret)
{
	const uid_t *uids = facts->uids;
	char they[24], we[24];

	if (is_our_uid(facts))
		return false;
	if (uids[0] != uids[1] || uids[0] != uids[2]) {
		REASON(ret, "it has several uids (%u, %u, %u), as set-user-id programs do", (unsigned)uids[0],
		       (unsigned)uids[1], (unsigned)uids[2]);
		remedy_cap(facts, ret);
		return true;
	}
	REASON(ret, "it runs as %s, we as %s%s", user_name(uids[0], they, sizeof(they)),
	       user_name(our_uid(facts), we, sizeof(we)),
	       our_uid(facts) == 0 ? " without CAP_SYS_PTRACE" : "");
	if (facts->in_container)
		REMEDY(ret, "run as %s, or --cap-add SYS_PTRACE (docker, podman), "
		       "securityContext.capabilities.add: [SYS_PTRACE] (Kubernetes)", they);
	else if (our_uid(facts) == 0)
		remedy_cap(facts, ret);
	else if (uids[0] == 0)
		REMEDY(ret, "run as root");
	else
		REMEDY(ret, "run as root, or as %s", they);
	return true;
}

static bool other_gid(const struct denied_facts *facts, struct denied_why *ret)
{
	if (facts->same_gids)
		return false;
	REASON(ret, "its group ids (%u, %u, %u) are not ours", (unsigned)facts->gids[0], (unsigned)facts->gids[1],
	       (unsigned)facts->gids[2]);
	remedy_cap(facts, ret);
	return true;
}

static bool not_dumpable(const struct denied_facts *facts, struct denied_why *ret)
{
	if (facts->dumpable != 0)
		return false;
	REASON(ret, "it is not dumpable: it changed its ids, may not be read itself, or asked for it, PR_SET_DUMPABLE");
	remedy_cap(facts, ret);
	return true;
}

static bool more_caps(const struct denied_facts *facts, struct denied_why *ret)
{
	CLEANUP(buf_done) struct buf names = BUF(1024);
	uint64_t more = facts->target_caps & ~facts->our_caps;

	if (more == 0 || !facts->same_user_ns)
		return false;
	(void)words_capabilities(more, &names);
	REASON(ret, "it has capabilities that we lack: %s", names.len ? names.data : "some");
	remedy_cap(facts, ret);
	return true;
}

static bool other_user_ns(const struct denied_facts *facts, struct denied_why *ret)
{
	if (facts->same_user_ns)
		return false;
	REASON(ret, "it lives in another user namespace%s",
	       has_cap(facts) ? ", where our CAP_SYS_PTRACE does not count" : "");
	REMEDY(ret, "run as root outside of the containers, or inside of its own");
	return true;
}

/* ptrace(2), kernel.yama.ptrace_scope: only for what needs to attach. */
static bool yama(const struct denied_facts *facts, struct denied_why *ret)
{
	if (!facts->attach || facts->yama_scope <= 0)
		return false;
	if (facts->yama_scope >= 3) {
		REASON(ret, "kernel.yama.ptrace_scope is 3: nobody may attach to any process");
		REMEDY(ret, "boot with a lower one: 3 cannot be taken back");
		return true;
	}
	if (has_cap(facts) || (facts->yama_scope == 1 && facts->is_descendant))
		return false;
	REASON(ret, facts->yama_scope == 1 ?
	       "kernel.yama.ptrace_scope is 1: only its ancestors may attach, and those whom it allows" :
	       "kernel.yama.ptrace_scope is 2: only who has CAP_SYS_PTRACE may attach");
	remedy_cap(facts, ret);
	return true;
}

static bool traced(const struct denied_facts *facts, struct denied_why *ret)
{
	if (!facts->attach || facts->tracer == 0)
		return false;
	REASON(ret, "it is already traced by PID %d", (int)facts->tracer);
	REMEDY(ret, "end that tracer, or read without a stop (--no-stop)");
	return true;
}

static bool filtered(const struct denied_facts *facts, struct denied_why *ret)
{
	if (facts->our_seccomp != SECCOMP_FILTERED)
		return false;
	REASON(ret, "a seccomp filter on us refuses the call");
	if (facts->in_container)
		remedy_cap(facts, ret);
	else
		REMEDY(ret, "run outside of that filter (docker, podman: --security-opt seccomp=FILE)");
	return true;
}

static bool hidden(const struct denied_facts *facts, struct denied_why *ret)
{
	if (!facts->hidepid || is_our_uid(facts) || has_cap(facts))
		return false;
	REASON(ret, "the proc file system is mounted with hidepid: it hides processes of others from uid %u",
	       (unsigned)facts->our_fsuid);
	REMEDY(ret, "run as root, or in the group that its option gid= names");
	return true;
}

static bool missing(const struct denied_facts *facts, struct denied_why *ret)
{
	if (facts->error != ENOSYS)
		return false;
	if (!filtered(facts, ret)) {
		REASON(ret, "this kernel lacks the call (process_vm_readv: CONFIG_CROSS_MEMORY_ATTACH)");
		REMEDY(ret, "%s", "");
	}
	return true;
}

static bool kernel_thread(const struct denied_facts *facts, struct denied_why *ret)
{
	if (!facts->kernel_thread)
		return false;
	REASON(ret, "it is a kernel thread: it has no program, memory or files of its own");
	return true;
}

/* Neither of those is a matter of rights. */
static bool other_error(const struct denied_facts *facts, struct denied_why *ret)
{
	if (facts->error == EPERM || facts->error == EACCES)
		return false;
	if (facts->headless && (facts->error == ESRCH || facts->error == ENOENT))
		REASON(ret, "its first thread has ended, and the kernel shows this of no other");
	else if (facts->error == ESRCH || facts->error == ENOENT)
		REASON(ret, "it has ended, or is about to");
	else
		REASON(ret, "%s", strerror(facts->error));
	return true;
}

/* The order in which the kernel looks, so that what is said is what must be mended first. CAP_SYS_PTRACE passes all
 * of the second list. */
typedef bool (*check_fn)(const struct denied_facts *facts, struct denied_why *ret);

static const check_fn first[] = { kernel_thread, missing, hidden, other_error };
static const check_fn rights[] = { other_uid, other_gid, not_dumpable, more_caps };
static const check_fn last[] = { yama, traced, other_user_ns, filtered };

static bool any(const check_fn *checks, size_t count, const struct denied_facts *facts, struct denied_why *ret)
{
	for (size_t i = 0; i < count; i++)
		if (checks[i](facts, ret))
			return true;
	return false;
}

#define ANY(checks, facts, ret) any(checks, sizeof(checks) / sizeof((checks)[0]), facts, ret)

void denied_decide(const struct denied_facts *facts, struct denied_why *ret)
{
	*ret = (struct denied_why){ .reason = "" };
	if (ANY(first, facts, ret))
		return;
	if (!has_cap(facts) && ANY(rights, facts, ret))
		return;
	if (ANY(last, facts, ret))
		return;
	REASON(ret, "the kernel refused it: %s", strerror(facts->error));
	REMEDY(ret, "a security module (SELinux, AppArmor) may forbid it: see the kernel's log");
}

static bool is_there(const struct value *denied, const char *section, const char *what)
{
	for (const struct value *v = value_first(denied); v; v = v->next)
		if (strcmp(value_string(v, "section", ""), section) == 0 &&
		    strcmp(value_string(v, "what", ""), what) == 0)
			return true;
	return false;
}

void denied_add(struct value_tree *tree, struct value *denied, const struct target *target, const char *section,
		const char *what, int error, bool attach)
{
	struct denied_facts facts;
	struct denied_why why;
	struct value *entry;

	if (is_there(denied, section, what))
		return;
	denied_look(target, error, attach, &facts);
	denied_decide(&facts, &why);
	entry = value_add_map(tree, denied, NULL);
	value_add_string(tree, entry, "section", section);
	value_add_string(tree, entry, "what", what);
	value_add_string(tree, entry, "reason", why.reason);
	value_add_string(tree, entry, "remedy", why.remedy[0] ? why.remedy : NULL);
}
