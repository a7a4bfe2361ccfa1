/* inside.h: what the tests of the C library's registry share: they read it as gmr does. */
#ifndef TESTS_INSIDE_H
#define TESTS_INSIDE_H

#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/inside/inside.h"
#include "core/memory.h"

static inline int inside_read_self(void *context, uint64_t address, void *ret, size_t len)
{
	(void)context;
	return memory_read(getpid(), address, ret, len);
}

static inline struct registry_copy *inside_copy(void)
{
	struct registry_memory memory = { inside_read_self, NULL };
	struct registry_place place = {
		.at = (uintptr_t)&inside_registry, .version = REGISTRY_VERSION, .size = sizeof(inside_registry),
	};
	struct registry_copy *copy;

	/* No ck_assert: it takes a lock of its own, which a child of fork(2) may find held. */
	if (registry_read(&memory, &place, 64 << 20, &copy) < 0)
		abort();
	return copy;
}

/* Run IT in a child, as MADE makes it, that ends with status 0 if all is well. */
static inline void inside_in_child(pid_t (*made)(void), bool (*it)(void))
{
	int status;
	pid_t pid = made();

	if (pid == 0)
		_exit(it() ? 0 : 1);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

#endif
