/* state.h: states of processes and threads in words. Pure. */
#ifndef GMR_STATE_H
#define GMR_STATE_H

/* What proc_pid_stat(5) gives as a letter, by psutil's words: "sleeping" for S; "?" for what is not known. */
const char *state_word(char state);

#endif
