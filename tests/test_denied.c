/* Why something may not be read: the decision on fixtures, and looking at real processes. */
#include "applets/gmr/denied.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>

#include "core/cleanup.h"
#include "tests/child.h"
#include "tests/suite.h"

enum { NOBODY = 65534 };

#define PTRACE_CAP (UINT64_C(1) << 19)
#define ALL_CAPS   UINT64_C(0x1ffffffffff)

/* Of a process that is as plain as it can be; what a row has otherwise stands there in full. */
#define AS(uid)   .our_uid = (uid), .our_fsuid = (uid)
#define OF(id)    .uids = { id, id, id }, .gids = { id, id, id }, .same_gids = (id) == 1000
#define REFUSED   .error = EPERM
#define DUMPABLE  .dumpable = 1
#define NO_YAMA   .yama_scope = -1
#define SAME_NS   .same_user_ns = true

static const char container[] = "--cap-add SYS_PTRACE";
static const char kubernetes[] = "securityContext.capabilities.add: [SYS_PTRACE]";

static const struct {
	const char *name;
	struct denied_facts facts;
	const char *reason, *remedy; /* what these hold; remedy NULL: nothing */
} cases[] = {
	{ "another's", { AS(1000), OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS },
	  "it runs as uid 33, we as uid 1000", "run as root, or as uid 33" },
	{ "root's", { AS(1000), .gids = { 1000, 1000, 1000 }, .same_gids = true, DUMPABLE, NO_YAMA, SAME_NS,
	    .error = EACCES, .uids = { 0, 0, 0 } }, "it runs as root, we as uid 1000", "run as root" },
	{ "in a container", { AS(1000), OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS, .in_container = true },
	  "uid 33", container },
	{ "in a pod", { AS(1000), OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS, .in_container = true },
	  "uid 33", kubernetes },
	{ "root in a container", { AS(0), OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS, .in_container = true },
	  "we as root without CAP_SYS_PTRACE", container },
	{ "root without", { AS(0), OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS },
	  "without CAP_SYS_PTRACE", "CAP_SYS_PTRACE" },
	{ "files: fsuid", { .our_uid = 33, .our_fsuid = 1000, OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS },
	  "we as uid 1000", "as uid 33" },
	{ "attach: uid", { .our_uid = 1000, .our_fsuid = 33, OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS,
	    .attach = true }, "we as uid 1000", "as uid 33" },
	{ "set-user-id", { AS(1000), .gids = { 1000, 1000, 1000 }, .same_gids = true, REFUSED, DUMPABLE,
	    NO_YAMA, SAME_NS, .uids = { 1000, 0, 0 } }, "several uids (1000, 0, 0)", "run as root" },
	{ "groups", { AS(1000), .uids = { 1000, 1000, 1000 }, REFUSED, DUMPABLE, NO_YAMA, SAME_NS,
	    .gids = { 1000, 8, 8 } }, "group ids (1000, 8, 8)", "run as root" },
	{ "not dumpable", { AS(1000), OF(1000), REFUSED, NO_YAMA, SAME_NS, .dumpable = 0 },
	  "not dumpable", "run as root" },
	{ "dumpable not known", { AS(1000), OF(1000), REFUSED, NO_YAMA, SAME_NS, .dumpable = -1 },
	  "the kernel refused it", "AppArmor" },
	{ "capabilities", { AS(1000), OF(1000), REFUSED, DUMPABLE, NO_YAMA, SAME_NS, .target_caps = 1 << 10 },
	  "capabilities that we lack: cap_net_bind_service", "run as root" },
	{ "our capabilities", { AS(1000), OF(1000), REFUSED, DUMPABLE, NO_YAMA, SAME_NS,
	    .target_caps = 1 << 10, .our_caps = 1 << 10 }, "the kernel refused it", "SELinux" },
	{ "Yama 0", { AS(1000), OF(1000), REFUSED, DUMPABLE, SAME_NS, .attach = true, .yama_scope = 0 },
	  "the kernel refused it", "SELinux" },
	{ "Yama 1", { AS(1000), OF(1000), REFUSED, DUMPABLE, SAME_NS, .attach = true, .yama_scope = 1 },
	  "ptrace_scope is 1", "run as root" },
	{ "Yama 1, a child", { AS(1000), OF(1000), REFUSED, DUMPABLE, SAME_NS, .attach = true, .yama_scope = 1,
	    .is_descendant = true }, "refused it", "SELinux" },
	{ "Yama 1, a file", { AS(1000), OF(1000), REFUSED, DUMPABLE, SAME_NS, .yama_scope = 1 },
	  "refused it", "SELinux" },
	{ "Yama 1, other uid", { AS(1000), OF(33), REFUSED, DUMPABLE, SAME_NS, .attach = true,
	    .yama_scope = 1 }, "uid 33", "uid 33" },
	{ "Yama 2", { AS(1000), OF(1000), REFUSED, DUMPABLE, SAME_NS, .attach = true, .yama_scope = 2,
	    .is_descendant = true }, "ptrace_scope is 2", "run as root" },
	{ "Yama 2, a container", { AS(1000), OF(1000), REFUSED, DUMPABLE, SAME_NS, .attach = true,
	    .yama_scope = 2, .in_container = true }, "is 2", container },
	{ "Yama 2, root", { AS(0), .our_caps = ALL_CAPS, OF(33), REFUSED, DUMPABLE, SAME_NS, .attach = true,
	    .yama_scope = 2 }, "refused it", "SELinux" },
	{ "Yama 3, root", { AS(0), .our_caps = ALL_CAPS, OF(33), REFUSED, DUMPABLE, SAME_NS, .attach = true,
	    .yama_scope = 3 }, "ptrace_scope is 3", "cannot be taken back" },
	{ "traced", { AS(1000), OF(1000), REFUSED, DUMPABLE, NO_YAMA, SAME_NS, .attach = true, .tracer = 77 },
	  "traced by PID 77", "--no-stop" },
	{ "traced, root", { AS(0), .our_caps = ALL_CAPS, OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS,
	    .attach = true, .tracer = 77 }, "traced by PID 77", "--no-stop" },
	{ "traced, a file", { AS(1000), OF(1000), REFUSED, DUMPABLE, NO_YAMA, SAME_NS, .tracer = 77 },
	  "refused it", "SELinux" },
	{ "seccomp", { AS(0), .our_caps = ALL_CAPS, OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS,
	    .attach = true, .our_seccomp = 2 }, "seccomp filter", "outside of that filter" },
	{ "seccomp, a container", { AS(1000), OF(1000), REFUSED, DUMPABLE, NO_YAMA, SAME_NS, .attach = true,
	    .our_seccomp = 2, .in_container = true }, "seccomp", container },
	{ "seccomp, ENOSYS", { AS(1000), OF(1000), DUMPABLE, NO_YAMA, SAME_NS, .error = ENOSYS, .attach = true,
	    .our_seccomp = 2 }, "seccomp", "outside" },
	{ "seccomp, strict", { AS(1000), OF(1000), REFUSED, DUMPABLE, NO_YAMA, SAME_NS, .our_seccomp = 1 },
	  "refused it", "SELinux" },
	{ "ENOSYS", { AS(1000), OF(1000), DUMPABLE, NO_YAMA, SAME_NS, .error = ENOSYS, .attach = true },
	  "CONFIG_CROSS_MEMORY_ATTACH", NULL },
	{ "user namespace", { AS(0), .our_caps = ALL_CAPS, OF(33), REFUSED, DUMPABLE, NO_YAMA },
	  "user namespace, where our CAP_SYS_PTRACE", "outside" },
	{ "user namespace, no root", { AS(1000), OF(1000), REFUSED, DUMPABLE, NO_YAMA,
	    .target_caps = ALL_CAPS }, "user namespace", "outside" },
	{ "kernel thread", { AS(0), .our_caps = ALL_CAPS, OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS,
	    .kernel_thread = true }, "kernel thread", NULL },
	{ "kernel thread, ENOENT", { AS(1000), OF(33), DUMPABLE, NO_YAMA, SAME_NS, .error = ENOENT,
	    .kernel_thread = true }, "kernel thread", NULL },
	{ "hidepid", { AS(1000), OF(33), DUMPABLE, NO_YAMA, SAME_NS, .error = ENOENT, .hidepid = true },
	  "hidepid", "option gid=" },
	{ "hidepid, root", { AS(0), .our_caps = ALL_CAPS, OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS,
	    .hidepid = true }, "refused it", "SELinux" },
	{ "ended", { AS(0), .our_caps = ALL_CAPS, OF(33), DUMPABLE, NO_YAMA, SAME_NS, .error = ESRCH },
	  "has ended", NULL },
	{ "headless", { AS(0), .our_caps = ALL_CAPS, OF(33), DUMPABLE, NO_YAMA, SAME_NS, .error = ENOENT,
	    .headless = true }, "its first thread has ended", NULL },
	{ "headless, another's", { AS(1000), OF(33), REFUSED, DUMPABLE, NO_YAMA, SAME_NS, .headless = true },
	  "uid 33", "run as root" },
	{ "no descriptors", { AS(1000), OF(1000), DUMPABLE, NO_YAMA, SAME_NS, .error = EMFILE },
	  "Too many open files", NULL },
};

START_TEST(decide)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct denied_why why;
		bool remedy;

		memset(&why, 'x', sizeof(why));
		denied_decide(&cases[i].facts, &why);
		remedy = cases[i].remedy ? strstr(why.remedy, cases[i].remedy) != NULL : why.remedy[0] == '\0';
		ck_assert_msg(strstr(why.reason, cases[i].reason) && remedy, "%s: '%s', '%s'", cases[i].name,
			      why.reason, why.remedy);
		ck_assert_uint_lt(strlen(why.reason) + 1, sizeof(why.reason)); /* nothing was cut */
		ck_assert_uint_lt(strlen(why.remedy) + 1, sizeof(why.remedy));
	}
}
END_TEST

/* ---- real processes ---- */

/* A child that does what PREPARE says, then nothing. */
static pid_t start(void (*prepare)(void))
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (prepare)
			prepare();
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* behind what clears it */
		if (write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static struct denied_facts look(pid_t pid, int error, bool attach, struct denied_why *ret_why)
{
	struct procfs proc;
	struct target target;
	struct denied_facts facts;

	ck_assert_int_eq(procfs_open_own(&proc), 0);
	ck_assert_int_eq(target_open(&proc, pid, &target), 0);
	denied_look(&target, error, attach, &facts);
	denied_decide(&facts, ret_why);
	target_done(&target);
	procfs_done(&proc);
	return facts;
}

static void become_nobody(void)
{
	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		_exit(2);
	prctl(PR_SET_DUMPABLE, 1);
}

static void become_guarded(void)
{
	become_nobody();
	prctl(PR_SET_DUMPABLE, 0);
}

static void enter_user_ns(void)
{
	if (unshare(CLONE_NEWUSER) < 0)
		_exit(2);
}

static void be_traced(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(2);
}

START_TEST(ourselves)
{
	struct denied_why why;
	pid_t child = start(NULL);
	struct denied_facts facts = look(child, -EPERM, true, &why);

	ck_assert_int_eq(facts.error, EPERM);
	ck_assert_uint_eq(facts.our_uid, getuid());
	ck_assert_uint_eq(facts.uids[2], getuid());
	ck_assert(facts.same_gids && facts.same_user_ns && facts.is_descendant && !facts.kernel_thread);
	ck_assert_int_eq(facts.tracer, 0);
	child_end(child);
	facts = look(getppid(), EPERM, false, &why);
	ck_assert(!facts.is_descendant);
}
END_TEST

START_TEST(traced)
{
	struct denied_why why;
	pid_t child = start(be_traced);
	struct denied_facts facts = look(child, EPERM, true, &why);

	ck_assert_int_eq(facts.tracer, getpid());
	ck_assert_msg(strstr(why.reason, "already traced by PID"), "%s", why.reason);
	child_end(child);
}
END_TEST

/* As nobody, in a child: say REASON of PID? */
static void check_as_nobody(pid_t pid, const char *reason)
{
	pid_t child = fork();
	int status;

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		struct denied_why why;

		become_nobody();
		look(pid, EACCES, false, &why);
		if (!strstr(why.reason, reason))
			fprintf(stderr, "'%s', not '%s'\n", why.reason, reason);
		_exit(strstr(why.reason, reason) ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
}

START_TEST(as_nobody)
{
	pid_t roots = start(NULL), guarded = start(become_guarded), namespaced = start(enter_user_ns);
	struct denied_why why;
	struct denied_facts facts;

	check_as_nobody(roots, "it runs as root, we as uid 65534");
	check_as_nobody(guarded, "not dumpable");
	facts = look(guarded, EPERM, false, &why);
	ck_assert_int_eq(facts.dumpable, 0);
	facts = look(namespaced, EPERM, true, &why);
	ck_assert(!facts.same_user_ns);
	child_end(roots);
	child_end(guarded);
	child_end(namespaced);
}
END_TEST

START_TEST(add)
{
	CLEANUP(value_tree_done) struct value_tree tree = VALUE_TREE(1 << 16);
	struct value *denied = value_add_list(&tree, &tree.root, "denied");
	const struct value *entry;
	struct procfs proc;
	struct target target;

	ck_assert_int_eq(procfs_open_own(&proc), 0);
	ck_assert_int_eq(target_open(&proc, getpid(), &target), 0);
	denied_add(&tree, denied, &target, "Threads", "stacks", ENOSYS, true);
	denied_add(&tree, denied, &target, "Threads", "stacks", EPERM, true); /* is there */
	denied_add(&tree, denied, &target, "Package", "stacks", -EMFILE, false);
	target_done(&target);
	procfs_done(&proc);
	ck_assert_int_eq(tree.error, 0);
	ck_assert_uint_eq(denied->count, 2);
	entry = value_first(denied);
	ck_assert_str_eq(value_string(entry, "section", ""), "Threads");
	ck_assert_str_eq(value_string(entry, "what", ""), "stacks");
	ck_assert_str_ne(value_string(entry, "reason", ""), "");
	ck_assert_int_eq(value_get(entry->next, "remedy")->kind, VALUE_NULL);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("denied");
	pid_t probe;
	int status = 1;

	tcase_add_test(tests, decide);
	tcase_add_test(tests, ourselves);
	tcase_add_test(tests, traced);
	tcase_add_test(tests, add);
	probe = geteuid() == 0 ? fork() : -1;
	if (probe == 0)
		_exit(unshare(CLONE_NEWUSER) < 0);
	if (probe > 0 && waitpid(probe, &status, 0) == probe && status == 0)
		tcase_add_test(tests, as_nobody);
	else
		puts("skipped: other users, user namespaces: not root, or the kernel has none");
	return suite_run("denied", tests);
}
