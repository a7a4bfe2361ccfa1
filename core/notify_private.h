/* notify_private.h: what the files of notify.h share. */
#ifndef CORE_NOTIFY_PRIVATE_H
#define CORE_NOTIFY_PRIVATE_H

/* BASE/procguard-HEX/HEX: so many bytes of randomness each. */
#define NOTIFY_DIR_PREFIX "procguard-"
enum { NOTIFY_DIR_BYTES = 8, NOTIFY_SOCKET_BYTES = 16 };

/* Remove from BASE what listeners of our uid have left behind that were killed. Does not take long; leaves alone what
 * it is not sure of. */
void notify_sweep(const char *base);

#endif
