/* decode_private.h: what both ends of the talk with the decoder share. */
#ifndef GMR_DECODE_PRIVATE_H
#define GMR_DECODE_PRIVATE_H

#include <limits.h>
#include <stdbool.h>

#include "applets/gmr/decode.h"

enum { DECODE_FRAMES_MAX = 256, DECODE_MESSAGE_MAX = 16 << 20, DECODE_TREE_MAX = 256 << 20 };

/* Of Python: frames of a stack, local variables of a frame, interpreters that one thread runs, greenlets and tasks. */
enum { DECODE_PYTHON_FRAMES_MAX = 4096, DECODE_LOCALS_MAX = 64, DECODE_STATES_MAX = 64, DECODE_GREENS_MAX = 65536 };

/* What the child is given: a copy of all this, as it was when it was forked. */
struct decode_job {
	const struct target *target;
	struct capture *capture;
	const struct decode_options *options;
	int exe;                              /* descriptor on the target's executable, or -errno */
	char cwd[PATH_MAX];                   /* its working directory, as it sees it; "": not known */
	const pid_t *tids;                    /* its threads as it counts them itself, by index; NULL: as we do */
};

/* What has been read of a thread that was stopped. Its stack lies in memory that both share, and at the same address;
 * from the parent, so that it may come as it lies in memory. */
struct decode_again {
	size_t index;
	struct capture_thread thread;
};

/* Thread INDEX of CAPTURE; its green threads stand behind all the others. */
static inline const struct capture_thread *decode_thread(const struct capture *capture, size_t index)
{
	size_t threads = capture->thread_count;

	return index < threads ? &capture->threads[index] : &capture->greens[index - threads];
}

/* decoder.c: the child, which CONTEXT, a struct decode_job, is for. Returns its exit status. */
int decoder_run(int channel, void *context);

/* decode() with CHILD for decoder_run(). */
int decode_by(const struct target *target, struct capture *capture, const struct decode_options *options,
	      int (*child)(int channel, void *context), struct decoded *ret);

/* decode_message.c: what one message is. */
enum decode_kind {
	DECODE_STACK, DECODE_AGAIN, DECODE_PACKAGE, DECODE_WHY, DECODE_PYTHON, DECODE_GREEN, DECODE_REST, DECODE_DONE,
};

/* Check a message of LEN bytes and add what it holds to DECODED; that of DECODE_AGAIN is put into AGAIN, which has
 * DECODED->count items, and RET_COUNT. Takes only what is of the right kind, in bounds and new. 0; -EBADMSG; -ENOBUFS;
 * -ENOMEM. */
int decode_message(struct decoded *decoded, const char *data, size_t len, enum decode_kind *ret, size_t *again,
		   size_t *ret_count);

/* Texts, numbers and truth of a message: FROM's KEY, which becomes null where it is none. */
void decode_add_text(struct value_tree *tree, struct value *in, const char *key, const struct value *from);
void decode_add_number(struct value_tree *tree, struct value *in, const char *key, const struct value *from);
void decode_add_bool(struct value_tree *tree, struct value *in, const char *key, const struct value *from);

/* A frame, with the fields that core/report.h names, in its order. */
struct value *decode_add_line(struct value_tree *tree, struct value *lines, const struct value *from);

/* decode_message_python.c: what MESSAGE holds: DECODE_PYTHON, DECODE_GREEN, DECODE_REST. Errors as above. */
int decode_python(struct decoded *decoded, const struct value *message);
int decode_green(struct decoded *decoded, const struct value *message);
int decode_python_rest(struct decoded *decoded, const struct value *rest);

/* decode_rest.c: the decoder has ended too early: add the stacks of the threads of CAPTURE that were read, but that it
 * did not send, where OPTIONS want them: the innermost frame, without a name. IS_LATE: it had no time left. */
void decode_rest(struct decoded *decoded, const struct capture *capture, const struct decode_options *options,
		 bool is_late);

#endif
