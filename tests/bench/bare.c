/* bare: the least that a program on libc can do: write one line and end. What procguard's start is measured against.
 *
 *   bare TEXT */
#include <stdio.h>

int main(int argc, char **argv)
{
	return argc != 2 || puts(argv[1]) < 0 || fflush(stdout) != 0;
}
