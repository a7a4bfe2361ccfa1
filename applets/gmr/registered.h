/* registered.h: what a program has registered with the C library (core/registry.h), read from its memory for a report.
 *
 * It is read right behind capture_take(), while the program goes on, and only from pages that are in memory
 * (capture_read()): nothing that the program does makes us wait. Whatever lies there, a report does not fail by it:
 * what is broken is said in notes. */
#ifndef GMR_REGISTERED_H
#define GMR_REGISTERED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "applets/gmr/sections.h"
#include "applets/gmr/stated.h"
#include "core/capture.h"
#include "core/registry.h"

/* One registry; a program has one in each object that contains the library. */
struct registered_place {
	struct registry_place place;
	struct registry_copy *copy; /* NULL: it could not be read, see ERROR */
	int error;                  /* 0, or -errno of registry_read() */
};

struct registered {
	struct registered_place places[REGISTRY_PLACES_MAX];
	size_t count;               /* 0: it has none, or its memory may not be read */
};

/* The process's memory as registry_memory has it: reads CAPTURE (CONTEXT of the function) by capture_read(). */
struct registry_memory registered_memory(const struct capture *capture);

/* Find and read the registries of the process that CAPTURE (NULL: nothing is found) is of. Never fails. Release with
 * registered_done(). All that take it take NULL, too. */
void registered_read(const struct capture *capture, struct registered *ret);
void registered_done(struct registered *registered);

/* The registry of whom the process calls its own: the first with a helper, else the first that was read; NULL: none. */
const struct registry_copy *registered_main(const struct registered *registered);

/* Take the library's own threads out of CAPTURE but those that STATED says are late: they only wait for the report. */
void registered_leave_out(const struct registered *registered, const struct stated *stated, struct capture *capture);

/* What is said of it in notes: what was torn, cut or broken; where IS_INSIDE is false also that the program has
 * sections of its own. */
void registered_notes(struct gmr_report *report, const struct registered *registered, bool is_inside);

/* Package as the program itself says it: "product", "vendor", "version", then "registered": true, and what FOUND
 * (package_find(), or NULL) has of these three as "installed". Adds them to IN and returns true; false: nothing was
 * registered, and nothing is added. NAME: of the executable, for a program that has not said its product. */
bool registered_package(struct gmr_report *report, struct value *in, const struct registered *registered,
			const struct value *found, const char *name);

/* Add the groups of registered options to IN, Configuration, behind the others; one that is called as one of those is
 * "NAME (registered)". */
void registered_options(struct gmr_report *report, struct value *in, const struct registered *registered);

#endif
