/* note.c: see registry.h: the registry, and the note that leads to it from outside. */
#include "core/inside/inside.h"
#include "core/inside/table.h"

enum { OPTIONS_FIRST = 128, GREEN_FIRST = 256 };

/* For the assembler's sake, which is the only one that sees that the name is used there. */
__attribute__((used, aligned(16))) struct registry inside_registry = {
	.magic = REGISTRY_MAGIC,
	.version = REGISTRY_VERSION,
	.size = sizeof(struct registry),
	.sections = { .slot_size = INSIDE_SECTION_SIZE, .first = REGISTRY_SECTIONS_MAX },
	.options = { .slot_size = INSIDE_OPTION_SIZE, .first = OPTIONS_FIRST },
	.green = { .slot_size = INSIDE_GREEN_SIZE, .first = GREEN_FIRST },
};

/* The offset is a difference within one object: the linker computes it, and leaves no relocation. Where pointers have
 * 32 bits, it cannot compute 64; the registry, which is written to, lies behind the note, which is not. */
#if UINTPTR_MAX > UINT32_MAX
#define OFFSET "1: .quad inside_registry - 1b\n"
#elif __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OFFSET "1: .long inside_registry - 1b, 0\n"
#else
#define OFFSET "1: .long 0, inside_registry - 1b\n"
#endif

#define TEXT_OF(value) #value
#define NUMBER(value)  TEXT_OF(value)

/* Checked against registry.h below: the assembler does not know its constants. */
#define NOTE_TYPE 0x474d5201
#define NOTE_SIZE 680

_Static_assert(NOTE_TYPE == REGISTRY_NOTE && NOTE_SIZE == sizeof(struct registry) && REGISTRY_VERSION == 1 &&
	       sizeof(REGISTRY_OWNER) == 10 && sizeof(struct registry_note) == 16, "the note as it is written here");

__asm__(".pushsection .note.procguard, \"a\", %note\n"
	".balign 4\n"
	".long 10, 16, " NUMBER(NOTE_TYPE) "\n"
	".asciz \"" REGISTRY_OWNER "\"\n"
	".balign 4\n"
	".long 1, " NUMBER(NOTE_SIZE) "\n"
	OFFSET
	".popsection\n");
