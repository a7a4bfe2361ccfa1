/* spinner: a program that speaks sd_notify(3) and hangs in an endless loop, in spins_here(). It is ready, is to be
 * heard of every 300 ms, and never is. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static volatile int spinning = 1;

static __attribute__((noinline)) int spins_here(void)
{
	while (spinning)
		;
	return spinning;
}

int main(void)
{
	static const char words[] = "READY=1\nWATCHDOG_USEC=300000";
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!path || strlen(path) >= sizeof(address.sun_path))
		return 99;
	memcpy(address.sun_path, path, strlen(path));
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	if (sendto(fd, words, strlen(words), MSG_NOSIGNAL, (struct sockaddr *)&address,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path))) < 0)
		return 98;
	return spins_here() + 1;
}
