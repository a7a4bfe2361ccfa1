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

#endif
