/* elffile.h: what an ELF file says of itself, elf(5). Pure but for pread(2) on the descriptor that it is given.
 *
 * The file is another's: all offsets and sizes in it are checked, and nothing is mapped (a file that shrinks while it
 * is mapped is a SIGBUS). 64-bit and 32-bit, of our byte order. -EBADMSG: no ELF file, or a broken one; -ENOENT: it has
 * no such thing. */
#ifndef CORE_ELFFILE_H
#define CORE_ELFFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/buf.h"

/* Append the descriptor of the note of TYPE and OWNER ("GNU", "FDO"), at most RET->max bytes of it. */
int elffile_note(int fd, const char *owner, uint32_t type, struct buf *ret);

/* NT_GNU_BUILD_ID as hexadecimal digits with a NUL. -ENAMETOOLONG: more than 64 bytes. */
enum { ELFFILE_BUILD_ID_TEXT = 129 };
int elffile_build_id(int fd, char ret[ELFFILE_BUILD_ID_TEXT]);

/* .note.package: NT_FDO_PACKAGING_METADATA, a JSON object (systemd.io/PACKAGE_METADATA_FOR_EXECUTABLE_FILES). */
enum { ELFFILE_NOTE_PACKAGE = 0xcafe1a7e };

/* What its compressed sections say they are when unpacked, all together: bytes, at most UINT64_MAX. -E2BIG: it has more
 * sections than are looked at. */
int elffile_unpacked_size(int fd, uint64_t *ret);

/* elffile_symbol.c: where things lie when it is loaded, relative to where its first byte would be (the load bias), of
 * 64-bit files; -ENOTSUP: it is another. */
struct elffile_place {
	uint64_t address, size;
};

/* The dynamic symbol NAME that it defines, of at most 255 bytes. */
int elffile_symbol(int fd, const char *name, struct elffile_place *ret);

/* The section NAME, of at most 255 bytes, if it is loaded. */
int elffile_section(int fd, const char *name, struct elffile_place *ret);

/* Where the byte at OFFSET is mapped; OFFSET may be before what is loaded, on the same page. */
int elffile_loaded_at(int fd, uint64_t offset, uint64_t *ret);

/* DT_SONAME. -ENAMETOOLONG. */
int elffile_soname(int fd, char *ret, size_t size);

#endif
