/* regs.h: the registers of a thread, by their DWARF numbers: what an unwinder begins with. */
#ifndef CORE_REGS_H
#define CORE_REGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REGS_MAX = 33 };

/* By the numbers of the processor's psABI: x86-64: 0 to 15 and 16 the return address; AArch64: 0 to 31 (30 the link
 * register, 31 the stack pointer). */
struct regs {
	uint64_t value[REGS_MAX];
	uint64_t known;           /* bit N: value[N] is known */
	uint64_t pc, sp;
	uint64_t thread_pointer;  /* fs_base, tpidr_el0; 0: not known */
};

/* From the SIZE bytes that PTRACE_GETREGSET gave for NT_PRSTATUS. -ENOSYS: not of a processor that we know;
 * -EBADMSG: another one's, such as a 32-bit program's. */
int regs_of_prstatus(const void *data, size_t size, struct regs *ret);

/* The system call that the thread is in, from the same bytes. -ENODATA: in none; -ENOSYS: they do not tell. */
int regs_call_of_prstatus(const void *data, size_t size, long *ret_number, uint64_t ret_args[6]);

/* Where a thread was interrupted by a signal, from the frame that the kernel puts on a stack for it (sigreturn(2)). */
struct regs_interrupted {
	uint64_t stack, stack_size; /* of its sigaltstack(2) */
	uint64_t sp, pc;
};

/* From the SIZE bytes at DATA, where the frame's ucontext would begin. False: there is none. */
bool regs_of_ucontext(const void *data, size_t size, struct regs_interrupted *ret);

/* Of a thread of the program's own that it has switched away from: from a ucontext_t as swapcontext(3) leaves it, which
 * begins as the kernel's does in glibc and in musl (sys/ucontext.h, bits/signal.h), by its first bytes; or from what a
 * switch of its own leaves: program counter, stack pointer and frame pointer. -ENOSYS: not of this processor. */
enum { REGS_CONTEXT_SIZE = 448, REGS_SAVED_SIZE = 24 };
int regs_of_context(const char data[static REGS_CONTEXT_SIZE], struct regs *ret);
int regs_of_saved(const char data[static REGS_SAVED_SIZE], struct regs *ret);

/* What /proc/PID/syscall tells of a thread that sleeps: stack and program counter. */
void regs_of_syscall(uint64_t sp, uint64_t pc, struct regs *ret);

#endif
