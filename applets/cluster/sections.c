#include "applets/cluster/sections.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/near.h"

const struct ini_section *sections_known(const struct sections *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->whole[i]->name, name))
			return s->whole[i];
	return NULL;
}

static int make(struct sections *s, const char *name, struct fault *ret_fault)
{
	struct ini_section **grown = reallocarray(s->whole, s->count + 1, sizeof(*grown));
	CLEANUP(free_done) struct ini_section *whole = NULL;
	struct ini_fault found = { 0 };
	int r;

	if (!grown)
		return -ENOMEM;
	s->whole = grown;
	whole = malloc(sizeof(*whole));
	r = whole ? ini_inherit(s->ini, name, whole, &found) : -ENOMEM;
	if (r == 0)
		s->whole[s->count++] = TAKE_PTR(whole);
	if (r == -ELOOP || r == -ESRCH)
		return fault_say(ret_fault, found.file, found.line, "%s", found.why);
	return r;
}

int sections_get(struct sections *s, const char *name, const struct ini_section **ret, struct fault *ret_fault)
{
	const struct ini_section *known = sections_known(s, name);
	int r = known ? 0 : make(s, name, ret_fault);

	if (r == 0)
		*ret = known ? known : s->whole[s->count - 1];
	return r;
}

const char *sections_near(const struct sections *s, const char *name)
{
	struct near near = NEAR(name, strlen(name));

	for (size_t i = 0; i < s->ini->count; i++)
		near_offer(&near, s->ini->sections[i].name);
	return near.best;
}

void sections_done(struct sections *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++) {
		ini_section_done(s->whole[i]);
		free(s->whole[i]);
	}
	free(s->whole);
	*s = SECTIONS(s->ini);
}
