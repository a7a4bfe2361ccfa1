/* resolve.h: the options of a configuration with their ${...} replaced (expand.h).
 *
 * An option is resolved when it is asked for, and kept; what it does not need is never looked at. Beside what is
 * written in files there are
 *	${env:NAME}                       of the environment, where no section [env] has that option
 *	${PART:location}                  PART below parts-directory, where PART has a recipe
 *	${:_buildout_section_name_}       the name of the section that it stands in
 * and buildout's directories are made absolute as buildout does it. */
#ifndef CLUSTER_RESOLVE_H
#define CLUSTER_RESOLVE_H

#include "applets/cluster/fault.h"
#include "applets/cluster/sections.h"
#include "applets/cluster/sources.h"
#include "core/ini.h"

enum {
	RESOLVE_DEPTH_MAX = 64,       /* of options that need each other */
	RESOLVE_VALUE_MAX = 1 << 20,  /* bytes of one value */
	RESOLVE_BYTES_MAX = 16 << 20, /* of all of them */
};

struct resolve;

/* The file that lines from the environment stand in. */
extern const char resolve_environment[];

/* Take over SOURCES, which are empty then. -ENOMEM. */
int resolve_new(struct sources *sources, struct resolve **ret);

/* Takes NULL. */
void resolve_free(struct resolve *r);

/* The value of an option, which is R's; each of its lines stands where the line that it was written in does. -ENOENT:
 * there is no such option or section; -EBADMSG: RET_FAULT says what is wrong with it; -ENOMEM. */
int resolve_get(struct resolve *r, const char *section, const char *option, const struct ini_value **ret,
		struct fault *ret_fault);

/* The sections, of which R keeps what it makes. */
struct sections *resolve_sections(struct resolve *r);

/* What has been asked for so far: number I; NULL: there is not so much. A value of no lines: it could not be had. The
 * section of what is from the environment is "env". */
struct resolved { const char *section, *option; struct ini_value value; };
const struct resolved *resolve_nth(const struct resolve *r, size_t i);

#endif
