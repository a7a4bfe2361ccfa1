/* version.h: which procguard this is. */
#ifndef CORE_VERSION_H
#define CORE_VERSION_H

/* "0.1.0": the Makefile's VERSION. */
const char *version_string(void);

#endif
