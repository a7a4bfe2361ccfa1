/* Which CPython it is, by files and memory that are made here. */
#include "core/python_private.h"

#include <check.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/elf_image.h"
#include "tests/suite.h"

enum { BIAS = 0x10000000, START = ELF_BASE + BIAS, RUNTIME = START + 0x5000, VERSION = START + 0x6000,
       FARTHER = 0x100000 };
#define INTERPRETER UINT64_C(0x7f0000001000)
#define THREAD UINT64_C(0x7f0000003000)

static struct python p;
static struct capture_module module;
static struct capture capture;
static char path[64];

static void put(uint64_t address, uint64_t value)
{
	ck_assert_int_eq(pages_put(p.pages, address, &value, sizeof(value)), 0);
}

/* One interpreter with one thread, as 3.MINOR has them. */
static void put_state(int minor)
{
	const struct python_layout *l = python_layout_of(minor);
	static const char nothing[PAGES_SIZE];

	for (uint64_t page = 0; page < 2 * PAGES_SIZE; page += PAGES_SIZE) {
		ck_assert_int_eq(pages_put(p.pages, INTERPRETER + page, nothing, sizeof(nothing)), 0);
		ck_assert_int_eq(pages_put(p.pages, THREAD + page, nothing, sizeof(nothing)), 0);
	}
	put(RUNTIME + l->runtime.interpreters_head, INTERPRETER);
	put(INTERPRETER + l->interpreter.threads_head, THREAD);
	put(THREAD + l->thread.interpreter, INTERPRETER);
}

/* A process that has the file NAME; HEX: its Py_Version. */
static void begin(const char *name, uint64_t hex)
{
	const struct elf_image image = elf_make(DT_GNU_HASH);

	memset(&p, 0, sizeof(p));
	ck_assert_int_eq(pages_new(64, &p.pages), 0);
	strcpy(path, name);
	module = (struct capture_module){ .start = START, .end = START + 0x10000, .path = path,
					  .fd = elf_file(&image, sizeof(image)) };
	capture = (struct capture){ .modules = &module, .module_count = 1, .entry = START + 0x100 };
	put(VERSION, hex);
}

static void finds(int error, const char *why)
{
	ck_assert_int_eq(python_find(&p, &capture), error);
	ck_assert_int_eq(p.has_layout, error == 0);
	ck_assert_str_eq(p.why, why);
	pages_free(p.pages);
	if (module.fd >= 0)
		close(module.fd);
}

START_TEST(executable)
{
	begin("/usr/bin/python3.11", 0x030b02f0);
	put_state(11);
	finds(0, "");
	ck_assert_uint_eq(p.runtime, RUNTIME);
	ck_assert(p.version[0] == 3 && p.version[1] == 11 && p.version[2] == 2);
	ck_assert_int_eq(p.layout.minor, 11);
}
END_TEST

/* By its soname; by its own name. */
START_TEST(library)
{
	begin("/usr/lib/libpython3.so", 0);
	capture.entry = 4;
	put_state(10);
	finds(0, "");
	ck_assert(p.version[0] == 3 && p.version[1] == 10 && p.version[2] == -1);
	begin("/usr/lib/libpython3.8.so.1.0", 0);
	capture.entry = 4;
	put_state(8);
	finds(0, "");
	ck_assert_int_eq(p.layout.minor, 8);
}
END_TEST

/* Without a symbol that is dynamic. */
START_TEST(section)
{
	begin("/usr/bin/python3.10", 0);
	ck_assert_int_eq(pwrite(module.fd, "_", 1, offsetof(struct elf_image, names) + 2), 1);
	put_state(10);
	finds(0, "");
	ck_assert_uint_eq(p.runtime, RUNTIME);
	ck_assert_int_eq(p.layout.minor, 10);
}
END_TEST

START_TEST(unknown)
{
	begin("/usr/bin/app", 0x030f00f0);
	finds(-ENOTSUP, "CPython 3.15: its layout is not known");
	begin("/usr/bin/python3.7", 0);
	finds(-ENOTSUP, "CPython 3.7: its layout is not known");
	begin("/usr/bin/app", 0x030c00a1);
	finds(-ENOTSUP, "CPython 3.12.0: no release; its layout is not known");
	begin("/usr/bin/python3.6", 0);
	close(module.fd);
	module.fd = -ESTALE;
	finds(-ENOTSUP, "CPython 3.6: its layout is not known");
	begin("/usr/lib/libpython2.7.so.1.0", 0);
	close(module.fd);
	module.fd = -ESTALE;
	capture.entry = 4;
	finds(-ENOTSUP, "CPython 2.7: its layout is not known");
	begin("/usr/bin/python3.11", 0x030b02f0);
	close(module.fd);
	module.fd = -ESTALE;
	finds(-ENOTSUP, "CPython 3.11: its file cannot be read, or was replaced or removed since it was started (root "
	      "may read it)");
	begin("/usr/bin/cat", 0x030b02f0);
	close(module.fd);
	module.fd = -ENOENT;
	finds(-ENOENT, "");
	begin("/usr/lib/libpypy3.11-c.so", 0);
	capture.entry = 4;
	finds(-ENOTSUP, "PyPy: its layout is not known");
}
END_TEST

/* Two of 3.8; ONE, OTHER: is it in use? */
static void begin_two(bool one, bool other)
{
	static struct capture_module both[2];
	const uint32_t head = python_layout_of(8)->runtime.interpreters_head;

	begin("/usr/lib/libpython3.8.so.1.0", 0);
	both[0] = both[1] = module;
	both[1].start += FARTHER;
	both[1].end += FARTHER;
	capture = (struct capture){ .modules = both, .module_count = 2, .entry = 4 };
	put_state(8);
	put(RUNTIME + head, one ? INTERPRETER : 0);
	put(RUNTIME + FARTHER + head, other ? INTERPRETER : 0);
}

START_TEST(two)
{
	begin_two(true, false);
	finds(0, "");
	ck_assert_uint_eq(p.runtime, RUNTIME);
	begin_two(false, true);
	finds(0, "");
	ck_assert_uint_eq(p.runtime, RUNTIME + FARTHER);
	begin_two(true, true);
	finds(0, "there is another CPython in this process, 3.8, which is not shown");
	ck_assert_uint_eq(p.runtime, RUNTIME);
}
END_TEST

START_TEST(broken)
{
	static const char why[] =
		"CPython 3.11: its structures make no sense: it begins or ends, or was built in another way";
	const struct python_layout *l = python_layout_of(11);

	begin("/usr/bin/python3.11", 0x030b02f0);
	put_state(11);
	put(THREAD + l->thread.interpreter, THREAD);
	finds(-EBADMSG, why);
	begin("/usr/bin/python3.11", 0x030b02f0);
	put_state(11);
	put(INTERPRETER + l->interpreter.id, UINT64_MAX);
	finds(-EBADMSG, why);
	/* Its modules are no dict. */
	begin("/usr/bin/python3.11", 0x030b02f0);
	put_state(11);
	put(INTERPRETER + l->interpreter.modules, THREAD);
	put(THREAD + l->object.type, THREAD);
	finds(-EBADMSG, why);
	/* Interpreters go round, and none has a thread. */
	begin("/usr/bin/python3.11", 0x030b02f0);
	put_state(11);
	put(INTERPRETER + l->interpreter.threads_head, 0);
	put(INTERPRETER + l->interpreter.next, INTERPRETER);
	finds(-EBADMSG, why);
	begin("/usr/bin/python3.13", 0x030d00f0);
	finds(-EFAULT, "CPython 3.13: what it says of its layout cannot be read");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("python_find");

	tcase_add_test(tests, executable);
	tcase_add_test(tests, library);
	tcase_add_test(tests, section);
	tcase_add_test(tests, unknown);
	tcase_add_test(tests, two);
	tcase_add_test(tests, broken);
	return suite_run("python_find", tests);
}
