/* package_os.c: os-release(5). */
#include "applets/gmr/package_private.h"

#include <errno.h>

#include "core/cleanup.h"

/* PRETTY_NAME="Debian GNU/Linux 12 (bookworm)": as a shell quotes it. */
static void unquote(struct span text, char *ret, size_t size)
{
	char quote = '\0';
	size_t len = 0;

	for (; text.at < text.end && len + 1 < size; text.at++) {
		if (*text.at == quote) {
			quote = '\0';
			continue;
		}
		if (!quote && (*text.at == '"' || *text.at == '\'')) {
			quote = *text.at;
			continue;
		}
		if (*text.at == '\\' && quote != '\'' && text.at + 1 < text.end)
			text.at++;
		ret[len++] = *text.at;
	}
	ret[len] = '\0';
}

int package_os_parse(struct package_lines *lines, char *ret, size_t size)
{
	struct span line;
	int r;

	while ((r = package_lines_next(lines, &line)) > 0)
		if (span_take_prefix(&line, "PRETTY_NAME=")) {
			unquote(line, ret, size);
			return 0;
		}
	return r < 0 ? r : -ENOENT;
}

int package_os(int root, char *ret, size_t size)
{
	CLEANUP(package_lines_done) struct package_lines lines = { .fd = -1 };
	int r = package_lines_open(root, "/etc/os-release", &lines);

	if (r < 0)
		r = package_lines_open(root, "/usr/lib/os-release", &lines);
	return r < 0 ? r : package_os_parse(&lines, ret, size);
}
