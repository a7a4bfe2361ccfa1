/* held.c: programs that can hardly say what they are doing, and report themselves all the same:
 *
 *	held MODE [-L DIR] [-F FILE]
 *
 * It says "ready PID" when it is held, and "seen TEXT" of what must not, or must, be seen. */
#include <procguard/gmr.h>

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/inside/settled.h"

static atomic_uint handled, children;

static void put_state(struct gmr_section *section, void *context)
{
	gmr_put(section, "mode", "%s", (const char *)context);
	gmr_put(section, "pid", "%d", (int)getpid());
}

static void say(const char *format, ...)
{
	char line[200];
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (write(STDOUT_FILENO, line, (size_t)n) != n)
		_exit(3);
}

static void wait_for_ever(void)
{
	say("ready %d\n", (int)getpid());
	for (;;)
		pause();
}

static void count_it(int signal, siginfo_t *info, void *context)
{
	if (signal == SIGUSR2 && info->si_signo == SIGUSR2 && context)
		say("seen handler %u of %d\n", atomic_fetch_add(&handled, 1) + 1, (int)info->si_pid);
}

static void have_handler(void)
{
	const struct sigaction action = { .sa_sigaction = count_it, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR2, &action, NULL);
}

static void have_handler_once(void)
{
	const struct sigaction action = { .sa_sigaction = count_it, .sa_flags = SA_SIGINFO | (int)SA_RESETHAND };

	sigaction(SIGUSR2, &action, NULL);
}

static void ignore_it(void)
{
	signal(SIGUSR2, SIG_IGN);
}

/* A handler without SA_RESTART is there to end what waits. */
static void be_interrupted(void)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	uint64_t count;

	say("ready %d\n", (int)getpid());
	while (read(fd, &count, sizeof count) < 0 && errno == EINTR)
		say("seen interrupt\n");
}

static void block(void)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	wait_for_ever();
}

/* The parent is held in the kernel until its child has ended, vfork(2), which this one does not. */
static void be_in_vfork(void)
{
	say("ready %d\n", (int)getpid());
	if (vfork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

static void stay(int signal)
{
	(void)signal;
	wait_for_ever();
}

/* The heap's end may not be touched: malloc(3) faults with its lock held, and there is one arena for all. */
static void hold_malloc(void)
{
#ifdef __GLIBC__
	static void *volatile kept;
	const struct sigaction action = { .sa_handler = stay };
	char *first, *from, *end;

	mallopt(M_ARENA_MAX, 1);
	sigaction(SIGSEGV, &action, NULL);
	first = malloc(100);
	end = sbrk(0);
	from = (char *)(((uintptr_t)first + 8191) & ~(uintptr_t)4095);
	mprotect(from, (size_t)(end - from), PROT_NONE);
	kept = malloc(100000 - ((uintptr_t)first & 4095));
	free(kept);
#endif
	say("skip\n");
}

/* The loader's, glibc's for what it has loaded, and that of stderr. */
static int hold_loader(struct dl_phdr_info *info, size_t size, void *context)
{
	(void)info;
	(void)size;
	(void)context;
	flockfile(stderr);
	wait_for_ever();
	return 0;
}

static void hold_locks(void)
{
	dl_iterate_phdr(hold_loader, NULL);
}

static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, two = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t both;

static void *lock_two(void *context)
{
	pthread_mutex_lock(&two);
	pthread_barrier_wait(&both);
	pthread_mutex_lock(&one);
	return context;
}

static void deadlock(void)
{
	pthread_t thread;

	pthread_barrier_init(&both, NULL, 2);
	pthread_create(&thread, NULL, lock_two, NULL);
	pthread_mutex_lock(&one);
	pthread_barrier_wait(&both);
	say("ready %d\n", (int)getpid());
	pthread_mutex_lock(&two);
}

static void be_forked(void)
{
	pid_t child = settled_fork(SETTLED_HELPERS);

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		wait_for_ever();
	}
	for (;;)
		pause();
}

static void be_daemon(void)
{
	if (settled_daemon() == 0)
		wait_for_ever();
}

static void count_child(int signal)
{
	(void)signal;
	atomic_fetch_add(&children, 1);
}

/* Nothing of ours is a child of the program's: what wait(2) says, every moment. */
static void wait_for_children(void)
{
	const struct sigaction action = { .sa_handler = count_child };
	const struct timespec pause_time = { .tv_nsec = 200000 };

	sigaction(SIGCHLD, &action, NULL);
	say("ready %d\n", (int)getpid());
	for (;;) {
		pid_t r = waitpid(-1, NULL, WNOHANG);

		if (r >= 0 || errno != ECHILD || atomic_load(&children))
			say("seen child %d, %u signals\n", (int)r, atomic_load(&children));
		nanosleep(&pause_time, NULL);
	}
}

static void hang(struct gmr_section *section, void *context)
{
	gmr_print(section, "dropped %p\n", context);
	for (;;)
		pause();
}

static void add_hanging(void)
{
	gmr_register_section("Hanging", hang, NULL);
	gmr_register_section("Hanging too", hang, NULL);
	gmr_register_section("Behind", put_state, "behind");
	wait_for_ever();
}

/* A file takes the first number that was ours. */
static void close_all(void)
{
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	for (int fd = 3; fd < 6; fd++)
		if (open("mine", O_RDWR | O_CREAT | O_CLOEXEC, 0600) < 0)
			_exit(4);
	wait_for_ever();
}

static void use_all_descriptors(void)
{
	const struct rlimit limit = { 32, 32 };

	setrlimit(RLIMIT_NOFILE, &limit);
	while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
		;
	wait_for_ever();
}

static void __attribute__((noinline)) grow_stack(void)
{
	volatile char room[256 << 10];

	for (size_t i = 0; i < sizeof room; i += 1024)
		room[i] = 1;
}

extern void __asan_init(void) __attribute__((weak)); /* it wants memory of its own at any time */

/* The stack is grown before: a handler's frame needs some of it, and could not have it later. */
static void use_all_memory(void)
{
	const struct rlimit limit = { 160 << 20, 1 << 30 };

	if (__asan_init)
		say("skip\n");
	grow_stack();
	setrlimit(RLIMIT_AS, &limit);
	for (size_t size = 1 << 20; size >= 4096; size /= 2)
		while (mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
			;
	wait_for_ever();
}

static void change_user(void)
{
	if (setgid(65534) < 0 || setuid(65534) < 0)
		say("skip\n");
	wait_for_ever();
}

/* A worker that is made in the middle of a report: what the library has let happen for its time ends in there, too. */
static atomic_bool is_asked, is_forked;

static void wait_for(const atomic_bool *what)
{
	const struct timespec pause_time = { .tv_nsec = 200000 };

	while (!atomic_load(what))
		nanosleep(&pause_time, NULL);
}

static void be_asked(struct gmr_section *section, void *context)
{
	atomic_store(&is_asked, true);
	wait_for(&is_forked);
	gmr_print(section, "dumpable %d\n", prctl(PR_GET_DUMPABLE) + (context != NULL));
}

static void fork_when_asked(void)
{
	if (setgid(65534) < 0 || setuid(65534) < 0)
		say("skip\n");
	gmr_register_section("Fork", be_asked, NULL);
	say("ready %d\n", (int)getpid());
	wait_for(&is_asked);
	if (settled_fork(SETTLED_HELPERS_LATER) == 0) {
		say("seen dumpable %d\n", prctl(PR_GET_DUMPABLE));
		_exit(0);
	}
	atomic_store(&is_forked, true);
	wait_for_ever();
}

/* What is stdout's must stay the program's alone. */
static void close_stderr(void)
{
	close(STDERR_FILENO);
	wait_for_ever();
}

/* As a service that has set up and then allows itself little more. */
static void set_filter(void)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	const struct sock_fprog program = { sizeof lines / sizeof *lines, lines };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0)
		say("skip\n");
}

static void filter(void)
{
	set_filter();
	wait_for_ever();
}

static const struct {
	const char *name;
	void (*run)(void);
	void (*before)(void);
} modes[] = {
	{ "plain", wait_for_ever, NULL }, { "handler", wait_for_ever, have_handler },
	{ "blocked", block, NULL }, { "blocked-handler", block, have_handler }, { "vfork", be_in_vfork, NULL },
	{ "malloc", hold_malloc, NULL }, { "locks", hold_locks, NULL }, { "deadlock", deadlock, NULL },
	{ "fork", be_forked, NULL }, { "daemon", be_daemon, NULL }, { "wait", wait_for_children, NULL },
	{ "hang", add_hanging, NULL }, { "closed", close_all, NULL },
	{ "descriptors", use_all_descriptors, NULL }, { "memory", use_all_memory, NULL },
	{ "user", change_user, NULL }, { "filter", filter, NULL }, { "filtered", wait_for_ever, set_filter },
	{ "fork-asked", fork_when_asked, NULL }, { "interrupt", be_interrupted, have_handler },
	{ "no-stderr", close_stderr, NULL }, { "ignored", wait_for_ever, ignore_it },
	{ "once", wait_for_ever, have_handler_once },
};

int main(int argc, char **argv)
{
	struct gmr_options options = { .size = sizeof options, .product = "held", .interval_ms = 20 };
	size_t mode = 0;
	int r;

	while (mode < sizeof modes / sizeof *modes && (argc < 2 || strcmp(modes[mode].name, argv[1])))
		mode++;
	if (mode == sizeof modes / sizeof *modes)
		return 2;
	optind = 2;
	for (int c; (c = getopt(argc, argv, "L:F:D")) != -1;) {
		switch (c) {
		case 'L': options.log_dir = optarg; break;
		case 'F': options.watch_file = optarg; break;
		case 'D': options.flags = GMR_MAKE_DUMPABLE; break;
		default: return 2;
		}
	}
	if (modes[mode].before)
		modes[mode].before();
	gmr_register_section("State", put_state, argv[1]);
	r = gmr_setup_autorun("1", &options);
	if (r < 0) {
		fprintf(stderr, "held: %s\n", strerror(-r));
		return 1;
	}
	modes[mode].run();
	return 0;
}
