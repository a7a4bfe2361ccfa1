/* decoder_stack.h: in the decoder: one thread's stack after the other, as core/report.h wants it. */
#ifndef GMR_DECODER_STACK_H
#define GMR_DECODER_STACK_H

#include <stdbool.h>
#include <stddef.h>

#include "applets/gmr/decode_private.h"
#include "core/unwind.h"

struct decoder_stacks {
	struct unwind *unwind;
	bool can_unwind;         /* libdw is there */
	struct source *source;   /* or NULL: no source is read */
	struct perfmap *perfmap; /* or NULL: there is none */
	struct unwind_frame frames[DECODE_FRAMES_MAX]; /* of the last stack, innermost first */
	size_t count;
};

/* Prepare for JOB->capture. 0: RET_WHY is NULL, or says why stacks cannot be followed beyond the innermost frame;
 * -ENOMEM. RET ends with the process. */
int decoder_stacks_open(const struct decode_job *job, struct decoder_stacks *ret, const char **ret_why);

/* Follow the stack of THREAD. */
void decoder_stack_follow(struct decoder_stacks *stacks, const struct capture_thread *thread, enum unwind_end *ret_end);

/* Add "lines" and "end" of that stack to the root of TREE. */
void decoder_stack_add(struct decoder_stacks *stacks, enum unwind_end end, struct value_tree *tree);

#endif
