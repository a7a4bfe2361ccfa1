/* capture_copy.c: see capture_private.h: a process's memory, many pieces at a time. */
#include <errno.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/capture_private.h"

enum {
	POOL_LEAST = 1 << 20,
	POOL_ROOM = 8 << 20, /* left to others */
};

static void *map_pool(size_t size)
{
	const int how = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
	size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page - 1) / page * page;
	char *base = mmap(NULL, whole + POOL_ROOM, PROT_READ | PROT_WRITE, how, -1, 0);

	if (base != MAP_FAILED)
		munmap(base + whole, POOL_ROOM);
	return base;
}

/* RLIMIT_AS, setrlimit(2), and vm.overcommit_memory 2, proc_sys_vm(5), count all of it, however little is used: then
 * it is smaller, and more stacks are cut. */
int capture_pool_open(struct capture_pool *pool, size_t size)
{
	void *base = map_pool(size);

	while (base == MAP_FAILED && errno == ENOMEM && size / 4 >= POOL_LEAST)
		base = map_pool(size /= 4);
	if (base == MAP_FAILED)
		return -errno;
	*pool = (struct capture_pool){ .base = base, .size = size };
	return 0;
}

void capture_pool_done(struct capture_pool *pool)
{
	if (pool->base)
		munmap(pool->base, pool->size);
	*pool = (struct capture_pool){ 0 };
}

void capture_piece_at(const struct capture *c, struct capture_pool *pool, uint64_t from, uint64_t whole,
		      struct capture_piece *ret)
{
	uint64_t len = whole;

	if (len > c->private->options.stack_max)
		len = c->private->options.stack_max;
	if (len > pool->size - pool->used)
		len = pool->size - pool->used;
	*ret = (struct capture_piece){
		.from = from, .to = pool->base + pool->used, .len = (size_t)len, .cut = len < whole,
	};
	len = (len + 15) & ~15ULL;
	pool->used = len > pool->size - pool->used ? pool->size : pool->used + (size_t)len;
}

void capture_piece_of(const struct capture *c, struct capture_pool *pool, uint64_t sp, struct capture_piece *ret)
{
	bool known;
	uint64_t end = capture_stack_end(c, sp, &known);

	capture_piece_at(c, pool, sp, end - sp, ret);
	ret->cut = ret->cut && known;
}

void capture_set_stack(struct capture_thread *t, const struct capture_piece *piece, const struct capture_piece *other)
{
	t->stack_at = piece->from;
	t->stack = piece->got ? piece->to : NULL;
	t->stack_len = piece->got;
	t->stack_cut = piece->cut;
	t->other_at = other->from;
	t->other = other->got ? other->to : NULL;
	t->other_len = other->got;
	t->other_cut = other->cut;
}

/* COPIED bytes have come of the first pieces. Returns the first piece that is still to be read: behind the one that was
 * torn. */
static size_t share_out(struct capture_piece *pieces, size_t count, size_t copied)
{
	for (size_t i = 0; i < count; i++) {
		if (pieces[i].separate)
			continue;
		pieces[i].got = copied < pieces[i].len ? copied : pieces[i].len;
		copied -= pieces[i].got;
		if (pieces[i].got < pieces[i].len)
			return i + 1;
	}
	return count;
}

/* process_vm_readv(2) ends at the first page that is not there; the pieces behind it are asked for again. */
static int copy_many(pid_t reader, struct capture_piece *pieces, size_t count, struct iovec *iov, size_t iov_count)
{
	size_t at = 0;

	while (at < count) {
		size_t n = count - at < iov_count ? count - at : iov_count;
		ssize_t copied;

		for (size_t i = 0; i < n; i++) {
			struct capture_piece *piece = &pieces[at + i];
			size_t len = piece->separate ? 0 : piece->len;

			iov[i] = (struct iovec){ .iov_base = piece->to, .iov_len = len };
			iov[iov_count + i].iov_base = (void *)(uintptr_t)piece->from;
			iov[iov_count + i].iov_len = len;
		}
		copied = process_vm_readv(reader, iov, n, iov + iov_count, n, 0);
		if (copied < 0 && errno == EINTR)
			continue;
		if (copied < 0 && errno != EFAULT)
			return -errno;
		at += share_out(pieces + at, n, copied < 0 ? 0 : (size_t)copied);
	}
	return 0;
}

int capture_copy(int pagemap, pid_t reader, struct capture_piece *pieces, size_t count, struct iovec *iov,
		 size_t iov_count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && pagemap >= 0 && i < count; i++)
		if (pieces[i].len)
			r = capture_copy_present(pagemap, reader, &pieces[i]);
	return r < 0 ? r : copy_many(reader, pieces, count, iov, iov_count);
}
