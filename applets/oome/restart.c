#include "applets/oome/restart.h"

/* The old process is gone: what does STATE say about a new one? */
static enum restart_step decide_start(struct restart *r, enum supervisor_state state)
{
	switch (state) {
	case SUPERVISOR_RUNNING:
		return RESTART_DONE;
	case SUPERVISOR_STARTING:
	case SUPERVISOR_BACKOFF: /* supervisord itself tries again, and says FATAL when it has had enough */
	case SUPERVISOR_STOPPING:
		return RESTART_WAIT;
	case SUPERVISOR_STOPPED:
		return r->ever_started ? RESTART_GIVE_UP : RESTART_START;
	case SUPERVISOR_EXITED:
		/* An end before startsecs is BACKOFF: EXITED behind our start means that it had been RUNNING. */
		return r->start_sent ? RESTART_DONE : RESTART_START;
	case SUPERVISOR_FATAL:
	case SUPERVISOR_UNKNOWN:
	default:
		if (!r->start_sent)
			return RESTART_START;
		r->start_sent = false;
		r->failed_starts++;
		return RESTART_FAILED;
	}
}

enum restart_step restart_decide(struct restart *r, enum supervisor_state state, pid_t pid)
{
	bool new_process = pid > 0 && pid != r->old_pid;

	if (r->gone)
		return decide_start(r, state);

	switch (state) {
	case SUPERVISOR_STOPPING:
		return RESTART_WAIT;
	case SUPERVISOR_RUNNING:
	case SUPERVISOR_STARTING:
	case SUPERVISOR_BACKOFF:
		if (state != SUPERVISOR_BACKOFF && !new_process)
			return RESTART_STOP;
		/* It ended by itself and supervisord is starting it again already. */
		break;
	case SUPERVISOR_STOPPED:
		if (!r->stop_sent)
			return RESTART_GIVE_UP;
		break;
	default:
		break;
	}
	r->gone = true;
	return decide_start(r, state);
}

void restart_note_start(struct restart *r, bool accepted)
{
	if (accepted)
		r->start_sent = r->ever_started = true;
	else
		r->failed_starts++;
}

int64_t restart_look_again(int looks)
{
	int64_t ms = 20;

	for (int i = 0; i < looks && ms < 1000; i++)
		ms += ms / 2;
	return ms < 1000 ? ms : 1000;
}
