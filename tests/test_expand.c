/* What stands between ${ and }. */
#include "applets/cluster/expand.h"

#include <errno.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/suite.h"

/* The options a:x to a:z, the others are missing. */
static int get(const struct expand *x, const char *shown, const char *section, const char *option, struct buf *out)
{
	if (!strcmp(section, "own") && !strcmp(option, "name"))
		return buf_adds(out, "x");
	if (!strcmp(section, "a") && !strcmp(option, "x"))
		return buf_adds(out, "1");
	if (!strcmp(section, "a b") && !strcmp(option, "y.z_-"))
		return buf_adds(out, "2\n3");
	if (!strcmp(section, "a") && !strcmp(option, "raw"))
		return buf_adds(out, "${a:x} $${a:x} $");
	return fault_say(x->fault, x->line->file, x->line->line, "%s: missing", shown);
}

static int expand_text(const char *text, size_t room, struct buf *out, struct fault *fault)
{
	const struct ini_line line = { .text = text, .file = "x.cfg", .line = 7 };
	const struct expand x = { .line = &line, .section = "own", .fault = fault, .get = get };

	*out = BUF(room);
	fault->text[0] = '\0';
	return expand_line(&x, out);
}

static void expect(const char *text, const char *expected)
{
	CLEANUP(buf_done) struct buf out = BUF(0);
	struct fault fault;

	ck_assert_msg(expand_text(text, 1000, &out, &fault) == 0, "'%s': %s", text, fault.text);
	ck_assert_str_eq(out.data ? out.data : "", expected);
}

static void refused(const char *text, const char *expected)
{
	CLEANUP(buf_done) struct buf out = BUF(0);
	struct fault fault;

	ck_assert_msg(expand_text(text, 1000, &out, &fault) == -EBADMSG, "'%s' is accepted", text);
	ck_assert_str_eq(fault.text, expected);
}

START_TEST(references)
{
	expect("", "");
	expect("no reference", "no reference");
	expect("${a:x}", "1");
	expect("<${a:x}${a:x}>", "<11>");
	expect("${a b:y.z_-}!", "2\n3!");
	expect("${:name}", "x");
	expect("${a:${:name}} ${a:${own:name}}", "1 1");
	expect("${a:raw}", "${a:x} $${a:x} $"); /* what was put in is not looked at again */
}
END_TEST

START_TEST(dollars)
{
	expect("$ $x $(y) }", "$ $x $(y) }");
	expect("$$ $$x $", "$$ $$x $");
	expect("$${a:x}", "${a:x}");
	expect("$$${a:x}", "$$1");
	expect("$$$${a:x}", "$$${a:x}");
	expect("$$$$$${a:x}", "$$$$${a:x}");
	expect("$${", "${");
	expect("$${HOME} ${a:x}", "${HOME} 1");
}
END_TEST

START_TEST(bad_references)
{
	refused("${b:x}", "x.cfg:7: ${b:x}: missing");
	refused("a ${HOME} b", "x.cfg:7: ${HOME}: no ':' in it (of the environment it is ${env:HOME}, a shell's own is "
			       "$${HOME})");
	refused("${a:x:y}", "x.cfg:7: ${a:x:y}: more than one ':' in it");
	refused("${a:}", "x.cfg:7: ${a:}: only letters, digits, '-', '_', '.' and blanks may stand around the ':' (a "
			 "shell's own is $${a:})");
	refused("${a/b:x}", "x.cfg:7: ${a/b:x}: only letters, digits, '-', '_', '.' and blanks may stand around the "
			    "':' (a shell's own is $${a/b:x})");
	refused("b ${a:x c", "x.cfg:7: ${a:x c: no '}' behind it (a shell's own is $${)");
	refused("${a:${:name}", "x.cfg:7: ${a:${:name}: no '}' behind it (a shell's own is $${)");
	refused("${a:${b:x}}", "x.cfg:7: ${b:x}: missing");
}
END_TEST

START_TEST(bounds)
{
	CLEANUP(buf_done) struct buf out = BUF(0);
	struct fault fault;
	char text[2000] = "";

	for (int i = 0; i < 20; i++)
		strcat(text, "${a:");
	refused(text, "x.cfg:7: too many ${ within each other");
	memset(text, 'y', sizeof(text) - 1);
	memcpy(text, "${a:", 4);
	refused(text, "x.cfg:7: ${a:yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...: too long");
	ck_assert_int_eq(expand_text("12345678", 8, &out, &fault), 0);
	buf_done(&out);
	ck_assert_int_eq(expand_text("123456789", 8, &out, &fault), -ENOBUFS);
	buf_done(&out);
	ck_assert_int_eq(expand_text("1234567${a b:y.z_-}", 8, &out, &fault), -ENOBUFS);
	ck_assert_str_eq(fault.text, "");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("expand");

	tcase_add_test(tests, references);
	tcase_add_test(tests, dollars);
	tcase_add_test(tests, bad_references);
	tcase_add_test(tests, bounds);
	return suite_run("expand", tests);
}
