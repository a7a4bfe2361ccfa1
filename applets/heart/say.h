/* say.h: heart's log lines, in the form that OTP's heart has: "heart: Sat Nov 21 11:50:09 2026: TEXT\r\n". */
#ifndef HEART_SAY_H
#define HEART_SAY_H

/* One line, one write(2) to stderr; control characters are escaped. Long ones are cut at 8 KiB. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
