/* green.c: a program with green threads in all states, for tests that read their stacks from outside:
 *
 *	green [many N]
 *
 * N: so many more of them wait in one place. Prints "ready" on the stack of the one that runs, and the id of the thread
 * that runs it, and ends with TERM. Those by makecontext(3) need glibc, those by a switch of our own x86-64. */
#include <procguard/gmr.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __clang__
#define APART __attribute__((noinline))
#else
#define APART __attribute__((noinline, noclone))
#endif

/* So that a call is not the last that a function does, and its frame stays. */
#define STAY __asm__ volatile("" : : : "memory")

enum { STACK = 64 << 10 };

struct green {
	const char *name;
	char *stack;
	ucontext_t context;
	struct gmr_registers registers;
	int64_t number;
};

static void *map(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		exit(1);
	return memory;
}

static struct green *make(const char *name)
{
	struct green *green = map(sizeof(*green));

	green->name = name;
	green->stack = map(STACK);
	return green;
}

static void show(struct green *green, const ucontext_t *context, const struct gmr_registers *registers)
{
	const struct gmr_green_thread thread = {
		.size = sizeof(thread), .name = green->name, .stack = green->stack, .stack_size = STACK,
		.context = context, .registers = registers,
	};

	green->number = gmr_register_green_thread(&thread);
	if (green->number <= 0)
		exit(1);
}

#if defined(__GLIBC__)
static ucontext_t scheduler;
static struct green *current;

static APART void wait_inside(struct green *green)
{
	swapcontext(&green->context, &scheduler); /* it waits here */
	STAY;
}

static APART void wait_outside(void)
{
	wait_inside(current);
	STAY;
}

static APART void never_runs(void)
{
	STAY;
}

static APART void rest(void)
{
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	for (;;)
		pause();
}

static APART void runs_here(void)
{
	rest();
	STAY;
}

static struct green *begin(const char *name, void (*function)(void))
{
	struct green *green = make(name);

	getcontext(&green->context);
	green->context.uc_stack.ss_sp = green->stack;
	green->context.uc_stack.ss_size = STACK;
	green->context.uc_link = &scheduler;
	makecontext(&green->context, function, 0);
	show(green, &green->context, NULL);
	return green;
}

static struct green *run(struct green *green)
{
	current = green;
	swapcontext(&scheduler, &green->context);
	return green;
}

/* Those that cannot be read. The stack that is returned is not to be mapped. */
static char *begin_broken(void)
{
	struct green *green = make("garbage"), *gone;

	memset(&green->context, 0x5a, sizeof(green->context));
	show(green, &green->context, NULL);
	gone = run(begin("no stack", wait_outside));
	green = run(begin("another stack", wait_outside));
	gmr_unregister_green_thread(green->number);
	green->stack = map(STACK);
	show(green, &green->context, NULL);
	show(make("no context"), (const ucontext_t *)(const void *)gone->stack, NULL);
	return gone->stack;
}

static void begin_contexts(int many)
{
	struct green *green;
	char *gone;

	run(begin("waiter", wait_outside));
	begin("fresh", never_runs);
	green = run(begin("finished", wait_outside));
	gmr_unregister_green_thread(green->number);
	gone = begin_broken();
	run(begin("red \033[31m", wait_outside));
	for (int i = 0; i < many; i++)
		run(begin("one of many", wait_outside));
	green = begin("runner", runs_here);
	munmap(gone, STACK);
	run(green);
}
#else
static void begin_contexts(int many)
{
	(void)many, (void)make, (void)show;
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	for (;;)
		pause();
}
#endif

#ifdef __x86_64__
/* Saves what a call keeps on the stack, and where it goes on in *FROM; goes on at *TO. */
void switch_registers(struct gmr_registers *from, const struct gmr_registers *to);
__asm__(".pushsection .text\n"
	".type switch_registers, @function\n"
	"switch_registers:\n"
	".cfi_startproc\n"
	"	push %rbp\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset rbp, 0\n"
	"	push %rbx\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset rbx, 0\n"
	"	push %r12\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset r12, 0\n"
	"	push %r13\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset r13, 0\n"
	"	push %r14\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset r14, 0\n"
	"	push %r15\n"
	".cfi_adjust_cfa_offset 8\n"
	".cfi_rel_offset r15, 0\n"
	"	lea 1f(%rip), %rax\n"
	"	mov %rax, (%rdi)\n"
	"	mov %rsp, 8(%rdi)\n"
	"	mov %rbp, 16(%rdi)\n"
	"	mov 8(%rsi), %rsp\n"
	"	mov 16(%rsi), %rbp\n"
	"	jmp *(%rsi)\n"
	"1:	pop %r15\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_restore r15\n"
	"	pop %r14\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_restore r14\n"
	"	pop %r13\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_restore r13\n"
	"	pop %r12\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_restore r12\n"
	"	pop %rbx\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_restore rbx\n"
	"	pop %rbp\n"
	".cfi_adjust_cfa_offset -8\n"
	".cfi_restore rbp\n"
	"	ret\n"
	".cfi_endproc\n"
	".size switch_registers, . - switch_registers\n"
	".popsection\n");

static struct gmr_registers main_registers;
static struct green *switched;

static APART void switch_inside(void)
{
	switch_registers(&switched->registers, &main_registers);
	STAY;
}

static APART void switch_outside(void)
{
	switch_inside();
	STAY;
}

/* Its stack begins with a return address of nobody. */
static void begin_switched(void)
{
	struct green *green = make("switched");
	uint64_t *top = (uint64_t *)(void *)(green->stack + STACK) - 3;

	green->registers = (struct gmr_registers){ (uintptr_t)switch_outside, (uintptr_t)top, 0 };
	switched = green;
	show(green, NULL, &green->registers);
	switch_registers(&main_registers, &green->registers);
}
#else
static void begin_switched(void)
{
}
#endif

int main(int argc, char **argv)
{
	begin_switched();
	begin_contexts(argc == 3 && strcmp(argv[1], "many") == 0 ? atoi(argv[2]) : 0);
	return 0;
}
