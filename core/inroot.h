/* inroot.h: open a path as a process inside its own root and mount namespace would.
 *
 * openat2(2) with RESOLVE_IN_ROOT where it serves; component by component where it does not (Linux before 5.6,
 * seccomp filters that refuse it, relative paths: ".." may go above the working directory but never above the root).
 * Links are followed inside the root, at most 40. */
#ifndef CORE_INROOT_H
#define CORE_INROOT_H

/* Open the directory that holds PATH's last component: ROOT and CWD are descriptors on the process's directories
 * (procfs_root(), procfs_cwd()), a relative PATH begins at CWD. RET_NAME points into PATH at the last component,
 * which is not looked at. Returns an O_PATH descriptor that the caller closes, or -errno. -EINVAL: the path ends in
 * "/", "." or "..", or is empty. May block as the file system does. */
int inroot_open_parent(int root, int cwd, const char *path, const char **ret_name);

/* The same, always component by component: for the tests that hold both ways against each other. */
int inroot_walk_parent(int root, int cwd, const char *path, const char **ret_name);

#endif
