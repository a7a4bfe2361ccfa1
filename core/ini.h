/* ini.h: configuration files in the syntax of zc.buildout.
 *
 *	[base]
 *	start = one                  the lines of a value that begins on its own line are stripped
 *	    two
 *	[cluster]
 *	<= base                      inherits: ini_inherit()
 *	# a comment, as with a semicolon; in the first column only
 *	start +=                     a value below its option keeps blank lines, and what is indented deeper
 *	    three
 *	[cluster:linux]              a conditional section: kept apart, never evaluated
 *
 * White space, merging and inheriting are as in zc.buildout.configparser and zc.buildout.buildout, with what is white
 * space in Unicode; `${...}` is left as it is. Two things are read here that zc.buildout passes over: a `+=` or `-=`
 * that finds nothing to change counts as if there were an empty value. And a byte order mark. Pure: no I/O. */
#ifndef CORE_INI_H
#define CORE_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "core/span.h"

enum {
	INI_SECTIONS_MAX = 4096, /* of one file, as the others */
	INI_OPTIONS_MAX = 16384,
	INI_LINES_MAX = 16384,
	INI_INHERIT_MAX = 32, /* how deep sections may inherit */
	INI_WHY_SIZE = 256,
};

/* One line of a value, and where it stands. A file of NULL: a default. */
struct ini_line { const char *text, *file; unsigned line; };

/* At least one line; an empty value has an empty one. */
struct ini_value { struct ini_line *lines; size_t count; };

enum ini_op { INI_SET, INI_ADD, INI_REMOVE }; /* "=", "+=", "-=" */

struct ini_option { const char *name; enum ini_op op; struct ini_value value; };

struct ini_section { const char *name; struct ini_option *options; size_t count; };

/* A section that holds only where an expression of Python is true. */
struct ini_condition { const char *section, *expression, *file; unsigned line; };

struct ini {
	struct ini_section *sections;
	size_t count;
	struct ini_condition *conditions;
	size_t condition_count;
	struct ini_text *texts; /* what all the strings point into */
};

/* What is wrong, and where. A LINE of 0: nothing can be said of a line. */
struct ini_fault { const char *file; unsigned line; char why[INI_WHY_SIZE]; };

/* Parse LEN bytes at TEXT, which may be changed or freed afterwards, and are called FILE in what comes of it (copied).
 * -EBADMSG: a line cannot be understood; -E2BIG: more sections, options or lines than the limits; both say it
 * in RET_FAULT, whose file is the caller's FILE. -ENOMEM. Release with ini_done(). */
int ini_parse(const char *file, const char *text, size_t len, struct ini *ret, struct ini_fault *ret_fault);

/* Release it all. Takes NULL. */
void ini_done(struct ini *ini);

/* The section of that name, the option that is set by "="; NULL: there is none. */
struct ini_section *ini_find(const struct ini *ini, const char *section);
struct ini_option *ini_option(const struct ini_section *section, const char *option);

/* Set an option of a section, making both where they are missing, to a value of one line, TEXT, which has to outlive
 * INI: a default. -ENOMEM. */
int ini_set(struct ini *ini, const char *section, const char *option, const char *text);

/* Take OPTION, one of SECTION's, out of it. */
void ini_remove(struct ini_section *section, struct ini_option *option);

/* Append a line to VALUE: the array is VALUE's, the strings are not. -ENOMEM. Release it with ini_value_done(), which
 * takes NULL. */
int ini_value_add(struct ini_value *value, struct ini_line line);
void ini_value_done(struct ini_value *value);

/* TEXT without the white space around it. */
struct span ini_strip(const char *text);

/* Lay OVER, which is emptied, on BASE: its values replace those of BASE; `+=` appends lines to them, `-=` takes lines
 * out, where BASE has the section. -ENOMEM: both must only be released. */
int ini_merge(struct ini *base, struct ini *over);

/* The section NAME with what it inherits by `<=`, and without any `+=` and `-=` that is still to be done. Its strings
 * belong to INI; release it with ini_section_done(). -ENOENT: there is no section NAME; -ELOOP: it inherits itself, or
 * through more than INI_INHERIT_MAX sections; -ESRCH: one of those that it inherits is missing; the two say it in
 * RET_FAULT. -ENOMEM. */
int ini_inherit(const struct ini *ini, const char *name, struct ini_section *ret, struct ini_fault *ret_fault);

/* Release what ini_inherit() gave. Takes NULL. */
void ini_section_done(struct ini_section *section);

#endif
