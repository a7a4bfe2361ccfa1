/* package_private.h: what the files of package_find share. All of them read in the target's root, and trust nothing. */
#ifndef GMR_PACKAGE_PRIVATE_H
#define GMR_PACKAGE_PRIVATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "applets/gmr/package_find.h"
#include "core/span.h"

/* A package; what is not known is "". Texts that are too long are cut. */
struct package {
	char name[128], version[128], vendor[192];
	char manager[32], arch[32]; /* "dpkg", "apk", "python", or the note's word */
};

/* The names of one file: /usr/bin/sh is /bin/sh, too, where /bin leads to /usr/bin; the shorter name last. */
struct package_names {
	char path[2][PATH_MAX];
	size_t count;
};

/* ---- package_names.c ---- */

/* The path inside ROOT of the executable EXE (descriptor, or -errno) that our own root calls PATH. */
void package_inner_path(int root, int exe, const char *path, char ret[PATH_MAX]);

/* The names of PATH inside ROOT, whether there is a file there or not. -ENOENT: PATH is relative or too long. */
int package_names(int root, const char *path, struct package_names *ret);
bool package_is_named(const struct package_names *names, const struct span *path);

/* ---- package_lines.c: a file line by line ---- */
enum { PACKAGE_FILE_MAX = 64 << 20 };
struct package_lines {
	int fd;
	char *block;
	size_t have, at;
	bool cut; /* the rest of a line that was too long is still to come */
};

/* A regular file of at most PACKAGE_FILE_MAX bytes inside ROOT, or FD, which it then owns. Errors: inroot_open_file(),
 * -ENOMEM. Close with package_lines_done(). */
int package_lines_open(int root, const char *path, struct package_lines *ret);
int package_lines_of(int fd, struct package_lines *ret);
void package_lines_done(struct package_lines *lines);

/* 1 and the next line, without its end, valid until the next call (of a line above 64 KiB the beginning); 0: there is
 * none; -errno of read(2). */
int package_lines_next(struct package_lines *lines, struct span *ret);

/* Copy what fits. */
void package_copy(const struct span *from, char *ret, size_t size);

/* Where the line is "KEYvalue", copy the value to RET and return true; unless RET has something already. */
bool package_take(const struct span *line, const char *key, char *ret, size_t size);

/* A directory below ROOT, for reading. -errno. */
int package_directory(int root, const char *path);

/* Replace the content of RET by a regular file in DIR. -EFBIG: more than RET->max; -errno. */
int package_read(int dir, const char *name, struct buf *ret);

/* ---- who owns a file: 0, or -ENOENT: nobody, or no such database; else -errno ---- */
int package_dpkg(int root, const struct package_names *names, struct package *ret);
int package_apk(int root, const struct package_names *names, struct package *ret);

/* What dpkg's status tells of package NAME (and of ARCH, unless ""), read from LINES. */
int package_dpkg_status(struct package_lines *lines, const char *name, const char *arch, struct package *ret);

/* What apk's database in LINES tells. */
int package_apk_owner(struct package_lines *lines, const struct package_names *names, struct package *ret);

/* dpkg's diversions in LINES: RET becomes the names that the owner knows the file by; OWNER and OTHER, which were "",
 * the only package that can be it and one that cannot. -ENOENT: an administrator's file, no package's. */
enum { PACKAGE_NAME_MAX = 256 };
int package_dpkg_divert(struct package_lines *lines, struct package_names *names, char owner[PACKAGE_NAME_MAX],
			char other[PACKAGE_NAME_MAX]);

/* A Python distribution (*.dist-info) that has FILE, a path as its RECORD has it ("gunicorn/app.py") or the end of one
 * ("/bin/gunicorn"), in the directory SITE. */
int package_python(int root, const char *site, const char *file, struct package *ret);

/* ---- package_note.c ---- */

/* .note.package of EXE, the JSON of one. */
int package_note(int exe, struct package *ret);
int package_note_parse(const char *json, size_t len, struct package *ret);

/* ---- package_os.c: PRETTY_NAME of os-release(5), -ENOENT ---- */
int package_os(int root, char *ret, size_t size);
int package_os_parse(struct package_lines *lines, char *ret, size_t size);

/* ---- package_runs.c: what an interpreter runs ---- */
struct package_run {
	char path[PATH_MAX];      /* of the script, the release's boot file, the jar; "" where only NAME is known */
	struct package known;     /* what its own files say, where no package manager owns it */
};

/* What TARGET runs, whose executable is EXE inside its root. -ENOENT: it is no interpreter, or runs nothing. */
int package_runs(const struct target *target, const char *exe, struct package_run *ret);
int package_runs_python(int root, const char *exe, const char *const *argv, struct package_run *ret);
int package_runs_beam(int root, const char *const *argv, struct package_run *ret);
int package_runs_java(int root, const char *const *argv, struct package_run *ret);

#endif
