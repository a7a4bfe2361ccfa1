/* maxrss: the most memory that a command had resident, in KiB.
 *
 *   maxrss TIMES COMMAND [ARG]...      one line a run
 *
 * getrusage(2)'s ru_maxrss survives execve(2), so it is also what the child had before. That is little after fork(2),
 * which does not map the pages of files; after vfork(2) it would be all that we have. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int run(char **command, long *ret_kib)
{
	struct rusage usage;
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0)
			execvp(command[0], command);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return -1;
	*ret_kib = usage.ru_maxrss;
	return 0;
}

int main(int argc, char **argv)
{
	long kib;

	for (int i = argc < 3 ? -1 : atoi(argv[1]); i != 0; i--) {
		if (i < 0 || run(argv + 2, &kib) < 0) {
			fprintf(stderr, "maxrss: could not run it\n");
			return 1;
		}
		printf("%ld\n", kib);
	}
	return 0;
}
