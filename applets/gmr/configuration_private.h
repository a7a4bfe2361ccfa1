/* configuration_private.h: the groups of the section Configuration, one file for those that belong together. */
#ifndef GMR_CONFIGURATION_PRIVATE_H
#define GMR_CONFIGURATION_PRIVATE_H

#include "applets/gmr/sections.h"
#include "core/span.h"

struct configuration {
	struct gmr_report *report;
	const struct target *target;
	struct value *section; /* to which the groups are added */
};

/* configuration.c: a new group; one of its strings; say that WHAT could not be read, unless it is not there at all. */
struct value *configuration_group(struct configuration *c, const char *name);
void configuration_span(struct configuration *c, struct value *group, const char *key, const struct span *text);
void configuration_denied(struct configuration *c, const char *what, int error);

/* The line KEY of the target's status as text, if it is there. */
void configuration_field(struct configuration *c, struct value *group, const char *key);

/* configuration_kernel.c */
void configuration_memory(struct configuration *c);
void configuration_namespaces(struct configuration *c);
void configuration_capabilities(struct configuration *c);
void configuration_scheduling(struct configuration *c);
void configuration_signals(struct configuration *c);

/* configuration_cgroup.c */
void configuration_cgroup(struct configuration *c);

/* configuration_files.c */
void configuration_files(struct configuration *c);
void configuration_environment(struct configuration *c);

#endif
