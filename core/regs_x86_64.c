/* regs_x86_64.c: see regs.h. */
#if defined(__x86_64__)

#include "core/regs.h"

#include <errno.h>
#include <string.h>
#include <sys/user.h>

enum { REGS_FP = 6, REGS_SP = 7, REGS_PC = 16 };

int regs_of_prstatus(const void *data, size_t size, struct regs *ret)
{
	struct user_regs_struct u;

	if (size != sizeof u) /* of a 32-bit program it is 68 bytes */
		return -EBADMSG;
	memcpy(&u, data, sizeof u);
	*ret = (struct regs){
		.value = { u.rax, u.rdx, u.rcx, u.rbx, u.rsi, u.rdi, u.rbp, u.rsp,
			   u.r8, u.r9, u.r10, u.r11, u.r12, u.r13, u.r14, u.r15, u.rip },
		.known = (1ULL << (REGS_PC + 1)) - 1,
		.pc = u.rip,
		.sp = u.rsp,
		.thread_pointer = u.fs_base,
	};
	return 0;
}

/* Without a system call, orig_rax is negative. */
int regs_call_of_prstatus(const void *data, size_t size, long *ret_number, uint64_t ret_args[6])
{
	struct user_regs_struct u;

	if (size != sizeof u)
		return -ENOSYS;
	memcpy(&u, data, sizeof u);
	if ((long)u.orig_rax < 0)
		return -ENODATA;
	*ret_number = (long)u.orig_rax;
	memcpy(ret_args, (const uint64_t[]){ u.rdi, u.rsi, u.rdx, u.r10, u.r8, u.r9 }, 6 * sizeof *ret_args);
	return 0;
}

/* As the kernel's asm/ucontext.h and asm/sigcontext.h lay it out. */
struct frame {
	uint64_t flags, link;
	uint64_t stack, stack_flags, stack_size;
	uint64_t r8_to_rcx[15], rsp, rip, eflags;
	uint16_t cs, gs, fs, ss;
};

_Static_assert(sizeof(struct frame) <= REGS_CONTEXT_SIZE, "the part of a context that is read");

enum { FRAME_FLAGS_MAX = 7, FRAME_CS = 0x33 };

bool regs_of_ucontext(const void *data, size_t size, struct regs_interrupted *ret)
{
	struct frame f;

	if (size < sizeof f)
		return false;
	memcpy(&f, data, sizeof f);
	if (f.flags > FRAME_FLAGS_MAX || f.link != 0 || f.cs != FRAME_CS)
		return false;
	*ret = (struct regs_interrupted){ .stack = f.stack, .stack_size = f.stack_size, .sp = f.rsp, .pc = f.rip };
	return true;
}

int regs_of_context(const char data[static REGS_CONTEXT_SIZE], struct regs *ret)
{
	/* By their places in r8_to_rcx: r8 to r15, rdi, rsi, rbp, rbx, rdx, rax, rcx. */
	static const unsigned char numbers[15] = { 8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2 };
	struct frame f;

	memcpy(&f, data, sizeof f);
	*ret = (struct regs){ .known = (1ULL << (REGS_PC + 1)) - 1, .pc = f.rip, .sp = f.rsp };
	for (size_t i = 0; i < sizeof numbers; i++)
		ret->value[numbers[i]] = f.r8_to_rcx[i];
	ret->value[REGS_SP] = f.rsp;
	ret->value[REGS_PC] = f.rip;
	return 0;
}

int regs_of_saved(const char data[static REGS_SAVED_SIZE], struct regs *ret)
{
	uint64_t words[3];

	memcpy(words, data, sizeof words);
	regs_of_syscall(words[1], words[0], ret);
	ret->known |= 1ULL << REGS_FP;
	ret->value[REGS_FP] = words[2];
	return 0;
}

void regs_of_syscall(uint64_t sp, uint64_t pc, struct regs *ret)
{
	*ret = (struct regs){ .known = 1ULL << REGS_SP | 1ULL << REGS_PC, .pc = pc, .sp = sp };
	ret->value[REGS_SP] = sp;
	ret->value[REGS_PC] = pc;
}

#endif
