/* hang.h: an end to what cannot be given a deadline. */
#ifndef GMR_HANG_H
#define GMR_HANG_H

#include <stdint.h>

/* End us by SIGALRM 10 seconds behind MS milliseconds: it is no slow machine then, but a hang. */
void hang_end_behind(int64_t ms);
void hang_is_over(void);

#endif
