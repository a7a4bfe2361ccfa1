/* confine_stack.c: see confine_private.h: a stack that decoding cannot use up, setrlimit(2), sigaltstack(2). */
#include "core/confine_private.h"

#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { STACK_SIZE = 8 << 20, STACK_GUARD = 64 << 10 };

struct task {
	void (*function)(void *context);
	void *context;
};

/* The kernel looks at the soft limit whenever the stack grows, so raising it is enough. */
static bool raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) < 0)
		return false;
	if (limit.rlim_cur >= STACK_SIZE) /* RLIM_INFINITY is the largest there is */
		return true;
	limit.rlim_cur = limit.rlim_max < STACK_SIZE ? limit.rlim_max : STACK_SIZE;
	return setrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur == STACK_SIZE;
}

static void run_task(int signal, siginfo_t *info, void *machine)
{
	const struct task *task = info->si_value.sival_ptr;

	(void)signal;
	(void)machine;
	if (info->si_code == SI_QUEUE && info->si_pid == getpid())
		task->function(task->context);
}

/* A signal's handler is what C can run on a stack of our choice. Returns only where that is refused. */
static void run_on_another(struct task *task)
{
	struct sigaction action = { .sa_sigaction = run_task,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESETHAND };
	stack_t stack = { .ss_size = STACK_SIZE };

	stack.ss_sp = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (stack.ss_sp == MAP_FAILED || mprotect(stack.ss_sp, STACK_GUARD, PROT_NONE) < 0 ||
	    sigaltstack(&stack, NULL) < 0 || sigaction(SIGUSR1, &action, NULL) < 0)
		return;
	(void)sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_ptr = task });
}

void confine_run_on_large_stack(void (*function)(void *context), void *context)
{
	struct task task = { function, context };

	if (!raise_limit())
		run_on_another(&task);
	function(context);
}
