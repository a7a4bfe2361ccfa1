/* fuzz_elffile.c: notes, compressed sections and symbols of an ELF file that is the input. */
#include "core/elffile.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where it has what makes a program a CPython. */
static void look(int fd)
{
	struct elffile_place place = { 1, 2 };
	uint64_t address;
	char soname[32];

	if (elffile_symbol(fd, "_PyRuntime", &place) != 0 && (place.address != 1 || place.size != 2))
		abort();
	if (elffile_section(fd, ".PyRuntime", &place) > 0 || elffile_loaded_at(fd, 4096, &address) > 0)
		abort();
	if (elffile_soname(fd, soname, sizeof(soname)) == 0 && strlen(soname) >= sizeof(soname))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char id[ELFFILE_BUILD_ID_TEXT];
	struct buf note = BUF(100);
	uint64_t unpacked = 1;
	int fd = memfd_create("elf", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (elffile_build_id(fd, id) == 0 && (strlen(id) % 2 || strlen(id) > 128 || !*id))
		abort();
	if (elffile_note(fd, "FDO", ELFFILE_NOTE_PACKAGE, &note) != 0 && note.len)
		abort();
	buf_done(&note);
	if (elffile_unpacked_size(fd, &unpacked) < 0 && unpacked != 1)
		abort();
	look(fd);
	close(fd);
	return 0;
}
