/* buildout.h: what zc.buildout knows of its own section. */
#ifndef CLUSTER_BUILDOUT_H
#define CLUSTER_BUILDOUT_H

#include <stdbool.h>

#include "core/ini.h"

/* Is it one of buildout's directories, which are absolute? Pure. */
bool buildout_is_directory(const char *section, const char *option);

/* The shared eggs-directory PATH, which SAID names in a file: below the home directory ("~/eggs"), else below the
 * directory of that file. From malloc; NULL: no memory. */
char *buildout_eggs(const struct ini_line *said, const char *path);

#endif
