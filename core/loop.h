/* loop.h: one poll(2) loop: descriptors, timers, signals, children.
 *
 * Callbacks run one at a time and may add and remove anything, themselves too. One wake-up an event and none at rest:
 * poll sleeps until the next timer, which is exact: never early, and late only as the machine is (where there is no
 * timerfd_create(2), by a thousandth of the time). The clock is CLOCK_MONOTONIC (it does not count suspend). What is
 * added allocates; what runs does not. */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/pidref.h"

struct loop;

/* -ENOMEM, -EMFILE. From here on SIGCHLD, and every signal that is added, is blocked in the process until loop_free(),
 * which puts the mask back as it was. */
int loop_new(struct loop **ret);
void loop_free(struct loop *loop); /* takes NULL; closes nothing of the caller's */

/* Run callbacks until loop_stop(); returns its status, or -errno when poll(2) fails. Blocks. May be called again. */
int loop_run(struct loop *loop);

/* Have loop_run() return STATUS behind the callback that runs; no other is called before. */
void loop_stop(struct loop *loop, int status);

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t loop_now(void);

/* Call FUNCTION whenever FD is ready for EVENTS (POLLIN, POLLOUT; POLLHUP and POLLERR always). One entry a descriptor.
 * -ENOMEM, -EEXIST. A descriptor that was closed under the loop is reported once with POLLNVAL and dropped. */
typedef void (*loop_fd_fn)(struct loop *loop, int fd, short revents, void *context);
int loop_add_fd(struct loop *loop, int fd, short events, loop_fd_fn function, void *context);
void loop_remove_fd(struct loop *loop, int fd); /* before closing it; none such: nothing happens */

/* Call FUNCTION once, DELAY_MS (31 years at most) from now. A timer is known by its FUNCTION and CONTEXT: adding it
 * again moves it (and then cannot fail, nor where it is added again from its own FUNCTION). -ENOMEM. */
typedef void (*loop_timer_fn)(struct loop *loop, void *context);
int loop_set_timer(struct loop *loop, int64_t delay_ms, loop_timer_fn function, void *context);
void loop_clear_timer(struct loop *loop, loop_timer_fn function, void *context);
int loop_reserve_timer(struct loop *loop, loop_timer_fn function, void *context); /* it can be set at any time then */

/* Call FUNCTION for every arrival of SIGNAL (blocked, taken by signalfd(2)). Not for SIGCHLD: -EINVAL. SENDER: its pid,
 * 0 when the kernel sent it (or a process outside our pid namespace). Adding it again replaces the function. */
typedef void (*loop_signal_fn)(struct loop *loop, int signal, pid_t sender, void *context);
int loop_add_signal(struct loop *loop, int signal, loop_signal_fn function, void *context);

/* Call FUNCTION with waitpid(2)'s status when the child PID ends, and (WIFSTOPPED) when it stops or (WIFCONTINUED)
 * goes on. The loop reaps every child, registered or not: also the orphans that come to PID 1 or a sub-reaper. It does
 * so only inside loop_run(), so nothing is lost when a child is added before its starter returns to the loop. Gone from
 * the loop after the end. -ENOMEM: call loop_reserve_child() before the fork where that must not happen. */
typedef void (*loop_child_fn)(struct loop *loop, pid_t pid, int status, void *context);
int loop_add_child(struct loop *loop, pid_t pid, loop_child_fn function, void *context);
int loop_reserve_child(struct loop *loop); /* the next loop_add_child() cannot fail */
bool loop_has_child(const struct loop *loop, pid_t pid);
void loop_remove_child(struct loop *loop, pid_t pid);

/* Call FUNCTION for every child that ends and is not added (any more): orphans that came to us. NULL: no more. */
void loop_set_orphans(struct loop *loop, loop_child_fn function, void *context);

/* Call FUNCTION once when REF, any process, has ended: by its pidfd, else by a look every 100 ms. The entry is gone
 * then. REF and PROC outlive it or the last loop_run(). -ENOMEM. */
typedef void (*loop_pidref_fn)(struct loop *loop, const struct pidref *ref, void *context);
int loop_add_pidref(struct loop *loop, const struct procfs *proc, const struct pidref *ref, loop_pidref_fn function,
		    void *context);
void loop_remove_pidref(struct loop *loop, const struct pidref *ref); /* by its address */

#endif
