/* xmlrpc_none.c: no answer can be read: this build has no libxml2. */
#include "core/xmlrpc.h"

#include <errno.h>

int xmlrpc_parse(const char *text, size_t len, struct xmlrpc_value *ret)
{
	(void)text;
	(void)len;
	(void)ret;
	return -ENOSYS;
}
