/* rundir.h: where a guard may put what it shares with its program while both run. */
#ifndef CORE_RUNDIR_H
#define CORE_RUNDIR_H

/* Call MAKE for one directory after the other until it returns 0: $XDG_RUNTIME_DIR (not for root: its own is closed to
 * the user whom the program may become), /run, /tmp, /dev/shm. Those are left out in which others could exchange what
 * is ours: writable by all without a sticky bit; a $XDG_RUNTIME_DIR of another user. 0, or the last -errno of MAKE;
 * -ENOENT: it was never called. */
typedef int (*rundir_fn)(const char *base, void *context);
int rundir_try(rundir_fn make, void *context);

#endif
