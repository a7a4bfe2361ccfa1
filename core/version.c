#include "core/version.h"

#ifndef PROCGUARD_VERSION
#define PROCGUARD_VERSION "unknown"
#endif

const char *version_string(void)
{
	return PROCGUARD_VERSION;
}
