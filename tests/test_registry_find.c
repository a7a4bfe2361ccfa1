/* Where a process has registries: by the notes of objects in memory. The last test is a process: this one. */
#include "core/registry.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/memory.h"
#include "core/procfs.h"
#include "tests/registry.h"
#include "tests/suite.h"

/* An object at OBJECT, whose data with the registry lies in the mapping behind its text, at DATA. The headers say that
 * it is linked for 0x1000. */
enum { OBJECT = 0x400000, TEXT = 0x401000, DATA = 0x402000, END = 0x403000, LINKED = 0x1000, NOTE_AT = 0x400 };
enum { BIAS = OBJECT - LINKED };

struct note {
	Elf64_Nhdr head;
	char owner[12];
	struct registry_note body;
};

struct object {
	union {
		Elf64_Ehdr header;
		unsigned char bytes[0x1000];
	};
	struct procparse_map maps[3];
	struct fake_memory memory;
	struct registry_memory read;
	struct registry_place places[REGISTRY_PLACES_MAX];
};

static struct procparse_map map_of(uint64_t start, uint64_t end, uint64_t offset, const char *perms, uint64_t inode)
{
	struct procparse_map map = { .start = start, .end = end, .offset = offset, .dev = 1, .inode = inode };

	strcpy(map.perms, perms);
	return map;
}

static Elf64_Phdr *segment(struct object *o, size_t i)
{
	return (Elf64_Phdr *)(void *)(o->bytes + sizeof(o->header)) + i;
}

/* The note is behind another one, as a build-id is. */
static void put_note(unsigned char *to, uint64_t at, uint64_t registry)
{
	struct note other = { { 4, 16, 3 }, "GNU", { 0 } }, note = {
		{ sizeof(REGISTRY_OWNER), sizeof(struct registry_note), REGISTRY_NOTE }, REGISTRY_OWNER,
		{ REGISTRY_VERSION, sizeof(struct registry), 0 },
	};
	size_t before = sizeof(Elf64_Nhdr) + 4 + 16;

	memcpy(to, &other, sizeof(Elf64_Nhdr) + 4);
	note.body.offset = (int64_t)(registry - (at + before + sizeof(Elf64_Nhdr) + sizeof(note.owner) + 8));
	memcpy(to + before, &note.head, sizeof(note.head));
	memcpy(to + before + sizeof(note.head), note.owner, sizeof(note.owner));
	memcpy(to + before + sizeof(note.head) + sizeof(note.owner), &note.body, sizeof(note.body));
}

static void object(struct object *o)
{
	static const uint16_t one = 1;

	*o = (struct object){ .header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, *(const char *)&one ? ELFDATA2LSB : ELFDATA2MSB },
		.e_phoff = sizeof(Elf64_Ehdr), .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 3,
	} };
	*segment(o, 0) = (Elf64_Phdr){ .p_type = PT_LOAD, .p_vaddr = LINKED, .p_memsz = 0x1000 };
	*segment(o, 1) = (Elf64_Phdr){ .p_type = PT_LOAD, .p_vaddr = LINKED + 0x2000, .p_offset = 0x800,
				       .p_memsz = 0x1000 };
	*segment(o, 2) = (Elf64_Phdr){ .p_type = PT_NOTE, .p_vaddr = LINKED + NOTE_AT, .p_offset = NOTE_AT,
				       .p_memsz = 72, .p_align = 4 };
	put_note(o->bytes + NOTE_AT, OBJECT + NOTE_AT, DATA + 0x100);
	o->maps[0] = map_of(OBJECT, TEXT, 0, "r--p", 5);
	o->maps[1] = map_of(TEXT, DATA, 0x1000, "r-xp", 5);
	o->maps[2] = map_of(DATA, END, 0, "rw-p", 5); /* of the file's first page as well */
	fake_add(&o->memory, OBJECT, o->bytes, sizeof(o->bytes));
	fake_add(&o->memory, DATA, o->bytes, sizeof(o->bytes));
	o->read = (struct registry_memory){ fake_read, &o->memory };
}

static int find(struct object *o)
{
	return registry_find(&o->read, o->maps, 3, o->places);
}

START_TEST(good)
{
	struct object o;

	object(&o);
	ck_assert_int_eq(find(&o), 1);
	ck_assert_uint_eq(o.places[0].at, DATA + 0x100);
	ck_assert_uint_eq(o.places[0].object, OBJECT);
	ck_assert_uint_eq(o.places[0].version, REGISTRY_VERSION);
	ck_assert_uint_eq(o.places[0].size, sizeof(struct registry));
	ck_assert_uint_eq(o.memory.readings, 1);
}
END_TEST

/* Notes that are not in the first page. */
START_TEST(far)
{
	unsigned char notes[72];
	struct object o;

	object(&o);
	segment(&o, 2)->p_vaddr += 0x1000;
	put_note(notes, TEXT + NOTE_AT, DATA);
	fake_add(&o.memory, TEXT + NOTE_AT, notes, sizeof(notes));
	ck_assert_int_eq(find(&o), 1);
	ck_assert_uint_eq(o.places[0].at, DATA);
}
END_TEST

/* A registry that lies in two mappings. */
START_TEST(two_mappings)
{
	struct object o;

	object(&o);
	put_note(o.bytes + NOTE_AT, OBJECT + NOTE_AT, DATA - 0x100);
	ck_assert_int_eq(find(&o), 0);
	strcpy(o.maps[1].perms, "rw-p");
	ck_assert_int_eq(find(&o), 1);
	o.maps[1].end--;
	ck_assert_int_eq(find(&o), 0);
}
END_TEST

/* A 32-bit program's. */
START_TEST(narrow)
{
	Elf32_Ehdr header = { .e_phoff = sizeof(header), .e_phentsize = sizeof(Elf32_Phdr), .e_phnum = 2 };
	Elf32_Phdr segments[2] = {
		{ .p_type = PT_LOAD, .p_vaddr = LINKED, .p_memsz = 0x3000 },
		{ .p_type = PT_NOTE, .p_vaddr = LINKED + NOTE_AT, .p_memsz = 72, .p_align = 4 },
	};
	struct object o;

	object(&o);
	memcpy(header.e_ident, o.bytes, EI_NIDENT);
	header.e_ident[EI_CLASS] = ELFCLASS32;
	memcpy(o.bytes, &header, sizeof(header));
	memcpy(o.bytes + sizeof(header), segments, sizeof(segments));
	ck_assert_int_eq(find(&o), 1);
	ck_assert_uint_eq(o.places[0].at, DATA + 0x100);
}
END_TEST

static struct note *note_of(struct object *o)
{
	return (struct note *)(void *)(o->bytes + NOTE_AT + 32);
}

static void no_elf(struct object *o) { o->bytes[0] = 0; }
static void no_class(struct object *o) { o->bytes[EI_CLASS] = 3; }
static void other_order(struct object *o) { o->bytes[EI_DATA] ^= 3; }
static void segments_behind(struct object *o) { o->header.e_phoff = 0xf80; }
static void segments_nowhere(struct object *o) { o->header.e_phoff = UINT64_MAX - 8; }
static void segments_too_many(struct object *o) { o->header.e_phnum = UINT16_MAX; }
static void segments_too_small(struct object *o) { o->header.e_phentsize--; }
static void no_load(struct object *o) { segment(o, 0)->p_type = segment(o, 1)->p_type = PT_NULL; }
static void no_notes(struct object *o) { segment(o, 2)->p_type = PT_NULL; }
static void notes_cut(struct object *o) { segment(o, 2)->p_memsz--; }
static void notes_empty(struct object *o) { segment(o, 2)->p_memsz = 0; }
static void notes_nowhere(struct object *o) { segment(o, 2)->p_vaddr = UINT64_MAX - 8; }
static void notes_unmapped(struct object *o) { segment(o, 2)->p_vaddr += 0x10000; }
static void name_long(struct object *o) { ((Elf64_Nhdr *)(void *)(o->bytes + NOTE_AT))->n_namesz = UINT32_MAX; }
static void desc_long(struct object *o) { ((Elf64_Nhdr *)(void *)(o->bytes + NOTE_AT))->n_descsz = UINT32_MAX - 2; }
static void other_owner(struct object *o) { note_of(o)->owner[0] = 'P'; }
static void other_type(struct object *o) { note_of(o)->head.n_type++; }
static void short_body(struct object *o) { note_of(o)->head.n_descsz--; }
static void too_small(struct object *o) { note_of(o)->body.size = REGISTRY_SIZE_LEAST - 8; }
static void too_large(struct object *o) { note_of(o)->body.size = REGISTRY_SIZE_MAX + 8; }
static void at_nowhere(struct object *o) { note_of(o)->body.offset = INT64_MIN; }
static void at_read_only(struct object *o) { note_of(o)->body.offset = -8; }
static void at_end(struct object *o) { note_of(o)->body.offset += 0x1000 - 0x100 - 672; }
static void anonymous(struct object *o) { o->maps[0].inode = o->maps[2].inode = 0; }
static void no_begin(struct object *o) { o->maps[0].offset = o->maps[2].offset = 0x1000; }
static void not_read(struct object *o) { o->maps[0].perms[0] = o->maps[2].perms[0] = '-'; }
static void backwards(struct object *o) { o->maps[0].end = o->maps[2].end = 0x1000; }

static void (*const breaks[])(struct object *o) = {
	no_elf, no_class, other_order, segments_behind, segments_nowhere, segments_too_many, segments_too_small,
	no_load, no_notes, notes_cut, notes_empty, notes_nowhere, notes_unmapped, name_long, desc_long, other_owner,
	other_type, short_body, too_small, too_large, at_nowhere, at_read_only, at_end, anonymous, no_begin, not_read,
	backwards,
};

START_TEST(broken)
{
	struct object o;

	object(&o);
	breaks[_i](&o);
	ck_assert_int_eq(find(&o), 0);
}
END_TEST

START_TEST(version_unknown)
{
	struct object o;

	object(&o);
	note_of(&o)->body.version = 9;
	note_of(&o)->body.size = 16;
	ck_assert_int_eq(find(&o), 1);
	ck_assert_uint_eq(o.places[0].version, 9);
}
END_TEST

START_TEST(process_ends)
{
	struct object o;

	object(&o);
	o.places[0].at = 1;
	o.memory.error = -ESRCH;
	ck_assert_int_eq(find(&o), -ESRCH);
	o.memory.error = -EFAULT;
	ck_assert_int_eq(find(&o), 0);
	ck_assert_uint_eq(o.places[0].at, 1);
}
END_TEST

/* As many objects as are looked at, as many places as are told. */
START_TEST(many)
{
	enum { COUNT = 2 * REGISTRY_OBJECTS_MAX };
	static struct procparse_map maps[COUNT];
	struct object o;
	int seen;

	object(&o);
	for (size_t i = 0; i < COUNT; i++)
		maps[i] = map_of(OBJECT + i * 0x10, OBJECT + i * 0x10 + 16, 0, "rw-p", i + 1);
	ck_assert_int_eq(registry_find(&o.read, maps, COUNT, o.places), 0);
	ck_assert_uint_eq(o.memory.readings, REGISTRY_OBJECTS_MAX);

	for (size_t i = 0; i < COUNT; i++) {
		maps[i] = map_of(0x10000000 + i * 0x3000, 0x10000000 + (i + 1) * 0x3000, 0, "rw-p", i + 1);
		if (i < 9)
			fake_add(&o.memory, maps[i].start, o.bytes, sizeof(o.bytes));
	}
	seen = registry_find(&o.read, maps, COUNT, o.places);
	ck_assert_int_eq(seen, REGISTRY_PLACES_MAX);
	for (int i = 0; i < seen; i++)
		ck_assert_uint_eq(o.places[i].at, maps[i].start + 0x2100);
}
END_TEST

/* --- this process --- */

struct registry test_registry = {
	.magic = REGISTRY_MAGIC, .version = REGISTRY_VERSION, .size = sizeof(struct registry), .pid = 4711,
};

__asm__(".pushsection .note.procguard,\"a\",%note\n"
	".balign 4\n"
	".long 10, 16, 0x474d5201\n"
	".asciz \"procguard\"\n"
	".balign 4\n"
	".long 1, 680\n"
	".quad test_registry - .\n"
	".popsection\n");

static int read_self(void *context, uint64_t address, void *ret, size_t len)
{
	(void)context;
	return memory_read(getpid(), address, ret, len);
}

START_TEST(process)
{
	static struct procparse_map maps[4096];
	struct registry_memory memory = { read_self, NULL };
	struct registry_place places[REGISTRY_PLACES_MAX];
	struct registry_copy *copy;
	struct buf text = BUF(4 << 20);
	struct procfs proc;
	size_t at = 0, count = 0;
	int dir;

	ck_assert_int_eq(procfs_open_own(&proc), 0);
	dir = procfs_process(&proc, getpid());
	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(procfs_read(dir, "maps", &text), 0);
	while (count < sizeof(maps) / sizeof(*maps) && procparse_map(text.data, text.len, &at, &maps[count]) > 0)
		count++;
	ck_assert_int_eq(registry_find(&memory, maps, count, places), 1);
	ck_assert_uint_eq(places[0].at, (uintptr_t)&test_registry);
	ck_assert_int_eq(registry_read(&memory, &places[0], 1 << 20, &copy), 0);
	ck_assert_uint_eq(copy->head.pid, 4711);
	registry_copy_free(copy);
	close(dir);
	procfs_done(&proc);
	buf_done(&text);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, good);
	tcase_add_test(t, far);
	tcase_add_test(t, two_mappings);
	tcase_add_test(t, narrow);
	tcase_add_loop_test(t, broken, 0, sizeof(breaks) / sizeof(*breaks));
	tcase_add_test(t, version_unknown);
	tcase_add_test(t, process_ends);
	tcase_add_test(t, many);
	tcase_add_test(t, process);
	return suite_run("registry_find", t);
}
