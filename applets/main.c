/* main.c: choose the applet, run it, check that stdout was flushed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "applets/applet.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/complete.h"
#include "core/log.h"
#include "core/near.h"
#include "core/self.h"
#include "core/version.h"

#ifndef PROCGUARD_WITHOUT
#define PROCGUARD_WITHOUT "" /* the libraries that this build goes without */
#endif

enum { EXIT_UNKNOWN = 127, NAME_SIZE = PATH_MAX, NAMES_MAX = 4096, NOTES_COLUMN = 12 };

/* The Makefile writes applets.inc: a line APPLET(name) for each folder. */
#define APPLET(name) extern const struct applet name##_applet;
#include "applets.inc"
#undef APPLET

#define APPLET(name) &name##_applet,
static const struct applet *const applets[] = {
#include "applets.inc"
};
#undef APPLET

#define APPLETS (sizeof(applets) / sizeof(applets[0]))

struct own_config {
	bool list, version, install, symbolic;
	const char *completion;
};

static const struct opt own_options[] = {
	OPT(OPT_FLAG, 0, "list", NULL, struct own_config, list, "print the names of the applets, one a line"),
	OPT(OPT_FLAG, 0, "version", NULL, struct own_config, version, "print the version and what is built in"),
	OPT(OPT_FLAG, 0, "install", NULL, struct own_config, install,
	    "link every applet's name in DIR to this binary; nothing is overwritten"),
	OPT(OPT_FLAG, 's', "symbolic", NULL, struct own_config, symbolic, "with --install: symbolic links"),
	OPT(OPT_STRING, 0, "completion", "bash|zsh|fish", struct own_config, completion,
	    "print a script that completes commands and options in this shell"),
	{ .kind = OPT_END },
};

static const struct opt_command own_forms[] = {
	{ .synopsis = "APPLET [ARG]...", .summary = "run an applet", .options = own_options, .max_operands = 1 },
	{ .synopsis = "--list", .summary = "its names", .options = own_options },
	{ .synopsis = "--version", .summary = "its version", .options = own_options },
	{ .synopsis = "--install [-s] DIR", .summary = "links", .options = own_options },
	{ .synopsis = "--completion bash|zsh|fish", .summary = "a script", .options = own_options },
	{ .summary = NULL },
};

static const struct applet *find_applet(const char *name)
{
	for (size_t i = 0; i < APPLETS; i++)
		if (!strcmp(name, applets[i]->name) || (applets[i]->alias && !strcmp(name, applets[i]->alias)))
			return applets[i];
	return NULL;
}

static int run_applet(const struct applet *applet, const char *typed, int argc, char **argv)
{
	struct opt_program program = *applet->program;
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "%s", typed);
	program.name = name;
	argv[0] = name;
	log_prefix(name);
	return applet->run(&program, argc, argv);
}

static int unknown_applet(const char *program, const char *typed)
{
	CLEANUP(buf_done) struct buf names = BUF(NAMES_MAX);
	struct near near = NEAR(typed, strlen(typed));

	for (size_t i = 0; i < APPLETS; i++) {
		near_offer(&near, applets[i]->name);
		near_offer(&near, applets[i]->alias);
		buf_printf(&names, " %s", applets[i]->name);
	}
	if (near.best)
		log_line("%s: unknown applet '%s' (did you mean '%s'?)", program, typed, near.best);
	else
		log_line("%s: unknown applet '%s'", program, typed);
	log_line("Applets:%s", names.data ? names.data : "");
	return EXIT_UNKNOWN;
}

static int print_list(void)
{
	for (size_t i = 0; i < APPLETS; i++)
		puts(applets[i]->name);
	return 0;
}

static int print_version(void)
{
	printf("procguard %s\napplets:", version_string());
	for (size_t i = 0; i < APPLETS; i++)
		printf(" %s", applets[i]->name);
	printf("%s%s\n", PROCGUARD_WITHOUT[0] ? "; without: " : "", PROCGUARD_WITHOUT);
	return 0;
}

static int print_completion(const struct opt_program *own, const char *shell)
{
	struct complete_word words[2 * APPLETS];
	size_t count = 0;
	int r;

	for (size_t i = 0; i < APPLETS; i++) {
		words[count++] = (struct complete_word){ applets[i]->name, applets[i]->program };
		if (applets[i]->alias)
			words[count++] = (struct complete_word){ applets[i]->alias, applets[i]->program };
	}
	r = complete_print(stdout, shell, "procguard", own_options, words, count);
	if (r < 0)
		return opt_usage(own, "unknown shell '%s' (one of: bash, zsh, fish)", shell);
	return 0;
}

/* Is the NAME that stands in the way a link to the file SELF already? */
static bool is_ours(int dir, const char *name, const char *self)
{
	struct stat there, ours;

	return fstatat(dir, name, &there, 0) == 0 && stat(self, &ours) == 0 && there.st_dev == ours.st_dev &&
	       there.st_ino == ours.st_ino;
}

static int install_link(const char *own, int dir, const char *path, const char *name, const char *self, bool symbolic)
{
	int error;

	if ((symbolic ? symlinkat(self, dir, name) : linkat(AT_FDCWD, self, dir, name, 0)) == 0)
		return 0;
	error = errno;
	if (error == EEXIST && is_ours(dir, name, self))
		return 0;
	if (error == EEXIST)
		log_line("%s: '%s/%s' exists and is not this program: left as it is (remove it first)", own, path,
			 name);
	else
		log_line("%s: cannot link '%s/%s' to '%s': %s%s", own, path, name, self, log_errno(error),
			 !symbolic && (error == EXDEV || error == EPERM) ? " (use --install -s)" : "");
	return 1;
}

static int install(const struct opt_program *own, const char *argv0, const char *path, bool symbolic)
{
	CLEANUP(fd_done) int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	char self[PATH_MAX];
	int r, status = 0;

	if (dir < 0) {
		log_line("%s: cannot open '%s': %s", own->name, path, log_errno(errno));
		return 1;
	}
	r = self_exe(argv0, self, sizeof(self));
	if (r < 0) {
		log_line("%s: cannot find its own file: %s (call it by its full path)", own->name, log_errno(r));
		return 1;
	}
	for (size_t i = 0; i < APPLETS; i++) {
		status |= install_link(own->name, dir, path, applets[i]->name, self, symbolic);
		if (applets[i]->alias)
			status |= install_link(own->name, dir, path, applets[i]->alias, self, symbolic);
	}
	return status;
}

/* What options of procguard itself ask for. Exactly one thing, and DIR only with --install. */
static int run_options(const struct opt_program *own, const char *argv0, const struct own_config *config,
		       const char *operand)
{
	int asked = config->list + config->version + config->install + !!config->completion;

	if (asked != 1)
		return opt_usage(own, asked ? "one of --list, --version, --install and --completion at a time"
					    : "which applet?");
	if (config->symbolic && !config->install)
		return opt_usage(own, "option '-s' goes with --install");
	if (config->install && !operand)
		return opt_usage(own, "option '--install' needs a DIR");
	if (operand && !config->install)
		return opt_usage(own, "unexpected operand '%s'", operand);
	if (config->install)
		return install(own, argv0, operand, config->symbolic);
	if (config->completion)
		return print_completion(own, config->completion);
	return config->list ? print_list() : print_version();
}

/* What closes procguard's own help: the applets and what they are for. From malloc; NULL without memory. */
static char *applet_notes(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs("Applets:\n", out);
	for (size_t i = 0; i < APPLETS; i++) {
		fprintf(out, "  %-*s", NOTES_COLUMN - 2, applets[i]->name);
		opt_wrap(out, applets[i]->program->summary, NOTES_COLUMN, NOTES_COLUMN);
		if (applets[i]->alias)
			fprintf(out, "\n%*s(also as %s)", NOTES_COLUMN, "", applets[i]->alias);
		fputc('\n', out);
	}
	fputs("\nA link to this binary that has an applet's name runs that applet.\n", out);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static int run_own(const char *name, int argc, char **argv)
{
	CLEANUP(free_done) char *notes = applet_notes();
	struct opt_program own = {
		.name = name,
		.summary = "Keep processes alive and say why they died.",
		.commands = own_forms,
		.notes = notes,
	};
	struct own_config config = { 0 };
	const struct opt_command *form;
	int operand = 0;

	if (argc < 2) {
		opt_help(&own, stderr);
		return 2;
	}
	switch (opt_parse(&own, argc, argv, &config, &form, &operand)) {
	case OPT_OK:
		return run_options(&own, argv[0], &config, argv[operand]);
	case OPT_HELP:
		return 0;
	case OPT_USAGE:
		break;
	}
	return 2;
}

/* The first line of a script, "#!/usr/bin/procguard cluster -f", comes as one word, with the path of the script behind
 * it (execve(2)). That path is what was typed. */
static int run_script(const char *own, int argc, char **argv)
{
	static const char blanks[] = " \t";
	size_t room = strlen(argv[1]) / 2 + (size_t)argc + 1;
	CLEANUP(free_done) char **words = calloc(room, sizeof(*words));
	const struct applet *applet;
	char *rest = argv[1], *word;
	int count = 0;

	if (!words) {
		log_line("%s: out of memory", own);
		return 1;
	}
	while ((word = strsep(&rest, blanks)))
		if (*word)
			words[count++] = word;
	applet = count > 0 ? find_applet(words[0]) : NULL;
	if (!applet)
		return unknown_applet(own, count > 0 ? words[0] : "");
	for (int i = 2; i < argc; i++)
		words[count++] = argv[i];
	return run_applet(applet, argv[2], count, words);
}

/* By the name it was called, else by its first word. */
static int dispatch(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/'), *name = slash ? slash + 1 : argv[0];
	const struct applet *applet;
	char full[NAME_SIZE];

	if (name[0] == '-') /* a login shell's */
		name++;
	applet = find_applet(name);
	if (applet)
		return run_applet(applet, name, argc, argv);
	if (!name[0])
		name = "procguard";
	log_prefix(name);
	if (argc < 2 || argv[1][0] == '-')
		return run_own(name, argc, argv);
	if (argc > 2 && strpbrk(argv[1], " \t"))
		return run_script(name, argc, argv);
	applet = find_applet(argv[1]);
	if (!applet)
		return unknown_applet(name, argv[1]);
	snprintf(full, sizeof(full), "%s %s", name, argv[1]);
	return run_applet(applet, full, argc - 1, argv + 1);
}

/* A file that is opened later must not become descriptor 1 because stdout was closed: output would go into it. What
 * stands here instead answers EBADF as a closed one does, needs no device node, and children do not get it. */
static void hold_standard_fds(void)
{
	int fd;

	do
		fd = open("/", O_PATH | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	fd_close(fd);
}

static int flush_stdout(int status)
{
	bool failed = ferror(stdout);

	errno = 0;
	if (fflush(stdout) == 0 && !failed)
		return status;
	log_fail("cannot write to the standard output%s%s", errno ? ": " : "", errno ? log_errno(errno) : "");
	return status ? status : 1;
}

int main(int argc, char **argv)
{
	char nameless[] = "procguard", *none[] = { nameless, NULL };
	int status;

	hold_standard_fds();
	status = argc > 0 ? dispatch(argc, argv) : dispatch(1, none); /* execve(2) allows an empty argv */
	status = flush_stdout(status);
	log_prefix(NULL);
	return status;
}
