#include "core/pages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	LEAST = 256,         /* pages */
	BATCH = 256,         /* of a call: on our stack, which the stopped process waits for */
	EMPTY = UINT32_MAX,
};

#define PAGE_IS_HERE (1ULL << 63)
#define PAGE_IS_SWAPPED (1ULL << 62)
#define PAGE_IS_WATCHED (1ULL << 57)

enum page_state { PAGE_GONE, PAGE_COPIED, PAGE_GIVEN };

struct page {
	uint64_t address;
	uint32_t state;
	uint32_t next;       /* of the same chain */
};

/* All in one mapping that children share: this, the chains, the pages' heads, the pages. */
struct pages {
	size_t mapped, max, count;
	size_t chains;       /* a power of two */
	uint32_t *chain;
	struct page *heads;
	char *data;
	pid_t reader;
	int pagemap;
	size_t kernel_page;
	pages_fn fallback;
	const void *context;
};

/* ---- the beginning and the end ---- */

static size_t chains_for(size_t max)
{
	size_t chains = 1;

	while (chains < max)
		chains *= 2;
	return chains;
}

static size_t aligned(size_t size)
{
	return (size + PAGES_SIZE - 1) / PAGES_SIZE * PAGES_SIZE;
}

static struct pages *map(size_t max)
{
	size_t head = aligned(sizeof(struct pages) + chains_for(max) * sizeof(uint32_t)) +
		      aligned(max * sizeof(struct page));
	size_t size = head + max * PAGES_SIZE;
	struct pages *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1,
				   0);

	if (pages == MAP_FAILED)
		return NULL;
	pages->mapped = size;
	pages->max = max;
	pages->chains = chains_for(max);
	pages->chain = (uint32_t *)(void *)(pages + 1);
	pages->heads = (struct page *)(void *)((char *)pages + head - aligned(max * sizeof(struct page)));
	pages->data = (char *)pages + head;
	return pages;
}

/* RLIMIT_AS, setrlimit(2), and vm.overcommit_memory 2, proc_sys_vm(5), count all of it, however little is used. */
int pages_new(size_t max, struct pages **ret)
{
	struct pages *pages = map(max);

	while (!pages && max / 4 >= LEAST)
		pages = map(max /= 4);
	if (!pages)
		return -ENOMEM;
	pages->kernel_page = (size_t)sysconf(_SC_PAGESIZE);
	pages_source(pages, 0, -1);
	pages_clear(pages);
	*ret = pages;
	return 0;
}

void pages_free(struct pages *pages)
{
	if (pages)
		munmap(pages, pages->mapped);
}

/* The first page of the mapping holds what this side needs. */
int pages_unshare(struct pages *pages)
{
	const size_t size = pages->kernel_page;
	char *saved = malloc(size);
	void *mapped = MAP_FAILED;

	if (saved) {
		memcpy(saved, pages, size);
		mapped = mmap(pages, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	}
	if (mapped != MAP_FAILED)
		memcpy(mapped, saved, size);
	free(saved);
	return mapped == MAP_FAILED ? -ENOMEM : 0;
}

void pages_source(struct pages *pages, pid_t reader, int pagemap)
{
	pages->reader = reader;
	pages->pagemap = pagemap;
}

void pages_fallback(struct pages *pages, pages_fn function, const void *context)
{
	pages->fallback = function;
	pages->context = context;
}

void pages_follow(struct pages *pages, const struct pages *leader)
{
	pages_source(pages, leader->reader, leader->pagemap);
	pages_fallback(pages, leader->fallback, leader->context);
}

void pages_clear(struct pages *pages)
{
	pages->count = 0;
	memset(pages->chain, 0xff, pages->chains * sizeof(*pages->chain));
}

size_t pages_count(const struct pages *pages)
{
	return pages->count;
}

/* ---- one page ---- */

static uint32_t *chain_of(struct pages *pages, uint64_t address)
{
	uint64_t hash = address / PAGES_SIZE * 0x9e3779b97f4a7c15;

	return &pages->chain[(hash >> 32) & (pages->chains - 1)];
}

static char *data_of(const struct pages *pages, size_t index)
{
	return pages->data + index * PAGES_SIZE;
}

/* The index, or EMPTY. */
static uint32_t find(struct pages *pages, uint64_t address)
{
	uint32_t at = *chain_of(pages, address);

	while (at != EMPTY && pages->heads[at].address != address)
		at = pages->heads[at].next;
	return at;
}

static uint32_t add(struct pages *pages, uint64_t address)
{
	uint32_t *chain = chain_of(pages, address), at;

	if (pages->count == pages->max)
		return EMPTY;
	at = (uint32_t)pages->count++;
	pages->heads[at] = (struct page){ .address = address, .state = PAGE_GONE, .next = *chain };
	*chain = at;
	return at;
}

bool pages_is_here(uint64_t entry)
{
	return entry & PAGE_IS_HERE || (entry & (PAGE_IS_SWAPPED | PAGE_IS_WATCHED)) == PAGE_IS_SWAPPED;
}

static bool is_in_memory(const struct pages *pages, uint64_t address)
{
	uint64_t entry;

	if (pages->pagemap < 0)
		return true;
	if (pread(pages->pagemap, &entry, sizeof entry, (off_t)(address / pages->kernel_page * sizeof entry)) !=
	    (ssize_t)sizeof entry)
		return false;
	return pages_is_here(entry);
}

static int copy(const struct pages *pages, uint64_t address, char *ret)
{
	struct iovec local = { .iov_base = ret, .iov_len = PAGES_SIZE };
	struct iovec remote = { .iov_base = (void *)(uintptr_t)address, .iov_len = PAGES_SIZE };
	ssize_t n;

	do
		n = process_vm_readv(pages->reader, &local, 1, &remote, 1, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == PAGES_SIZE ? 0 : -EFAULT;
}

/* The one that was added last: it could not be had, and takes no room. */
static void drop_last(struct pages *pages)
{
	const struct page *page = &pages->heads[--pages->count];

	*chain_of(pages, page->address) = page->next;
}

/* Fill page INDEX. */
static int fetch(struct pages *pages, uint32_t index)
{
	struct page *page = &pages->heads[index];
	int r = -EFAULT;

	if (!pages->reader)
		return -EFAULT;
	if (is_in_memory(pages, page->address)) {
		r = copy(pages, page->address, data_of(pages, index));
		page->state = r == 0 ? PAGE_COPIED : PAGE_GONE;
	} else if (pages->fallback) {
		r = pages->fallback(pages->context, page->address, data_of(pages, index), PAGES_SIZE);
		page->state = r == 0 ? PAGE_GIVEN : PAGE_GONE;
	}
	return r;
}

/* RET: the page at ADDRESS, which is a multiple of PAGES_SIZE. */
static int get(struct pages *pages, uint64_t address, const char **ret)
{
	uint32_t at = find(pages, address);
	bool is_new = at == EMPTY;
	int r = 0;

	if (is_new && !pages->reader)
		return -EFAULT;
	if (is_new)
		at = add(pages, address);
	if (at == EMPTY)
		return -ENOBUFS;
	if (pages->heads[at].state == PAGE_GONE)
		r = fetch(pages, at);
	if (r == 0)
		*ret = data_of(pages, at);
	else if (is_new)
		drop_last(pages);
	return r;
}

/* ---- many ---- */

/* RET NULL: only that they are there. */
static int take(struct pages *pages, uint64_t address, char *ret, size_t len)
{
	if (address + len < address)
		return -EFAULT;
	while (len > 0) {
		size_t at = address % PAGES_SIZE, n = PAGES_SIZE - at < len ? PAGES_SIZE - at : len;
		const char *data = NULL;
		int r = get(pages, address - at, &data);

		if (r < 0)
			return r;
		if (ret) {
			memcpy(ret, data + at, n);
			ret += n;
		}
		address += n;
		len -= n;
	}
	return 0;
}

int pages_read(struct pages *pages, uint64_t address, void *ret, size_t len)
{
	return take(pages, address, ret, len);
}

int pages_touch(struct pages *pages, uint64_t address, size_t len)
{
	return take(pages, address, NULL, len);
}

/* Copy the COUNT pages INDICES again: as many of the first as could be. -errno: not even one, and none could. */
static ssize_t copy_many(struct pages *pages, const uint32_t *indices, size_t count)
{
	struct iovec local[BATCH], remote[BATCH];
	ssize_t n;

	for (size_t i = 0; i < count; i++) {
		uint64_t address = pages->heads[indices[i]].address;

		local[i] = (struct iovec){ data_of(pages, indices[i]), PAGES_SIZE };
		remote[i] = (struct iovec){ (void *)(uintptr_t)address, PAGES_SIZE };
	}
	do
		n = process_vm_readv(pages->reader, local, count, remote, count, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EFAULT ? 0 : -errno;
	return n / PAGES_SIZE;
}

/* A page that is not there any more ends a call; those behind it are asked for again. */
static int refresh(struct pages *pages, const uint32_t *indices, size_t count)
{
	size_t at = 0;

	while (at < count) {
		ssize_t n = copy_many(pages, indices + at, count - at);

		if (n < 0)
			return (int)n;
		at += (size_t)n;
		if (at < count)
			pages->heads[indices[at++]].state = PAGE_GONE;
	}
	return 0;
}

int pages_refresh(struct pages *pages)
{
	uint32_t indices[BATCH];
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < pages->count; i++) {
		if (pages->heads[i].state == PAGE_COPIED)
			indices[count++] = (uint32_t)i;
		if (count < BATCH)
			continue;
		r = refresh(pages, indices, count);
		count = 0;
	}
	return r < 0 ? r : refresh(pages, indices, count);
}

int pages_put(struct pages *pages, uint64_t address, const void *data, size_t len)
{
	const char *from = data;

	while (len > 0) {
		size_t at = address % PAGES_SIZE, n = PAGES_SIZE - at < len ? PAGES_SIZE - at : len;
		uint32_t index = find(pages, address - at);

		if (index == EMPTY)
			index = add(pages, address - at);
		if (index == EMPTY)
			return -ENOBUFS;
		if (pages->heads[index].state == PAGE_GONE)
			memset(data_of(pages, index), 0, PAGES_SIZE);
		pages->heads[index].state = PAGE_GIVEN;
		memcpy(data_of(pages, index) + at, from, n);
		address += n;
		from += n;
		len -= n;
	}
	return 0;
}
