/* regs_aarch64.c: see regs.h. */
#if defined(__aarch64__)

#include "core/regs.h"

#include <errno.h>
#include <string.h>

/* user_pt_regs of the kernel's asm/ptrace.h. */
struct prstatus {
	uint64_t x[31], sp, pc, pstate;
};

enum { REGS_FP = 29, REGS_SP = 31 };

int regs_of_prstatus(const void *data, size_t size, struct regs *ret)
{
	struct prstatus p;

	if (size != sizeof p) /* of a 32-bit program it is 72 bytes */
		return -EBADMSG;
	memcpy(&p, data, sizeof p);
	*ret = (struct regs){ .known = (1ULL << (REGS_SP + 1)) - 1, .pc = p.pc, .sp = p.sp };
	memcpy(ret->value, p.x, sizeof p.x);
	ret->value[REGS_SP] = p.sp;
	return 0;
}

/* The first argument is gone: its register holds the result. */
int regs_call_of_prstatus(const void *data, size_t size, long *ret_number, uint64_t ret_args[6])
{
	(void)data, (void)size, (void)ret_number, (void)ret_args;
	return -ENOSYS;
}

/* As the kernel's asm/ucontext.h and asm/sigcontext.h lay it out. */
struct frame {
	uint64_t flags, link;
	uint64_t stack, stack_flags, stack_size;
	uint64_t mask[17];                /* room for 1,024 signals, and to be aligned to 16 bytes */
	uint64_t fault, x[31], sp, pc;
};

_Static_assert(offsetof(struct frame, fault) == 176, "sigcontext");
_Static_assert(sizeof(struct frame) <= REGS_CONTEXT_SIZE, "the part of a context that is read");

bool regs_of_ucontext(const void *data, size_t size, struct regs_interrupted *ret)
{
	struct frame f;

	if (size < sizeof f)
		return false;
	memcpy(&f, data, sizeof f);
	if (f.flags != 0 || f.link != 0)
		return false;
	*ret = (struct regs_interrupted){ .stack = f.stack, .stack_size = f.stack_size, .sp = f.sp, .pc = f.pc };
	return true;
}

int regs_of_context(const char data[static REGS_CONTEXT_SIZE], struct regs *ret)
{
	struct frame f;

	memcpy(&f, data, sizeof f);
	*ret = (struct regs){ .known = (1ULL << (REGS_SP + 1)) - 1, .pc = f.pc, .sp = f.sp };
	memcpy(ret->value, f.x, sizeof f.x);
	ret->value[REGS_SP] = f.sp;
	return 0;
}

int regs_of_saved(const char data[static REGS_SAVED_SIZE], struct regs *ret)
{
	uint64_t words[3];

	memcpy(words, data, sizeof words);
	*ret = (struct regs){ .known = 1ULL << REGS_FP | 1ULL << REGS_SP, .pc = words[0], .sp = words[1] };
	ret->value[REGS_SP] = words[1];
	ret->value[REGS_FP] = words[2];
	return 0;
}

void regs_of_syscall(uint64_t sp, uint64_t pc, struct regs *ret)
{
	*ret = (struct regs){ .known = 1ULL << REGS_SP, .pc = pc, .sp = sp };
	ret->value[REGS_SP] = sp;
}

#endif
