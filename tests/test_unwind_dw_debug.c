/* Separate debug information, looked for in the target's root and verified. Needs objcopy(1). */
#include "core/unwind.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "core/buf.h"
#include "core/cleanup.h"
#include "core/elffile.h"
#include "tests/nest.h"
#include "tests/suite.h"

static char top[64], root[128], program[128];

static int run(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run(const char *format, ...)
{
	char command[4 * PATH_MAX];
	va_list args;

	va_start(args, format);
	ck_assert_int_lt(vsnprintf(command, sizeof(command), format, args), (int)sizeof(command));
	va_end(args);
	return system(command);
}

/* A stripped copy of nest outside of the root, which is empty, and its symbols in nest.debug. */
static void setup(void)
{
	char nest[PATH_MAX];

	nest_path(nest);
	strcpy(top, "/tmp/test_unwind_dw.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(root, sizeof(root), "%s/root", top);
	snprintf(program, sizeof(program), "%s/nest", top);
	ck_assert_int_eq(mkdir(root, 0700), 0);
	ck_assert_int_eq(run("cp '%s' %s/whole && cd %s && objcopy --only-keep-debug whole nest.debug 2>/dev/null",
			     nest, top, top), 0);
}

static void teardown(void)
{
	ck_assert_int_eq(run("rm -rf '%s'", top), 0);
}

/* Is the function "middle" named, when files are looked for in the root? With LINES, PLACES (or NULL) are those of all
 * frames. */
static bool look(bool lines, struct buf *places)
{
	struct unwind_options options = { .root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC), .frames_max = 64,
					  .lines = lines };
	struct nest_stack stack;
	struct capture capture;
	struct unwind *unwind;
	bool named;

	ck_assert_int_ge(options.root, 0);
	nest_start_program(program, "calls", NULL);
	unwind = nest_open(1 << 20, &options, &capture);
	nest_unwind(unwind, &capture.threads[0], &stack);
	ck_assert_int_eq(stack.end, UNWIND_WHOLE);
	named = nest_find(&stack, 0, "middle") < stack.count;
	for (size_t i = 0; places && i < stack.count; i++)
		ck_assert_int_eq(buf_printf(places, "%s:%d\n", stack.frame[i].file ? stack.frame[i].file : "",
					    stack.frame[i].line), 0);
	unwind_free(unwind);
	unwind_release(&capture);
	nest_end();
	close(options.root);
	return named;
}

static bool is_named(void)
{
	return look(false, NULL);
}

START_TEST(by_build_id)
{
	char id[ELFFILE_BUILD_ID_TEXT];
	int fd;

	ck_assert_int_eq(run("objcopy --strip-all %s/whole %s", top, program), 0);
	fd = open(program, O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	if (elffile_build_id(fd, id) == 0) {
		ck_assert(!is_named());
		ck_assert_int_eq(run("d=%s/usr/lib/debug/.build-id/%.2s; mkdir -p $d && "
				     "cp %s/nest.debug $d/%s.debug", root, id, top, id + 2), 0);
		ck_assert(is_named());
		/* Another file under this name. */
		ck_assert_int_eq(run("cp /proc/self/exe %s/usr/lib/debug/.build-id/%.2s/%s.debug", root, id,
				     id + 2), 0);
		ck_assert(!is_named());
	}
	close(fd);
}
END_TEST

/* Without a build-id it is by name and CRC, in one of three places; a link that leads out of the root does not. */
START_TEST(by_link)
{
	static const char *const places[] = { "", "/.debug", NULL };

	ck_assert_int_eq(run("cd %s && objcopy -R .note.gnu.build-id whole && rm nest.debug && "
			     "objcopy --only-keep-debug whole nest.debug 2>/dev/null && "
			     "objcopy --strip-all --add-gnu-debuglink=nest.debug whole nest", top), 0);
	ck_assert(!is_named());
	for (size_t i = 0; places[i]; i++) {
		ck_assert_int_eq(run("d=%s%s%s; mkdir -p $d && cp %s/nest.debug $d", root, top, places[i], top), 0);
		ck_assert(is_named());
		ck_assert_int_eq(run("printf x >>%s%s%s/nest.debug", root, top, places[i]), 0);
		ck_assert(!is_named());
	}
	ck_assert_int_eq(run("d=%s/usr/lib/debug%s; mkdir -p $d && cp %s/nest.debug $d", root, top, top), 0);
	ck_assert(is_named());
	ck_assert_int_eq(run("ln -sf %s/nest.debug %s/usr/lib/debug%s/", top, root, top), 0);
	ck_assert(!is_named());
}
END_TEST

/* Compressed or not, line tables of DWARF 5 or before: the lines are the same. */
START_TEST(lines_that_are_compressed)
{
	CLEANUP(buf_done) struct buf whole = BUF(65536);
	CLEANUP(buf_done) struct buf packed = BUF(65536);

	ck_assert_int_eq(run("cd %s && cp whole nest", top), 0);
	ck_assert(look(true, &whole));
	ck_assert_int_eq(run("cd %s && objcopy --compress-debug-sections=zlib nest.debug && "
			     "objcopy --strip-all -R .note.gnu.build-id --add-gnu-debuglink=nest.debug whole nest && "
			     "d=root%s && mkdir -p $d && cp nest.debug $d", top, top), 0);
	ck_assert(look(true, &packed));
	ck_assert_str_eq(packed.data, whole.data);
}
END_TEST

/* Have the compressed sections of the file NAME but .debug_line* say that they are a whole gigabyte. */
static void claim_more(const char *name)
{
	int fd = open(name, O_RDWR | O_CLOEXEC);
	ElfW(Ehdr) header;
	ElfW(Shdr) names, section;
	size_t claims = 0;

	ck_assert_int_eq(pread(fd, &header, sizeof(header), 0), sizeof(header));
	ck_assert_int_eq(pread(fd, &names, sizeof(names), (off_t)(header.e_shoff + header.e_shstrndx * sizeof(names))),
			 sizeof(names));
	for (size_t i = 0; i < header.e_shnum; i++) {
		char text[12] = "";
		ElfW(Chdr) packed;

		ck_assert_int_eq(pread(fd, &section, sizeof(section), (off_t)(header.e_shoff + i * sizeof(section))),
				 sizeof(section));
		ck_assert_int_ge(pread(fd, text, sizeof(text) - 1, (off_t)(names.sh_offset + section.sh_name)), 0);
		if (!(section.sh_flags & SHF_COMPRESSED) || strcmp(text, ".debug_line") == 0)
			continue;
		ck_assert_int_eq(pread(fd, &packed, sizeof(packed), (off_t)section.sh_offset), sizeof(packed));
		packed.ch_size = 1 << 30;
		ck_assert_int_eq(pwrite(fd, &packed, sizeof(packed), (off_t)section.sh_offset), sizeof(packed));
		claims++;
	}
	close(fd);
	ck_assert_uint_gt(claims, 0);
}

/* Debug information that is too large is left alone: in the file itself symbols and lines stay, in another lines do. */
START_TEST(too_much_to_unpack)
{
	CLEANUP(buf_done) struct buf whole = BUF(65536);
	CLEANUP(buf_done) struct buf packed = BUF(65536);
	CLEANUP(buf_done) struct buf separate = BUF(65536);
	char id[ELFFILE_BUILD_ID_TEXT], debug[sizeof(root) + sizeof(id) + 64];
	CLEANUP(fd_done) int fd = -1;

	ck_assert_int_eq(run("cd %s && cp whole nest", top), 0);
	ck_assert(look(true, &whole));
	ck_assert_int_eq(run("cd %s && objcopy --compress-debug-sections=zlib nest", top), 0);
	claim_more(program);
	ck_assert(look(true, &packed));
	ck_assert_str_eq(packed.data, whole.data);
	ck_assert_int_eq(run("objcopy --strip-all %s/whole %s", top, program), 0);
	fd = open(program, O_RDONLY | O_CLOEXEC);
	if (elffile_build_id(fd, id) < 0)
		return;
	snprintf(debug, sizeof(debug), "%s/usr/lib/debug/.build-id/%.2s/%s.debug", root, id, id + 2);
	ck_assert_int_eq(run("mkdir -p $(dirname %s) && "
			     "objcopy --compress-debug-sections=zlib %s/nest.debug %s", debug, top, debug), 0);
	ck_assert(look(true, NULL));
	claim_more(debug);
	ck_assert(!look(true, &separate));
	ck_assert_str_eq(separate.data, whole.data);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("unwind_dw_debug");

	if (system("command -v objcopy >/dev/null") != 0) {
		puts("no objcopy");
		return 77;
	}
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, by_build_id);
	tcase_add_test(tests, by_link);
	tcase_add_test(tests, lines_that_are_compressed);
	tcase_add_test(tests, too_much_to_unpack);
	return suite_run("unwind_dw_debug", tests);
}
