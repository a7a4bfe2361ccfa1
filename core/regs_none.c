/* regs_none.c: see regs.h: a processor whose registers we do not know. */
#if !defined(__x86_64__) && !defined(__aarch64__)

#include "core/regs.h"

#include <errno.h>

int regs_of_prstatus(const void *data, size_t size, struct regs *ret)
{
	(void)data, (void)size, (void)ret;
	return -ENOSYS;
}

int regs_call_of_prstatus(const void *data, size_t size, long *ret_number, uint64_t ret_args[6])
{
	(void)data, (void)size, (void)ret_number, (void)ret_args;
	return -ENOSYS;
}

bool regs_of_ucontext(const void *data, size_t size, struct regs_interrupted *ret)
{
	(void)data, (void)size, (void)ret;
	return false;
}

int regs_of_context(const char data[static REGS_CONTEXT_SIZE], struct regs *ret)
{
	(void)data, (void)ret;
	return -ENOSYS;
}

int regs_of_saved(const char data[static REGS_SAVED_SIZE], struct regs *ret)
{
	(void)data, (void)ret;
	return -ENOSYS;
}

void regs_of_syscall(uint64_t sp, uint64_t pc, struct regs *ret)
{
	*ret = (struct regs){ .pc = pc, .sp = sp };
}

#endif
