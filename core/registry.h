/* registry.h: what a program has registered with the C library (core/inside/gmr.h), as it lies in its memory, and how
 * another process finds and reads it.
 *
 * An object that contains the library has an ELF note, elf(5), in a segment that is loaded (PT_NOTE, SHF_ALLOC):
 *
 *   0a 00 00 00  10 00 00 00  01 52 4d 47  "procguard\0" 00 00  01 00 00 00  a8 02 00 00  28 3d 00 00 00 00 00 00
 *   name size    size         type         owner                version      size         offset
 *
 * The registry begins OFFSET bytes behind the address of the field offset itself. Both lie in one object, so the
 * linker knows the distance: no relocation is left, and the note is the same in an executable, position independent or
 * not, a shared library, and below any load address. A program may have several: one in each object that was linked
 * with the library.
 *
 * From outside the note is read in memory, not in the file (which may be deleted, replaced, in another mount
 * namespace): each mapping of a file at offset 0 that begins with an ELF header is one object; its program headers give
 * the note, and its first PT_LOAD the load address.
 *
 * All of it is hostile: the program may be broken, or may lie. Nothing in it is followed but the addresses below, each
 * with a length that is bounded here; what a field says is checked against these bounds before it is used; numbers are
 * masked or refused; texts are escaped when they are shown. It is read without a lock and while the program goes on: a
 * slot counts where its sequence number was even and is the same behind the reading of what it points to. */
#ifndef CORE_REGISTRY_H
#define CORE_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/procparse_task.h"

/* ---- layout: natural alignment, the same for 32 and 64 bits, byte order of the machine ----
 *
 * VERSION changes with a layout that old readers would misread: they refuse it (-EPROTO). What is only more is added at
 * the end, and SIZE grows: a reader takes what both know, the rest is 0 for it. So with the slots of a table. */

#define REGISTRY_OWNER "procguard"

enum {
	REGISTRY_NOTE = 0x474d5201,    /* "GMR" and 1: the note's type */
	REGISTRY_VERSION = 1,
	REGISTRY_SIZE_LEAST = 680,     /* of version 1, as it was first */
	REGISTRY_SIZE_MAX = 4096,
	REGISTRY_SLOT_MAX = 256,       /* bytes of a slot */
	REGISTRY_CHUNKS = 16,          /* of a table */
	REGISTRY_SECTIONS_MAX = 64,    /* slots of the tables */
	REGISTRY_OPTIONS_MAX = 4096,
	REGISTRY_GREEN_MAX = 65536,
	REGISTRY_TEXT_MAX = 64,        /* a title, group or name, with its NUL */
	REGISTRY_VALUE_MAX = 4096,     /* an option's value, with its NUL */
	REGISTRY_HELPERS_MAX = 4,
	REGISTRY_PLACES_MAX = 8,       /* registries of one process that are read */
	REGISTRY_OBJECTS_MAX = 4096,   /* objects in which notes are looked for */
	REGISTRY_HEADER_MAX = 4096,    /* of an object: ELF header and program headers; of its notes the same */
};

#define REGISTRY_MAGIC UINT64_C(0x5952545349474552) /* "REGISTRY" in memory on a little-endian machine */

/* The note's descriptor. */
struct registry_note {
	uint32_t version, size; /* of the registry */
	int64_t offset;         /* from this field to it */
};

/* A table in chunks, which appear as they are needed and never move or go. The first has FIRST slots, each later one
 * twice as many as the one before it. */
struct registry_table {
	uint32_t slot_size;               /* bytes from one to the next */
	uint32_t first;
	uint32_t used;                    /* slots behind this were never used */
	uint32_t reserved;
	uint64_t chunks[REGISTRY_CHUNKS]; /* addresses; 0: not there yet */
};

struct registry {
	uint64_t magic;
	uint32_t version, size;                /* as in the note */
	uint32_t pid;                          /* as the process sees itself; 0: gmr_setup_autorun() was not called;
	                                        * its parent's: a child without a helper, as clone(2) alone makes it */
	int32_t signal;                        /* on which it reports; 0: on none */
	uint32_t reports;                      /* so many have been made */
	uint32_t reporter;                     /* the pid of the child that makes one now, or 0 */
	uint32_t helpers[REGISTRY_HELPERS_MAX]; /* ids of the library's own threads, or 0 */
	char program[REGISTRY_TEXT_MAX];       /* version, product, vendor: NUL within, or cut */
	char product[REGISTRY_TEXT_MAX];
	char vendor[REGISTRY_TEXT_MAX];
	uint64_t section;                      /* struct registry_section that a generator is writing, or 0 */
	struct registry_table sections, options, green;
};

/* Begins each slot. Odd: it is being written. 0: never used. It grows by 2 with each change, so that a number that was
 * given out for a slot stays that one's (gmr_register_green_thread()). */
struct registry_slot {
	uint32_t sequence;
	uint32_t state;         /* enum registry_state */
};

enum registry_state { REGISTRY_FREE, REGISTRY_USED };

struct registry_section {
	struct registry_slot slot;
	char title[REGISTRY_TEXT_MAX];
	uint64_t generator, context; /* of use to the program itself alone */
	uint32_t order;              /* sections stand by it */
	uint32_t late;               /* the helper that is still in it, or 0 */
};

enum { REGISTRY_SECRET = 1, REGISTRY_CUT = 2 };

struct registry_option {
	struct registry_slot slot;
	uint32_t flags;
	uint32_t length;        /* of the text: "group\0name\0value\0"; REGISTRY_SECRET: "group\0name\0" */
	uint64_t text;
};

struct registry_green {
	struct registry_slot slot;
	char name[32];
	uint64_t stack, stack_size;
	uint64_t context;       /* of a ucontext_t, or 0 */
	uint64_t registers;     /* of three words: pc, sp, fp; or 0 */
};

_Static_assert(sizeof(struct registry_note) == 16, "a note has no holes");
_Static_assert(sizeof(struct registry_table) == 144, "a table has no holes");
_Static_assert(sizeof(struct registry) == REGISTRY_SIZE_LEAST, "the registry has no holes");
_Static_assert(sizeof(struct registry_section) == 96 && sizeof(struct registry_option) == 24 &&
	       sizeof(struct registry_green) == 72, "slots have no holes");

/* ---- registry_find.c, registry_read.c, registry_table.c: from outside ----
 *
 * They read by a function, so that tests can stand for a process: copy LEN bytes at ADDRESS to RET; -EFAULT: not all
 * of them are mapped; any other -errno (-ESRCH, -EPERM, -ETIMEDOUT) ends it all. The process decides how long a page
 * takes to come (userfaultfd(2), a file system of its own): the function must bound that, as capture_copy() does, or be
 * called where hanging hurts nobody. */
typedef int (*registry_memory_fn)(void *context, uint64_t address, void *ret, size_t len);

struct registry_memory {
	registry_memory_fn read;
	void *context;
};

struct registry_place {
	uint64_t at;            /* the registry's address */
	uint64_t object;        /* where the object begins that has it, as in its map */
	uint32_t version, size; /* as the note says */
};

/* Find the registries of a process with these mappings (/proc/PID/maps, by address), the executable's first where that
 * comes first there. An object without a note, or with a broken one, is passed over; so is a registry that does not lie
 * within writable mappings whole. Costs one or two readings of up to 4 KiB an object, of 4096 objects. Returns how many
 * there are in RET, or -errno of reading. Allocates nothing. */
int registry_find(const struct registry_memory *memory, const struct procparse_map *maps, size_t count,
		  struct registry_place ret[REGISTRY_PLACES_MAX]);

struct registry_copied_option {
	uint32_t flags;
	char *group, *name, *value; /* VALUE NULL: REGISTRY_SECRET */
};

/* What was read, checked: texts end with NUL within their bounds, but are not escaped; numbers are within theirs. */
struct registry_copy {
	struct registry head;
	struct registry_section *sections;      /* by .order */
	struct registry_copied_option *options; /* by their places, which is the order of registration */
	struct registry_green *green;
	size_t section_count, option_count, green_count;
	size_t torn;                            /* slots that changed each time that they were read, and are missing */
	bool cut;                               /* there was more than the bounds allow, or than BYTES_MAX */
};

/* Copy the registry at PLACE, at most BYTES_MAX bytes in all. -EPROTO: of a version that we do not know; -EBADMSG: what
 * lies there is none; -EFAULT; -ENOMEM; -errno of reading. A table or text that cannot be read is missing, and counted
 * in TORN. Free with registry_copy_free(), which takes NULL. */
int registry_read(const struct registry_memory *memory, const struct registry_place *place, size_t bytes_max,
		  struct registry_copy **ret);
void registry_copy_free(struct registry_copy *copy);

#endif
