/* nest MODE [N]: wait in nested functions, for tests of unwinding; "r" on stdout says that it is about to.
 *
 *   calls   main, outer, middle, inner, wait_here
 *   signal  main, outer, ... a handler's frame, handler, inner, wait_here
 *   deep    main, outer, deeper N times, inner, wait_here; the last of deeper by code that is inlined
 *   wide    as calls, with N bytes of stack in middle
 *   bare    main, outer, bare_call (without call frame information), inner, wait_here */
#include <alloca.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APART __attribute__((noinline))

int wait_here(void);
int inner(void);
int middle(size_t size);
int deeper(int n);
int outer(const char *mode, int n);

/* What is added behind each call keeps it from being the last thing that a function does, which could be a jump. */
static volatile int one = 1;

APART int wait_here(void)
{
	if (write(1, "r", 1) != 1)
		return 1;
	for (;;)
		pause();
	return one;
}

APART int inner(void)
{
	return wait_here() + one;
}

APART int middle(size_t size)
{
	// cppcheck-suppress allocaCalled ; arrays of a size that is not constant are warned of as well
	volatile char *room = alloca(size + 1);

	room[0] = room[size] = 0;
	return inner() + room[0] + one;
}

static inline __attribute__((always_inline)) int call_inner(void);

APART int deeper(int n)
{
	return (n > 1 ? deeper(n - 1) : call_inner()) + one;
}

static void handler(int signal)
{
	_exit(inner() + signal);
}

#if defined(__x86_64__)
int bare_call(int (*function)(void));
__asm__(".text\n"
	".type bare_call, @function\n"
	"bare_call: push %rbp\n"
	"mov %rsp, %rbp\n"
	"call *%rdi\n"
	"pop %rbp\n"
	"ret\n"
	".size bare_call, . - bare_call\n");
#else
static int bare_call(int (*function)(void))
{
	return function() + one;
}
#endif

APART int outer(const char *mode, int n)
{
	if (strcmp(mode, "signal") == 0)
		return signal(SIGUSR1, handler) == SIG_ERR || raise(SIGUSR1) + one;
	if (strcmp(mode, "deep") == 0)
		return deeper(n) + one;
	if (strcmp(mode, "bare") == 0)
		return bare_call(inner) + one;
	return middle((size_t)n) + one;
}

int main(int argc, char **argv)
{
	return argc < 2 ? 2 : outer(argv[1], argc > 2 ? atoi(argv[2]) : 0) + one;
}

/* Behind all others: a line of this one is none of theirs. */
static inline int call_inner(void)
{
	return inner() + one;
}
