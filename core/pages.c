#include "core/pages_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"

enum {
	LEAST = 256,         /* pages */
	FEW = 64,            /* pages whose chains are emptied one by one */
	LOOK_EVERY = 256,    /* pages that are looked at between two looks at the clock */
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
	const size_t first = aligned(sizeof(struct pages)), chain = aligned(chains_for(max) * sizeof(uint32_t));
	const size_t heads = aligned(max * sizeof(struct page)), order = aligned(max * sizeof(struct page_order));
	const size_t size = first + chain + heads + order + max * PAGES_SIZE;
	struct pages *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1,
				   0);

	if (pages == MAP_FAILED)
		return NULL;
	pages->mapped = size;
	pages->max = max;
	pages->chains = chains_for(max);
	pages->chain = (uint32_t *)(void *)((char *)pages + first);
	pages->heads = (struct page *)(void *)((char *)pages + first + chain);
	pages->order = (struct page_order *)(void *)((char *)pages + first + chain + heads);
	pages->data = (char *)pages + first + chain + heads + order;
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
	pages->ahead = 1;
	pages->last = PAGES_NONE;
	pages_source(pages, 0, -1);
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
	pages->last = PAGES_NONE; /* who was killed may have left half of it */
}

void pages_fallback(struct pages *pages, pages_fn function, const void *context)
{
	pages->fallback = function;
	pages->context = context;
}

void pages_read_ahead(struct pages *pages, size_t count)
{
	pages->ahead = count;
}

void pages_until(struct pages *pages, int64_t until_ns)
{
	pages->until_ns = until_ns;
	pages->is_late = false;
}

bool pages_is_late(struct pages *pages)
{
	if (pages->until_ns && !pages->is_late && pages->looks >= LOOK_EVERY) {
		pages->looks = 0;
		pages->is_late = clock_ns() >= pages->until_ns;
	}
	return pages->is_late;
}

void pages_follow(struct pages *pages, const struct pages *leader)
{
	pages_until(pages, leader->until_ns);
	pages_source(pages, leader->reader, leader->pagemap);
	pages_fallback(pages, leader->fallback, leader->context);
}

/* ---- one page ---- */

static uint32_t *chain_of(struct pages *pages, uint64_t address)
{
	uint64_t hash = address / PAGES_SIZE * 0x9e3779b97f4a7c15;

	return &pages->chain[(hash >> 32) & (pages->chains - 1)];
}

/* A process may have chosen its addresses so that all are in one chain. */
uint32_t pages_find(struct pages *pages, uint64_t address)
{
	uint32_t at;

	pages->looks++;
	if (pages->last != PAGES_NONE && pages->last_address == address)
		return pages->last;
	at = *chain_of(pages, address);
	for (; at && pages->heads[at - 1].address != address; at = pages->heads[at - 1].next)
		pages->looks++;
	if (!at)
		return PAGES_NONE;
	pages->last_address = address;
	return pages->last = at - 1;
}

uint32_t pages_add(struct pages *pages, uint64_t address)
{
	uint32_t *chain = chain_of(pages, address), at;

	if (pages->count == pages->max)
		return PAGES_NONE;
	at = (uint32_t)pages->count++;
	pages->heads[at] = (struct page){ .address = address, .state = PAGE_GONE, .next = *chain };
	*chain = at + 1;
	return at;
}

void pages_drop_last(struct pages *pages)
{
	const struct page *page = &pages->heads[--pages->count];

	*chain_of(pages, page->address) = page->next;
	pages->last = PAGES_NONE;
}

void pages_clear(struct pages *pages)
{
	if (pages->count > FEW)
		memset(pages->chain, 0, pages->chains * sizeof(*pages->chain));
	for (size_t i = 0; pages->count <= FEW && i < pages->count; i++)
		*chain_of(pages, pages->heads[i].address) = 0;
	pages->count = pages->ordered = 0;
	pages->last = PAGES_NONE;
}

/* RET: the page at ADDRESS, which is a multiple of PAGES_SIZE. */
static int get(struct pages *pages, uint64_t address, const char **ret)
{
	uint32_t at = pages_find(pages, address);
	bool is_new = at == PAGES_NONE;
	int r = 0;

	if (pages_is_late(pages))
		return -ETIMEDOUT;
	if (is_new && !pages->reader)
		return -EFAULT;
	if (is_new)
		at = pages_add(pages, address);
	if (at == PAGES_NONE)
		return -ENOBUFS;
	if (pages->heads[at].state == PAGE_GONE)
		r = pages_fetch(pages, at);
	if (r == 0)
		*ret = pages_data(pages, at);
	else if (is_new)
		pages_drop_last(pages);
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

int pages_put(struct pages *pages, uint64_t address, const void *data, size_t len)
{
	const char *from = data;

	while (len > 0) {
		size_t at = address % PAGES_SIZE, n = PAGES_SIZE - at < len ? PAGES_SIZE - at : len;
		uint32_t index = pages_find(pages, address - at);

		if (index == PAGES_NONE)
			index = pages_add(pages, address - at);
		if (index == PAGES_NONE)
			return -ENOBUFS;
		if (pages->heads[index].state == PAGE_GONE)
			memset(pages_data(pages, index), 0, PAGES_SIZE);
		pages->heads[index].state = PAGE_GIVEN;
		memcpy(pages_data(pages, index) + at, from, n);
		address += n;
		from += n;
		len -= n;
	}
	return 0;
}
