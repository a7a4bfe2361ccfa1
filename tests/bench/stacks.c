/* stacks: the stacks of all threads of a process, as `eu-stack -r -p PID` prints them: what a comparison with it takes.
 *
 *   stacks PID [-l | -t | -a]    -l: with source lines, and how each stack ended; -t: times only, to stderr;
 *                                -a: from stack and program counter alone, as of a thread that sleeps */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/unwind.h"

struct printer {
	unsigned count;
	bool lines, quiet;
};

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int print_frame(const struct unwind_frame *frame, void *context)
{
	struct printer *printer = context;

	if (printer->quiet)
		return 0;
	printf("#%-2u 0x%016llx%s%s", printer->count++, (unsigned long long)frame->address, frame->name ? " " : "",
	       frame->name ? frame->name : "");
	if (printer->lines)
		printf(" %s+0x%llx %s:%d", frame->module ? frame->module : "-", (unsigned long long)frame->offset,
		       frame->file ? frame->file : "-", frame->line);
	puts("");
	return 0;
}

static void print_thread(struct unwind *unwind, const struct capture_thread *thread, bool lines, bool quiet)
{
	static const char *const ends[] = { "whole", "short", "truncated", "limit" };
	struct printer printer = { .lines = lines, .quiet = quiet };
	enum unwind_end end = UNWIND_SHORT;
	int error;

	if (!quiet)
		printf("TID %d:\n", (int)thread->tid);
	error = unwind_thread(unwind, thread, print_frame, &printer, &end);
	if (!quiet && (lines || error || end != UNWIND_WHOLE))
		printf("end: %s\n", error ? strerror(-error) : ends[end]);
}

int main(int argc, char **argv)
{
	struct unwind_options options = { .root = open("/", O_PATH | O_CLOEXEC), .frames_max = 256 };
	bool lines = argc > 2 && !strcmp(argv[2], "-l"), quiet = argc > 2 && !strcmp(argv[2], "-t");
	double began = now_ms(), taken;
	struct unwind *unwind = NULL;
	struct capture capture;
	const char *why = "";

	if (argc < 2)
		return 2;
	unwind_take(atoi(argv[1]), 1 << 20, &capture);
	options.lines = lines;
	for (size_t i = 0; argc > 2 && !strcmp(argv[2], "-a") && i < capture.thread_count; i++)
		regs_of_syscall(capture.threads[i].regs.sp, capture.threads[i].regs.pc, &capture.threads[i].regs);
	taken = now_ms();
	if (unwind_open(&capture, &options, &unwind, &why) < 0)
		fprintf(stderr, "%s\n", why);
	if (!unwind)
		return 1;
	if (!quiet)
		printf("PID %d - process\n", (int)capture.pid);
	for (size_t i = 0; i < capture.thread_count; i++)
		print_thread(unwind, &capture.threads[i], lines, quiet);
	if (quiet)
		fprintf(stderr, "read %.2f ms, unwound %.2f ms\n", taken - began, now_ms() - taken);
	unwind_free(unwind);
	unwind_release(&capture);
	return 0;
}
