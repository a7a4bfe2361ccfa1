#include "core/users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>

#include "core/cleanup.h"
#include "core/span.h"

enum { USERS_MAX = 8 << 20 };

int users_read(const char *path, struct users *ret)
{
	/* Not to wait where it is a FIFO. */
	CLEANUP(fd_done) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r;

	*ret = (struct users){ .text = BUF(USERS_MAX) };
	if (fd < 0)
		return -errno;
	r = buf_read_fd(&ret->text, fd);
	if (r < 0 && r != -ENOBUFS) {
		buf_done(&ret->text);
		return r;
	}
	return 0;
}

void users_done(struct users *users)
{
	if (users)
		buf_done(&users->text);
}

/* root:x:0:0:root:/root:/bin/sh          passwd(5) */
static int parse_line(struct span line, struct span *ret_name, uint64_t *ret_uid)
{
	struct span name, password, uid;

	if (!span_take_until(&line, ':', &name) || !span_take_until(&line, ':', &password) ||
	    !span_take_until(&line, ':', &uid))
		return -EBADMSG;
	/* "+" and "-" begin what nsswitch.conf(5) calls compat, '#' a comment of some. */
	if (span_len(&name) == 0 || *name.at == '+' || *name.at == '-' || *name.at == '#')
		return -EBADMSG;
	if (span_take_number(&uid, UINT32_MAX, ret_uid) < 0 || span_len(&uid) > 0)
		return -EBADMSG;
	*ret_name = name;
	return 0;
}

int users_name(const struct users *users, uid_t uid, struct buf *ret)
{
	struct span s = span_of(users->text.data, users->text.len), line, name;
	uint64_t number;

	while (span_len(&s) > 0) {
		if (!span_take_until(&s, '\n', &line)) {
			line = s;
			s.at = s.end;
		}
		if (parse_line(line, &name, &number) == 0 && number == uid)
			return buf_add(ret, name.at, span_len(&name));
	}
	return buf_printf(ret, "%u", (unsigned)uid);
}
