/* statement_private.h: what the files of statement share.
 *
 * statement_write.c  one record, written
 * statement_input.c  records, as they come
 * statement_read.c   what they say, as values */
#ifndef CORE_STATEMENT_PRIVATE_H
#define CORE_STATEMENT_PRIVATE_H

#include "core/statement.h"

/* statement_write.c: milliseconds until DEADLINE_NS for poll(2), rounded up; 0 when it is over. */
int statement_remaining_ms(int64_t deadline_ns);

/* What has come from FD and is not used up. */
struct statement_input {
	int fd;
	int64_t deadline_ns;
	size_t at, len, total;
	char bytes[sizeof(struct statement_record) + STATEMENT_SECTION_MAX];
};

/* The next record; its bytes stay until the next call. -EPIPE: there is none; -ETIMEDOUT; -EBADMSG: it, or all of them,
 * are too long; -errno of reading. */
int statement_next(struct statement_input *in, struct statement_record *ret_head, const char **ret_bytes);

#endif
