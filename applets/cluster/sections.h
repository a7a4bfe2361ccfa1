/* sections.h: the sections of a configuration with what they inherit, each made when it is first asked for. */
#ifndef CLUSTER_SECTIONS_H
#define CLUSTER_SECTIONS_H

#include "applets/cluster/fault.h"
#include "core/ini.h"

struct sections {
	const struct ini *ini; /* the caller's; it must stay as it is */
	struct ini_section **whole;
	size_t count;
};

#define SECTIONS(of_ini) ((struct sections){ .ini = (of_ini) })

/* The section NAME, which is S's. -ENOENT: there is none; -EBADMSG: RET_FAULT says what is wrong with what it inherits;
 * -ENOMEM. */
int sections_get(struct sections *s, const char *name, const struct ini_section **ret, struct fault *ret_fault);

/* The same without making it: NULL: it was not asked for yet, or there is none. */
const struct ini_section *sections_known(const struct sections *s, const char *name);

/* The name that is near to NAME; NULL: none is. */
const char *sections_near(const struct sections *s, const char *name);

/* Takes NULL. */
void sections_done(struct sections *s);

#endif
