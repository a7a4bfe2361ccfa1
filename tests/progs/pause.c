/* pause MICROSECONDS: sleep so long: tests that look for a bad moment try many. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	return argc == 2 && usleep((useconds_t)atoi(argv[1])) == 0 ? 0 : 1;
}
