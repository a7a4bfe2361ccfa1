/* programs.h: what test_programs.c and test_program.c share: a table of programs over real processes, the test in
 * supervisord's place. */
#ifndef TESTS_PROGRAMS_H
#define TESTS_PROGRAMS_H

#include "applets/oome/place.h"
#include "applets/oome/programs.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LATER = 100000 }; /* milliseconds: what was found then is found anew at twice that, not before */

static char top[PATH_MAX];
static struct procfs proc;
static struct programs_shared shared;
static struct oome_config config;
static struct programs programs;

static inline void setup(void)
{
	strcpy(top, "/tmp/test_programs.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	ck_assert_int_eq(chdir(top), 0);
	ck_assert_int_eq(procfs_open(PROCFS_ROOT, &proc), 0);
	unsetenv("SUPERVISOR_GROUP_NAME");
	unsetenv("SUPERVISOR_PROCESS_NAME");
	shared = (struct programs_shared){ 0 };
	config = (struct oome_config){ .all = true };
	programs_init(&programs, &config, &proc, &shared, inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
}

static inline void teardown(void)
{
	char command[PATH_MAX + 16];

	close(programs.inotify);
	programs_done(&programs);
	programs_done(NULL);
	procfs_done(&proc);
	ck_assert_int_eq(chdir("/"), 0);
	snprintf(command, sizeof command, "rm -rf '%s'", top);
	ck_assert_int_eq(system(command), 0);
}

/* A `sleep` whose environment has GROUP, NAME (NULL: none) and EXTRA (or NULL); returns when it has called exec. */
static inline pid_t start(const char *group, const char *name, const char *extra)
{
	char group_variable[128], name_variable[128];
	char *env[4], **next = env;
	int ends[2];
	char byte;
	pid_t pid;

	snprintf(group_variable, sizeof group_variable, "SUPERVISOR_GROUP_NAME=%s", group ? group : "");
	snprintf(name_variable, sizeof name_variable, "SUPERVISOR_PROCESS_NAME=%s", name ? name : "");
	if (group)
		*next++ = group_variable;
	if (name)
		*next++ = name_variable;
	if (extra)
		*next++ = (char *)extra;
	*next = NULL;
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execle("/bin/sleep", "sleep", "1000", (char *)NULL, env);
		_exit(127);
	}
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 0); /* closed by exec */
	close(ends[0]);
	return pid;
}

static inline void end(pid_t pid)
{
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static inline const struct program *find(pid_t pid)
{
	for (size_t i = 0; i < programs.count; i++)
		if (programs.items[i].pid == pid)
			return &programs.items[i];
	return NULL;
}

static inline void update(int64_t now)
{
	ck_assert_int_eq(programs_update(&programs, getpid(), now), 0);
}

static inline void touch(const char *path)
{
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
}

static inline void note_found(struct program *program, const struct place *place, const struct oomefile_id *id,
			      void *context)
{
	(void)place;
	ck_assert(id->exists);
	strcat(context, program->name);
	strcat(context, ";");
}

static inline const char *found(char text[256])
{
	*text = 0;
	programs_each_file(&programs, note_found, text);
	return text;
}

/* Its name is that of a new program a moment before its environment is. */
static inline bool environ_has(pid_t pid, const char *entry)
{
	int dir = procfs_process(&proc, pid), has = procfs_environ_has(dir, entry);

	close(dir);
	return has == 1;
}

#endif
