/* report_xml_none.c: no XML: this build has no libxml2. */
#include "core/report.h"

#include <errno.h>

int report_xml(const struct value *report, struct buf *ret, const char **ret_why)
{
	(void)report;
	(void)ret;
	*ret_why = "built without libxml2";
	return -ENOSYS;
}
