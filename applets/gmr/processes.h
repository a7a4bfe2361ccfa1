/* processes.h: the words of the section Processes. */
#ifndef GMR_PROCESSES_H
#define GMR_PROCESSES_H

/* The word for a STATE of /proc/PID/stat as psutil has it, whose words oslo.reports prints: "sleeping"; "unknown". */
const char *processes_state(char state);

#endif
