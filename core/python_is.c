/* python_is.c: see python_private.h: what an object is, as the fast checks of CPython see it.
 *
 * A type has a bit in tp_flags for each builtin type that it is, or derives from (Include/object.h: PyUnicode_Check()
 * and the like ask for nothing else). */
#include "core/python_private.h"

bool python_is(struct python *p, uint64_t address, enum python_is what)
{
	uint64_t type;
	int64_t flags;

	return python_pointer(p, address, p->layout.object.type, &type) == 0 && type &&
	       python_int64(p, type, p->layout.type.flags, &flags) == 0 && flags >> what & 1;
}
