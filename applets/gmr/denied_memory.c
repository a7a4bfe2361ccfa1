/* denied_memory.c: see denied.h: who may see the memory map need not be allowed to read the memory, ptrace(2). */
#include <errno.h>

#include "applets/gmr/denied.h"

static int refusal(int error)
{
	return error == -EPERM || error == -EACCES ? error : 0;
}

/* What is in use is in memory; else the kernel is not asked for it. */
static int try_stack(const struct capture *capture)
{
	const struct procparse_map *stack = NULL;
	char word[8];

	for (size_t i = 0; i < capture->mapping_count && !stack; i++)
		if (span_is(&capture->mappings[i].path, "[stack]"))
			stack = &capture->mappings[i];
	return stack ? refusal(capture_read(capture, stack->end - sizeof(word), word, sizeof(word))) : 0;
}

int denied_memory(const struct capture *capture)
{
	int r = try_stack(capture);

	for (size_t i = 0; i < capture->thread_count && r == 0; i++)
		if (capture->threads[i].how == CAPTURE_UNREAD)
			r = refusal(capture->threads[i].error);
	return r;
}
