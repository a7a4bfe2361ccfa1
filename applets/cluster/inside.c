/* inside.c: see inside.h. */
#include "applets/cluster/inside.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applets/cluster/commands.h"
#include "applets/cluster/process.h"
#include "core/cleanup.h"

bool inside_is(const struct procfs *proc, const struct found *found)
{
	const char *id = getenv(COMMANDS_VARIABLE);

	if (found->roster.id[0] && id && !strcmp(id, found->roster.id))
		return true;
	return found->state == FOUND_ALIVE && process_is_above_us(proc, found->roster.daemon.pid);
}

void inside_see_through(void)
{
	static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		signal(signals[i], SIG_IGN);
}

void inside_leave_output(void)
{
	CLEANUP(fd_done) int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct stat st;

	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode) && dup2(nowhere, fd) < 0)
			close(fd);
}
