/* runner.h: a runner of a test, with a directory of its own and notes of what was told. */
#ifndef TESTS_RUNNER_H
#define TESTS_RUNNER_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applets/cluster/runner.h"
#include "core/cleanup.h"
#include "core/sig.h"
#include "core/tree.h"

static struct loop *loop;
static struct procfs proc;
static struct config config;
static struct runner run;
static struct runner_result result;
static bool cancelled;
static char dir[64];
static pid_t forked_pid, ended_pid;
static int ended_status, forked_result;

static inline const char *in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static inline bool exists(const char *name)
{
	return access(in_dir(name), F_OK) == 0;
}

static inline void make_file(const char *name, const char *text)
{
	FILE *file = fopen(in_dir(name), "we");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

/* A command sees the file "forked" if it was made before exec. */
static inline int on_forked(void *context, const struct line *line, pid_t pid)
{
	ck_assert_ptr_eq(context, &run);
	ck_assert_ptr_nonnull(line->text);
	forked_pid = pid;
	make_file("forked", "it was");
	return forked_result;
}

static inline void on_ended(void *context, pid_t pid, int status)
{
	ck_assert_ptr_eq(context, &run);
	ended_pid = pid;
	ended_status = status;
}

static inline void runner_up(void)
{
	sig_ignore_pipe();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	strcpy(dir, "/tmp/test_runner.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(loop_new(&loop), 0);
	ck_assert_int_eq(procfs_open_own(&proc), 0);
	config = (struct config){ .directory = dir, .stop_timeout_ms = 100, .command_timeout_ms = -1 };
	run = (struct runner){
		.loop = loop, .proc = &proc, .config = &config, .cancelled = &cancelled,
		.forked = on_forked, .ended = on_ended, .context = &run,
	};
	cancelled = false;
	forked_pid = ended_pid = ended_status = forked_result = 0;
}

/* Nothing is left that is below us. */
static inline void runner_down(void)
{
	char command[128];

	while (tree_signal(&proc, 0, SIGKILL) > 0)
		;
	loop_free(loop);
	procfs_done(&proc);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}

/* Call FUNCTION every few milliseconds, until it returns false. */
struct often { bool (*function)(void); };

static inline void on_often(struct loop *l, void *context)
{
	const struct often *often = context;

	if (often->function())
		loop_set_timer(l, 3, on_often, context);
}

static inline void begin_often(struct often *often, bool (*function)(void))
{
	often->function = function;
	ck_assert_int_eq(loop_set_timer(loop, 3, on_often, often), 0);
}

static inline void end_often(struct often *often)
{
	loop_clear_timer(loop, on_often, often);
}

static inline int run_command(const char *text)
{
	const struct line line = { .kind = LINE_COMMAND, .text = (char *)(uintptr_t)text };

	return runner_command(&run, &line, &result);
}

static inline pid_t run_start(const char *text, const char *environment)
{
	const struct line line = { .kind = LINE_BACKGROUND, .text = (char *)(uintptr_t)text };

	return runner_start(&run, &line, STDERR_FILENO, environment, &result);
}

#endif
