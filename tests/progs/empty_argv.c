/* empty_argv FILE: run FILE with no argument at all, not even its name, as execve(2) allows. */
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *const none[] = { NULL };

	if (argc == 2)
		execve(argv[1], none, environ);
	perror("empty_argv");
	return 99;
}
