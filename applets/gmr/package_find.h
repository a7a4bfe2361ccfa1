/* package_find.h: which package a process comes from, for the child (core/confine.h): the target has the files. */
#ifndef GMR_PACKAGE_FIND_H
#define GMR_PACKAGE_FIND_H

#include "applets/gmr/target.h"
#include "core/value.h"

/* Put into IN of TREE what EXE (a descriptor on the target's executable, or -errno) is, by its notes and by the package
 * databases in the target's root:
 *
 *   "product", "vendor", "version"   always, null where nothing tells; product is then the file's name. Vendor: what
 *                                    the package says of it (Vendor, Origin), else who maintains it
 *   "package"      who says so, of what: "dpkg openssl:amd64", "apk musl:x86_64", "rpm bash:x86_64" (by the note),
 *                  "python gunicorn"
 *   "path"         of the executable in its root, or of what it runs
 *   "deleted"      true where the executable was removed or replaced since the process started
 *   "build-id"     of the executable
 *   "hint"         what to type where it is not ours to read the database: "rpm -qf PATH"; what is missing where
 *                  confine_may_open_for() says no
 *   "interpreter"  python, beam, java: the same keys for the executable; the ones above are then of the script, release
 *                  or main jar that it runs
 *   "os"           PRETTY_NAME of os-release(5)
 *
 * What cannot be had is missing. Reads a bounded number of files and bytes; the caller bounds the time. */
void package_find(const struct target *target, int exe, struct value_tree *tree, struct value *in);

#endif
