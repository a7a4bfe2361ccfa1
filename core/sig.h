/* sig.h: signal names, masks. */
#ifndef CORE_SIG_H
#define CORE_SIG_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

/* "SIGTERM" for 15, "SIGRTMIN+3"; never NULL ("signal 99"). The text lives in BUFFER or is constant. */
const char *sig_name(int signal, char buffer[24]);

/* "TERM", "SIGTERM", "15", "RTMIN+3", in capitals: its number. -EINVAL: there is no such signal. */
int sig_parse(const char *text, int *ret);

/* Back to the defaults: every handler, an empty mask. For a child between fork and exec. */
void sig_reset(void);

/* fork(2) with all signals held, so that none of our handlers runs in the child, which has them held until it says
 * otherwise (sig_reset()). -errno. */
pid_t sig_fork(void);

/* Ignore SIGPIPE and SIGXFSZ, so that a closed stderr or socket, or a log file at our limit (ulimit -f), is an error
 * code and not an end. */
void sig_ignore_pipe(void);

#endif
