/* denied.h: why something of a process may not be read, and what would help. ptrace(2), "Ptrace access mode
 * checking". */
#ifndef GMR_DENIED_H
#define GMR_DENIED_H

#include <stdbool.h>
#include <stdint.h>

#include "applets/gmr/target.h"
#include "core/capture.h"
#include "core/value.h"

/* What was found by looking. */
struct denied_facts {
	int error;                   /* EACCES, EPERM, ENOSYS... of the call that failed, positive */
	bool attach;                 /* it needed PTRACE_MODE_ATTACH (stacks, registers), else PTRACE_MODE_READ */
	uid_t our_uid, our_fsuid;    /* of ourselves: real, filesystem: that of attach, of files */
	uint64_t our_caps;           /* CapEff */
	int our_seccomp;             /* 0 off, 1 strict, 2 filter */
	bool in_container;           /* our capability bounding set lacks CAP_SYS_PTRACE */
	uid_t uids[3], gids[3];      /* of the target: real, effective, saved */
	uint64_t target_caps;        /* CapPrm */
	bool same_gids;              /* all three are ours (real; without attach: filesystem) */
	int dumpable;                /* 1 yes; 0 no: its files in /proc are root's though it is not; -1 not known */
	pid_t tracer;                /* TracerPid, 0: none */
	int yama_scope;              /* kernel.yama.ptrace_scope; -1: no Yama */
	bool is_descendant;          /* of ours */
	bool same_user_ns;           /* user_namespaces(7) */
	bool kernel_thread;
	bool headless;               /* its first thread has ended, others go on */
	bool hidepid;                /* the proc tree hides processes of others, proc(5) */
};

struct denied_why {
	char reason[160]; /* "it runs as uid 33, we as uid 1000" */
	char remedy[160]; /* "run as root, or as uid 33"; "" where nothing helps */
};

/* Decide. Pure. */
void denied_decide(const struct denied_facts *facts, struct denied_why *ret);

/* Look at ourselves and at TARGET. Never fails: what is not to be had is left at a value that claims nothing. */
void denied_look(const struct target *target, int error, bool attach, struct denied_facts *ret);

/* denied_memory.c: may the memory behind CAPTURE not be read? -EPERM, -EACCES; else 0. */
int denied_memory(const struct capture *capture);

/* Look, decide, and put it into REPORT's "report"."denied" (core/report.h), unless the same WHAT is there already;
 * "complete" becomes false when the report is finished. */
void denied_add(struct value_tree *tree, struct value *denied, const struct target *target, const char *section,
		const char *what, int error, bool attach);

#endif
