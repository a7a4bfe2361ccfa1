/* registry.h: a registry as the C library has it, and a process's memory to read it from: pieces of our own. */
#ifndef TESTS_REGISTRY_H
#define TESTS_REGISTRY_H

#include <check.h>
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "core/registry.h"

/* LEN bytes at ADDRESS of the process, which are ours at DATA. */
struct fake_piece {
	uint64_t address;
	const void *data;
	size_t len;
};

struct fake_memory {
	struct fake_piece pieces[12];
	size_t piece_count, readings;
	int error;                                          /* instead of a reading, where it is not 0: */
	size_t error_from;                                  /* from this reading on */
	void (*before)(struct fake_memory *memory, uint64_t address); /* each reading */
	void *context;
};

static inline void fake_add(struct fake_memory *m, uint64_t address, const void *data, size_t len)
{
	ck_assert_uint_lt(m->piece_count, sizeof(m->pieces) / sizeof(*m->pieces));
	m->pieces[m->piece_count++] = (struct fake_piece){ address, data, len };
}

static inline int fake_read(void *context, uint64_t address, void *ret, size_t len)
{
	struct fake_memory *m = context;

	if (m->error && m->readings >= m->error_from)
		return m->error;
	m->readings++;
	if (m->before)
		m->before(m, address);
	for (size_t i = 0; i < m->piece_count; i++) {
		const struct fake_piece *p = &m->pieces[i];

		if (address < p->address || address - p->address > p->len || len > p->len - (address - p->address))
			continue;
		memcpy(ret, (const char *)p->data + (address - p->address), len);
		return 0;
	}
	return -EFAULT;
}

/* What a program has registered: two sections, three options of which one is secret, one green thread in the second
 * chunk of its table. */
enum { FAKE_REGISTRY_AT = 0x10000, FAKE_TABLES_AT = 0x20000, FAKE_TEXT_AT = 0x30000 };

struct fake_program {
	struct registry registry;
	struct {
		struct registry_section sections[2];
		struct registry_option options[4];
		struct registry_green green[2], more_green[4];
	} tables;
	char text[4096];
	size_t text_len;
	struct fake_memory memory;
	struct registry_memory read;
};

/* LEN bytes of TEXT in the program's memory; returns where. */
static inline uint64_t fake_text(struct fake_program *p, const char *text, size_t len)
{
	uint64_t at = FAKE_TEXT_AT + p->text_len;

	ck_assert_uint_le(len, sizeof(p->text) - p->text_len);
	memcpy(p->text + p->text_len, text, len);
	p->text_len += len;
	return at;
}

#define FAKE_OPTION(program, flags_, text_) \
	((struct registry_option){ .slot = { 2, REGISTRY_USED }, .flags = (flags_), .length = sizeof(text_), \
				   .text = fake_text((program), (text_), sizeof(text_)) })
#define FAKE_TABLE(member, first_, used_) \
	((struct registry_table){ .slot_size = sizeof(((struct fake_program *)0)->tables.member[0]), \
				  .first = (first_), .used = (used_), \
				  .chunks[0] = FAKE_TABLES_AT + offsetof(struct fake_program, tables.member) - \
					       offsetof(struct fake_program, tables) })

static inline void fake_fill_tables(struct fake_program *p)
{
	p->tables.sections[0] = (struct registry_section){
		.slot = { 2, REGISTRY_USED }, .title = "Queues", .generator = 0x1000, .order = 7, .late = 42,
	};
	p->tables.sections[1] = (struct registry_section){ .slot = { 4, REGISTRY_USED }, .title = "Cache", .order = 3 };
	p->tables.options[0] = FAKE_OPTION(p, 0, "default\0workers\0" "4");
	p->tables.options[1] = (struct registry_option){ .slot = { 4, REGISTRY_FREE } };
	p->tables.options[2] = FAKE_OPTION(p, REGISTRY_SECRET, "database\0password");
	p->tables.options[3] = FAKE_OPTION(p, REGISTRY_CUT, "database\0url\0");
	p->tables.more_green[1] = (struct registry_green){
		.slot = { 6, REGISTRY_USED }, .name = "fiber", .stack = 0x7000, .stack_size = 0x1000, .context = 0x5000,
	};
}

static inline void fake_program(struct fake_program *p)
{
	*p = (struct fake_program){ .registry = {
		.magic = REGISTRY_MAGIC, .version = REGISTRY_VERSION, .size = sizeof(struct registry),
		.pid = 77, .signal = 12, .helpers = { 78, 79 },
		.program = "1.4.2", .product = "server", .vendor = "Example",
		.sections = FAKE_TABLE(sections, 2, 2),
		.options = FAKE_TABLE(options, 4, 4),
		.green = FAKE_TABLE(green, 2, 4),
	} };
	p->registry.green.chunks[1] = p->registry.green.chunks[0] + sizeof(p->tables.green);
	fake_fill_tables(p);
	fake_add(&p->memory, FAKE_REGISTRY_AT, &p->registry, sizeof(p->registry));
	fake_add(&p->memory, FAKE_TABLES_AT, &p->tables, sizeof(p->tables));
	fake_add(&p->memory, FAKE_TEXT_AT, p->text, sizeof(p->text));
	p->read = (struct registry_memory){ fake_read, &p->memory };
}

#endif
