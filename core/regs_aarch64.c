/* regs_aarch64.c: see regs.h. */
#if defined(__aarch64__)

#include "core/regs.h"

#include <errno.h>
#include <string.h>

/* user_pt_regs of the kernel's asm/ptrace.h. */
struct prstatus {
	uint64_t x[31], sp, pc, pstate;
};

enum { REGS_SP = 31 };

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

void regs_of_syscall(uint64_t sp, uint64_t pc, struct regs *ret)
{
	*ret = (struct regs){ .known = 1ULL << REGS_SP, .pc = pc, .sp = sp };
	ret->value[REGS_SP] = sp;
}

#endif
