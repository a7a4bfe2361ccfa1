/* package_runs_python.c: python(1): a script, or a module by -m; and the distribution that brought it. */
#include "applets/gmr/package_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/inroot_file.h"

enum { SITES = 6 };

/* Where modules may lie: what the interpreter was started as (a virtual environment's bin/python), where it is, and
 * Debian's own place. */
struct sites {
	char path[SITES][PATH_MAX];
	size_t count;
};

/* The script, or the module with *RET_IS_MODULE; NULL: none (-c, a terminal). */
static const char *find_argument(const char *const *argv, bool *ret_is_module)
{
	for (argv++; *argv && (*argv)[0] == '-' && (*argv)[1]; argv++) {
		const char *arg = *argv + 1;

		if (strcmp(arg, "-") == 0) { /* "--" */
			argv++;
			break;
		}
		if (*arg == '-') {
			argv += strcmp(arg, "-check-hash-based-pycs") == 0 && argv[1];
			continue;
		}
		arg += strcspn(arg, "cmWX"); /* others take no value */
		if (*arg == 'c')
			return NULL;
		if (*arg == 'm') {
			*ret_is_module = true;
			return arg[1] ? arg + 1 : argv[1];
		}
		if (*arg && !arg[1] && argv[1])
			argv++;
	}
	*ret_is_module = false;
	return *argv && strcmp(*argv, "-") != 0 ? *argv : NULL;
}

static void add_site(struct sites *sites, const char *top, size_t len, const char *below)
{
	char *path = sites->path[sites->count];

	if (sites->count < SITES && snprintf(path, PATH_MAX, "%.*s%s", (int)len, top, below) < PATH_MAX)
		sites->count++;
}

/* PROGRAM is PREFIX/bin/X: PREFIX/lib/pythonN.M and its site-packages. */
static void add_prefix(struct sites *sites, const char *program, const char *version)
{
	const char *slash = strrchr(program, '/');
	char below[96];
	size_t len;

	if (program[0] != '/' || slash - program < 4 || memcmp(slash - 4, "/bin", 4) != 0)
		return;
	len = (size_t)(slash - 4 - program);
	snprintf(below, sizeof below, "/lib/%.32s/site-packages", version);
	add_site(sites, program, len, below);
	snprintf(below, sizeof below, "/lib/%.32s", version);
	add_site(sites, program, len, below);
}

/* The file of module NAME ("http.server") in SITE: as its RECORD has it, in RET. */
static bool find_module(int root, const char *site, const char *name, char ret[PATH_MAX])
{
	static const char *const ends[] = { "/__main__.py", ".py", "/__init__.py" };
	char file[PATH_MAX], path[2 * PATH_MAX];
	size_t len = strlen(name);
	struct stat st;

	if (len > 512 || strchr(name, '/'))
		return false;
	memcpy(file, name, len + 1);
	for (char *dot = file; (dot = strchr(dot, '.')); dot++)
		*dot = '/';
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		strcpy(file + len, ends[i]);
		snprintf(path, sizeof path, "%s/%s", site, file);
		if (strlen(path) < PATH_MAX && inroot_stat(root, path, &st) == 0 && S_ISREG(st.st_mode)) {
			strcpy(ret, file);
			return true;
		}
	}
	return false;
}

static int run_module(int root, const struct sites *sites, const char *name, struct package_run *ret)
{
	char file[PATH_MAX];

	for (size_t i = 0; i < sites->count; i++)
		if (find_module(root, sites->path[i], name, file)) {
			(void)package_python(root, sites->path[i], file, &ret->known);
			if ((size_t)snprintf(ret->path, sizeof ret->path, "%s/%s", sites->path[i], file) >=
			    sizeof ret->path)
				ret->path[0] = '\0';
			break;
		}
	if (!ret->known.name[0])
		snprintf(ret->known.name, sizeof ret->known.name, "%s", name);
	return 0;
}

/* /opt/shop/bin/gunicorn, which pip has written for a distribution in /opt/shop/lib/pythonN.M/site-packages; or a file
 * in such a directory. */
static int run_script(int root, struct sites *sites, const char *version, const char *script,
		      struct package_run *ret)
{
	const char *slash = strrchr(script, '/');
	char file[PATH_MAX];

	if (strlen(script) >= sizeof ret->path)
		return -ENOENT;
	strcpy(ret->path, script);
	if (script[0] != '/')
		return 0;
	snprintf(file, sizeof file, "/bin%s", slash);
	sites->count = 0;
	add_prefix(sites, script, version);
	for (size_t i = 0; i < sites->count; i++)
		if (package_python(root, sites->path[i], file, &ret->known) == 0)
			return 0;
	for (const char *at = script; (at = strstr(at, "-packages/")); at += 10) {
		sites->count = 0;
		add_site(sites, script, (size_t)(at + 9 - script), "");
		(void)package_python(root, sites->path[0], at + 10, &ret->known);
	}
	return 0;
}

int package_runs_python(int root, const char *exe, const char *const *argv, struct package_run *ret)
{
	CLEANUP(free_done) struct sites *sites = calloc(1, sizeof *sites);
	const char *version = strrchr(exe, '/');
	bool is_module = false;
	const char *argument = find_argument(argv, &is_module);

	if (!sites)
		return -ENOMEM;
	if (!argument || !*argument)
		return -ENOENT;
	version = version ? version + 1 : exe;
	if (!is_module)
		return run_script(root, sites, version, argument, ret);
	add_prefix(sites, argv[0], version);
	add_prefix(sites, exe, version);
	add_site(sites, "", 0, "/usr/lib/python3/dist-packages");
	return run_module(root, sites, argument, ret);
}
