#include "core/memory.h"

#include <errno.h>
#include <sys/uio.h>

int memory_read(pid_t pid, uint64_t address, void *ret, size_t len)
{
	struct iovec to = { .iov_base = ret, .iov_len = len };
	struct iovec from = { .iov_base = (void *)(uintptr_t)address, .iov_len = len };
	ssize_t n;

	if (address > UINTPTR_MAX - len)
		return -EFAULT;
	n = process_vm_readv(pid, &to, 1, &from, 1, 0);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EFAULT;
}
