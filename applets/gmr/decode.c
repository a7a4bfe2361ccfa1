#include "applets/gmr/decode.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "applets/gmr/decode_private.h"
#include "core/cleanup.h"
#include "core/clock.h"
#include "core/confine.h"
#include "core/sig.h"

enum { STATUS_MAX = 1 << 16 }; /* of a thread's status */

/* Large debug files are mapped as a whole. */
#if __SIZEOF_POINTER__ == 8
#define MEMORY_MAX ((size_t)4 << 30)
#else
#define MEMORY_MAX ((size_t)1 << 30)
#endif

struct decode_talk {
	struct capture *capture;
	const struct decode_options *options;
	struct decoded *decoded;
	int channel;
	size_t *again;        /* as many as there are threads and green threads */
	size_t again_count;
	bool has_asked, is_done;
};

/* The ids of whom decodes: the target's, or nobody's where it has more than one user's. */
static void choose_ids(const struct target *target, struct confine *ret)
{
	bool is_one = target->uid == target->euid && target->gid == target->egid;

	confine_ids(is_one ? target->uid : 0, is_one ? target->gid : 0, ret);
}

static unsigned seconds_left(int64_t deadline_ns)
{
	int64_t left = deadline_ns - clock_ns();

	return left <= 0 ? 1 : (unsigned)((left + 999999999) / 1000000000);
}

/* Only threads, and who was asleep, so that none is stopped twice. */
static int may_stop_these(const struct decode_talk *talk)
{
	if (talk->has_asked || !talk->options->may_stop)
		return -EBADMSG;
	for (size_t i = 0; i < talk->again_count; i++)
		if (talk->again[i] >= talk->capture->thread_count ||
		    talk->capture->threads[talk->again[i]].how != CAPTURE_ASLEEP)
			return -EBADMSG;
	return 0;
}

/* Stop who sleeps with a stack that is not whole, and send what has been read. */
static int answer_again(struct decode_talk *talk)
{
	CLEANUP(buf_done) struct buf answer = BUF(talk->again_count * sizeof(struct decode_again) + 1);
	int r = may_stop_these(talk);

	if (r < 0)
		return r;
	talk->has_asked = true;
	/* Where none could be stopped, they are as they are: that is an answer, too. */
	if (capture_stop(talk->capture, talk->again, talk->again_count) == 0)
		for (size_t i = 0; r == 0 && i < talk->again_count; i++) {
			struct decode_again again = { talk->again[i], talk->capture->threads[talk->again[i]] };

			r = buf_add(&answer, &again, sizeof(again));
		}
	return r < 0 ? r : confine_send(talk->channel, talk->options->deadline_ns, answer.data, answer.len);
}

static int take(struct decode_talk *talk, const struct buf *message)
{
	enum decode_kind kind;
	int r = decode_message(talk->decoded, message->data, message->len, &kind, talk->again, &talk->again_count);

	if (r < 0)
		return r;
	if (kind == DECODE_AGAIN)
		return answer_again(talk);
	talk->is_done = kind == DECODE_DONE;
	return 0;
}

/* Until it has said all, or has ended. */
static int listen_to(struct decode_talk *talk)
{
	CLEANUP(buf_done) struct buf message = BUF(DECODE_MESSAGE_MAX);
	int r;

	while (!talk->is_done) {
		r = confine_receive(talk->channel, talk->options->deadline_ns, &message);
		if (r <= 0)
			return r < 0 ? r : -ECONNRESET;
		r = take(talk, &message);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_out_of_time(int status)
{
	return status >= 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU;
}

/* How it ended, where that was too early. STATUS: waitpid(2)'s. */
static void say_why(struct decoded *decoded, int error, int status)
{
	char name[24];

	decoded->error = error;
	if (error == 0)
		return;
	if (error == -EPIPE)
		decoded->error = -ECONNRESET;
	if (error == -ETIMEDOUT)
		snprintf(decoded->why, sizeof(decoded->why), "no time left (--deadline)");
	else if (error == -ENOBUFS)
		snprintf(decoded->why, sizeof(decoded->why), "there is more than we take");
	else if (error == -ENOMEM)
		snprintf(decoded->why, sizeof(decoded->why), "out of memory");
	else if (error == -EBADMSG)
		snprintf(decoded->why, sizeof(decoded->why), "the decoder sent what makes no sense");
	else if (is_out_of_time(status))
		snprintf(decoded->why, sizeof(decoded->why), "the decoder used up its processor time (--deadline)");
	else if (status >= 0 && WIFSIGNALED(status))
		snprintf(decoded->why, sizeof(decoded->why), "the decoder was killed by %s",
			 sig_name(WTERMSIG(status), name));
	else
		snprintf(decoded->why, sizeof(decoded->why), "the decoder ended too early (%s)", strerror(-error));
}

static int prepare(struct decoded *decoded, size_t count, size_t **ret_again)
{
	*decoded = (struct decoded){ .tree = VALUE_TREE(DECODE_TREE_MAX), .count = count };
	decoded->stacks = calloc(count + 1, sizeof(*decoded->stacks));
	decoded->python.threads = calloc(count + 1, sizeof(*decoded->python.threads));
	*ret_again = calloc(count + 1, sizeof(**ret_again));
	if (!decoded->stacks || !decoded->python.threads || !*ret_again ||
	    !value_add_list(&decoded->tree, &decoded->tree.root, "stacks"))
		return -ENOMEM;
	return 0;
}

static int talk_with(struct decode_talk *talk, const struct confine *confine, struct decode_job *job,
		     int (*child)(int channel, void *context))
{
	CLEANUP(fd_done) int channel = -1;
	pid_t pid = confine_start(confine, child, job, &channel);
	int r, status;

	if (pid < 0)
		return pid;
	talk->channel = channel;
	r = listen_to(talk);
	/* Who has ended is not killed by this any more; its status is its own. */
	status = confine_end(pid);
	say_why(talk->decoded, r, status);
	if (r < 0 && talk->capture)
		decode_rest(talk->decoded, talk->capture, talk->options, r == -ETIMEDOUT || is_out_of_time(status));
	return 0;
}

/* What a process counts its threads by; NULL: as we do, or not known. The child cannot look. */
static pid_t *list_tids(const struct target *target, const struct capture *capture)
{
	CLEANUP(buf_done) struct buf status = BUF(STATUS_MAX);
	pid_t *tids = NULL;

	if (target->inner_pid != target->ref.pid)
		tids = calloc(capture->thread_count + 1, sizeof(*tids));
	for (size_t i = 0; tids && i < capture->thread_count; i++)
		tids[i] = target_inner_tid(target, capture->threads[i].tid, &status);
	return tids;
}

/* Both links are as seen from our root; the second is behind the first where the process has one of its own. */
static void read_cwd(const struct target *target, char ret[PATH_MAX])
{
	char root[PATH_MAX], cwd[PATH_MAX];
	size_t len;

	ret[0] = '\0';
	if (procfs_link(target->dir, "root", root, sizeof(root)) < 0 ||
	    procfs_link(target->dir, "cwd", cwd, sizeof(cwd)) < 0)
		return;
	len = strcmp(root, "/") != 0 ? strlen(root) : 0;
	if (!strncmp(cwd, root, len) && (cwd[len] == '/' || !cwd[len]))
		strcpy(ret, cwd + len);
}

int decode_by(const struct target *target, struct capture *capture, const struct decode_options *options,
	      int (*child)(int channel, void *context), struct decoded *ret)
{
	CLEANUP(fd_done) int exe = openat(target->dir, "exe", O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	CLEANUP(free_done) size_t *again = NULL;
	CLEANUP(free_done) pid_t *tids = capture && options->python ? list_tids(target, capture) : NULL;
	struct decode_talk talk = { .capture = capture, .options = options, .decoded = ret };
	struct decode_job job = { .target = target, .capture = capture, .options = options,
				  .exe = exe < 0 ? -errno : exe, .tids = tids };
	struct confine confine = { .memory_max = MEMORY_MAX, .cpu_max = seconds_left(options->deadline_ns),
				   .may_write = options->debuginfod };
	int r = prepare(ret, capture ? capture->thread_count + capture->green_count : 0, &again);

	talk.again = again;
	ret->python.has_greens = options->python && options->python_greens;
	choose_ids(target, &confine);
	if (options->python)
		read_cwd(target, job.cwd);
	r = r < 0 ? r : talk_with(&talk, &confine, &job, child);
	if (r < 0)
		decoded_done(ret);
	return r;
}

int decode(const struct target *target, struct capture *capture, const struct decode_options *options,
	   struct decoded *ret)
{
	return decode_by(target, capture, options, decoder_run, ret);
}

void decoded_done(struct decoded *decoded)
{
	if (!decoded)
		return;
	value_tree_done(&decoded->tree);
	free(decoded->stacks);
	free(decoded->python.threads);
	*decoded = (struct decoded){ .count = 0 };
}
