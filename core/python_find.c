/* python_find.c: see python_private.h: _PyRuntime, and which CPython it is.
 *
 * _PyRuntime is a dynamic symbol of the executable or of libpython3.N.so.1.0, and has a section of its own, for
 * programs whose symbols are not dynamic. From 3.11 on Py_Version says the version as sys.hexversion does, 0x030b02f0
 * for 3.11.2; from 3.13 on what _PyRuntime begins with, too; before, names of files do: python3.8,
 * libpython3.10.so.1.0. */
#include "core/python_private.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/elffile.h"

enum {
	TRIES = 3,                 /* of a walk through what may change under it */
	SAID_MAX = 1024,           /* bytes of _Py_DebugOffsets that are read */
	RELEASE_CANDIDATE = 0xc,   /* of a hexversion: from here on nothing changes */
	ID_MAX = INT32_MAX,
};

/* A file that has _PyRuntime. */
struct found {
	const struct capture_module *module;
	uint64_t bias, runtime;
};

__attribute__((format(printf, 3, 4))) static int say(struct python *p, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(p->why, sizeof(p->why), format, args);
	va_end(args);
	return error;
}

/* ---- files ---- */

static const char *base_name(const struct capture_module *module)
{
	const char *slash = module->path ? strrchr(module->path, '/') : NULL;

	return slash ? slash + 1 : module->path ? module->path : "";
}

/* N of "pythonMAJOR.N" in NAME, such as "libpython3.10.so.1.0"; -1: it is another. */
static int minor_of_name(const char *name, char major)
{
	const char begin[] = { 'p', 'y', 't', 'h', 'o', 'n', major, '.', '\0' };
	const char *at = strstr(name, begin);
	long minor;

	if (!at || at[sizeof(begin) - 1] < '0' || at[sizeof(begin) - 1] > '9')
		return -1;
	minor = strtol(at + sizeof(begin) - 1, NULL, 10);
	return minor < 0x100 ? (int)minor : -1;
}

static bool is_executable(const struct capture *capture, const struct capture_module *module)
{
	return capture->entry ? module->start <= capture->entry && capture->entry < module->end :
				module == &capture->modules[0];
}

static bool is_library(const struct capture_module *module)
{
	static const char begin[] = "libpython";
	const char *name = base_name(module);

	return strncmp(name, begin, sizeof(begin) - 1) == 0 &&
	       (name[sizeof(begin) - 1] == '2' || name[sizeof(begin) - 1] == '3');
}

static int look_in(const struct capture_module *module, struct found *ret)
{
	struct elffile_place place;
	uint64_t loaded_at, bias;
	int error = module->fd < 0 ? module->fd : elffile_symbol(module->fd, "_PyRuntime", &place);

	if (error == -ENOENT)
		error = elffile_section(module->fd, ".PyRuntime", &place);
	if (!error)
		error = elffile_loaded_at(module->fd, module->offset, &loaded_at);
	if (error)
		return error;
	bias = module->start - loaded_at;
	*ret = (struct found){ module, bias, bias + place.address };
	return ret->runtime % sizeof(uint64_t) ? -EBADMSG : 0;
}

/* 0x307 of "python3.7", 0x207 of "libpython2.7.so.1.0"; -1: it is another. */
static int named_version(const struct capture_module *module)
{
	const char *name = base_name(module);
	int three = minor_of_name(name, '3'), two = three < 0 ? minor_of_name(name, '2') : -1;

	return three >= 0 ? 0x300 + three : two >= 0 ? 0x200 + two : -1;
}

/* ---- version ---- */

/* HEX: 0x030d00f0; 0: not known. */
static uint64_t read_hex(struct python *p, const struct found *found)
{
	static const char cookie[8] = { 'x', 'd', 'e', 'b', 'u', 'g', 'p', 'y' };
	struct { char cookie[sizeof(cookie)]; uint64_t version; } said;
	struct elffile_place place;
	uint64_t hex;

	if (elffile_symbol(found->module->fd, "Py_Version", &place) == 0 && place.size == sizeof(hex) &&
	    pages_read(p->pages, found->bias + place.address, &hex, sizeof(hex)) == 0 && hex >> 24 == 3)
		return hex;
	if (pages_read(p->pages, p->runtime, &said, sizeof(said)) == 0 && said.version >> 24 == 3 &&
	    memcmp(said.cookie, cookie, sizeof(cookie)) == 0)
		return said.version;
	return 0;
}

static int read_names(const struct found *found)
{
	char soname[64];
	int minor = minor_of_name(base_name(found->module), '3');

	if (minor < 0 && elffile_soname(found->module->fd, soname, sizeof(soname)) == 0)
		minor = minor_of_name(soname, '3');
	return minor;
}

static int find_version(struct python *p, const struct found *found)
{
	const uint64_t hex = read_hex(p, found);
	const int minor = hex ? (int)(hex >> 16 & 0xff) : read_names(found);

	if (minor < 0)
		return say(p, -ENOTSUP, "CPython: its version is not known");
	p->version[0] = 3;
	p->version[1] = minor;
	p->version[2] = hex ? (int)(hex >> 8 & 0xff) : -1;
	if (minor < PYTHON_LAYOUT_MINOR_MIN || minor > PYTHON_LAYOUT_MINOR_MAX)
		return say(p, -ENOTSUP, "CPython 3.%d: its layout is not known", minor);
	if (hex && (hex >> 4 & 0xf) < RELEASE_CANDIDATE)
		return say(p, -ENOTSUP, "CPython 3.%d.%d: no release; its layout is not known", minor, p->version[2]);
	return 0;
}

/* ---- layout ---- */

static int find_layout(struct python *p)
{
	const int minor = p->version[1];
	char said[SAID_MAX];
	int error;

	if (minor < PYTHON_LAYOUT_MINOR_SAID) {
		p->layout = *python_layout_of(minor);
		return 0;
	}
	error = pages_read(p->pages, p->runtime, said, sizeof(said));
	if (!error)
		error = python_layout_read(said, sizeof(said), minor, &p->layout);
	return error ? say(p, error, "CPython 3.%d: what it says of its layout %s", minor,
			   error == -EBADMSG ? "makes no sense" : "cannot be read") : 0;
}

/* Objects begin in another way where all of them hang in a list (Py_TRACE_REFS, to 3.12). */
static int check_objects(struct python *p, uint64_t interpreter)
{
	uint64_t modules, type;
	int r = python_pointer(p, interpreter, p->layout.interpreter.modules, &modules);

	if (r || !modules)
		return r;
	r = python_type_of(p, modules, &type);
	return r ? r : python_type_is(p, type, "dict") ? 0 : -EBADMSG;
}

/* Does the interpreter at INTERPRETER look like one? 1: and it has a thread state that belongs to it. */
static int check_interpreter(struct python *p, uint64_t interpreter)
{
	const struct python_layout *l = &p->layout;
	uint64_t thread = 0, owner = 0;
	int64_t id = -1;
	int r = python_int64(p, interpreter, l->interpreter.id, &id);

	if (!r)
		r = python_pointer(p, interpreter, l->interpreter.threads_head, &thread);
	if (r || id < 0 || id > ID_MAX)
		return r ? r : -EBADMSG;
	r = id == 0 ? check_objects(p, interpreter) : 0;
	if (r || !thread)
		return r;
	r = python_pointer(p, thread, l->thread.interpreter, &owner);
	return r ? r : owner == interpreter ? 1 : -EBADMSG;
}

/* Does it look as this layout says? */
static int check_layout(struct python *p)
{
	uint64_t interpreter;
	bool has_thread = false;
	int r = python_pointer(p, p->runtime, p->layout.runtime.interpreters_head, &interpreter);

	for (size_t i = 0; !r && interpreter && i < PYTHON_INTERPRETERS_MAX; i++) {
		r = check_interpreter(p, interpreter);
		if (r < 0)
			return r;
		has_thread = has_thread || r == 1;
		r = python_pointer(p, interpreter, p->layout.interpreter.next, &interpreter);
	}
	return r ? r : has_thread ? 0 : -EBADMSG;
}

/* A thread may end while we look. */
static int check_again(struct python *p)
{
	int error = check_layout(p);

	for (int i = 1; error && i < TRIES && pages_refresh(p->pages) == 0; i++)
		error = check_layout(p);
	return error ? say(p, error, "CPython 3.%d: its structures make no sense: it begins or ends, or was built in "
			   "another way", p->version[1]) : 0;
}

/* ---- which one ---- */

struct finding {
	struct python *p;
	int error, version;  /* version: what a name says of one that has no _PyRuntime; -1: there is none */
	bool unread;         /* not all of the files could be looked into */
};

static int try_runtime(struct python *p, const struct found *found)
{
	int error;

	p->runtime = found->runtime;
	error = find_version(p, found);
	if (!error)
		error = find_layout(p);
	if (!error)
		error = check_again(p);
	p->has_layout = !error;
	return error;
}

/* The first that can be read is taken, else the first. A libpython may lie idle beside an executable that has all of
 * CPython itself; where another one is in use, too, we say so. */
static void look_at(struct finding *finding, const struct capture_module *module)
{
	struct python one = *finding->p;
	struct found found;
	int error;

	if (look_in(module, &found) != 0) {
		if (finding->version < 0)
			finding->version = named_version(module);
		finding->unread = finding->unread || module->fd < 0;
		return;
	}
	error = try_runtime(&one, &found);
	if (finding->error && (!error || finding->error == -ENOENT)) {
		finding->error = error;
		if (!error)
			one.why[0] = '\0';
		*finding->p = one;
	} else if (!error) {
		say(finding->p, 0, "there is another CPython in this process, %d.%d, which is not shown",
		    one.version[0], one.version[1]);
	}
}

/* One that has no _PyRuntime, as none has before 3.7; one that is no CPython. */
static int say_without(struct finding *finding, const struct capture *capture)
{
	static const char pypy[] = "libpypy";
	struct python *p = finding->p;
	const int version = finding->version;

	for (size_t i = 0; version < 0 && i < capture->module_count; i++)
		if (strncmp(base_name(&capture->modules[i]), pypy, sizeof(pypy) - 1) == 0)
			return say(p, -ENOTSUP, "PyPy: its layout is not known");
	if (version < 0)
		return -ENOENT;
	p->version[0] = version >> 8;
	p->version[1] = version & 0xff;
	return say(p, -ENOTSUP, "CPython %d.%d: %s", p->version[0], p->version[1],
		   version < 0x300 + PYTHON_LAYOUT_MINOR_MIN ? "its layout is not known" :
		   finding->unread ? "its file cannot be read, or was replaced or removed since it was started (root "
		   "may read it)" : "it has no _PyRuntime that can be found");
}

/* The executable first: it may hold a libpython of its own, and a copy of the symbol counts there. */
int python_find(struct python *p, const struct capture *capture)
{
	struct finding finding = { .p = p, .error = -ENOENT, .version = -1 };

	for (int libraries = 0; libraries < 2; libraries++) {
		for (size_t i = 0; i < capture->module_count; i++) {
			const struct capture_module *module = &capture->modules[i];

			if (libraries ? is_library(module) : is_executable(capture, module))
				look_at(&finding, module);
		}
	}
	return finding.error == -ENOENT ? say_without(&finding, capture) : finding.error;
}
