/* hangfs DIR: mount on DIR a file system that never answers, as a dead NFS server, until it is terminated. Needs
 * root and /dev/fuse: exit 77 without. Says "mounted" on stdout when it is. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char options[64];
	sigset_t set;
	int fd, signal_number;

	if (argc != 2)
		return 2;
	fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "hangfs: /dev/fuse: %s\n", strerror(errno));
		return 77;
	}
	snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (mount("hangfs", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
		fprintf(stderr, "hangfs: mount %s: %s\n", argv[1], strerror(errno));
		return 77;
	}
	puts("mounted");
	fflush(stdout);
	sigwait(&set, &signal_number); /* the kernel's requests are never read */
	return umount2(argv[1], MNT_DETACH) < 0;
}
