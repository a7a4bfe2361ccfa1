/* sources.h: a configuration file and what it extends, as one.
 *
 * [buildout] of it has buildout's defaults below it (directory, bin-directory, parts-directory, eggs-directory,
 * develop-eggs-directory), and `extends` no more. */
#ifndef CLUSTER_SOURCES_H
#define CLUSTER_SOURCES_H

#include "applets/cluster/fault.h"
#include "core/ini.h"

enum {
	SOURCES_DEPTH_MAX = 32,        /* of files that extend each other */
	SOURCES_MAX = 256,             /* read for one configuration; one that is extended twice counts twice */
	SOURCES_BYTES_MAX = 8 << 20,   /* in all of them together */
};

struct sources {
	struct ini ini;
	char *directory;      /* absolute: where the file lies */
	size_t remote;        /* files by URL that are left out */
	struct fault remote_first; /* the first of them: "buildout.cfg:3: https://..." */
};

/* Read FILE, and what it extends: messages call them as FILE and as what is named, seen from where FILE is. PATH is the
 * absolute path of FILE. Files by URL are left out, and those that `optional-extends` names and that are missing.
 * -EBADMSG: RET_FAULT says what is wrong; -ENOMEM. Release with sources_done(). Blocks as the files do. */
int sources_load(const char *file, const char *path, struct sources *ret, struct fault *ret_fault);

/* Takes NULL. */
void sources_done(struct sources *sources);

#endif
