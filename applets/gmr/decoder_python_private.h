/* decoder_python_private.h: what the files of decoder_python_send() share. */
#ifndef GMR_DECODER_PYTHON_PRIVATE_H
#define GMR_DECODER_PYTHON_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "applets/gmr/decode_private.h"
#include "core/python.h"

enum {
	DECODER_PYTHON_CACHED = 512,
	DECODER_PYTHON_FRAMES_MAX = 1 << 18, /* of all stacks; a line takes some 450 bytes, twice */
};

/* What stands at one place of the program: a thousand greenlets are in few. */
struct decoder_line {
	uint64_t code;
	int64_t lasti;
	bool is_used, is_known;
	struct python_line line;
	struct buf source;
};

/* A thread state, and which thread of the capture it is; -1: none of them. */
struct decoder_state {
	struct python_thread thread;
	ssize_t index;
};

struct decoder_python {
	const struct decode_job *job;
	struct python *python;
	int channel;
	struct source *source;          /* or NULL: no source is read */
	struct decoder_line *lines;     /* DECODER_PYTHON_CACHED */
	struct decoder_state *states;   /* by address, once all are known */
	size_t state_count, state_size;
	struct python_frame frames[DECODE_PYTHON_FRAMES_MAX]; /* of the last stack, innermost first */
	size_t count;
	size_t frames_sent, locals_sent; /* so far */
	size_t greens_rest;
	int error;                      /* of the channel: ends all walks */
};

/* decoder_python_line.c: the frame as a line of LINES, with its local variables, without, or with a word that there was
 * no room for them. */
enum decoder_locals { DECODER_LOCALS_NONE, DECODER_LOCALS_ALL, DECODER_LOCALS_CUT };
void decoder_python_line(struct decoder_python *d, const struct python_frame *frame, enum decoder_locals locals,
			 struct value_tree *tree, struct value *lines);

/* decoder_python_stack.c: a message with what BEGIN puts into its root, with the stack that D->frames holds, and END.
 * EXCEPTION: of this thread, or NULL. What does not fit into a message is left out: local variables, then the outer
 * frames. */
typedef void (*decoder_begin_fn)(struct value_tree *tree, const void *context);
int decoder_python_stack(struct decoder_python *d, decoder_begin_fn begin, const void *context, enum python_end end,
			 const struct python_thread *exception);

/* For python_frames(): keep it in D->frames. */
int decoder_python_keep(const struct python_frame *frame, void *decoder);

/* As a message. 0 or D->error. */
int decoder_python_send_tree(struct decoder_python *d, const struct value_tree *tree);

/* decoder_python_green.c */
int decoder_python_greens(struct decoder_python *d);

#endif
