/* python_object.c: see python_private.h: types, attributes, integers, modules. */
#include <errno.h>
#include <string.h>

#include "core/python_dict_private.h"

/* CPython's Include/object.h: they are the same in all versions that have them. */
#define FLAG_INLINE_VALUES (1UL << 2) /* from 3.13 */
#define FLAG_MANAGED_DICT (1UL << 4)  /* from 3.11 */
#define FLAG_HEAP_TYPE (1UL << 9)

enum { VALUES_NAMED_BY_BYTE = 254 /* no more fit in PyDictValues.capacity */ };

int python_type_of(struct python *p, uint64_t address, uint64_t *ret_type)
{
	uint64_t type;
	int r = python_pointer(p, address, p->layout.object.type, &type);

	if (r == 0 && type == 0)
		r = -EBADMSG;
	if (r == 0)
		*ret_type = type;
	return r;
}

/* A string in C may end right before a page that is not there. */
static int read_name(struct python *p, uint64_t address, char *ret, size_t size)
{
	size_t len = 0;

	while (len + 1 < size) {
		size_t rest = PAGES_SIZE - (address + len) % PAGES_SIZE;
		size_t n = rest < size - 1 - len ? rest : size - 1 - len;
		int r = pages_read(p->pages, address + len, ret + len, n);

		if (r < 0)
			return r;
		if (memchr(ret + len, '\0', n))
			return 0;
		len += n;
	}
	ret[len] = '\0';
	return 0;
}

int python_type_name(struct python *p, uint64_t type, char *ret, size_t size)
{
	char name[256];
	int64_t address; /* of a char, which may be anywhere */
	int r = size ? python_int64(p, type, p->layout.type.name, &address) : -EINVAL;

	if (r == 0)
		r = read_name(p, (uint64_t)address, name, size < sizeof(name) ? size : sizeof(name));
	if (r == 0)
		memcpy(ret, name, strlen(name) + 1);
	return r;
}

/* ---- attributes ---- */

/* As many of VALUES are there as KEYS have names. */
static int get_value(struct python *p, uint64_t type, uint64_t values, const char *name, uint64_t *ret)
{
	struct python_dict dict = { 0 };
	uint64_t keys;
	int r = python_pointer(p, type, p->layout.type.cached_keys, &keys);

	if (r == 0)
		r = keys ? python_dict_open_keys(p, keys, &dict) : -ENOENT;
	if (r < 0)
		return r;
	if (dict.count > VALUES_NAMED_BY_BYTE)
		return -EBADMSG;
	dict.values = values + p->layout.dict.values_items;
	return python_dict_find(p, &dict, name, ret);
}

/* Behind the object; they do not count any more once "valid" is 0, as a dict of its own has them then. */
static int get_inline(struct python *p, uint64_t address, uint64_t type, const char *name, uint64_t *ret)
{
	int64_t size;
	uint8_t valid;
	int r = python_int64(p, type, p->layout.type.basicsize, &size);

	if (r == 0 && (size < 16 || size > 1 << 20 || size % 8 != 0))
		r = -EBADMSG;
	if (r == 0)
		r = python_byte(p, address + (uint64_t)size, p->layout.managed.inline_valid, &valid);
	if (r == 0)
		r = valid ? get_value(p, type, address + (uint64_t)size, name, ret) : -ENOENT;
	return r;
}

/* Is there a PyDictValues in front of the object? 0: RET is its address. -ENOENT. */
static int find_values(struct python *p, uint64_t address, uint64_t *ret)
{
	const struct python_layout *l = &p->layout;
	uint64_t found = 0;
	int64_t either = 0;
	int r = 0;

	if (l->managed.values != PYTHON_NONE)
		r = python_pointer(p, address - l->managed.values, 0, &found);
	else if (l->managed.tagged_values)
		r = python_int64(p, address - l->managed.dict, 0, &either);
	if (either & 1)
		found = (uint64_t)either + l->managed.tagged_values;
	if (r == 0 && found % 8)
		r = -EBADMSG;
	if (r == 0 && found == 0)
		r = -ENOENT;
	if (r == 0)
		*ret = found;
	return r;
}

static int get_managed(struct python *p, uint64_t address, uint64_t type, int64_t flags, const char *name,
		       uint64_t *ret)
{
	const struct python_layout *l = &p->layout;
	uint64_t found;
	int r = find_values(p, address, &found);

	if (r != -ENOENT)
		return r == 0 ? get_value(p, type, found, name, ret) : r;
	r = python_pointer(p, address - l->managed.dict, 0, &found);
	if (r == 0 && found)
		return python_dict_get(p, found, name, ret);
	if (r == 0 && l->managed.inline_valid != PYTHON_NONE && flags & (int64_t)FLAG_INLINE_VALUES)
		return get_inline(p, address, type, name, ret);
	return r < 0 ? r : -ENOENT;
}

/* An offset from the end, of types whose instances differ in size (those derived from int, tuple), is not followed. */
static int get_unmanaged(struct python *p, uint64_t address, uint64_t type, const char *name, uint64_t *ret)
{
	int64_t offset;
	uint64_t dict;
	int r = python_int64(p, type, p->layout.type.dictoffset, &offset);

	if (r == 0 && offset <= 0)
		r = -ENOENT;
	if (r == 0 && (offset > 1 << 20 || offset % 8 != 0))
		r = -EBADMSG;
	if (r == 0)
		r = python_pointer(p, address + (uint64_t)offset, 0, &dict);
	if (r == 0)
		r = dict ? python_dict_get(p, dict, name, ret) : -ENOENT;
	return r;
}

int python_attribute(struct python *p, uint64_t address, const char *name, uint64_t *ret)
{
	uint64_t type = 0;
	int64_t flags = 0;
	int r = python_type_of(p, address, &type);

	if (r == 0)
		r = python_int64(p, type, p->layout.type.flags, &flags);
	if (r < 0)
		return r;
	if (p->layout.managed.dict != PYTHON_NONE && flags & (int64_t)FLAG_MANAGED_DICT &&
	    flags & (int64_t)FLAG_HEAP_TYPE)
		return get_managed(p, address, type, flags, name, ret);
	return get_unmanaged(p, address, type, name, ret);
}

/* ---- integers ---- */

/* To 3.11 ob_size is how many digits there are, negative if the number is; from 3.12 on lv_tag has it in its bits from
 * the fourth on, and the sign in the lowest two: 0 positive, 1 zero, 2 negative. */
static int read_digits(struct python *p, uint64_t address, int64_t *ret_count, bool *ret_negative)
{
	int64_t tag;
	int r = python_int64(p, address, p->layout.integer.tag, &tag);

	if (r < 0)
		return r;
	if (p->layout.integer.is_tagged) {
		*ret_count = (tag & 3) == 1 ? 0 : (int64_t)((uint64_t)tag >> 3);
		*ret_negative = (tag & 3) == 2;
		return (tag & 3) == 3 ? -EBADMSG : 0;
	}
	if (tag == INT64_MIN)
		return -EBADMSG;
	*ret_count = tag < 0 ? -tag : tag;
	*ret_negative = tag < 0;
	return 0;
}

/* Digits have 30 bits, the lowest first. What is not in memory is never read: a count is only believed when few. */
int python_integer(struct python *p, uint64_t address, int64_t *ret)
{
	unsigned __int128 number = 0;
	int64_t count;
	bool negative;
	int r = python_is(p, address, PYTHON_IS_INT) ? read_digits(p, address, &count, &negative) : -EBADMSG;

	if (r == 0 && count > 3)
		r = -ERANGE;
	for (int64_t i = 0; r == 0 && i < count; i++) {
		int32_t digit;

		r = python_int32(p, address + 4 * (uint64_t)i, p->layout.integer.digits, &digit);
		if (r == 0 && (digit < 0 || digit >= 1 << 30))
			r = -EBADMSG;
		if (r == 0)
			number |= (unsigned __int128)(uint32_t)digit << 30 * i;
	}
	if (r == 0 && number > (unsigned __int128)INT64_MAX + negative)
		r = -ERANGE;
	if (r == 0)
		*ret = (int64_t)(negative ? -(uint64_t)number : (uint64_t)number);
	return r;
}

int python_integer_bits(struct python *p, uint64_t address, uint64_t *ret)
{
	int64_t count;
	bool negative;
	int32_t digit = 0;
	int r = python_is(p, address, PYTHON_IS_INT) ? read_digits(p, address, &count, &negative) : -EBADMSG;

	if (r == 0 && count > INT64_C(1) << 40)
		r = -EBADMSG;
	if (r == 0 && count > 0)
		r = python_int32(p, address + 4 * (uint64_t)(count - 1), p->layout.integer.digits, &digit);
	if (r == 0 && (digit < 0 || digit >= 1 << 30 || (count > 0 && digit == 0)))
		r = -EBADMSG;
	if (r == 0)
		*ret = count ? 30 * (uint64_t)(count - 1) + 32 - (uint64_t)__builtin_clz((unsigned int)digit) : 0;
	return r;
}

/* ---- modules ---- */

/* Its value in sys.modules may be anything: whoever is no module there has a dict of its own, or none, and the name of
 * its type is not "module"; those derived from it are not looked for. */
int python_module_dict(struct python *p, uint64_t interpreter, const char *name, uint64_t *ret)
{
	uint64_t modules, module, type, dict;
	char type_name[sizeof("module") + 1];
	int r = python_pointer(p, interpreter, p->layout.interpreter.modules, &modules);

	if (r == 0)
		r = modules ? python_dict_get(p, modules, name, &module) : -ENOENT;
	if (r == 0)
		r = python_type_of(p, module, &type);
	if (r == 0)
		r = python_type_name(p, type, type_name, sizeof(type_name));
	if (r == 0 && strcmp(type_name, "module") != 0)
		r = -ENOENT;
	if (r == 0)
		r = python_pointer(p, module, p->layout.module.module_dict, &dict);
	if (r == 0 && dict == 0)
		r = -ENOENT;
	if (r == 0)
		*ret = dict;
	return r;
}
