/* redact.h: keep secrets out of what is shown. Pure.
 *
 * A value is masked when its name says that it is a secret: when the name holds one of "password", "secret", "token",
 * ..., or when one of the words of which it consists (split at '_', '-', '.', digits and from lower to upper case) is
 * "pwd", "key", "auth", ..., or a pair of such that is written as one ("apikey"). Numbers, booleans and paths to files
 * are no secrets, but in quotes only a path is none: "12345" is a text. What is masked becomes "***". The forms in
 * which names and values stand together: K=V, --K V, -K V, -DK=V, K: V, user:password@host, query parameters.
 *
 * Where a value ends cannot be known in every text; then rather too much is masked. What no name tells of stays:
 * `mysql -pSECRET`. To redact what has been redacted changes nothing. Time is linear in the length. */
#ifndef CORE_REDACT_H
#define CORE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"

/* What stands for a secret. */
#define REDACT_MASK "***"

/* Do the LEN bytes of NAME name a secret? */
bool redact_is_secret(const char *name, size_t len);

/* Append VALUE to RET, or the mask where NAME names a secret and VALUE is none of a number, a boolean and a path; what
 * is not masked as a whole is masked as redact_text() does it. Errors of all of these: -ENOBUFS, -ENOMEM; RET is as
 * before. */
int redact_value(const char *name, size_t name_len, const char *value, size_t len, struct buf *ret);

/* Append a text in which names and values may stand anywhere: the text of an exception, a URL. */
int redact_text(const char *text, size_t len, struct buf *ret);

/* Append a line of source code. Code tells no secrets, so that `password=get_password()` stays: masked are the literals
 * that belong to a secret's name (strings, numbers of more than 20 characters), but for keys (x["key"]), placeholders
 * ("%s", "{x}") and paths; what other literals and comments hold is masked as redact_text() does it. */
int redact_source(const char *line, size_t len, struct buf *ret);

/* Append a command line as /proc/PID/cmdline has it, arguments that each end with NUL; so they do in RET. An option's
 * value may be the next argument. What a program has written over its command line (setproctitle(3), one text with
 * blanks) is masked, too. */
int redact_argv(const char *cmdline, size_t len, struct buf *ret);

/* Append an environment as /proc/PID/environ has it, "NAME=VALUE" that each end with NUL; so they do in RET. */
int redact_environ(const char *environ, size_t len, struct buf *ret);

#endif
