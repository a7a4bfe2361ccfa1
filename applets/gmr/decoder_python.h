/* decoder_python.h: in the decoder: what a CPython process executes (core/python.h), as core/report.h wants it. */
#ifndef GMR_DECODER_PYTHON_H
#define GMR_DECODER_PYTHON_H

#include "applets/gmr/decode_private.h"

/* Send what JOB->options->python holds: threads, greenlets and tasks, as the options want them, and the rest. Returns
 * 0, also where it made no sense, which is said; -ENOMEM; or the error of the channel. */
int decoder_python_send(const struct decode_job *job, int channel);

#endif
