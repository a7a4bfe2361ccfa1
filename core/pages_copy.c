/* pages_copy.c: see pages.h: pages are copied. */
#include "core/pages_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
	BATCH = 256,         /* of a call: on our stack, which the stopped process waits for */
	SPARE = 64,          /* pages that may come in addition in a stop */
	NEAR = 16,           /* pages that are looked at, too, rather than to call once more */
};

#define PAGE_IS_HERE (1ULL << 63)
#define PAGE_IS_SWAPPED (1ULL << 62)
#define PAGE_IS_WATCHED (1ULL << 57)

bool pages_is_here(uint64_t entry)
{
	return entry & PAGE_IS_HERE || (entry & (PAGE_IS_SWAPPED | PAGE_IS_WATCHED)) == PAGE_IS_SWAPPED;
}

/* What pagemap has of COUNT pages from the one at ADDRESS. */
static int look(const struct pages *pages, uint64_t address, uint64_t *ret, size_t count)
{
	size_t size = count * sizeof *ret;
	ssize_t n = pread(pages->pagemap, ret, size, (off_t)(address / pages->kernel_page * sizeof *ret));

	return n == (ssize_t)size ? 0 : -EFAULT;
}

static bool is_in_memory(const struct pages *pages, uint64_t address)
{
	uint64_t entry;

	return pages->pagemap < 0 || (look(pages, address, &entry, 1) == 0 && pages_is_here(entry));
}

static ssize_t copy(const struct pages *pages, const struct iovec *to, size_t to_count, const struct iovec *from,
		    size_t from_count)
{
	ssize_t n;

	do
		n = process_vm_readv(pages->reader, to, to_count, from, from_count, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n / PAGES_SIZE;
}

static struct iovec at_home(const struct pages *pages, size_t index, size_t count)
{
	return (struct iovec){ pages_data(pages, index), count * PAGES_SIZE };
}

static struct iovec abroad(uint64_t address, size_t count)
{
	return (struct iovec){ (void *)(uintptr_t)address, count * PAGES_SIZE };
}

static int copy_one(struct pages *pages, uint32_t index)
{
	struct iovec to = at_home(pages, index, 1), from = abroad(pages->heads[index].address, 1);
	ssize_t n = copy(pages, &to, 1, &from, 1);

	pages->heads[index].state = n == 1 ? PAGE_COPIED : PAGE_GONE;
	return n == 1 ? 0 : n < 0 ? (int)n : -EFAULT;
}

/* ---- one, and those beside it ---- */

static bool is_wanted(struct pages *pages, uint64_t address, uint64_t entry)
{
	return pages_is_here(entry) && pages_find(pages, address) == PAGES_NONE;
}

/* Behind page INDEX, which is the last one: those that follow it in a row, then those in front of it; all that are in
 * the same block of pages->ahead. FROM: both parts. */
static void add_beside(struct pages *pages, uint32_t index, const uint64_t *entries, struct iovec *from)
{
	const uint64_t address = pages->heads[index].address;
	const size_t at = address / PAGES_SIZE % pages->ahead;
	const uint64_t block = address - at * PAGES_SIZE;
	size_t end = at + 1, begin = at;

	while (end < pages->ahead && is_wanted(pages, block + end * PAGES_SIZE, entries[end]) &&
	       pages_add(pages, block + end * PAGES_SIZE) != PAGES_NONE)
		end++;
	while (begin > 0 && at - begin < pages->max - pages->count &&
	       is_wanted(pages, block + (begin - 1) * PAGES_SIZE, entries[begin - 1]))
		begin--;
	for (size_t i = begin; i < at; i++)
		(void)pages_add(pages, block + i * PAGES_SIZE);
	from[0] = abroad(address, end - at);
	from[1] = abroad(block + begin * PAGES_SIZE, at - begin);
}

/* -EFAULT: it is not in memory, or not to be had. */
static int fetch_many(struct pages *pages, uint32_t index)
{
	const uint64_t address = pages->heads[index].address;
	uint64_t entries[PAGES_AHEAD_MAX];
	struct iovec to, from[2];
	size_t got;
	ssize_t n;

	if (look(pages, address - address % (pages->ahead * PAGES_SIZE), entries, pages->ahead) < 0 ||
	    !pages_is_here(entries[address / PAGES_SIZE % pages->ahead]))
		return -EFAULT;
	add_beside(pages, index, entries, from);
	to = at_home(pages, index, pages->count - index);
	n = copy(pages, &to, 1, from, from[1].iov_len > 0 ? 2 : 1);
	got = n > 0 ? (size_t)n : 0;
	while (pages->count > index + 1 && pages->count - index > got)
		pages_drop_last(pages);
	for (size_t i = 0; i < got; i++)
		pages->heads[index + i].state = PAGE_COPIED;
	return n < 0 ? (int)n : got > 0 ? 0 : -EFAULT;
}

int pages_fetch(struct pages *pages, uint32_t index)
{
	struct page *page = &pages->heads[index];
	int r = -EFAULT;

	if (!pages->reader)
		return -EFAULT;
	if (pages->ahead > 1 && pages->pagemap >= 0 && pages->kernel_page == PAGES_SIZE && index + 1 == pages->count &&
	    fetch_many(pages, index) == 0)
		return 0;
	if (is_in_memory(pages, page->address)) {
		r = copy_one(pages, index);
	} else if (pages->fallback) {
		r = pages->fallback(pages->context, page->address, pages_data(pages, index), PAGES_SIZE);
		page->state = r == 0 ? PAGE_GIVEN : PAGE_GONE;
	}
	return r;
}

/* ---- all of them once more ---- */

/* Copy the COUNT pages INDICES again: as many of the first as could be. A call costs by the pieces that it copies from:
 * pages that follow each other are one. -errno: not even one, and none could. */
static ssize_t copy_many(const struct pages *pages, const uint32_t *indices, size_t count)
{
	struct iovec to[BATCH], from[BATCH];
	uint64_t end = 0;
	size_t pieces = 0;
	ssize_t n;

	for (size_t i = 0; i < count; i++) {
		uint64_t address = pages->heads[indices[i]].address;

		to[i] = at_home(pages, indices[i], 1);
		if (pieces > 0 && address == end)
			from[pieces - 1].iov_len += PAGES_SIZE;
		else
			from[pieces++] = abroad(address, 1);
		end = address + PAGES_SIZE;
	}
	n = copy(pages, to, count, from, pieces);
	return n == -EFAULT ? 0 : n;
}

/* How many of the COUNT pages INDICES one look at the pagemap is enough for. RET: how many it is to look at. */
static size_t in_one_look(const struct pages *pages, const uint32_t *indices, size_t count, size_t *ret)
{
	const uint64_t first = pages->heads[indices[0]].address / pages->kernel_page;
	uint64_t last = first;
	size_t n = 1;

	for (; n < count; n++) {
		uint64_t page = pages->heads[indices[n]].address / pages->kernel_page;

		if (page < last || page - last > NEAR || page - first >= BATCH)
			break;
		last = page;
	}
	*ret = (size_t)(last - first) + 1;
	return n;
}

/* Those of INDICES that are in memory still are kept. Returns how many. */
static size_t keep_those_here(struct pages *pages, uint32_t *indices, size_t count)
{
	uint64_t entries[BATCH];
	size_t kept = 0, n, span;

	for (size_t at = 0; at < count; at += n) {
		const uint64_t address = pages->heads[indices[at]].address;
		bool known;

		n = in_one_look(pages, indices + at, count - at, &span);
		known = look(pages, address, entries, span) == 0;
		for (size_t i = at; i < at + n; i++) {
			struct page *page = &pages->heads[indices[i]];
			size_t entry = (size_t)(page->address / pages->kernel_page - address / pages->kernel_page);

			if (known && pages_is_here(entries[entry]))
				indices[kept++] = indices[i];
			else
				page->state = PAGE_GONE;
		}
	}
	return kept;
}

/* A page that is not there any more ends a call; those behind it are asked for again. */
static int refresh(struct pages *pages, uint32_t *indices, size_t count)
{
	size_t at = 0;

	if (pages->pagemap >= 0)
		count = keep_those_here(pages, indices, count);
	while (at < count) {
		ssize_t n = copy_many(pages, indices + at, count - at);

		if (n < 0)
			return (int)n;
		at += (size_t)n;
		if (at < count)
			(void)copy_one(pages, indices[at++]);
	}
	return 0;
}

int pages_refresh(struct pages *pages)
{
	uint32_t indices[BATCH];
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < pages->count; i++) {
		size_t index = i < pages->ordered ? pages->order[i].index : i;

		if (pages->heads[index].state == PAGE_COPIED)
			indices[count++] = (uint32_t)index;
		if (count < BATCH)
			continue;
		pages->looks += BATCH;
		r = pages_is_late(pages) ? -ETIMEDOUT : refresh(pages, indices, count);
		count = 0;
	}
	return r < 0 ? r : refresh(pages, indices, count);
}

/* ---- before it matters ---- */

static int compare(const void *a, const void *b)
{
	const struct page_order *one = a, *other = b;

	return (one->address > other->address) - (one->address < other->address);
}

/* What is shared is not mapped in a child until it is used. */
static void use(void *memory, size_t size)
{
	volatile char *bytes = memory;

	for (size_t at = 0; at < size; at += PAGES_SIZE) {
		char byte = bytes[at];

		bytes[at] = byte;
	}
}

void pages_prepare(struct pages *pages)
{
	size_t count = pages->max - pages->count < SPARE ? pages->max : pages->count + SPARE;

	for (size_t i = 0; i < pages->count; i++)
		pages->order[i] = (struct page_order){ pages->heads[i].address, i };
	qsort(pages->order, pages->count, sizeof *pages->order, compare);
	pages->ordered = pages->count;
	use(pages->chain, pages->chains * sizeof *pages->chain);
	use(pages->heads, count * sizeof *pages->heads);
	use(pages->data, count * PAGES_SIZE);
}
