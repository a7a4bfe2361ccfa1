/* python_memory.c: see python_private.h: a pointer, a number of another process's memory. */
#include <errno.h>
#include <string.h>

#include "core/python_private.h"

/* SIZE bytes, at most 8, to RET, which stays as it is where not all of them are to be had. */
static int read_at(struct python *p, uint64_t address, uint32_t offset, void *ret, size_t size)
{
	unsigned char bytes[sizeof(uint64_t)];
	int r;

	if (offset == PYTHON_NONE || address == 0 || address > UINT64_MAX - offset)
		return -EBADMSG;
	r = pages_read(p->pages, address + offset, bytes, size);
	if (r == 0)
		memcpy(ret, bytes, size);
	return r;
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
	return read_at(p, address, offset, ret, sizeof *ret);
}

int python_int32(struct python *p, uint64_t address, uint32_t offset, int32_t *ret)
{
	return read_at(p, address, offset, ret, sizeof *ret);
}

int python_byte(struct python *p, uint64_t address, uint32_t offset, uint8_t *ret)
{
	return read_at(p, address, offset, ret, sizeof *ret);
}
