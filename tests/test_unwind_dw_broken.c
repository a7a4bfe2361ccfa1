/* Files, stacks and a vdso that are broken on purpose: each in a child, which must end by itself, and soon.
 *
 * Some versions of libdw fail on some (an assertion, a division by zero): that ends the child, which is what it is for,
 * and is counted. What must not be: one that hangs, or a fault of ours, which a sanitizer reports. */
#include "core/unwind_dw.h"

#include <sys/mman.h>
#include <sys/resource.h>

/* What is not of our making stays a signal; what AddressSanitizer finds is an exit status. */
#define NEST_ASAN_OPTIONS "handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0:detect_leaks=0"
#include "tests/nest.h"
#include "tests/suite.h"

enum {
	ROUNDS = 150,
	SECONDS_MAX = 10,   /* of processor time */
	FRAMES = 64,
};

static uint64_t state;

static uint32_t next_random(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(state >> 33);
}

/* Overwrite some bytes: mostly where headers are, which is at both ends of a file, in one word or a run. */
static void spoil(char *data, size_t len)
{
	static const unsigned char values[] = { 0, 1, 0x7f, 0x80, 0xff };

	for (uint32_t n = next_random() % 8 + 1; n > 0 && len > 16; n--) {
		size_t reach = next_random() % 3 == 0 || len < 4096 ? len : 2048;
		size_t at = next_random() % (reach - 8), run = next_random() % 8 + 1;

		if (next_random() % 2)
			at = len - 8 - at;
		for (size_t i = 0; i < run; i++)
			data[at + i] = (char)(next_random() % 4 ? next_random() : values[next_random() % 5]);
	}
}

/* A copy of FD in memory, spoilt, and at times cut. */
static int spoilt_file(int fd)
{
	struct stat st;
	int copy = memfd_create("spoilt", MFD_CLOEXEC);
	char *data;
	size_t len;

	if (copy < 0 || fstat(fd, &st) < 0)
		_exit(2);
	len = (size_t)st.st_size;
	data = malloc(len);
	if (!data || pread(fd, data, len, 0) != (ssize_t)len)
		_exit(2);
	spoil(data, len);
	if (next_random() % 8 == 0)
		len = next_random() % len + 1;
	if (write(copy, data, len) != (ssize_t)len)
		_exit(2);
	free(data);
	return copy;
}

static int count_frame(const struct unwind_frame *frame, void *context)
{
	(void)frame;
	++*(int *)context;
	return 0;
}

/* The program's debug information, compressed; -1: no objcopy. */
static int packed_debug(void)
{
	char name[] = "/tmp/test_unwind_dw_broken.XXXXXX", command[2 * PATH_MAX], program[PATH_MAX];
	int fd = mkstemp(name), packed;

	ck_assert_int_ge(fd, 0);
	nest_path(program);
	snprintf(command, sizeof(command),
		 "objcopy --only-keep-debug --compress-debug-sections=zlib '%s' %s 2>/dev/null", program, name);
	/* It may write another file under this name. */
	packed = system(command) == 0 ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	close(fd);
	unlink(name);
	return packed;
}

/* In a child: CAPTURE with one of its parts spoilt, or DEBUG for its first module. */
static int unwind_spoilt(struct capture *capture, int debug)
{
	const struct rlimit cpu = { SECONDS_MAX, SECONDS_MAX }, no_core = { 0, 0 };
	const struct unwind_options options = { .root = -1, .frames_max = FRAMES, .lines = true };
	struct capture_thread *thread = &capture->threads[0];
	struct unwind *unwind = NULL;
	enum unwind_end end;
	const char *why;
	int count = 0;
	bool is_debug = false;

	setrlimit(RLIMIT_CPU, &cpu);
	setrlimit(RLIMIT_CORE, &no_core);
	switch (next_random() % 8) {
	case 0:
		spoil(capture->vdso.data, capture->vdso.len);
		break;
	case 1:
		spoil((char *)(uintptr_t)thread->stack, thread->stack_len);
		break;
	case 2:
		is_debug = debug >= 0;
		break;
	default:
		for (size_t i = 0; i < capture->module_count; i++)
			if (capture->modules[i].fd >= 0 && next_random() % 2)
				capture->modules[i].fd = spoilt_file(capture->modules[i].fd);
	}
	if (unwind_open(capture, &options, &unwind, &why) < 0 && !unwind)
		return 2;
	if (is_debug)
		unwind->modules[0].debug_fd = spoilt_file(debug);
	unwind_thread(unwind, thread, count_frame, &count, &end);
	unwind_free(unwind);
	return count > FRAMES ? 3 : 0;
}

START_TEST(end_soon)
{
	struct capture capture;
	int ended_by_libdw = 0, debug = packed_debug();

	nest_start("deep", "10");
	unwind_take(nest_pid, 1 << 20, &capture);
	nest_end();
	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = fork();
		int status;

		ck_assert_int_ge(pid, 0);
		state = (uint64_t)i * 2654435761u + 1;
		if (pid == 0)
			_exit(unwind_spoilt(&capture, debug));
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		if (WIFSIGNALED(status)) {
			ck_assert_msg(WTERMSIG(status) != SIGXCPU && WTERMSIG(status) != SIGKILL, "round %d: hangs", i);
			ended_by_libdw++;
		} else {
			ck_assert_msg(WEXITSTATUS(status) == 0, "round %d: exit %d", i, WEXITSTATUS(status));
		}
	}
	ck_assert_int_lt(ended_by_libdw, ROUNDS / 10);
	unwind_release(&capture);
	if (debug >= 0)
		close(debug);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("unwind_dw_broken");

	tcase_add_test(tests, end_soon);
	return suite_run("unwind_dw_broken", tests);
}
