/* threads_call.c: see threads_private.h: system calls in words. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#include "applets/gmr/syscalls.h"
#include "applets/gmr/threads_private.h"

/* A program of 32 bits on a 64-bit kernel has all its mappings below this, and other numbers for its system calls. */
#define END_OF_32_BITS ((uint64_t)1 << 32)

static bool is_narrow(const struct capture *capture)
{
	return sizeof(void *) > 4 && capture->mapping_count > 0 &&
	       capture->mappings[capture->mapping_count - 1].end <= END_OF_32_BITS;
}

/* "7", "7: TCP 10.0.0.1:5432" */
static void add_descriptor(struct threads *threads, int fd, struct buf *ret)
{
	size_t before;

	if (fd == AT_FDCWD) {
		(void)buf_adds(ret, "AT_FDCWD");
		return;
	}
	(void)buf_printf(ret, "%d", fd);
	if (!threads->has_looked && descriptors_open(threads->target, &threads->descriptors) < 0)
		threads->descriptors = NULL;
	threads->has_looked = true;
	before = ret->len;
	if (!threads->descriptors || buf_adds(ret, ": ") < 0)
		return;
	if (descriptors_name(threads->descriptors, fd, ret) < 0) {
		ret->len = before;
		ret->data[before] = '\0';
	}
}

bool threads_call(struct threads *threads, size_t index, struct buf *ret)
{
	const struct capture_thread *thread = &threads->capture->threads[index];
	const struct procparse_syscall *call = &thread->call;
	const char *name;

	/* The kernel's own threads have zeroes there, which would be read(0). */
	if (call->number < 0 || (thread->how == CAPTURE_UNREAD && thread->error == -ENODATA))
		return false;
	name = is_narrow(threads->capture) ? NULL : syscall_name(call->number);
	if (!name)
		return buf_printf(ret, "syscall %ld(0x%" PRIx64 ")", call->number, call->args[0]) == 0;
	(void)buf_printf(ret, "%s(", name);
	switch (syscall_first(name)) {
	case SYSCALL_FIRST_FD:
		add_descriptor(threads, (int)call->args[0], ret);
		break;
	case SYSCALL_FIRST_PID:
		(void)buf_printf(ret, "%d", (int)call->args[0]);
		break;
	case SYSCALL_FIRST_ADDRESS:
		(void)buf_printf(ret, "0x%" PRIx64, call->args[0]);
		break;
	case SYSCALL_FIRST_OTHER:
		(void)buf_adds(ret, "...");
		break;
	case SYSCALL_FIRST_NONE:
		break;
	}
	return buf_adds(ret, ")") == 0;
}
