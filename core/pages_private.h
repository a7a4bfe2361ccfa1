/* pages_private.h: what the files of pages share: pages.c has the books, pages_copy.c copies. */
#ifndef CORE_PAGES_PRIVATE_H
#define CORE_PAGES_PRIVATE_H

#include "core/pages.h"

enum { PAGES_NONE = UINT32_MAX };

enum page_state { PAGE_GONE, PAGE_COPIED, PAGE_GIVEN };

struct page {
	uint64_t address;
	uint32_t state;
	uint32_t next;       /* of the same chain, + 1; 0: none */
};

struct page_order {
	uint64_t address;
	uint64_t index;
};

/* All in one mapping that children share: this, the chains, the pages' heads, their order, the pages. */
struct pages {
	size_t mapped, max, count;
	size_t chains;       /* a power of two */
	uint32_t *chain;     /* the index of its first page, + 1; 0: none, as memory is that was never written to */
	struct page *heads;
	struct page_order *order;
	size_t ordered;      /* the first so many pages are in ORDER */
	char *data;
	uint64_t last_address;
	uint32_t last;       /* the page that was found last, or PAGES_NONE */
	pid_t reader;
	int pagemap;
	size_t kernel_page;
	size_t ahead;        /* pages */
	pages_fn fallback;
	const void *context;
	int64_t until_ns;    /* 0: never */
	unsigned looks;      /* since the last one at the clock */
	bool is_late;
};

static inline char *pages_data(const struct pages *pages, size_t index)
{
	return pages->data + index * PAGES_SIZE;
}

/* The index of the page at ADDRESS, or PAGES_NONE. */
uint32_t pages_find(struct pages *pages, uint64_t address);

/* A new one, PAGE_GONE; PAGES_NONE: there are as many as there may be. */
uint32_t pages_add(struct pages *pages, uint64_t address);

/* The one that was added last: it could not be had, and takes no room. */
void pages_drop_last(struct pages *pages);

/* Is pages_until() over? */
bool pages_is_late(struct pages *pages);

/* Fill page INDEX; where it is the last one, perhaps add some beside it. 0; -EFAULT; -ESRCH; -EPERM. */
int pages_fetch(struct pages *pages, uint32_t index);

#endif
