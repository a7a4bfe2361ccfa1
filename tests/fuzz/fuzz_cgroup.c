/* /proc/PID/cgroup, /proc/PID/mountinfo, and the "key value" files of counters. */
#include <stdlib.h>
#include <string.h>

#include "core/procparse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(const char *text, size_t len, const char *controller, size_t room)
{
	char path[256];
	int r;

	memset(path, 1, sizeof path);
	r = procparse_cgroup(text, len, controller, path, room);
	if (r == 0 && (path[0] != '/' || !memchr(path, '\0', room)))
		abort();
	if (r < 0 && path[0] != 1)
		abort();
	if (path[room] != 1)
		abort();
}

static void check_mount(const char *text, size_t len, const char *controller, size_t room)
{
	char mount[256], root[256];
	int r;

	memset(mount, 1, sizeof mount);
	memset(root, 1, sizeof root);
	r = procparse_cgroup_mount(text, len, controller, mount, root, room);
	if (r == 0 && (!memchr(mount, '\0', room) || !memchr(root, '\0', room)))
		abort();
	if (r < 0 && (mount[0] != 1 || root[0] != 1))
		abort();
	if (mount[room] != 1 || root[room] != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const controllers[] = { NULL, "memory" };
	const char *text = (const char *)data;
	uint64_t value;

	for (size_t i = 0; i < 2; i++)
		for (size_t room = 2; room <= 128; room += 63) {
			check_path(text, size, controllers[i], room);
			check_mount(text, size, controllers[i], room);
		}
	(void)procparse_keyed(text, size, "oom_kill", &value);
	return 0;
}
