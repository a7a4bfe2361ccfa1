/* select.h: which processes gmr is asked about. */
#ifndef GMR_SELECT_H
#define GMR_SELECT_H

#include "applets/gmr/options.h"
#include "core/procfs.h"

/* Put the processes that OPTIONS name into RET_NAMED, and into RET, each once: by pid, name, pid file, command line; in
 * RET there are behind each its descendants where --children asks for them. gmr itself and its ancestors (a shell,
 * sudo, the script that calls it) are never meant by a name or a command line. Returns gmr's exit status so far: 0; 1:
 * something was not found, which has been said, and RET has the rest; 2: what was typed is no pid or no regular
 * expression, said too. What hangs ends us as hang.h says. */
int select_processes(const struct opt_program *as_typed, const struct procfs *proc, const struct options *options,
		     struct pidset *ret, struct pidset *ret_named);

#endif
