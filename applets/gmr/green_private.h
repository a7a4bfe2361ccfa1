/* green_private.h: what the files of section_green_threads() share. */
#ifndef GMR_GREEN_PRIVATE_H
#define GMR_GREEN_PRIVATE_H

#include "applets/gmr/green.h"

/* green_python.c: add the greenlets and tasks that DECODED has, and what is to be said of them, to LIST. */
void green_python_add(struct gmr_report *report, const struct capture *capture, const struct decoded *decoded,
		      const struct sections_options *options, struct value *list);

#endif
