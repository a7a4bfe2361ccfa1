#include "applets/gmr/package_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/cleanup.h"
#include "core/confine.h"
#include "core/elffile.h"
#include "core/inroot_file.h"
#include "core/redact.h"

/* Databases that no tool of ours reads, and what does. */
static const struct { const char *path, *hint; } foreign[] = {
	{ "/var/lib/rpm", "rpm -qf" },
	{ "/usr/lib/sysimage/rpm", "rpm -qf" },
	{ "/var/lib/pacman/local", "pacman -Qo" },
};

/* Where all is worked out. */
struct finding {
	const struct target *target;
	int root;                 /* or -errno */
	struct value_tree *tree;
	char exe[PATH_MAX];       /* inside the root */
	struct package_names names;
	struct package_run run;
};

/* The package manager that has PATH. */
static int find_owner(struct finding *finding, const char *path, struct package *ret)
{
	int r = finding->root < 0 ? finding->root : package_names(finding->root, path, &finding->names);

	if (r < 0)
		return r;
	r = package_dpkg(finding->root, &finding->names, ret);
	return r == 0 ? 0 : package_apk(finding->root, &finding->names, ret);
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void add_text(struct finding *finding, struct value *in, const char *key, const char *text)
{
	value_add_string(finding->tree, in, key, *text ? text : NULL);
}

/* What was found; what has no package is called by its file. */
static void add_package(struct finding *finding, struct value *in, const struct package *package, const char *path)
{
	add_text(finding, in, "product", package->name[0] ? package->name : base_of(path));
	add_text(finding, in, "vendor", package->vendor);
	add_text(finding, in, "version", package->version);
	if (package->manager[0])
		value_add_format(finding->tree, in, "package", "%s %s%s%s", package->manager, package->name,
				 package->arch[0] ? ":" : "", package->arch);
	if (*path)
		add_text(finding, in, "path", path);
}

static void add_hint(struct finding *finding, struct value *in, const char *path)
{
	struct stat st;

	for (size_t i = 0; finding->root >= 0 && i < sizeof foreign / sizeof *foreign; i++)
		if (inroot_stat(finding->root, foreign[i].path, &st) == 0) {
			value_add_format(finding->tree, in, "hint", "%s %s", foreign[i].hint, path);
			return;
		}
}

static void add_executable(struct finding *finding, struct value *in, int exe)
{
	struct package package = { .name = "" };
	char build_id[ELFFILE_BUILD_ID_TEXT];
	int r = exe < 0 ? exe : package_note(exe, &package);

	if (r < 0)
		r = find_owner(finding, finding->exe, &package);
	add_package(finding, in, &package, finding->exe);
	value_add_bool(finding->tree, in, "deleted", finding->target->exe_deleted);
	if (exe >= 0 && elffile_build_id(exe, build_id) == 0)
		value_add_string(finding->tree, in, "build-id", build_id);
	if (r < 0)
		add_hint(finding, in, finding->exe);
}

/* What a command line names may be anything: a value behind an option that we do not know. */
static void redact(char *text, size_t size)
{
	CLEANUP(buf_done) struct buf redacted = BUF(size - 1);

	if (!*text)
		return;
	if (redact_text(text, strlen(text), &redacted) < 0 || !redacted.data)
		strcpy(text, REDACT_MASK);
	else
		memcpy(text, redacted.data, redacted.len + 1);
}

/* A package manager's word counts more than what the files say of themselves. */
static void add_run(struct finding *finding, struct value *in)
{
	struct package package = finding->run.known;
	int r = finding->run.path[0] ? find_owner(finding, finding->run.path, &package) : -ENOENT;

	if (!package.manager[0])
		redact(package.name, sizeof package.name);
	redact(finding->run.path, sizeof finding->run.path);
	add_package(finding, in, &package, finding->run.path);
	if (r < 0 && !package.manager[0] && finding->run.path[0] == '/')
		add_hint(finding, in, finding->run.path);
}

void package_find(const struct target *target, int exe, struct value_tree *tree, struct value *in)
{
	CLEANUP(free_done) struct finding *finding = calloc(1, sizeof *finding);
	struct value *executable = in;
	char os[256];

	if (!finding || target->exe_error)
		return;
	finding->target = target;
	finding->tree = tree;
	finding->root = target->root;
	if (finding->root >= 0 && !confine_may_open_for(target->uid, target->euid))
		finding->root = -EPERM;
	package_inner_path(finding->root, exe, target->exe, finding->exe);
	if (finding->root >= 0 && package_runs(target, finding->exe, &finding->run) == 0) {
		add_run(finding, in);
		executable = value_add_map(tree, in, "interpreter");
	}
	add_executable(finding, executable, exe);
	if (finding->root >= 0 && package_os(finding->root, os, sizeof os) == 0)
		value_add_string(tree, in, "os", os);
	if (target->root >= 0 && finding->root < 0)
		value_add_string(tree, in, "hint", "give it CAP_SETUID and CAP_SETGID to have package databases read");
}
