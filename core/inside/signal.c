/* signal.c: see helper.h. Three ways lead a signal to the helper, since each alone fails for some program:
 *
 * - the handler, in whichever thread the kernel chooses, wakes the helper by tgkill(2), which needs no descriptor;
 * - the helper takes it itself: all other threads block it;
 * - signalfd(2) wakes the helper where the thread that was chosen does not come to run its handler: it is held in the
 *   kernel, as in vfork(2). Then it is taken by sigtimedwait(2): nothing is read from a descriptor whose number the
 *   program may have used again meanwhile. */
#include "core/inside/helper.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"

enum {
	SIGNAL_NAP_NS = 1000000, /* SIGNAL_NAPS of them: a handler, or a sigwait(3) of the program's, is to be first */
	SIGNAL_NAPS = 20,
	SIGNAL_MASK = 8,         /* bytes of the kernel's sigset_t */
};

struct inside_config inside_config;

static struct sigaction earlier;
static uint32_t earlier_is_used_up; /* SA_RESETHAND: it has been called */
static uint32_t asked;
static struct descriptor ready = DESCRIPTOR_NONE;

static pid_t helper(void)
{
	return (pid_t)__atomic_load_n(&inside_registry.helpers[0], __ATOMIC_SEQ_CST);
}

/* This process has the helper; a child made by clone(2) or vfork(2) has only the memory that says so. */
static bool is_at_home(void)
{
	return (uint32_t)syscall(SYS_getpid) == __atomic_load_n(&inside_registry.pid, __ATOMIC_ACQUIRE);
}

/* sa_handler and sa_sigaction are one. */
static bool has_earlier(void)
{
	return earlier.sa_handler != SIG_IGN && earlier.sa_handler != SIG_DFL;
}

static void call_earlier(int signal, siginfo_t *info, void *context)
{
	if (!has_earlier())
		return;
	if (earlier.sa_flags & SA_RESETHAND && __atomic_exchange_n(&earlier_is_used_up, 1, __ATOMIC_ACQ_REL))
		return;
	if (earlier.sa_flags & SA_SIGINFO)
		earlier.sa_sigaction(signal, info, context);
	else
		earlier.sa_handler(signal);
}

/* From the handler in another thread, only to end the helper's wait: what other threads send goes to themselves. */
static bool is_wake_up(const siginfo_t *info)
{
	return info->si_code == SI_TKILL && info->si_pid == (pid_t)inside_registry.pid;
}

static void handle(int signal, siginfo_t *info, void *context)
{
	int error = errno;

	if (is_at_home()) {
		bool is_helper = (pid_t)syscall(SYS_gettid) == helper();

		if (is_helper && is_wake_up(info)) {
			errno = error;
			return;
		}
		/* A helper that is just coming looks at it then: whoever is second sees what the other one wrote. */
		__atomic_store_n(&asked, 1, __ATOMIC_SEQ_CST);
		if (!is_helper && helper() != 0)
			syscall(SYS_tgkill, inside_registry.pid, helper(), signal);
	}
	errno = error;
	call_earlier(signal, info, context);
}

int signal_install(void)
{
	struct sigaction action = { .sa_sigaction = handle };
	int signal = inside_config.signal;

	if (signal == GMR_NO_SIGNAL)
		return 0;
	if (sigaction(signal, NULL, &earlier) < 0)
		return -errno;
	/* The earlier one finds blocked what it asked for, and interrupts what it was to interrupt. */
	action.sa_flags = SA_SIGINFO | SA_ONSTACK | (earlier.sa_flags & SA_NODEFER);
	if (!has_earlier() || earlier.sa_flags & SA_RESTART)
		action.sa_flags |= SA_RESTART;
	action.sa_mask = earlier.sa_mask;
	return sigaction(signal, &action, NULL) < 0 ? -errno : 0;
}

bool signal_is_asked(void)
{
	return __atomic_load_n(&asked, __ATOMIC_SEQ_CST);
}

bool signal_take(void)
{
	return __atomic_exchange_n(&asked, 0, __ATOMIC_ACQ_REL);
}

static void only_ours(sigset_t *ret)
{
	sigemptyset(ret);
	if (inside_config.signal != GMR_NO_SIGNAL)
		sigaddset(ret, inside_config.signal);
}

/* For what waits, a descriptor that says so; none where none is to be had: the other ways are left. */
static int ready_descriptor(void)
{
	sigset_t ours;

	if (inside_config.signal == GMR_NO_SIGNAL || descriptor_is_ours(&ready))
		return ready.fd;
	only_ours(&ours);
	descriptor_keep(descriptor_high(signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK)), &ready);
	return ready.fd;
}

int signal_prepare(void)
{
	return inside_config.signal != GMR_NO_SIGNAL && ready_descriptor() < 0 && errno == EMFILE ? -EMFILE : 0;
}

/* Is it pending, for this thread or the process? */
static bool is_pending(void)
{
	sigset_t pending;

	return inside_config.signal != GMR_NO_SIGNAL && sigpending(&pending) == 0 &&
	       sigismember(&pending, inside_config.signal) == 1;
}

/* Nobody has taken it for a while: it is ours. It is sent to this thread with all that came with it, so that the
 * earlier handler is called as by the kernel. */
static void take_pending(void)
{
	const struct timespec nap = { .tv_nsec = SIGNAL_NAP_NS }, now = { 0, 0 };
	siginfo_t info;
	sigset_t ours;

	for (int i = 0; i < SIGNAL_NAPS && !signal_is_asked(); i++)
		clock_nanosleep(CLOCK_MONOTONIC, 0, &nap, NULL);
	/* glibc's sigtimedwait(3) would make another si_code of it. */
	only_ours(&ours);
	if (!is_pending() || syscall(SYS_rt_sigtimedwait, &ours, &info, &now, SIGNAL_MASK) < 0)
		return;
	if (is_wake_up(&info))
		return;
	__atomic_store_n(&asked, 1, __ATOMIC_RELEASE);
	if (syscall(SYS_rt_tgsigqueueinfo, inside_registry.pid, helper(), inside_config.signal, &info) == 0) {
		pthread_sigmask(SIG_UNBLOCK, &ours, NULL);
		pthread_sigmask(SIG_BLOCK, &ours, NULL);
	}
}

void signal_wait(int extra, int64_t until_ns)
{
	struct pollfd fds[2] = { { .fd = ready_descriptor(), .events = POLLIN }, { .fd = extra, .events = POLLIN } };
	int64_t left = until_ns == 0 ? 0 : until_ns - clock_ns();
	const struct timespec time = { .tv_sec = left / 1000000000, .tv_nsec = left % 1000000000 };
	sigset_t mask;
	int r;

	if (signal_is_asked() || left < 0)
		return;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	if (inside_config.signal != GMR_NO_SIGNAL)
		sigdelset(&mask, inside_config.signal);
	r = ppoll(fds, 2, until_ns == 0 ? NULL : &time, &mask);
	if (r > 0 && fds[0].revents && !signal_is_asked()) {
		take_pending();
		/* It is closed, or another's, which may always be ready. */
		if (fds[0].revents & POLLNVAL || !descriptor_is_ours(&ready))
			ready.fd = -1;
	}
}

void signal_forked(void)
{
	__atomic_store_n(&asked, 0, __ATOMIC_RELEASE);
}

void signal_make_room(void)
{
	descriptor_close(&ready);
}
