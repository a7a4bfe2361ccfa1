/* supervisor.c: supervisord's process, its XML-RPC verbs (supervisor/rpcinterface.py) and what its errors mean. */
#include "applets/oome/supervisor.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/find.h"
#include "core/log.h"
#include "core/procparse.h"

enum {
	ENVIRON_MAX = 2 * 1024 * 1024, /* what execve(2) takes with the usual limit of the stack */
	ANCESTORS_MAX = 64,       /* more wrappers than this are a loop in a broken fixture */
};

/* --- which process --- */

/* Does the environment block say NAME=VALUE, or nothing of NAME where VALUE is NULL? */
static bool environ_says(const struct buf *block, const char *name, const char *value)
{
	size_t len = 0;
	const char *found = block->data ? procparse_environ(block->data, block->len, name, &len) : NULL;

	if (!found || !value)
		return !found && !value;
	return len == strlen(value) && !memcmp(found, value, len);
}

/* Its environment is not for us to read ("su nobody -c" stays root's). supervisord makes each child the leader of a
 * process group of its own (process.py, setpgrp), so that it is never in ours itself, and a wrapper mostly is. */
static int is_in_our_group(int dir)
{
	struct procparse_stat stat;
	int error = procfs_stat(dir, &stat);

	return error ? error : stat.pgrp == getpgrp();
}

static int has_our_names(int dir)
{
	CLEANUP(buf_done) struct buf block = BUF(ENVIRON_MAX);
	int error = procfs_read(dir, "environ", &block);

	if (error == -EACCES || error == -EPERM)
		return is_in_our_group(dir);
	if (error && error != -ENOBUFS)
		return error;
	return environ_says(&block, "SUPERVISOR_PROCESS_NAME", getenv("SUPERVISOR_PROCESS_NAME")) &&
	       environ_says(&block, "SUPERVISOR_GROUP_NAME", getenv("SUPERVISOR_GROUP_NAME"));
}

/* Is PID a wrapper around us ("sh -c", "su -c", "sudo")? It then has from supervisord the names that we have. 1, 0,
 * -errno. */
static int is_wrapper(const struct procfs *proc, pid_t pid)
{
	CLEANUP(fd_done) int dir = procfs_process(proc, pid);
	int result = dir;

	if (!getenv("SUPERVISOR_PROCESS_NAME"))
		return 0;
	if (dir >= 0)
		result = has_our_names(dir);
	return result == -ENOENT ? -ESRCH : result;
}

/* The parent of PID, held fast. It is the parent still when it is held: so it is not another process of the same
 * pid. */
static int open_parent(const struct procfs *proc, pid_t pid, struct pidref *ret)
{
	CLEANUP(pidref_done) struct pidref parent = PIDREF_NONE;
	pid_t first = 0, again = 0;
	int error = find_parent(proc, pid, &first);

	if (error)
		return error;
	if (first <= 0) /* PID is the first process here, or its parent is outside of our pid namespace */
		return -ESRCH;
	error = pidref_open(proc, first, &parent);
	if (!error)
		error = find_parent(proc, pid, &again);
	if (error)
		return error;
	if (first != again)
		return -ESRCH;
	*ret = parent;
	parent = PIDREF_NONE;
	return 0;
}

int supervisor_find(const struct procfs *proc, struct pidref *ret)
{
	CLEANUP(pidref_done) struct pidref at = PIDREF_NONE;
	pid_t pid = getpid();

	for (int i = 0; i < ANCESTORS_MAX; i++) {
		struct pidref parent = PIDREF_NONE;
		int result = open_parent(proc, pid, &parent);

		if (result)
			return result;
		pidref_done(&at);
		at = parent;
		pid = at.pid;
		result = is_wrapper(proc, pid);
		if (result > 0)
			continue;
		if (!result) {
			*ret = at;
			at = PIDREF_NONE;
		}
		return result;
	}
	return -ESRCH;
}

/* --- names --- */

int supervisor_namespec(const char *group, const char *name, char *ret, size_t ret_size)
{
	bool same = !strcmp(group, name);
	int n;

	if (!*group || !*name || !strcmp(name, "*") || strchr(group, ':') || strchr(name, ':'))
		return -EINVAL;
	if (strlen(group) + 1 + strlen(name) >= ret_size)
		return -ENAMETOOLONG;
	n = snprintf(ret, ret_size, "%s%s%s", same ? "" : group, same ? "" : ":", name);
	return n < 0 ? -EINVAL : 0;
}

bool supervisor_name_matches(const char *wanted, const char *group, const char *name)
{
	const char *colon = strchr(wanted, ':');
	const char *process;

	if (!colon)
		return !strcmp(wanted, name) || !strcmp(wanted, group);
	if (strlen(group) != (size_t)(colon - wanted) || strncmp(wanted, group, (size_t)(colon - wanted)))
		return false;
	process = colon + 1;
	return !*process || !strcmp(process, "*") || !strcmp(process, name);
}

/* --- verbs --- */

void supervisor_info_done(struct supervisor_info *info)
{
	if (!info)
		return;
	free(info->group);
	free(info->name);
	free(info->description);
	*info = (struct supervisor_info){ .state = SUPERVISOR_UNKNOWN };
}

void supervisor_all_done(struct supervisor_info *infos, size_t count)
{
	for (size_t i = 0; infos && i < count; i++)
		supervisor_info_done(&infos[i]);
	free(infos);
}

enum xmlrpc_outcome supervisor_connect(int timeout_ms, struct xmlrpc_client **ret, struct xmlrpc_error *ret_error)
{
	const char *username = getenv("SUPERVISOR_USERNAME");
	const struct xmlrpc_server server = {
		.url = getenv("SUPERVISOR_SERVER_URL"), .username = username && *username ? username : NULL,
		.password = getenv("SUPERVISOR_PASSWORD"), .timeout_ms = timeout_ms,
	};
	struct xmlrpc_error error = { .outcome = XMLRPC_FAILED };

	if (!server.url || !*server.url)
		return xmlrpc_fail(ret_error, XMLRPC_MISSING, -EDESTADDRREQ, "SUPERVISOR_SERVER_URL is not set");
	if (!xmlrpc_open(&server, ret, &error))
		return XMLRPC_OK;
	if (ret_error)
		*ret_error = error;
	return error.outcome;
}

static enum supervisor_state read_state(int64_t number)
{
	static const enum supervisor_state known[] = {
		SUPERVISOR_STOPPED, SUPERVISOR_STARTING, SUPERVISOR_RUNNING, SUPERVISOR_BACKOFF, SUPERVISOR_STOPPING,
		SUPERVISOR_EXITED, SUPERVISOR_FATAL,
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (number == (int64_t)known[i])
			return known[i];
	return SUPERVISOR_UNKNOWN;
}

/* {'name': 'web', 'group': 'web', 'state': 20, 'pid': 7, 'description': 'pid 7, uptime 0:00:01', ...} */
static int read_info(const struct xmlrpc_value *value, struct supervisor_info *ret)
{
	const char *group = xmlrpc_member_string(value, "group", NULL);
	const char *name = xmlrpc_member_string(value, "name", NULL);
	int64_t state = xmlrpc_member_int(value, "state", -1), pid = xmlrpc_member_int(value, "pid", 0);

	if (!group || !name || state < 0 || pid < 0 || pid > INT_MAX)
		return -EBADMSG;
	ret->state = read_state(state);
	ret->pid = (pid_t)pid;
	ret->group = strdup(group);
	ret->name = strdup(name);
	ret->description = strdup(xmlrpc_member_string(value, "description", ""));
	return ret->group && ret->name && ret->description ? 0 : -ENOMEM;
}

static enum xmlrpc_outcome not_understood(struct xmlrpc_error *ret_error, int error)
{
	return xmlrpc_fail(ret_error, XMLRPC_FAILED, error, "%s",
			   error == -ENOMEM ? log_errno(error) : "the answer is not one of supervisord");
}

enum xmlrpc_outcome supervisor_info(struct xmlrpc_client *client, const char *namespec, struct supervisor_info *ret,
				    struct xmlrpc_error *ret_error)
{
	CLEANUP(supervisor_info_done) struct supervisor_info info = { .state = SUPERVISOR_UNKNOWN };
	CLEANUP(xmlrpc_value_done) struct xmlrpc_value value = { .type = XMLRPC_NONE };
	enum xmlrpc_outcome outcome;
	int error;

	outcome = xmlrpc_call(client, &value, ret_error, "supervisor.getProcessInfo", "s", namespec);
	if (outcome != XMLRPC_OK)
		return outcome;
	error = read_info(&value, &info);
	if (error)
		return not_understood(ret_error, error);
	*ret = info;
	info = (struct supervisor_info){ .state = SUPERVISOR_UNKNOWN };
	return XMLRPC_OK;
}

enum xmlrpc_outcome supervisor_all(struct xmlrpc_client *client, struct supervisor_info **ret, size_t *ret_count,
				   struct xmlrpc_error *ret_error)
{
	CLEANUP(xmlrpc_value_done) struct xmlrpc_value value = { .type = XMLRPC_NONE };
	enum xmlrpc_outcome outcome = xmlrpc_call(client, &value, ret_error, "supervisor.getAllProcessInfo", "");
	struct supervisor_info *infos;
	int error = 0;

	if (outcome != XMLRPC_OK)
		return outcome;
	if (value.type != XMLRPC_ARRAY)
		return not_understood(ret_error, -EBADMSG);
	infos = calloc(value.count + 1, sizeof(*infos)); /* one more: never NULL for none */
	if (!infos)
		return not_understood(ret_error, -ENOMEM);
	for (size_t i = 0; !error && i < value.count; i++)
		error = read_info(&value.items[i], &infos[i]);
	if (error) {
		supervisor_all_done(infos, value.count);
		return not_understood(ret_error, error);
	}
	*ret = infos;
	*ret_count = value.count;
	return XMLRPC_OK;
}

enum xmlrpc_outcome supervisor_stop(struct xmlrpc_client *client, const char *namespec,
				    struct xmlrpc_error *ret_error)
{
	return xmlrpc_call(client, NULL, ret_error, "supervisor.stopProcess", "sb", namespec, 0);
}

enum xmlrpc_outcome supervisor_start(struct xmlrpc_client *client, const char *namespec,
				     struct xmlrpc_error *ret_error)
{
	return xmlrpc_call(client, NULL, ret_error, "supervisor.startProcess", "sb", namespec, 0);
}

/* --- what an error means --- */

/* The URL of the environment without "user:password@". The last '@' of all ends them: a password may hold one, or a
 * '/'. */
static void shown_url(char *ret, size_t size)
{
	const char *url = getenv("SUPERVISOR_SERVER_URL");
	const char *host = url ? strstr(url, "://") : NULL;
	const char *at;

	if (!host || !strncmp(url, "unix:", 5)) {
		snprintf(ret, size, "%s", host ? url : "supervisord");
		return;
	}
	host += 3;
	at = strrchr(host, '@');
	snprintf(ret, size, "%.*s%s", (int)(host - url), url, at ? at + 1 : host);
}

#define RPC_SECTIONS "[unix_http_server] (or [inet_http_server]) and [rpcinterface:supervisor]"

/* What to do about a fault; NULL: its own text says all. */
static const char *fault_advice(int code)
{
	switch (code) {
	case SUPERVISOR_UNKNOWN_METHOD:
		return "is [rpcinterface:supervisor] in supervisord.conf?";
	case SUPERVISOR_SHUTDOWN_STATE:
		return "supervisord is shutting down or restarting";
	case SUPERVISOR_BAD_NAME:
		return "supervisord knows no such program: was it removed or renamed?";
	case SUPERVISOR_NO_FILE:
	case SUPERVISOR_NOT_EXECUTABLE:
		return "look at the program's command= in supervisord.conf";
	case SUPERVISOR_SPAWN_ERROR:
		return "supervisord's log has the reason";
	default:
		return NULL;
	}
}

/* What to do about an answer that did not come or made no sense. */
static const char *failure_advice(int cause)
{
	switch (cause) {
	case -ECONNREFUSED:
	case -ENOENT:
		return "is " RPC_SECTIONS " in supervisord.conf?";
	case -EACCES:
	case -EPERM:
		return "the socket's chmod= and chown= in [unix_http_server] must let the listener's user= in";
	case -ETIMEDOUT:
		return "supervisord is too busy, or --timeout too short";
	case -EBADMSG:
		return "is this supervisord's server?";
	default:
		return NULL;
	}
}

static const char *missing_advice(const struct xmlrpc_error *error)
{
	if (error->cause == -EDESTADDRREQ)
		return "supervisord.conf needs " RPC_SECTIONS;
	return "install it, or restart programs with -x SCRIPT";
}

static const char *advice_for(const struct xmlrpc_error *error)
{
	switch (error->outcome) {
	case XMLRPC_FAULT:
		return fault_advice(error->fault_code);
	case XMLRPC_FAILED:
		return failure_advice(error->cause);
	case XMLRPC_MISSING:
		return missing_advice(error);
	case XMLRPC_UNAUTHORIZED:
	case XMLRPC_OK:
		break;
	}
	return NULL;
}

const char *supervisor_explain(const struct xmlrpc_error *error, char *buffer, size_t size)
{
	const char *advice = advice_for(error);
	bool at_url = error->outcome == XMLRPC_FAILED;
	char url[256] = "";

	if (error->outcome == XMLRPC_UNAUTHORIZED) {
		snprintf(buffer, size, "supervisord refused the user name or password (401): set SUPERVISOR_USERNAME "
			 "and SUPERVISOR_PASSWORD in the listener's `environment=`");
		return buffer;
	}
	if (at_url)
		shown_url(url, sizeof(url));
	snprintf(buffer, size, "%s%s%s%s%s%s", url, at_url ? ": " : "", error->text, advice ? " (" : "",
		 advice ? advice : "", advice ? ")" : "");
	return buffer;
}
