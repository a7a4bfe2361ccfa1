/* configuration_parse.h: what the section Configuration reads, taken apart and put into words. Pure. */
#ifndef GMR_CONFIGURATION_PARSE_H
#define GMR_CONFIGURATION_PARSE_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "core/buf.h"
#include "core/span.h"

/* A line of /proc/PID/limits; unit may be empty. */
struct limit_line { struct span name, soft, hard, unit; };

/* Take the next one, without the heading. 1, or 0: there is none. */
int limit_line_next(struct span *text, struct limit_line *ret);

/* A line of /proc/PID/cgroup: "" as controllers is v2. 1, or 0: there is none. */
struct cgroup_line { struct span controllers, path; };
int cgroup_line_next(struct span *text, struct cgroup_line *ret);

/* Field NUMBER (7: tty_nr) of /proc/PID/stat, counted as in proc_pid_stat(5), at least 4. -EBADMSG, -ENOENT. */
int stat_field(const char *text, size_t len, int number, int64_t *ret);

/* The terminal that tty_nr is: "/dev/pts/3", "none", "204:64". */
enum { TERMINAL_MAX = 32 };
void terminal_name(uint32_t tty_nr, char ret[TERMINAL_MAX]);

/* cpu.max of v2, "50000 100000", as cores: 0.5; 0: no limit ("max 100000"). -EBADMSG. */
int cpu_max(const char *text, size_t len, double *ret);

/* A file of a limit or a counter: its number; UINT64_MAX for "max", and for what v1 has instead. -EBADMSG. */
int cgroup_number(const char *text, size_t len, uint64_t *ret);

/* "1.5 GiB", "512 B"; "2d 3h 4m 5s"; "2024-02-29T23:59:59Z" (RFC 3339). */
enum { WORD_SIZE = 48 };
void bytes_word(uint64_t bytes, char ret[WORD_SIZE]);
void age_word(int64_t ms, char ret[WORD_SIZE]);
void time_word(time_t time, char ret[WORD_SIZE]);

#endif
