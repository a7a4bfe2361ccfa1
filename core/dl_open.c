/* dl_open.c: libraries by dlopen(3). */
#include "core/dl.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

/* Where the platform has no text (musl's dlerror() may be NULL), the library's name is better than nothing. */
static const char *why_text(const char *fallback)
{
	const char *text = dlerror();

	return text ? text : fallback;
}

/* RTLD_NODELETE: curl and its TLS library start threads and register exit handlers; taking them out again is not
 * safe. RTLD_LOCAL: their symbols are nobody else's business. */
static void *open_one(const char *soname)
{
	return dlopen(soname, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

static void *open_first(const char *const *sonames)
{
	void *handle = NULL;

	for (size_t i = 0; !handle && sonames[i]; i++)
		handle = open_one(sonames[i]);
	/* The usual name is the one to complain about, not the last that was tried. */
	return handle ? handle : open_one(sonames[0]);
}

int dl_load(const struct dl_library *library, const char **ret_why)
{
	void *handle = open_first(library->sonames);

	if (!handle) {
		*ret_why = why_text(library->sonames[0]);
		return -ENOENT;
	}
	for (size_t i = 0; i < library->count; i++)
		if (!dlsym(handle, library->symbols[i].name)) {
			*ret_why = why_text(library->symbols[i].name);
			return -ENOEXEC;
		}
	for (size_t i = 0; i < library->count; i++) {
		void *address = dlsym(handle, library->symbols[i].name);

		/* memcpy: a slot is a pointer to a function in truth, which may not be written through a void **. */
		memcpy(library->symbols[i].slot, &address, sizeof(address));
	}
	return 0;
}
