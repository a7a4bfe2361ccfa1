/* python_fake.h: objects of CPython in a memory made by hand, as the version in python.layout has them: no more of them
 * than core/python_*.c looks at. */
#ifndef TESTS_PYTHON_FAKE_H
#define TESTS_PYTHON_FAKE_H

#include <string.h>

#include "core/python_private.h"
#include "tests/suite.h"

enum { MEMORY_SIZE = 32 * PAGES_SIZE, MINOR_FIRST = 8, MINOR_BEHIND = 14 };

#define BASE 0x10000UL
#define MANAGED (1UL << 4)
#define INLINE (1UL << 2)
#define HEAP (1UL << 9)

static struct python python;
static unsigned char memory[MEMORY_SIZE];
static uint64_t next, str_type, int_type, dict_type, module_type, object_type;

static inline void set(uint64_t address, uint64_t value, size_t size)
{
	ck_assert(address >= BASE && address - BASE + size <= MEMORY_SIZE);
	memcpy(memory + (address - BASE), &value, size);
}

static inline uint64_t room(size_t size)
{
	uint64_t found = next;

	next += (size + 15) / 16 * 16;
	ck_assert(next <= BASE + MEMORY_SIZE);
	return found;
}

static inline void publish(void)
{
	pages_clear(python.pages);
	ck_assert_int_eq(pages_put(python.pages, BASE, memory, sizeof(memory)), 0);
}

static inline uint64_t object(uint64_t type, size_t size)
{
	uint64_t made = room(size + 64) + 64; /* what is in front of it, too */

	set(made + python.layout.object.type, type, 8);
	return made;
}

static inline uint64_t type(const char *name, uint64_t flags)
{
	uint64_t made = object(0, 1024), text = room(strlen(name) + 1) + 1; /* at an odd address */

	memcpy(memory + (text - BASE), name, strlen(name) + 1);
	set(made + python.layout.type.name, text, 8);
	set(made + python.layout.type.flags, flags, 8);
	set(made + python.layout.type.basicsize, 16, 8);
	return made;
}

static inline uint64_t text(const char *ascii)
{
	uint64_t made = object(str_type, 128);

	set(made + python.layout.unicode.length, strlen(ascii), 8);
	set(made + python.layout.unicode.state,
	    1U << python.layout.unicode.kind_shift | 1U << python.layout.unicode.compact_shift |
		    1U << python.layout.unicode.ascii_shift, 4);
	memcpy(memory + (made + python.layout.unicode.ascii_size - BASE), ascii, strlen(ascii));
	return made;
}

/* Of digits of 30 bits, the lowest first. */
static inline uint64_t integer(bool negative, size_t count, uint32_t one, uint32_t two, uint32_t three)
{
	uint64_t made = object(int_type, 64);
	uint64_t size = negative ? -(uint64_t)count : count;

	if (python.layout.integer.is_tagged)
		size = count << 3 | (count == 0 ? 1 : negative ? 2 : 0);
	set(made + python.layout.integer.tag, size, 8);
	set(made + python.layout.integer.digits, one, 4);
	set(made + python.layout.integer.digits + 4, two, 4);
	set(made + python.layout.integer.digits + 8, three, 4);
	return made;
}

/* Keys for 2^LOG2 entries, the first COUNT of which are PAIRS. */
static inline uint64_t keys(unsigned int log2, bool general, size_t count, const uint64_t (*pairs)[2])
{
	const struct python_layout *l = &python.layout;
	size_t width = log2 <= 7 ? 1 : 2, entry = general || l->dict.keys_kind == PYTHON_NONE ? 24 : 16;
	uint64_t made = room(l->dict.keys_indices + (width << log2) + entry * count);
	uint64_t entries = made + l->dict.keys_indices + (width << log2);

	if (l->dict.keys_size != PYTHON_NONE) {
		set(made + l->dict.keys_size, 1UL << log2, 8);
	} else {
		set(made + l->dict.keys_log2_size, log2, 1);
		set(made + l->dict.keys_log2_index_bytes, log2 + (width == 2), 1);
		set(made + l->dict.keys_kind, !general, 1);
	}
	set(made + l->dict.keys_nentries, count, 8);
	for (size_t i = 0; i < count; i++) {
		set(entries + entry * i + entry - 16, pairs[i][0], 8);
		set(entries + entry * i + entry - 8, pairs[i][1], 8);
	}
	return made;
}

static inline uint64_t dict(uint64_t its_keys, uint64_t values)
{
	uint64_t made = object(dict_type, 64);

	set(made + python.layout.dict.keys, its_keys, 8);
	set(made + python.layout.dict.values, values, 8);
	return made;
}

static inline uint64_t values(uint64_t first, uint64_t second)
{
	uint64_t made = room(64);

	set(made + python.layout.dict.values_items, first, 8);
	set(made + python.layout.dict.values_items + 8, second, 8);
	return made;
}

static inline void begin(int minor)
{
	memset(memory, 0, sizeof(memory));
	next = BASE;
	python.layout = *python_layout_of(minor);
	str_type = type("str", 1UL << PYTHON_IS_STR);
	int_type = type("int", 1UL << PYTHON_IS_INT);
	dict_type = type("dict", 1UL << PYTHON_IS_DICT);
	module_type = type("module", 0);
	object_type = type("object", 0);
}

static inline void setup(void)
{
	python = (struct python){ .has_layout = true };
	ck_assert_int_eq(pages_new(256, &python.pages), 0);
}

static inline void teardown(void)
{
	pages_free(python.pages);
}

#endif
