/* enosys: run a command on a kernel that lacks some system calls.
 *
 *   enosys CALL[=ERROR][,CALL[=ERROR]]... COMMAND [ARG]...
 *
 * Each CALL fails with ENOSYS, or with EPERM where ERROR is "EPERM" (as filters of containers do), in COMMAND and all
 * that it starts. Sets no_new_privs. Exit status: COMMAND's; 2 usage, 126 no filter possible, 127 no such command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/filter.h"

static const struct { const char *name; long number; } calls[] = {
	{ "clone3", __NR_clone3 },
	{ "close_range", __NR_close_range },
	{ "inotify_init1", __NR_inotify_init1 },
	{ "memfd_create", __NR_memfd_create },
	{ "openat2", __NR_openat2 },
	{ "pidfd_open", __NR_pidfd_open },
	{ "pidfd_send_signal", __NR_pidfd_send_signal },
	{ "process_vm_readv", __NR_process_vm_readv },
	{ "ptrace", __NR_ptrace },
	{ "renameat2", __NR_renameat2 },
	{ "signalfd4", __NR_signalfd4 },
	{ "statx", __NR_statx },
	{ "timerfd_create", __NR_timerfd_create },
};

static int refuse(const char *name, int error)
{
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (strcmp(calls[i].name, name) == 0)
			return filter_refuse(calls[i].number, error);
	fprintf(stderr, "enosys: unknown call '%s'\n", name);
	exit(2);
}

int main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: enosys CALL[=ERROR][,CALL[=ERROR]]... COMMAND [ARG]...\n");
		return 2;
	}
	for (char *name = strtok(argv[1], ","); name; name = strtok(NULL, ",")) {
		char *equals = strchr(name, '=');
		int r;

		if (equals)
			*equals++ = '\0';
		r = refuse(name, equals && strcmp(equals, "EPERM") == 0 ? EPERM : ENOSYS);
		if (r < 0) {
			fprintf(stderr, "enosys: no filter: %s\n", strerror(-r));
			return 126;
		}
	}
	execvp(argv[2], argv + 2);
	fprintf(stderr, "enosys: %s: %s\n", argv[2], strerror(errno));
	return 127;
}
