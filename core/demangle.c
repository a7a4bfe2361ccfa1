#include "core/demangle.h"

#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/dl.h"

/* Not libc++abi: where that has no memory left, it ends the process. */
DL_SONAMES(cxx_sonames, "names", "Names of C++ functions in stacks", "suggested", "libstdc++.so.6", "libstdc++.so.6");

enum {
	NAME_MAX_LEN = 1024, /* libstdc++ itself refuses longer ones: it takes 2,048 components, two for a byte */
	COST_MAX = 24,       /* a power of two: 16 MiB are written in 0.1 s */
	REFUSED_MAX = 8,
};

/* Static builds have no slot for it to be linked to: it stays NULL. */
static void find_function(struct demangler *d)
{
	const struct dl_symbol symbol = { "__cxa_demangle", (void **)&d->function, NULL };
	const struct dl_library library = { cxx_sonames, &symbol, 1 };
	const char *why;

	d->looked_for = true;
	if (dl_load(&library, &why) < 0)
		d->function = NULL;
}

static unsigned bits(size_t n)
{
	unsigned count = 0;

	for (; n; n >>= 1)
		count++;
	return count;
}

/* A reference to a former part (S_, S1A_) or an argument of a template (T_, T0_) at TEXT: "S" or "T", then digits and
 * capitals, then "_". Words within a name that look so count as well. */
static bool is_reference(const char *text)
{
	return (*text == 'S' || *text == 'T') &&
	       text[1 + strspn(text + 1, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")] == '_';
}

/* How long may it come out: a power of two. N references make it longest in layers of three, each of which has the
 * layer below: 3^(N/3), which is 2^(0.53 N). A pack's expansion (Dp) may have as many parts as there are bytes. */
static unsigned cost_of(const char *name, size_t len)
{
	unsigned references = 0, packs = 0;

	for (const char *at = name; *at; at++) {
		references += is_reference(at);
		packs += at[0] == 'D' && at[1] == 'p';
	}
	return bits(len) * (1 + packs) + (references * 17 + 31) / 32;
}

char *demangle(struct demangler *d, const char *name)
{
	CLEANUP(free_done) char *text = NULL;
	size_t len;
	int status = -1;

	if (name[0] != '_' || name[1] != 'Z' || d->refused >= REFUSED_MAX)
		return NULL;
	len = strnlen(name, NAME_MAX_LEN + 1);
	if (len > NAME_MAX_LEN || cost_of(name, len) > COST_MAX)
		return NULL;
	if (!d->looked_for)
		find_function(d);
	text = d->function ? d->function(name, NULL, NULL, &status) : NULL;
	if (!text || status != 0)
		return NULL;
	if (strnlen(text, DEMANGLE_MAX + 1) > DEMANGLE_MAX) {
		d->refused++;
		return NULL;
	}
	return TAKE_PTR(text);
}
