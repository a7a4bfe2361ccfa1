/* words.h: masks of the kernel as words. Pure; errors of all: -ENOBUFS, -ENOMEM: RET is as before. */
#ifndef GMR_WORDS_H
#define GMR_WORDS_H

#include <stdint.h>

#include "core/buf.h"

/* Append the signals of MASK, whose bit 0 is signal 1, as signal(7) and kill -l name them: "SIGINT SIGTERM", "none". */
int words_signals(uint64_t mask, struct buf *ret);

/* Append the capabilities of MASK as capabilities(7) names them: "cap_chown cap_41", "none", "all"; with few
 * missing "all but cap_bpf". */
int words_capabilities(uint64_t mask, struct buf *ret);

/* Append the name of scheduling policy NUMBER, sched(7): "SCHED_OTHER". */
int words_policy(int64_t number, struct buf *ret);

#endif
