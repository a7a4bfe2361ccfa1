/* path.h: paths of a configuration. What they return is from malloc; NULL: no memory. */
#ifndef CLUSTER_PATH_H
#define CLUSTER_PATH_H

/* NAME as seen from the directory BASE: an absolute one as it is. Pure. */
char *path_join(const char *base, const char *name);

/* The directory that PATH lies in: "." for a bare name. Pure. */
char *path_parent(const char *path);

/* What stands behind the last slash. Pure; points into PATH. */
const char *path_name(const char *path);

/* An absolute PATH without "//", "." and "..": by the text alone, as Python's os.path.abspath(), so a name that is a
 * link stays. Pure. */
char *path_tidy(const char *path);

/* FILE as an absolute path, from the working directory. NULL also where that is gone; errno says why. */
char *path_absolute(const char *file);

/* The same; where FILE itself is a link, what that leads to in the end: directories on the way stay as they are. */
char *path_of_link(const char *file);

#endif
