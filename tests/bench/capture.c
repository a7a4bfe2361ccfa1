/* capture PID gentle|no-stop|stop [TIMES]: read the threads of PID; how many how, and what it has cost them. */
#include "core/capture.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/clock.h"
#include "core/pidref.h"
#include "core/procfs.h"

static void print(const struct capture *c, int64_t took)
{
	size_t how[3] = { 0 }, bytes = 0, files = 0;

	for (size_t i = 0; i < c->thread_count; i++) {
		how[c->threads[i].how]++;
		bytes += c->threads[i].stack_len;
	}
	for (size_t i = 0; i < c->module_count; i++)
		files += c->modules[i].fd >= 0;
	printf("threads=%zu asleep=%zu stopped=%zu unread=%zu stack_bytes=%zu modules=%zu files=%zu stops=%u "
	       "longest_stop_us=%.1f all_stopped_us=%.1f window_us=%.1f total_us=%.1f\n",
	       c->thread_count, how[CAPTURE_ASLEEP], how[CAPTURE_STOPPED], how[CAPTURE_UNREAD], bytes,
	       c->module_count, files, c->stops, (double)c->longest_stop_ns / 1e3, (double)c->all_stopped_ns / 1e3,
	       (double)c->window_ns / 1e3, (double)took / 1e3);
}

static int take(const struct procfs *proc, pid_t pid, enum capture_mode mode)
{
	CLEANUP(pidref_done) struct pidref target = PIDREF_NONE;
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);
	int64_t began = clock_ns();
	const struct capture_options options = {
		.mode = mode, .look_ns = 20000000, .max_stop_ns = 20000000, .deadline_ns = began + 5000000000,
		.stack_max = 1 << 20, .total_max = 64 << 20,
	};
	struct capture *capture;
	int r = pidref_open(proc, pid, &target);

	if (r == 0)
		r = capture_take(proc, dir, &target, &options, &capture);
	if (r < 0) {
		fprintf(stderr, "capture: %s\n", strerror(-r));
		return 1;
	}
	print(capture, clock_ns() - began);
	capture_free(capture);
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const modes[] = { "gentle", "no-stop", "stop" };
	CLEANUP(procfs_done) struct procfs proc = { .fd = -1 };
	int mode = 0, r = 0;

	while (argc >= 3 && mode < 3 && strcmp(argv[2], modes[mode]) != 0)
		mode++;
	if (argc < 3 || mode == 3 || procfs_open_own(&proc) < 0) {
		fprintf(stderr, "usage: capture PID gentle|no-stop|stop [TIMES]\n");
		return 2;
	}
	for (int times = argc > 3 ? atoi(argv[3]) : 1; r == 0 && times > 0; times--)
		r = take(&proc, (pid_t)atoi(argv[1]), (enum capture_mode)mode);
	return r;
}
