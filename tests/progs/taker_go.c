/* taker_go: taker with the note that the linker of Go writes into every program (cmd/internal/buildid): an ELF note of
 * the owner "Go", type 4. */
#include "tests/progs/taker.c"

__attribute__((section(".note.go.buildid"), used, aligned(4))) static const struct {
	unsigned name_size, size, type;
	char name[4], id[8];
} go_note = { 4, 8, 4, "Go\0", "made-up" };
