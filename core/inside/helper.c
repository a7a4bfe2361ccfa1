/* helper.c: see helper.h. */
#include "core/inside/helper.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/clock.h"

static void *help(void *context)
{
	int64_t until = 0;
	bool touched;

	(void)context;
	thread_name();
	__atomic_store_n(&inside_registry.helpers[0], (uint32_t)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	thread_wake(&inside_registry.helpers[0]);
	for (;;) {
		int extra = watch_descriptor();

		until = watch_look(clock_ns(), &touched);
		if (signal_take() || touched)
			reporter_run();
		else
			signal_wait(extra, until);
	}
	return NULL;
}

int helper_start(void)
{
	bool has_one = __atomic_load_n(&inside_registry.helpers[0], __ATOMIC_SEQ_CST) != 0;
	int r = has_one ? 0 : thread_start(help, NULL);

	if (r < 0)
		return r;
	while (__atomic_load_n(&inside_registry.helpers[0], __ATOMIC_SEQ_CST) == 0)
		thread_wait(&inside_registry.helpers[0], 0, 0);
	return generate_start();
}

/* With the thread sanitizer a child that starts a thread is ended: there it reports nothing, and lives. */
extern void __tsan_init(void) __attribute__((weak, visibility("default")));

static bool may_start_threads(void)
{
	return !__tsan_init;
}

/* Of the threads only the one that called fork(2) is there. Nothing is waited for: that one may be in a hurry. */
void helper_forked(void)
{
	uint32_t parent = inside_registry.pid;
	int r;

	if (parent == 0 || !may_start_threads()) /* 0: the setup has failed */
		return;
	for (size_t i = 0; i < REGISTRY_HELPERS_MAX; i++)
		inside_registry.helpers[i] = 0;
	reporter_forked();
	signal_forked();
	watch_forked();
	generate_forked();
	__atomic_store_n(&inside_registry.pid, (uint32_t)getpid(), __ATOMIC_RELEASE);
	r = thread_start(help, NULL);
	if (r < 0) {
		__atomic_store_n(&inside_registry.pid, parent, __ATOMIC_RELEASE);
		say("a child of fork(2) will not report", r);
		return;
	}
	(void)generate_start();
}
