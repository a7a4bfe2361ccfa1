/* supervisor.h: supervisord: which process it is, and its XML-RPC verbs. */
#ifndef OOME_SUPERVISOR_H
#define OOME_SUPERVISOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/pidref.h"
#include "core/procfs.h"
#include "core/xmlrpc.h"

/* supervisor/states.py; the numbers are the protocol. */
enum supervisor_state {
	SUPERVISOR_STOPPED = 0, SUPERVISOR_STARTING = 10, SUPERVISOR_RUNNING = 20, SUPERVISOR_BACKOFF = 30,
	SUPERVISOR_STOPPING = 40, SUPERVISOR_EXITED = 100, SUPERVISOR_FATAL = 200, SUPERVISOR_UNKNOWN = 1000,
};

/* supervisor/xmlrpc.py, class Faults. */
enum supervisor_fault {
	SUPERVISOR_UNKNOWN_METHOD = 1, SUPERVISOR_SHUTDOWN_STATE = 6, SUPERVISOR_BAD_NAME = 10, SUPERVISOR_NO_FILE = 20,
	SUPERVISOR_NOT_EXECUTABLE = 21, SUPERVISOR_FAULT_FAILED = 30, SUPERVISOR_ABNORMAL_TERMINATION = 40,
	SUPERVISOR_SPAWN_ERROR = 50, SUPERVISOR_ALREADY_STARTED = 60, SUPERVISOR_NOT_RUNNING = 70,
};

/* The supervisord above us: the nearest ancestor that does not carry our own SUPERVISOR_PROCESS_NAME and
 * SUPERVISOR_GROUP_NAME in its environment (wrappers around us do). One whose environment we may not read is a
 * wrapper if it is in our process group, else supervisord. Without these names of our own it is our parent. -ESRCH:
 * none. Release with pidref_done(). */
int supervisor_find(const struct procfs *proc, struct pidref *ret);

/* The program as RPC wants it and as supervisorctl shows it, into RET: "group:name", or "name" alone where both are
 * equal. -EINVAL: a name of which supervisord would make a whole group ("*", "") or another program (with a colon,
 * which its configuration does not allow): a process may call itself anything. -ENAMETOOLONG. Pure. */
int supervisor_namespec(const char *group, const char *name, char *ret, size_t ret_size);

/* Is the program GROUP:NAME meant by the -p NAME: `name`, `group:name`, `group:*` or `group:`, or a group's name.
 * Pure. */
bool supervisor_name_matches(const char *wanted, const char *group, const char *name);

struct supervisor_info { enum supervisor_state state; pid_t pid; char *group, *name, *description; };

/* Free the strings of INFO; of COUNT INFOS, and the array itself. Both take NULL. */
void supervisor_info_done(struct supervisor_info *info);
void supervisor_all_done(struct supervisor_info *infos, size_t count);

/* Make a client as the environment says: SUPERVISOR_SERVER_URL, SUPERVISOR_USERNAME, SUPERVISOR_PASSWORD.
 * XMLRPC_MISSING: no library, or no URL. It does not connect yet. Release with xmlrpc_free(). */
enum xmlrpc_outcome supervisor_connect(int timeout_ms, struct xmlrpc_client **ret, struct xmlrpc_error *ret_error);

/* getProcessInfo of NAMESPEC, getAllProcessInfo. Block up to the timeout. A state that supervisord does not document
 * is read as SUPERVISOR_UNKNOWN; pid is 0 where there is no process. */
enum xmlrpc_outcome supervisor_info(struct xmlrpc_client *client, const char *namespec, struct supervisor_info *ret,
				    struct xmlrpc_error *ret_error);
enum xmlrpc_outcome supervisor_all(struct xmlrpc_client *client, struct supervisor_info **ret, size_t *ret_count,
				   struct xmlrpc_error *ret_error);

/* stopProcess, startProcess of NAMESPEC with wait=false: XMLRPC_OK means that it was asked for. Block up to the
 * timeout. */
enum xmlrpc_outcome supervisor_stop(struct xmlrpc_client *client, const char *namespec,
				    struct xmlrpc_error *ret_error);
enum xmlrpc_outcome supervisor_start(struct xmlrpc_client *client, const char *namespec,
				     struct xmlrpc_error *ret_error);

/* An error in a sentence for the log, with what to do about it: 401 names `environment=`, a refused connection the
 * sections that supervisord.conf needs. Into BUFFER, which is returned. Names the URL of the environment, without
 * credentials. */
const char *supervisor_explain(const struct xmlrpc_error *error, char *buffer, size_t size);

#endif
