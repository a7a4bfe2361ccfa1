/* capture_signal.c: see capture_private.h: threads that handle a signal on a stack of its own, sigaltstack(2).
 *
 * The kernel has put a frame there, which names that stack and where the thread was interrupted: there its own stack
 * goes on. Such a frame is found by what must hold of it; its bytes are the process's, and only name places in it. */
#include <string.h>

#include "core/capture_private.h"

enum { SIGNAL_SEARCH = 256 << 10 }; /* handlers are not deep */

static bool holds(const struct capture *c, const struct capture_piece *piece, size_t at,
		  const struct regs_interrupted *i)
{
	const struct procparse_map *code, *stack;

	if (piece->from < i->stack || piece->from + at - i->stack >= i->stack_size || i->sp - i->stack < i->stack_size)
		return false;
	code = capture_mapping(c, i->pc);
	stack = capture_mapping(c, i->sp);
	return code && code->perms[2] == 'x' && stack && stack->perms[1] == 'w';
}

/* What every Linux begins it with: flags, link, and the stack: address, flags, size. Threads stand still while we look:
 * what cannot be one is passed over quickly. */
static inline bool may_hold(const struct capture_piece *piece, size_t at)
{
	uint64_t words[5];

	memcpy(words, piece->to + at, sizeof words);
	return words[1] == 0 && piece->from - words[2] < words[4];
}

static bool find(const struct capture *c, const struct capture_piece *piece, uint64_t *ret_sp)
{
	size_t end = piece->got < SIGNAL_SEARCH ? piece->got : SIGNAL_SEARCH;
	struct regs_interrupted i;

	for (size_t at = -piece->from & 7; at + 5 * sizeof(uint64_t) <= end; at += 8) {
		if (!may_hold(piece, at))
			continue;
		if (!regs_of_ucontext(piece->to + at, piece->got - at, &i) || !holds(c, piece, at, &i))
			continue;
		*ret_sp = i.sp;
		return true;
	}
	return false;
}

void capture_copy_interrupted(const struct capture *c, struct capture_pool *pool, int pagemap, pid_t reader,
			      const struct capture_piece *pieces, struct capture_piece *others, size_t count,
			      struct iovec *iov, size_t iov_count)
{
	bool any = false;
	uint64_t sp;

	for (size_t n = 0; n < count; n++) {
		others[n] = (struct capture_piece){ 0 };
		if (!find(c, &pieces[n], &sp))
			continue;
		capture_piece_of(c, pool, sp, &others[n]);
		any = true;
	}
	if (any)
		(void)capture_copy(pagemap, reader, others, count, iov, iov_count);
}
