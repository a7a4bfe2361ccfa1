/* hwdog.h: the machine's hardware watchdog, /dev/watchdogN: it resets the machine when it is not petted.
 *
 * The kernel's Documentation/watchdog/watchdog-api: opening starts it; any write pets it; 'V' before the close stops it
 * (where the driver has "magic close"). */
#ifndef HEART_HWDOG_H
#define HEART_HWDOG_H

#include <stdint.h>

struct hwdog {
	int fd;              /* -1: none */
	int64_t interval_ms; /* between two pets: a third of its time-out (WDIOC_GETTIMEOUT), else 10 s */
};

#define HWDOG_NONE ((struct hwdog){ .fd = -1 })

/* Open PATH, which starts it. -EBUSY: another process has it; else open(2)'s. Release with hwdog_done(). */
int hwdog_open(const char *path, struct hwdog *ret);

/* One pet. -errno of write(2). */
int hwdog_pet(struct hwdog *dog);

/* Stop it and close it: an end that was wanted. Takes NULL. A guard that dies leaves it running, as it should. */
void hwdog_done(struct hwdog *dog);

#endif
