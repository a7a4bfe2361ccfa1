/* The copy of a registry, whole and broken. */
#include "core/registry.h"

#include "tests/registry.h"
#include "tests/suite.h"

enum { BYTES_MAX = 1 << 20 };

static const struct registry_place place = {
	.at = FAKE_REGISTRY_AT, .version = REGISTRY_VERSION, .size = sizeof(struct registry),
};

static struct registry_copy *read_copy(const struct fake_program *p)
{
	struct registry_copy *copy = NULL;

	ck_assert_int_eq(registry_read(&p->read, &place, BYTES_MAX, &copy), 0);
	ck_assert_ptr_nonnull(copy);
	return copy;
}

static void check_option(const struct registry_copied_option *option, const char *group, const char *name,
			 const char *value)
{
	ck_assert_str_eq(option->group, group);
	ck_assert_str_eq(option->name, name);
	ck_assert_pstr_eq(option->value, value);
}

START_TEST(good)
{
	struct fake_program p;
	struct registry_copy *copy;

	fake_program(&p);
	copy = read_copy(&p);
	ck_assert_uint_eq(copy->torn, 0);
	ck_assert(!copy->cut);
	ck_assert_uint_eq(copy->head.pid, 77);
	ck_assert_uint_eq(copy->head.helpers[1], 79);
	ck_assert_str_eq(copy->head.product, "server");
	ck_assert_uint_eq(copy->section_count, 2); /* by order */
	ck_assert_str_eq(copy->sections[0].title, "Cache");
	ck_assert_str_eq(copy->sections[1].title, "Queues");
	ck_assert_uint_eq(copy->sections[1].late, 42);
	ck_assert_uint_eq(copy->option_count, 3);
	check_option(&copy->options[0], "default", "workers", "4");
	check_option(&copy->options[1], "database", "password", NULL);
	ck_assert_uint_eq(copy->options[1].flags, REGISTRY_SECRET);
	check_option(&copy->options[2], "database", "url", "");
	ck_assert_uint_eq(copy->green_count, 1);
	ck_assert_str_eq(copy->green[0].name, "fiber");
	ck_assert_uint_eq(copy->green[0].context, 0x5000);
	registry_copy_free(copy);
	registry_copy_free(NULL);
}
END_TEST

/* A table of the most that there may be, in all its chunks; one slot more is cut. */
START_TEST(many)
{
	static struct registry_green slots[REGISTRY_GREEN_MAX + 100];
	struct fake_program p;
	struct registry_copy *copy;
	uint64_t at = 0x100000;

	fake_program(&p);
	fake_add(&p.memory, at, slots, sizeof(slots));
	p.registry.green.first = 32;
	p.registry.green.used = REGISTRY_GREEN_MAX + 1;
	for (size_t i = 0; i < REGISTRY_GREEN_MAX + 1; i++)
		slots[i] = (struct registry_green){ .slot = { 2, REGISTRY_USED }, .stack = i };
	for (size_t i = 0, slot = 0; i < 12; slot += (size_t)32 << i++)
		p.registry.green.chunks[i] = at + slot * sizeof(*slots);
	ck_assert_int_eq(registry_read(&p.read, &place, 64 << 20, &copy), 0);
	ck_assert_uint_eq(copy->green_count, REGISTRY_GREEN_MAX);
	for (size_t i = 0; i < copy->green_count; i++)
		ck_assert_uint_eq(copy->green[i].stack, i);
	ck_assert(copy->cut);
	ck_assert_uint_eq(copy->torn, 0);
	registry_copy_free(copy);

	ck_assert_int_eq(registry_read(&p.read, &place, 256 << 10, &copy), 0); /* at most so many bytes */
	ck_assert(copy->cut);
	ck_assert_uint_gt(copy->green_count, 1000);
	ck_assert_uint_lt(copy->green_count, (256 << 10) / sizeof(*copy->green));
	registry_copy_free(copy);
}
END_TEST

START_TEST(no_budget)
{
	struct fake_program p;
	struct registry_copy *copy;

	fake_program(&p);
	ck_assert_int_eq(registry_read(&p.read, &place, 0, &copy), 0);
	ck_assert(copy->cut);
	ck_assert_uint_eq(copy->section_count + copy->option_count + copy->green_count, 0);
	registry_copy_free(copy);
}
END_TEST

/* --- what is refused as a whole --- */

static void break_magic(struct fake_program *p, struct registry_place *at) { (void)at; p->registry.magic++; }
static void break_version(struct fake_program *p, struct registry_place *at) { (void)at; p->registry.version++; }
static void break_note(struct fake_program *p, struct registry_place *at) { (void)p; at->version = 2; }
static void break_size(struct fake_program *p, struct registry_place *at) { (void)at; p->registry.size += 8; }
static void break_least(struct fake_program *p, struct registry_place *at) { p->registry.size = at->size = 672; }
static void break_most(struct fake_program *p, struct registry_place *at) { p->registry.size = at->size = 4104; }
static void break_place(struct fake_program *p, struct registry_place *at) { (void)p; at->at++; }
static void break_process(struct fake_program *p, struct registry_place *at) { (void)at; p->memory.error = -ESRCH; }
static void break_process_later(struct fake_program *p, struct registry_place *at)
{
	break_process(p, at);
	p->memory.error_from = 5;
}

static const struct {
	void (*with)(struct fake_program *p, struct registry_place *at);
	int result;
} breaks[] = {
	{ break_magic, -EBADMSG }, { break_version, -EPROTO }, { break_note, -EPROTO }, { break_size, -EBADMSG },
	{ break_least, -EBADMSG }, { break_most, -EBADMSG }, { break_place, -EFAULT }, { break_process, -ESRCH },
	{ break_process_later, -ESRCH },
};

START_TEST(broken)
{
	struct registry_copy *untouched = (void *)&untouched, *copy = untouched;
	struct registry_place at = place;
	struct fake_program p;

	fake_program(&p);
	breaks[_i].with(&p, &at);
	ck_assert_int_eq(registry_read(&p.read, &at, BYTES_MAX, &copy), breaks[_i].result);
	ck_assert_ptr_eq(copy, untouched);
}
END_TEST

/* A longer registry, and longer slots, of a later library: what we know of them. */
START_TEST(longer)
{
	struct { struct registry_section known; char more[16]; } slots[2];
	struct registry_place at = place;
	struct registry_copy *copy;
	struct fake_program p;

	fake_program(&p);
	p.registry.size = at.size = REGISTRY_SIZE_MAX;
	memset(slots, 'x', sizeof(slots));
	slots[0].known = p.tables.sections[0];
	slots[1].known = p.tables.sections[1];
	fake_add(&p.memory, 0x50000, slots, sizeof(slots));
	p.registry.sections.slot_size = sizeof(*slots);
	p.registry.sections.chunks[0] = 0x50000;
	ck_assert_int_eq(registry_read(&p.read, &at, BYTES_MAX, &copy), 0);
	ck_assert_uint_eq(copy->section_count, 2);
	ck_assert_str_eq(copy->sections[0].title, "Cache");
	registry_copy_free(copy);
}
END_TEST

/* --- what is missing of one that is read --- */

static void no_slot_size(struct fake_program *p) { p->registry.options.slot_size = 0; }
static void short_slot(struct fake_program *p) { p->registry.options.slot_size = 23; }
static void long_slot(struct fake_program *p) { p->registry.options.slot_size = REGISTRY_SLOT_MAX + 1; }
static void no_first(struct fake_program *p) { p->registry.options.first = 0; }
static void big_first(struct fake_program *p) { p->registry.options.first = REGISTRY_OPTIONS_MAX + 1; }
static void no_chunk(struct fake_program *p) { p->registry.options.chunks[0] = 0; }
static void no_such_chunk(struct fake_program *p) { p->registry.options.chunks[0] = 0x90000; }
static void chunk_at_end(struct fake_program *p) { p->registry.options.chunks[0] = UINT64_MAX - 8; }

static void (*const lost_tables[])(struct fake_program *p) = {
	no_slot_size, short_slot, long_slot, no_first, big_first, no_chunk, no_such_chunk, chunk_at_end,
};

START_TEST(lost_table)
{
	struct registry_copy *copy;
	struct fake_program p;

	fake_program(&p);
	lost_tables[_i](&p);
	copy = read_copy(&p);
	ck_assert_uint_eq(copy->option_count, 0);
	ck_assert_uint_eq(copy->torn, 4);
	ck_assert_uint_eq(copy->section_count, 2);
	ck_assert_uint_eq(copy->green_count, 1);
	registry_copy_free(copy);
}
END_TEST

#define LONG_64 "0123456789012345678901234567890123456789012345678901234567890123"

static const struct { uint32_t flags; const char *text; size_t length; } bad_texts[] = {
	{ 0, "a\0b", 4 },                   /* no value */
	{ 0, "a\0b\0c", 5 },                /* no NUL at the end */
	{ 0, "a\0b\0c\0", 7 },              /* one string more */
	{ REGISTRY_SECRET, "a\0b\0c", 6 },  /* a secret's value */
	{ 0, "", 0 },
	{ 0, "a", 1 << 20 },
	{ 0, LONG_64 "\0b\0c", 69 },
	{ 0, "a\0" LONG_64 "\0c", 69 },
	{ REGISTRY_SECRET, "a", 2 },
};

START_TEST(bad_text)
{
	struct registry_copy *copy;
	struct fake_program p;

	fake_program(&p);
	if (bad_texts[_i].length < sizeof(p.text))
		p.tables.options[0].text = fake_text(&p, bad_texts[_i].text, bad_texts[_i].length);
	p.tables.options[0].length = (uint32_t)bad_texts[_i].length;
	p.tables.options[0].flags = bad_texts[_i].flags;
	p.tables.options[3].text = 0x90000;
	copy = read_copy(&p);
	ck_assert_uint_eq(copy->torn, 2);
	ck_assert_uint_eq(copy->option_count, 1);
	check_option(&copy->options[0], "database", "password", NULL);
	registry_copy_free(copy);
}
END_TEST

START_TEST(bad_numbers)
{
	struct registry_copy *copy;
	struct fake_program p;

	fake_program(&p);
	p.registry.pid = p.registry.reporter = p.registry.helpers[0] = 0x80000000;
	p.registry.signal = 4096;
	memset(p.registry.program, 'x', sizeof(p.registry.program));
	memset(p.tables.sections[0].title, 'x', sizeof(p.tables.sections[0].title));
	memset(p.tables.more_green[1].name, 'x', sizeof(p.tables.more_green[1].name));
	p.tables.sections[0].late = 0xffffffff;
	copy = read_copy(&p);
	ck_assert_uint_eq(copy->head.pid + copy->head.reporter + copy->head.helpers[0], 0);
	ck_assert_int_eq(copy->head.signal, 0);
	ck_assert_uint_eq(strlen(copy->head.program), REGISTRY_TEXT_MAX - 1);
	ck_assert_uint_eq(strlen(copy->sections[1].title), REGISTRY_TEXT_MAX - 1);
	ck_assert_uint_eq(strlen(copy->green[0].name), 31);
	ck_assert_uint_eq(copy->sections[1].late, 0);
	registry_copy_free(copy);
}
END_TEST

/* --- a program that goes on --- */

/* Before each of the first CHANGES readings of the text of option 0, it is replaced. */
struct change {
	struct fake_program *p;
	unsigned changes;
};

static void change_option(struct fake_memory *m, uint64_t address)
{
	struct change *change = m->context;
	struct registry_option *option = &change->p->tables.options[0];

	if (address != option->text || change->changes == 0)
		return;
	change->changes--;
	option->slot.sequence += 2;
	change->p->text[sizeof("default\0workers")]++;
}

START_TEST(changed_once)
{
	struct fake_program p;
	struct change change = { &p, 1 };
	struct registry_copy *copy;

	fake_program(&p);
	p.memory.before = change_option;
	p.memory.context = &change;
	copy = read_copy(&p);
	ck_assert_uint_eq(copy->option_count, 3);
	check_option(&copy->options[0], "default", "workers", "5");
	ck_assert_uint_eq(copy->torn, 0);
	registry_copy_free(copy);
}
END_TEST

START_TEST(changed_always)
{
	struct fake_program p;
	struct change change = { &p, 1000 };
	struct registry_copy *copy;

	fake_program(&p);
	p.memory.before = change_option;
	p.memory.context = &change;
	p.tables.sections[1].slot.sequence++; /* and one is being written */
	copy = read_copy(&p);
	ck_assert_uint_eq(copy->option_count, 2);
	ck_assert_uint_eq(copy->section_count, 1);
	ck_assert_uint_eq(copy->torn, 2);
	ck_assert_uint_gt(change.changes, 900);
	registry_copy_free(copy);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, good);
	tcase_add_test(t, many);
	tcase_add_test(t, no_budget);
	tcase_add_loop_test(t, broken, 0, sizeof(breaks) / sizeof(*breaks));
	tcase_add_test(t, longer);
	tcase_add_loop_test(t, lost_table, 0, sizeof(lost_tables) / sizeof(*lost_tables));
	tcase_add_loop_test(t, bad_text, 0, sizeof(bad_texts) / sizeof(*bad_texts));
	tcase_add_test(t, bad_numbers);
	tcase_add_test(t, changed_once);
	tcase_add_test(t, changed_always);
	return suite_run("registry_read", t);
}
