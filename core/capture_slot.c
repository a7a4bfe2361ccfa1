/* capture_slot.c: see capture_stop_private.h: one thread that is stopped, read and let go. */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>

#include "core/capture_stop_private.h"
#include "core/clock.h"

enum { SLOT_NAP_NS = 1000000 };

void capture_slot_end(struct capture_slot *slot, int error)
{
	slot->error = error;
	slot->held = false;
	__atomic_store_n(&slot->read, true, __ATOMIC_RELEASE);
	__atomic_store_n(&slot->done, true, __ATOMIC_RELEASE);
}

/* To seize a zombie is refused as if it were not allowed. */
static int why_refused(const struct capture_stopper *st, pid_t tid, int error)
{
	char stat[512], *close;
	ssize_t n;

	if (error != -EPERM)
		return error;
	n = capture_thread_file(st->c, tid, "stat", stat, sizeof stat - 1);
	if (n <= 0)
		return -ESRCH;
	stat[n] = '\0';
	close = strrchr(stat, ')');
	return close && close[1] && close[2] && strchr("ZXx", close[2]) ? -ESRCH : error;
}

/* Attach, which does not stop it. The number may be another's by now: one that is attached keeps it until we let go. */
void capture_slot_seize(const struct capture_stopper *st, struct capture_slot *slot)
{
	if (ptrace(PTRACE_SEIZE, slot->tid, NULL, NULL) < 0)
		capture_slot_end(slot, why_refused(st, slot->tid, -errno));
	else if (!capture_has_thread(st->c, slot->tid))
		capture_slot_end(slot, -ESRCH);
}

void capture_slot_interrupt(struct capture_slot *slot)
{
	if (slot->done)
		return;
	slot->asked_ns = clock_ns();
	slot->asked = true;
	if (ptrace(PTRACE_INTERRUPT, slot->tid, NULL, NULL) < 0)
		capture_slot_end(slot, -ESRCH);
}

/* It stands still: for us, for a signal that arrives, or in a group-stop, in which it stays when it is let go. */
static void slot_read(struct capture_stopper *st, struct capture_slot *slot, int status)
{
	uint64_t words[128];
	struct iovec iov = { .iov_base = words, .iov_len = sizeof words };
	int r;

	if (!WIFSTOPPED(status)) {
		capture_slot_end(slot, -ESRCH);
		return;
	}
	slot->held = true;
	slot->signal = status >> 16 ? 0 : WSTOPSIG(status);
	if (ptrace(PTRACE_GETREGSET, slot->tid, NT_PRSTATUS, &iov) < 0) {
		slot->error = -errno;
		return;
	}
	slot->error = regs_of_prstatus(words, iov.iov_len, &slot->regs);
	if (slot->error < 0)
		return;
	r = regs_call_of_prstatus(words, iov.iov_len, &slot->call.number, slot->call.args);
	if (r < 0)
		slot->call.number = r == -ENODATA ? PROCPARSE_CALL_NONE : PROCPARSE_CALL_UNKNOWN;
	slot->call.sp = slot->regs.sp;
	slot->call.pc = slot->regs.pc;
	capture_piece_of(st->c, &st->s->pool, slot->regs.sp, &st->s->pieces[slot - st->s->slots]);
}

/* Has it stopped, or ended? */
bool capture_slot_check(struct capture_stopper *st, struct capture_slot *slot)
{
	int status = 0;
	pid_t r;

	if (slot->done || slot->held)
		return true;
	do
		r = waitpid(slot->tid, &status, __WALL | WNOHANG);
	while (r < 0 && errno == EINTR);
	if (r == 0)
		return false;
	if (r < 0)
		capture_slot_end(slot, -ESRCH);
	else
		slot_read(st, slot, status);
	return true;
}

/* A SIGCHLD, which is held, says that one has stopped. */
void capture_slot_nap(void)
{
	const struct timespec time = { .tv_nsec = SLOT_NAP_NS };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	(void)sigtimedwait(&child, NULL, &time);
}

void capture_slot_await(struct capture_stopper *st, struct capture_slot *slot, int64_t until)
{
	if (!slot->asked || slot->done)
		return;
	while (!capture_slot_check(st, slot)) {
		if (clock_ns() >= until) {
			slot->late = st->has_late = true;
			return;
		}
		capture_slot_nap();
	}
}

void capture_slot_let_go(struct capture_stopper *st, struct capture_slot *slot)
{
	struct capture_stopping *s = st->s;
	int64_t now;

	if (!slot->held)
		return;
	(void)ptrace(PTRACE_DETACH, slot->tid, NULL, (void *)(intptr_t)slot->signal);
	now = clock_ns();
	s->stopped++;
	s->last_ns = now;
	if (now - slot->asked_ns > s->longest_ns)
		s->longest_ns = now - slot->asked_ns;
	capture_slot_end(slot, slot->error);
}
