/* Package databases, notes and os-release of a hostile root: the first byte chooses. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "applets/gmr/package_private.h"
#include "core/json_flat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		abort();
}

static void check_package(const struct package *package)
{
	check_text(package->name, sizeof package->name);
	check_text(package->version, sizeof package->version);
	check_text(package->vendor, sizeof package->vendor);
	check_text(package->manager, sizeof package->manager);
	check_text(package->arch, sizeof package->arch);
}

static void check_names(struct package_names *names)
{
	if (names->count < 1 || names->count > 2)
		abort();
	for (size_t i = 0; i < names->count; i++)
		if (!memchr(names->path[i], '\0', PATH_MAX) || names->path[i][0] != '/')
			abort();
}

static void try_lines(unsigned kind, struct package_lines *lines)
{
	struct package_names names = { .path = { "/usr/bin/perf", "/bin/perf" }, .count = 2 };
	char owner[PACKAGE_NAME_MAX] = "", other[PACKAGE_NAME_MAX] = "", os[64] = "";
	struct package package = { .name = "" };

	if (kind == 0)
		(void)package_dpkg_status(lines, "a", "", &package);
	else if (kind == 1)
		(void)package_apk_owner(lines, &names, &package);
	else if (kind == 2)
		(void)package_dpkg_divert(lines, &names, owner, other);
	else
		(void)package_os_parse(lines, os, sizeof os);
	check_package(&package);
	check_names(&names);
	check_text(owner, sizeof owner);
	check_text(other, sizeof other);
	check_text(os, sizeof os);
}

static void try_note(const char *text, size_t len)
{
	struct package package = { .name = "" };
	char value[8];

	(void)package_note_parse(text, len, &package);
	check_package(&package);
	memset(value, 1, sizeof value);
	if (json_flat_string(text, len, "a", value, sizeof value) == 0)
		check_text(value, sizeof value);
	else if (value[0] != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct package_lines lines;
	int fd;

	if (size == 0)
		return 0;
	if (data[0] % 5 == 4) {
		try_note((const char *)data + 1, size - 1);
		return 0;
	}
	fd = memfd_create("package", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)size - 1 || lseek(fd, 0, SEEK_SET) != 0)
		abort();
	if (package_lines_of(fd, &lines) == 0) {
		try_lines(data[0] % 5, &lines);
		package_lines_done(&lines);
	}
	return 0;
}
