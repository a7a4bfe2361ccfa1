/* registered [broken|newer|wild]: a process with a registry (core/registry.h) that is laid out by hand, as a program
 * with the C library has one: "ready" when it is there; waits until it is ended.
 * registered inside GMR [ARG]... -- [WORD]...: as the library has its report made: GMR --inside FD [ARG]... PID, below
 * a child of ours that waits for it, with all signals blocked. WORDs are sent through FD (core/statement.h):
 * "section=TITLE", "text=TEXT", "key=KEY=VALUE", "cut", "late", "unasked", "note=TEXT", "end". Exits as GMR does. */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/registry.h"
#include "core/statement.h"

#define TEXT(flags_, text_) { .slot = { 2, REGISTRY_USED }, .flags = (flags_), .length = sizeof(text_), \
	.text = (uint64_t)(uintptr_t)(text_) }

static struct registry_option options[] = {
	TEXT(0, "default\0zig\0" "1"),
	TEXT(0, "default\0colour\0red \033[31m"),
	TEXT(0, "database\0password\0hunter2"),
	TEXT(0, "database\0url\0postgres://web:swordfish@db/web"),
	TEXT(REGISTRY_CUT, "default\0long\0abc"),
	TEXT(0, "process\0root\0nobody's"),
	{ .slot = { 3, REGISTRY_USED } }, /* it is being written for ever */
	TEXT(REGISTRY_SECRET, "database\0spell"), /* without a value: the last NUL ends the name */
};

static struct registry_section sections[] = {
	{ .slot = { 2, REGISTRY_USED }, .title = "Queues", .order = 1 },
	{ .slot = { 2, REGISTRY_USED }, .title = "Bad\tTitle", .order = 2 },
};

enum { OPTIONS = sizeof(options) / sizeof(*options), SECTIONS = sizeof(sections) / sizeof(*sections) };

/* Not static: the note's distance to it is the linker's. */
extern struct registry laid_out;
struct registry laid_out = {
	.magic = REGISTRY_MAGIC, .version = REGISTRY_VERSION, .size = sizeof(struct registry), .signal = SIGUSR2,
	.program = "1.4.2", .product = "web/app", .vendor = "Example \033[1m",
	.options = { .slot_size = sizeof(*options), .first = 16, .used = OPTIONS },
	.sections = { .slot_size = sizeof(*sections), .first = 8, .used = SECTIONS },
	.green = { .slot_size = sizeof(struct registry_green), .first = 8 },
};

__asm__(".pushsection .note.procguard, \"a\", %note\n"
	".balign 4\n"
	".long 10, 16, 0x474d5201\n"
	".asciz \"procguard\"\n"
	".balign 4\n"
	".long 1, 680\n"
	".quad laid_out - .\n"
	".popsection\n");

static pthread_barrier_t all;
static volatile bool is_over;

static void *wait_here(void *name)
{
	uint32_t *id = &laid_out.helpers[!strcmp(name, "gmr-late")];

	prctl(PR_SET_NAME, name);
	*id = (uint32_t)syscall(SYS_gettid);
	pthread_barrier_wait(&all);
	while (!is_over)
		pause();
	return NULL;
}

__attribute__((noinline)) static void *generate_for_ever(void *name)
{
	void *context = wait_here(name);

	is_over = true; /* not the last call: so its frame stays */
	return context;
}

static void set_up(const char *how)
{
	static char option_room[16 * sizeof(*options)], section_room[8 * sizeof(*sections)];

	memcpy(option_room, options, sizeof(options));
	memcpy(section_room, sections, sizeof(sections));
	laid_out.options.chunks[0] = (uint64_t)(uintptr_t)option_room;
	laid_out.sections.chunks[0] = (uint64_t)(uintptr_t)section_room;
	laid_out.pid = (uint32_t)getpid();
	if (!strcmp(how, "broken"))
		laid_out.magic = 1;
	if (!strcmp(how, "newer"))
		laid_out.version = REGISTRY_VERSION + 1;
	if (!strcmp(how, "wild"))
		memset(&laid_out.options, 0xff, sizeof(laid_out.options));
}

static void start_threads(void)
{
	static char helper[] = "gmr-helper", late[] = "gmr-late";
	pthread_t thread;

	pthread_barrier_init(&all, NULL, 3);
	if (pthread_create(&thread, NULL, wait_here, helper) || pthread_create(&thread, NULL, generate_for_ever, late))
		exit(125);
	pthread_barrier_wait(&all);
}

/* --- inside --- */

static void put(int fd, uint32_t kind, const void *bytes, size_t length)
{
	struct statement_record record = { .kind = kind, .length = (uint32_t)length };

	if (write(fd, &record, sizeof(record)) != sizeof(record) || write(fd, bytes, length) != (ssize_t)length)
		exit(124);
}

static void put_word(int fd, const char *word)
{
	static const struct { const char *word; uint32_t kind; } kinds[] = {
		{ "section", STATEMENT_SECTION }, { "text", STATEMENT_TEXT }, { "key", STATEMENT_KEY },
		{ "cut", STATEMENT_CUT }, { "late", STATEMENT_LATE }, { "unasked", STATEMENT_UNASKED },
		{ "note", STATEMENT_NOTE }, { "end", STATEMENT_END },
	};
	size_t name = strcspn(word, "=");
	char text[4096];

	snprintf(text, sizeof(text), "%s", word[name] ? word + name + 1 : "");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		size_t length = strlen(text);

		if (strncmp(word, kinds[i].word, name) != 0 || kinds[i].word[name])
			continue;
		if (kinds[i].kind == STATEMENT_LATE)
			put(fd, STATEMENT_LATE, &laid_out.helpers[1], sizeof(uint32_t));
		else if (kinds[i].kind == STATEMENT_KEY && strchr(text, '='))
			*strchr(text, '=') = '\0';
		if (kinds[i].kind != STATEMENT_LATE)
			put(fd, kinds[i].kind, text, length);
	}
}

/* As the child that waits for gmr. */
static int make_report(int fd, int count, char **args, const char *pid)
{
	char number[16], **argv = calloc((size_t)count + 6, sizeof(*argv));
	sigset_t all_signals;
	int status, n = 0;
	pid_t child;

	snprintf(number, sizeof(number), "%d", fd);
	argv[n++] = args[0];
	argv[n++] = (char[]){ "gmr" };
	argv[n++] = (char[]){ "--inside" };
	argv[n++] = number;
	for (int i = 1; i < count; i++)
		argv[n++] = args[i];
	argv[n] = (char *)(uintptr_t)pid;
	sigfillset(&all_signals);
	sigprocmask(SIG_SETMASK, &all_signals, NULL);
	child = fork();
	if (child == 0) {
		execv(argv[0], argv);
		_exit(127);
	}
	close(fd);
	if (child < 0 || waitpid(child, &status, 0) != child)
		return 123;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int report_inside(int argc, char **argv)
{
	int ends[2], status, count = 0;
	char pid[16];
	pid_t middle;

	while (count < argc && strcmp(argv[count], "--") != 0)
		count++;
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (pipe(ends) < 0)
		return 122;
	signal(SIGPIPE, SIG_IGN);
	middle = fork();
	if (middle == 0) {
		close(ends[1]);
		_exit(make_report(ends[0], count, argv, pid));
	}
	close(ends[0]);
	put(ends[1], STATEMENT_MAGIC_KIND, STATEMENT_MAGIC, strlen(STATEMENT_MAGIC));
	for (int i = count + 1; i < argc; i++)
		put_word(ends[1], argv[i]);
	close(ends[1]);
	return middle < 0 || waitpid(middle, &status, 0) != middle ? 121 : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	set_up(argc > 1 ? argv[1] : "");
	start_threads();
	if (argc > 2 && !strcmp(argv[1], "inside"))
		return report_inside(argc - 2, argv + 2);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
