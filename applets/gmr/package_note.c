/* package_note.c: .note.package, https://systemd.io/PACKAGE_METADATA_FOR_EXECUTABLE_FILES/
 *
 *   {"type":"rpm","os":"fedora","name":"bash","version":"5.2.15-5.fc39","architecture":"x86_64"} */
#include "applets/gmr/package_private.h"

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/elffile.h"
#include "core/json_flat.h"

enum { NOTE_MAX = 16 << 10 };

int package_note_parse(const char *json, size_t len, struct package *ret)
{
	struct package package = { .name = "" };
	int r = json_flat_string(json, len, "name", package.name, sizeof package.name);

	if (r < 0)
		return r;
	(void)json_flat_string(json, len, "version", package.version, sizeof package.version);
	(void)json_flat_string(json, len, "architecture", package.arch, sizeof package.arch);
	if (json_flat_string(json, len, "type", package.manager, sizeof package.manager) < 0)
		strcpy(package.manager, "note");
	if (json_flat_string(json, len, "vendor", package.vendor, sizeof package.vendor) < 0)
		(void)json_flat_string(json, len, "os", package.vendor, sizeof package.vendor);
	*ret = package;
	return 0;
}

int package_note(int exe, struct package *ret)
{
	CLEANUP(buf_done) struct buf note = BUF(NOTE_MAX);
	int r = elffile_note(exe, "FDO", ELFFILE_NOTE_PACKAGE, &note);

	return r < 0 ? r : package_note_parse(note.data, note.len, ret);
}
