/* holder PID: keep a process stopped, whatever signal it gets but SIGKILL, until holder is ended: as one that hangs in
 * the kernel. Writes "held"; exit 77 where that is not allowed. ptrace(2). */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? atoi(argv[1]) : 0;

	if (pid <= 0)
		return 2;
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0 || ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0) {
		perror("ptrace");
		return 77;
	}
	puts("held");
	fflush(stdout);
	for (;;)
		pause();
}
