/* unwind_dw_modules.c: the mapped files as libdwfl's modules. Nothing is opened here but what was opened before. */
#include "core/unwind_dw.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* Also keeps compressed files away, which libdw would unpack in memory, and relocatable ones, which it would relocate
 * by a table of ours. */
static bool header_is_ours(const char *data, size_t len, bool debug)
{
	ElfW(Ehdr) header;

	if (len < sizeof(header))
		return false;
	memcpy(&header, data, sizeof(header));
	if (memcmp(header.e_ident, __ehdr_start.e_ident, EI_VERSION + 1) != 0)
		return false;
	return header.e_machine == __ehdr_start.e_machine &&
	       (header.e_type == ET_EXEC || header.e_type == ET_DYN || (debug && header.e_type == ET_REL));
}

bool unwind_is_ours(int fd, bool debug)
{
	char header[sizeof(ElfW(Ehdr))];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	do
		n = pread(fd, header, sizeof(header), 0);
	while (n < 0 && errno == EINTR);
	return n > 0 && header_is_ours(header, (size_t)n, debug);
}

static int report_module(struct unwind *unwind, const char *name, uint64_t start, uint64_t end,
			 struct unwind_module *module)
{
	Dwfl_Module *handle = unwind->f.dwfl_report_module(unwind->dwfl, name, start, end);
	void **userdata;

	if (!handle)
		return -ENOMEM;
	unwind->f.dwfl_module_info(handle, &userdata, NULL, NULL, NULL, NULL, NULL, NULL);
	module->unwind = unwind;
	*userdata = module;
	return 0;
}

/* Not by dwfl_linux_proc_maps_report(): what its assertions say of maps does not hold for files with two names. */
int unwind_report_modules(struct unwind *unwind)
{
	const struct capture *capture = unwind->capture;
	const size_t count = capture->module_count;
	int error = 0;

	unwind->modules = calloc(count + 1, sizeof(*unwind->modules));
	if (!unwind->modules)
		return -ENOMEM;
	unwind->f.dwfl_report_begin(unwind->dwfl);
	for (size_t i = 0; !error && i < count; i++) {
		const struct capture_module *file = &capture->modules[i];

		unwind->modules[i].file = file;
		if (file->end > file->start)
			error = report_module(unwind, file->path ? file->path : "", file->start, file->end,
					      &unwind->modules[i]);
	}
	if (!error && capture->vdso_at && capture->vdso.len)
		error = report_module(unwind, "[vdso]", capture->vdso_at, capture->vdso_at + capture->vdso.len,
				      &unwind->modules[count]);
	if (unwind->f.dwfl_report_end(unwind->dwfl, NULL, NULL) != 0 && !error)
		error = -ENOMEM;
	return error;
}

/* The file of MODULE for libdwfl: the descriptor, and in RET_ELF what is to be seen of it, where not all is. Its lines
 * may be had without unpacking the rest. */
static int give_file(struct unwind_module *module, Elf **ret_elf)
{
	struct unwind *unwind = module->unwind;
	int fd = fcntl(module->file->fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0 || !unwind_is_too_packed(fd, &unwind->unpacked_left))
		return fd;
	*ret_elf = unwind_hide_packed(&unwind->f, fd);
	if (!*ret_elf) {
		close(fd);
		return -1;
	}
	if (module->debug_fd == 0)
		module->debug_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return fd;
}

/* RET_NAME stays NULL where there is no file: libdwfl would open one of that name, of ours. */
int unwind_find_elf(Dwfl_Module *handle, void **userdata, const char *name, Dwarf_Addr base, char **ret_name,
		    Elf **ret_elf)
{
	struct unwind_module *module = *userdata;
	int fd;

	(void)handle;
	(void)name;
	(void)base;
	if (!module)
		return -1;
	if (!module->file) {
		const struct buf *vdso = &module->unwind->capture->vdso;

		if (header_is_ours(vdso->data, vdso->len, false))
			*ret_elf = module->unwind->f.elf_memory(vdso->data, vdso->len);
		return -1;
	}
	if (module->file->fd < 0 || !unwind_is_ours(module->file->fd, false))
		return -1;
	fd = give_file(module, ret_elf);
	if (fd >= 0 && module->file->path)
		*ret_name = strdup(module->file->path);
	return fd;
}
