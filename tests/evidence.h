/* evidence.h: this test program as the gmr that evidence_take() starts: EVIDENCE_PLAY says what it does. */
#ifndef TESTS_EVIDENCE_H
#define TESTS_EVIDENCE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/evidence.h"

#define EVIDENCE_FILE "webapp_gurumeditation_20261121201048"

/* Not /proc/self/exe itself, which valgrind takes for its own program. */
static char evidence_program[PATH_MAX];

/* Write the report NAME, and say its path. */
static inline int evidence_write(const char *directory, const char *name, const char *text)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof path, "%s%s%s", directory, directory[strlen(directory) - 1] == '/' ? "" : "/", name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return 1;
	close(fd);
	return dprintf(STDOUT_FILENO, "%s\n", path) < 0;
}

static inline int evidence_count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = -3; /* "." and "..", and the directory itself */

	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

/* What it was started with, a line of it. */
static inline void evidence_look(char text[512])
{
	struct sigaction action;
	struct rlimit space = { 0 }, core = { 0 };
	sigset_t blocked;
	char adj[16] = "";
	int fd = open("/proc/self/oom_score_adj", O_RDONLY), ignored = 0;
	ssize_t n = read(fd, adj, sizeof adj - 1);

	close(fd);
	adj[n > 0 ? n - 1 : 0] = '\0';
	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int i = 1; i < SIGRTMIN; i++) {
		ignored += sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
		ignored += sigismember(&blocked, i) == 1;
	}
	getrlimit(RLIMIT_AS, &space);
	getrlimit(RLIMIT_CORE, &core);
	snprintf(text, 512, "session %d, descriptors %d, signals %d, oom_score_adj %s, space %lld, core %lld",
		 getsid(0) == getpid(), evidence_count_fds(), ignored, adj,
		 space.rlim_cur == RLIM_INFINITY ? -1 : (long long)space.rlim_cur >> 20, (long long)core.rlim_cur);
}

/* Two processes that hold a FIFO, which shows when they are gone. */
static inline int evidence_hang(const char *directory)
{
	char fifo[PATH_MAX];

	snprintf(fifo, sizeof fifo, "%s/alive", directory);
	if (open(fifo, O_WRONLY) < 0 || fork() < 0)
		return 1;
	signal(SIGTERM, SIG_IGN);
	for (;;)
		pause();
}

static inline int evidence_flood(void)
{
	char block[1000];

	memset(block, 'x', sizeof block);
	for (int i = 0; i < 1000; i++)
		if (write(STDOUT_FILENO, block, sizeof block) < 0 || write(STDERR_FILENO, block, sizeof block) < 0)
			return 1;
	return 0;
}

/* A tree of processes that are all called otherwise. */
static inline int evidence_names(const char *directory)
{
	char name[64];
	int r = 0;

	for (int i = 0; i < 40; i++) {
		snprintf(name, sizeof name, "worker%d_gurumeditation_20261121201048", i);
		r |= evidence_write(directory, name, "1");
	}
	return r;
}

static inline int evidence_play(const char *play, const char *directory, int argc, char **argv)
{
	char text[512] = "";

	if (!strcmp(play, "look"))
		evidence_look(text);
	for (int i = 0; i < argc && !strcmp(play, "report"); i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", argv[i]);
	if (text[0])
		return evidence_write(directory, EVIDENCE_FILE, text);
	if (!strcmp(play, "killed"))
		return raise(SIGKILL);
	if (!strcmp(play, "fail"))
		return dprintf(STDERR_FILENO, "\nprocguard gmr: cannot write: No space left\nmore of it\n") > 0;
	if (!strcmp(play, "foreign"))
		return dprintf(STDOUT_FILENO, "/etc/passwd\n%s/../" EVIDENCE_FILE "\n%s/x\n%s" EVIDENCE_FILE "\n\n",
			       directory, directory, directory) < 0;
	if (!strcmp(play, "closed"))
		return close(STDOUT_FILENO) | close(STDERR_FILENO) | usleep(20000) | 3;
	if (!strcmp(play, "flood"))
		return evidence_flood();
	if (!strcmp(play, "many"))
		return evidence_write(directory, EVIDENCE_FILE, "1") |
		       evidence_write(directory, EVIDENCE_FILE "-1", "2") |
		       evidence_write(directory, "worker_gurumeditation_20261121201048", "3") |
		       (dprintf(STDERR_FILENO, "procguard gmr: cannot report process 9: No such process\n") > 0);
	if (!strcmp(play, "names"))
		return evidence_names(directory);
	if (!strcmp(play, "part") && evidence_write(directory, EVIDENCE_FILE, "1"))
		return 1;
	return !strcmp(play, "part") || !strcmp(play, "hang") ? evidence_hang(directory) : 0;
}

/* To be called first in main(): >= 0 is an exit status, -1 means that this is the test. */
static inline int evidence_main(int argc, char **argv)
{
	const char *play = getenv("EVIDENCE_PLAY"), *list = getenv("EVIDENCE_LIST");

	if (readlink("/proc/self/exe", evidence_program, sizeof evidence_program - 1) < 0)
		return 1;
	if (argc == 2 && !strcmp(argv[1], "--list"))
		return printf("%s", list ? list : "cluster\ngmr\nheart\n") < 0;
	if (argc > 4 && play && !strcmp(argv[1], "gmr") && !strcmp(argv[2], "-L"))
		return evidence_play(play, argv[3], argc, argv);
	return -1;
}

#endif
