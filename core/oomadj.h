/* oomadj.h: how much the kernel's OOM killer likes to take this process: /proc/self/oom_score_adj (proc(5)).
 *
 * A guard that is killed first guards nothing. The value is inherited, so a child that is no guard gets the old one
 * back (struct spawn has a field for it). */
#ifndef CORE_OOMADJ_H
#define CORE_OOMADJ_H

#include <stdbool.h>

struct oomadj {
	bool lowered;
	int before; /* the value that children get back */
};

/* From here on the OOM killer leaves this process alone. -EACCES: not allowed without CAP_SYS_RESOURCE; -ENOENT: no
 * /proc; -EBADMSG. Where it is as low already, nothing happens and RET->lowered is false. */
int oomadj_lower(struct oomadj *ret);

/* Back to what it was, where it was lowered; takes NULL. Raising needs no right. For a child between fork and exec. */
void oomadj_restore(const struct oomadj *adj);

/* Let the OOM killer take this process before any other, where there is a /proc that lets us. */
void oomadj_go_first(void);

#endif
