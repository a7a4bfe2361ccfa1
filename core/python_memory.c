/* python_memory.c: see python_private.h: a pointer, a number of another process's memory. */
#include <errno.h>

#include "core/python_private.h"

static int read_at(struct python *p, uint64_t address, uint32_t offset, void *ret, size_t size)
{
	if (offset == PYTHON_NONE || address == 0 || address > UINT64_MAX - offset)
		return -EBADMSG;
	return pages_read(p->pages, address + offset, ret, size);
}

int python_pointer(struct python *p, uint64_t address, uint32_t offset, uint64_t *ret)
{
	uint64_t value;
	int r = read_at(p, address, offset, &value, sizeof value);

	if (r == 0 && value % sizeof value)
		r = -EBADMSG;
	if (r == 0)
		*ret = value;
	return r;
}

int python_int64(struct python *p, uint64_t address, uint32_t offset, int64_t *ret)
{
	int64_t value;
	int r = read_at(p, address, offset, &value, sizeof value);

	if (r == 0)
		*ret = value;
	return r;
}

int python_int32(struct python *p, uint64_t address, uint32_t offset, int32_t *ret)
{
	int32_t value;
	int r = read_at(p, address, offset, &value, sizeof value);

	if (r == 0)
		*ret = value;
	return r;
}

int python_byte(struct python *p, uint64_t address, uint32_t offset, uint8_t *ret)
{
	uint8_t value;
	int r = read_at(p, address, offset, &value, sizeof value);

	if (r == 0)
		*ret = value;
	return r;
}
