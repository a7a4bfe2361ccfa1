/* green.h: the green threads that a program has registered (gmr.h: gmr_register_green_thread()), of all its registries,
 * one behind the other: their stacks in the capture, and the section of the report. */
#ifndef GMR_GREEN_H
#define GMR_GREEN_H

#include "applets/gmr/registered.h"
#include "applets/gmr/sections.h"
#include "core/capture.h"

/* How many there are. */
size_t green_count(const struct registered *registered);

/* Read their stacks (capture_green()). 0 or -ENOMEM. */
int green_take(struct capture *capture, const struct registered *registered);

/* Add the section; greenlets and tasks of Python stand behind those that were registered. CAPTURE: for which
 * green_take() was called, or NULL; DECODED: its stacks, or NULL. */
void section_green_threads(struct gmr_report *report, const struct target *target,
			   const struct registered *registered, const struct capture *capture,
			   const struct decoded *decoded, const struct sections_options *options);

#endif
