/* fuzz_registry.c: the memory of a process that is the input: where it has registries, and what they hold.
 *
 * It begins at BASE, as a file that is mapped readable and writable. What cannot be found is read at BASE, too. */
#include "core/registry.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BASE = 0x10000, BYTES_MAX = 1 << 20 };

struct memory {
	const uint8_t *data;
	size_t size;
};

static int read_memory(void *context, uint64_t address, void *ret, size_t len)
{
	const struct memory *m = context;

	if (len == 0)
		abort();
	if (address < BASE || address - BASE > m->size || len > m->size - (address - BASE))
		return -EFAULT;
	memcpy(ret, m->data + (address - BASE), len);
	return 0;
}

static void check_text(const char *text, size_t max)
{
	if (strlen(text) >= max)
		abort();
}

static void check_copy(const struct registry_copy *copy)
{
	if (copy->section_count > REGISTRY_SECTIONS_MAX || copy->option_count > REGISTRY_OPTIONS_MAX ||
	    copy->green_count > REGISTRY_GREEN_MAX)
		abort();
	check_text(copy->head.program, REGISTRY_TEXT_MAX);
	check_text(copy->head.product, REGISTRY_TEXT_MAX);
	check_text(copy->head.vendor, REGISTRY_TEXT_MAX);
	for (size_t i = 0; i < copy->section_count; i++)
		check_text(copy->sections[i].title, REGISTRY_TEXT_MAX);
	for (size_t i = 0; i < copy->green_count; i++)
		check_text(copy->green[i].name, sizeof(copy->green[i].name));
	for (size_t i = 0; i < copy->option_count; i++) {
		check_text(copy->options[i].group, REGISTRY_TEXT_MAX);
		check_text(copy->options[i].name, REGISTRY_TEXT_MAX);
		if (!copy->options[i].value != !!(copy->options[i].flags & REGISTRY_SECRET))
			abort();
		if (copy->options[i].value)
			check_text(copy->options[i].value, REGISTRY_VALUE_MAX);
	}
}

static void read_place(const struct registry_memory *memory, const struct registry_place *place)
{
	struct registry_copy *copy;

	if (registry_read(memory, place, BYTES_MAX, &copy) < 0)
		return;
	check_copy(copy);
	registry_copy_free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct memory m = { data, size };
	struct registry_memory memory = { read_memory, &m };
	struct procparse_map map = { .start = BASE, .end = BASE + size, .perms = "rw-p", .inode = 1 };
	struct registry_place places[REGISTRY_PLACES_MAX] = {
		{ .at = BASE, .version = REGISTRY_VERSION, .size = sizeof(struct registry) },
	};
	int count = registry_find(&memory, &map, 1, places);

	if (count < 0 || count > REGISTRY_PLACES_MAX)
		abort();
	for (int i = 0; i < (count ? count : 1); i++)
		read_place(&memory, &places[i]);
	return 0;
}
