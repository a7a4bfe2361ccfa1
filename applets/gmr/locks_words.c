/* locks_words.c: see locks.h: a mutex by its bytes, and rings of who waits for whom. Pure. */
#include <linux/futex.h>
#include <stdint.h>

#include "applets/gmr/locks.h"

/* futex(2): older headers lack the last. */
enum { OP_WAIT = 0, OP_LOCK_PI = 6, OP_WAIT_BITSET = 9, OP_LOCK_PI2 = 13, OP_FLAGS = 128 | 256 };

/* glibc's nptl/pthreadP.h: what a mutex is of. */
enum {
	KIND_TYPE = 0x03, /* normal, recursive, error-checking, adaptive */
	KIND_RECURSIVE = 0x01,
	KIND_ROBUST = 0x10,
	KIND_INHERIT = 0x20,
	KIND_SHARED = 0x80,
	KIND_ELISION = 0x300,
	KIND_KNOWN = KIND_TYPE | KIND_ROBUST | KIND_INHERIT | KIND_SHARED | KIND_ELISION,
};

/* How glibc says that a lock is held and somebody waits. */
enum { LOCK_WAITED_FOR = 2 };

/* Who waits for a condition is one of its mutex's users meanwhile; the kernel has no more threads than this. */
enum { USERS_MAX = 4194304 };

/* The kernel's word of robust and priority-inheriting locks: FUTEX_WAITERS and the owner. */
static bool is_owner_word(const struct lock_words *words)
{
	uint32_t word = (uint32_t)words->lock;

	return (word & FUTEX_WAITERS) && !(word & FUTEX_OWNER_DIED) &&
	       (word & FUTEX_TID_MASK) == (uint32_t)words->owner;
}

pid_t lock_words_owner(const struct lock_words *words, uint64_t operation, uint64_t value)
{
	unsigned op = (unsigned)operation & ~(unsigned)OP_FLAGS;
	bool waits = op == OP_WAIT || op == OP_WAIT_BITSET, inherits = op == OP_LOCK_PI || op == OP_LOCK_PI2;
	bool is_plain = (words->kind & (KIND_ROBUST | KIND_INHERIT)) == 0;
	bool fits;

	if (words->owner <= 0 || (words->kind & ~KIND_KNOWN) || words->users < 1 || words->users > USERS_MAX)
		return 0;
	if (words->kind & KIND_INHERIT)
		fits = inherits && is_owner_word(words);
	else if (words->kind & KIND_ROBUST)
		fits = waits && is_owner_word(words) && (uint32_t)value == (uint32_t)words->lock;
	else
		fits = waits && words->lock == LOCK_WAITED_FOR && (uint32_t)value == LOCK_WAITED_FOR;
	if (is_plain && (words->kind & KIND_TYPE) != KIND_RECURSIVE && words->count != 0)
		fits = false;
	return fits ? words->owner : 0;
}

/* Put the ring that FIRST is in into RET, from its least on. */
static size_t copy_ring(const ssize_t *owners, size_t first, size_t *ret)
{
	size_t least = first, count = 0, i;

	for (i = (size_t)owners[first]; i != first; i = (size_t)owners[i])
		least = i < least ? i : least;
	i = least;
	do {
		ret[count++] = i;
		i = (size_t)owners[i];
	} while (i != least);
	return count;
}

/* Each walk leaves its number on the way, and ends where a walk has been: a ring is new if it was this one. */
size_t lock_ring(const ssize_t *owners, size_t count, size_t *marks, size_t *at, size_t *ret)
{
	while (*at < count) {
		size_t walk = ++*at, i = walk - 1;

		while (marks[i] == 0) {
			marks[i] = walk;
			if (owners[i] < 0 || (size_t)owners[i] >= count)
				break;
			i = (size_t)owners[i];
			if (marks[i] == walk)
				return copy_ring(owners, i, ret);
		}
	}
	return 0;
}
