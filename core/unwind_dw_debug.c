/* unwind_dw_debug.c: files of separate debug information, below the target's root.
 *
 * A file that lacks its symbols or its DWARF names where these are: by its build-id, which is
 * /usr/lib/debug/.build-id/0c/5e1a....debug, or by .gnu_debuglink, a name and the CRC of that file, which lies beside
 * it, in .debug beside it, or below /usr/lib/debug. What several such files share, dwz(1) puts into one more, named by
 * .gnu_debugaltlink with its build-id. All of it is believed only after a look into the file that was found. */
#include "core/unwind_dw.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/elffile.h"
#include "core/inroot_file.h"

#define DEBUG_ROOT "/usr/lib/debug"

enum { DEBUG_SIZE_MAX = 1 << 30 };

/* What the file must be to be the right one. */
struct wanted {
	const char *build_id; /* or NULL: then the CRC counts */
	uint32_t crc;
};

/* The CRC of gdb's manual, "Separate Debug Files": that of zlib. */
static uint32_t crc_add(uint32_t crc, const unsigned char *data, size_t len, const uint32_t table[256])
{
	crc = ~crc;
	for (size_t i = 0; i < len; i++)
		crc = crc >> 8 ^ table[(crc ^ data[i]) & 255];
	return ~crc;
}

static void crc_table(uint32_t table[256])
{
	for (uint32_t i = 0; i < 256; i++) {
		table[i] = i;
		for (int bit = 0; bit < 8; bit++)
			table[i] = table[i] & 1 ? table[i] >> 1 ^ 0xedb88320 : table[i] >> 1;
	}
}

static bool has_crc(int fd, uint32_t wanted)
{
	unsigned char block[16384];
	uint32_t table[256], crc = 0;
	off_t at = 0;

	crc_table(table);
	for (;;) {
		ssize_t n = pread(fd, block, sizeof(block), at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || at > DEBUG_SIZE_MAX)
			return n == 0 && crc == wanted;
		crc = crc_add(crc, block, (size_t)n, table);
		at += n;
	}
}

static bool is_wanted(int fd, const struct wanted *wanted)
{
	char id[ELFFILE_BUILD_ID_TEXT];

	if (!unwind_is_ours(fd, true))
		return false;
	if (wanted->build_id)
		return elffile_build_id(fd, id) == 0 && strcmp(id, wanted->build_id) == 0;
	return has_crc(fd, wanted->crc);
}

/* PATH, if it is the file: a descriptor and a copy of its name; else -1. */
static int try_path(const struct unwind *unwind, const struct wanted *wanted, const char *path, char **ret_name)
{
	const int root = unwind->options.root;
	CLEANUP(fd_done) int fd = root < 0 ? -1 : inroot_open_file(root, path, DEBUG_SIZE_MAX, NULL);
	char *name;

	if (fd < 0 || !is_wanted(fd, wanted))
		return -1;
	name = strdup(path);
	if (!name)
		return -1;
	*ret_name = name;
	return TAKE_FD(fd);
}

static int try_format(const struct unwind *unwind, const struct wanted *wanted, char **ret_name, const char *format,
		      ...) __attribute__((format(printf, 4, 5)));
static int try_format(const struct unwind *unwind, const struct wanted *wanted, char **ret_name, const char *format,
		      ...)
{
	char path[PATH_MAX];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	return n < 0 || (size_t)n >= sizeof(path) ? -1 : try_path(unwind, wanted, path, ret_name);
}

static int find_by_id(const struct unwind *unwind, const struct wanted *wanted, char **ret_name)
{
	const char *id = wanted->build_id;

	if (!id || strlen(id) < 4)
		return -1;
	return try_format(unwind, wanted, ret_name, DEBUG_ROOT "/.build-id/%.2s/%s.debug", id, id + 2);
}

/* LINK is a name without a directory; FILE is the path of the file that has it. */
static int find_by_link(const struct unwind *unwind, const struct wanted *wanted, const char *file, const char *link,
			char **ret_name)
{
	const char *slash = file ? strrchr(file, '/') : NULL;
	int dir = slash ? (int)(slash - file) : 0, fd;

	if (!slash || !*link || strchr(link, '/') || strcmp(slash + 1, link) == 0)
		return -1;
	fd = try_format(unwind, wanted, ret_name, "%.*s/%s", dir, file, link);
	if (fd < 0)
		fd = try_format(unwind, wanted, ret_name, "%.*s/.debug/%s", dir, file, link);
	if (fd < 0)
		fd = try_format(unwind, wanted, ret_name, DEBUG_ROOT "%.*s/%s", dir, file, link);
	return fd;
}

/* By the servers that DEBUGINFOD_URLS names. libdwfl's own callback looks for files first: nowhere, see debug_path. */
static int ask_servers(const struct unwind_module *module, Dwfl_Module *handle, const struct wanted *wanted)
{
	CLEANUP(free_done) char *name = NULL;
	CLEANUP(fd_done) int fd = -1;

	if (!wanted->build_id)
		return -1;
	fd = module->unwind->f.dwfl_standard_find_debuginfo(handle, NULL, "", 0, "", NULL, 0, &name);
	return fd >= 0 && is_wanted(fd, wanted) ? TAKE_FD(fd) : -1;
}

/* The debug information of a module: what callback .find_debuginfo is for first. */
static int find_own(const struct unwind_module *module, Dwfl_Module *handle, const char *link, uint32_t crc,
		    char **ret_name)
{
	char id[ELFFILE_BUILD_ID_TEXT];
	bool has_id = module->file->fd >= 0 && elffile_build_id(module->file->fd, id) == 0;
	struct wanted wanted = { .build_id = has_id ? id : NULL, .crc = crc };
	int fd = find_by_id(module->unwind, &wanted, ret_name);

	if (fd < 0 && link)
		fd = find_by_link(module->unwind, &wanted, module->file->path, link, ret_name);
	if (fd < 0 && module->unwind->options.debuginfod)
		fd = ask_servers(module, handle, &wanted);
	return fd;
}

/* What dwz(1) took out of the debug information of HANDLE, which is open: NAME is absolute, or relative to FILE. */
static int find_alternate(const struct unwind_module *module, Dwfl_Module *handle, const char *file, char **ret_name)
{
	const struct unwind *unwind = module->unwind;
	char id[ELFFILE_BUILD_ID_TEXT];
	struct wanted wanted = { .build_id = id };
	const char *name, *slash = file ? strrchr(file, '/') : NULL;
	const void *bytes = NULL;
	Dwarf_Addr bias;
	Dwarf *dwarf = unwind->f.dwfl_module_getdwarf(handle, &bias);
	ssize_t len = dwarf ? unwind->f.dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &bytes) : -1;
	int fd;

	if (len < 2 || len > (ELFFILE_BUILD_ID_TEXT - 1) / 2)
		return -1;
	for (ssize_t i = 0; i < len; i++)
		snprintf(id + 2 * i, 3, "%02x", ((const unsigned char *)bytes)[i]);
	fd = find_by_id(unwind, &wanted, ret_name);
	if (fd < 0 && *name == '/')
		fd = try_path(unwind, &wanted, name, ret_name);
	else if (fd < 0 && slash)
		fd = try_format(unwind, &wanted, ret_name, "%.*s/%s", (int)(slash - file), file, name);
	return fd;
}

/* libdwfl asks for the alternate file by the same callback, with the name from the debug information that it has opened
 * by then; otherwise with the name from the module itself, or none. */
static bool asks_for_alternate(const struct unwind_module *module, Dwfl_Module *handle, const char *link, uint32_t crc)
{
	const struct unwind_functions *f = &module->unwind->f;
	const char *own;
	GElf_Addr bias;
	GElf_Word own_crc = 0;
	Elf *elf;

	if (!link || crc)
		return false;
	elf = f->dwfl_module_getelf(handle, &bias);
	own = elf ? f->dwelf_elf_gnu_debuglink(elf, &own_crc) : NULL;
	return !own || own_crc != 0 || strcmp(own, link) != 0;
}

/* FD and RET_NAME for libdwfl, only if it can have the file: by a name alone it would open one of ours. RET_LINES: for
 * lines, which may be had without unpacking the rest; or NULL. */
static int give_file(int fd, char **ret_name, int *ret_lines)
{
	uint64_t limit = UNWIND_UNPACKED_MAX;
	bool is_given = fd >= 0 && !unwind_is_too_packed(fd, &limit);

	if (fd >= 0 && ret_lines && *ret_lines == 0)
		*ret_lines = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0 || is_given)
		return fd;
	close(fd);
	free(*ret_name);
	*ret_name = NULL;
	return -1;
}

/* Asks twice where there is nothing: for the symbols and for the DWARF. */
int unwind_find_debuginfo(Dwfl_Module *handle, void **userdata, const char *name, Dwarf_Addr base,
			  const char *file_name, const char *link, GElf_Word crc, char **ret_name)
{
	struct unwind_module *module = *userdata;
	int fd;

	(void)name;
	(void)base;
	if (!module || !module->file || module->debug_searching)
		return -1;
	if (asks_for_alternate(module, handle, link, crc)) {
		module->debug_searching = true;
		fd = give_file(find_alternate(module, handle, file_name, ret_name), ret_name, NULL);
		module->debug_searching = false;
		return fd;
	}
	if (module->debug_missing)
		return -1;
	fd = give_file(find_own(module, handle, link, crc, ret_name), ret_name, &module->debug_fd);
	module->debug_missing = fd < 0;
	return fd;
}
