/* crowd: run a command among many processes.
 *
 *   crowd TOTAL PROGRAM COMMAND [ARG]...
 *   crowd --sleep
 *
 * Makes as many sleeping processes as are missing to TOTAL in this /proc, COMMAND counted; the last three of them
 * execute PROGRAM, a copy of this binary under the name to be looked for. Then runs COMMAND, with CROWD_TOTAL (how
 * many there really are) and CROWD_FOUND (the pids of the three, ascending) in its environment, ends the crowd and
 * returns COMMAND's status. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAMED = 3 };

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	interrupted = signal;
}

static int count_processes(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	if (!proc)
		return -1;
	while ((entry = readdir(proc)) != NULL)
		count += isdigit((unsigned char)entry->d_name[0]) != 0;
	closedir(proc);
	return count;
}

static void sleep_for_ever(void)
{
	for (;;)
		pause();
}

/* One of the crowd. It does not outlive us, however we end. */
static pid_t start_sleeper(const char *program)
{
	pid_t parent = getpid(), pid = fork();

	if (pid != 0)
		return pid;
	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	if (program)
		execl(program, program, "--sleep", (char *)NULL);
	else if (prctl(PR_SET_NAME, "crowd-sleeper") == 0)
		sleep_for_ever();
	_exit(127);
}

/* Wait until PID has executed the program, so that it has its name. */
static int wait_for_name(pid_t pid, const char *program)
{
	const char *slash = strrchr(program, '/'), *name = slash ? slash + 1 : program;
	char path[64], comm[32];

	snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	for (int tries = 0; tries < 5000 && !interrupted; tries++) {
		FILE *file = fopen(path, "re");
		size_t n = file ? fread(comm, 1, sizeof comm - 1, file) : 0;

		if (file)
			fclose(file);
		comm[n] = '\0';
		comm[strcspn(comm, "\n")] = '\0';
		if (!strcmp(comm, name))
			return 0;
		usleep(1000);
	}
	return -1;
}

static int start_crowd(pid_t *pids, int count, const char *program)
{
	char text[8 * 24] = "", number[24];

	for (int i = 0; i < count; i++) {
		pids[i] = start_sleeper(count - i <= NAMED ? program : NULL);
		if (pids[i] < 0 || interrupted)
			return -1;
	}
	for (int i = count - NAMED; i < count; i++) {
		if (wait_for_name(pids[i], program) < 0)
			return -1;
		snprintf(number, sizeof number, "%s%d", *text ? " " : "", (int)pids[i]);
		strcat(text, number);
	}
	setenv("CROWD_FOUND", text, 1);
	snprintf(number, sizeof number, "%d", count_processes() + 1);
	setenv("CROWD_TOTAL", number, 1);
	return 0;
}

static void end_crowd(const pid_t *pids, int count)
{
	for (int i = 0; i < count; i++)
		if (pids[i] > 0)
			kill(pids[i], SIGKILL);
	for (int i = 0; i < count; i++)
		if (pids[i] > 0)
			waitpid(pids[i], NULL, 0);
}

static int run(char **command)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0)
		return 1;
	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return 1;
		kill(pid, SIGTERM);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = on_signal };
	int missing, status = 1;
	pid_t *pids;

	if (argc == 2 && !strcmp(argv[1], "--sleep"))
		sleep_for_ever();
	if (argc < 4)
		return 2;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	missing = atoi(argv[1]) - count_processes() - 1;
	if (missing < NAMED)
		missing = NAMED;
	pids = calloc((size_t)missing, sizeof *pids);
	if (pids && start_crowd(pids, missing, argv[2]) == 0)
		status = run(argv + 3);
	else
		fprintf(stderr, "crowd: cannot have %d processes: %s\n", atoi(argv[1]), strerror(errno));
	if (pids)
		end_crowd(pids, missing);
	free(pids);
	return status;
}
