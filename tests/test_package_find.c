/* The package of a process: its note, its owner, what an interpreter runs. */
#include <check.h>

#include "applets/gmr/package_find.h"
#include "tests/package.h"
#include "tests/suite.h"

static struct target target;

static const char status[] =
	"Package: python3-minimal\nArchitecture: amd64\nVersion: 3.11\nMaintainer: P\n\n"
	"Package: erlang\nArchitecture: amd64\nVersion: 25\n\nPackage: jre\nArchitecture: amd64\nVersion: 17\n\n"
	"Package: sup\nArchitecture: all\nVersion: 4.2\n\n";

static void set_up(void)
{
	package_set_up();
	target = (struct target){ .uid = geteuid(), .euid = geteuid(), .root = package_root };
	fixture_text("var/lib/dpkg/status", status);
	fixture_text("var/lib/dpkg/info/python3-minimal.list", "/usr/bin/python3.11\n");
	fixture_text("var/lib/dpkg/info/erlang.list", "/usr/lib/erlang/bin/beam.smp\n");
	fixture_text("var/lib/dpkg/info/jre.list", "/usr/lib/jvm/bin/java\n");
	fixture_text("var/lib/dpkg/info/sup.list", "/usr/bin/supervisord\n");
	fixture_text("usr/bin/x", "");
	fixture_text("etc/os-release", "NAME=x\nPRETTY_NAME=\"The \\\"OS\\\" 1\"\nID=y\n");
}

static void tear_down(void)
{
	buf_done(&target.cmdline);
	package_tear_down();
}

/* "PRODUCT VERSION (PATH), INTERPRETER" of EXE with the command line ARGS, whose arguments blanks part. */
static const char *found(const char *exe, const char *args)
{
	static char text[512];
	struct value_tree tree = VALUE_TREE(1 << 20);
	const struct value *root = &tree.root;

	snprintf(target.exe, sizeof target.exe, "%s", exe);
	buf_done(&target.cmdline);
	target.cmdline = BUF(4096);
	ck_assert_int_eq(buf_add(&target.cmdline, args, strlen(args) + 1), 0);
	for (size_t i = 0; i < target.cmdline.len; i++)
		if (target.cmdline.data[i] == ' ')
			target.cmdline.data[i] = '\0';
	package_find(&target, -EACCES, &tree, &tree.root);
	snprintf(text, sizeof text, "%s %s (%s), %s", value_string(root, "product", "-"),
		 value_string(root, "version", "-"), value_string(root, "path", "-"),
		 value_string(value_get(root, "interpreter"), "product", "-"));
	ck_assert_str_eq(value_string(root, "os", "-"), "The \"OS\" 1");
	ck_assert(value_bool(value_get(root, "interpreter") ? value_get(root, "interpreter") : root, "deleted", true) ==
		  target.exe_deleted);
	value_tree_done(&tree);
	return text;
}

#define PYTHON "/usr/bin/python3.11"

START_TEST(finds_what_python_runs)
{
	static const struct { const char *args, *found; } cases[] = {
		{ "python3", "python3-minimal 3.11 (/usr/bin/python3.11), -" },
		{ "python3 -c print(1) /usr/bin/supervisord", "python3-minimal 3.11 (/usr/bin/python3.11), -" },
		{ "python3 -", "python3-minimal 3.11 (/usr/bin/python3.11), -" },
		{ "python3 /usr/bin/supervisord -n", "sup 4.2 (/usr/bin/supervisord), python3-minimal" },
		{ "python3 -Es -W ignore -uXdev -X a /usr/bin/supervisord",
		  "sup 4.2 (/usr/bin/supervisord), python3-minimal" },
		{ "python3 -- /usr/bin/supervisord", "sup 4.2 (/usr/bin/supervisord), python3-minimal" },
		{ "python3 --check-hash-based-pycs always /usr/bin/supervisord",
		  "sup 4.2 (/usr/bin/supervisord), python3-minimal" },
		{ "python3 /srv/a.py", "a.py - (/srv/a.py), python3-minimal" },
		{ "python3 manage.py run", "manage.py - (manage.py), python3-minimal" },
		{ "/srv/v/bin/python /srv/v/bin/gunicorn x:y", "Gunicorn 20.1 (/srv/v/bin/gunicorn), python3-minimal" },
		{ "/srv/v/bin/python -m gunicorn",
		  "Gunicorn 20.1 (/srv/v/lib/python3.11/site-packages/gunicorn/__main__.py), python3-minimal" },
		{ "/srv/v/bin/python -mgunicorn.app",
		  "Gunicorn 20.1 (/srv/v/lib/python3.11/site-packages/gunicorn/app.py), python3-minimal" },
		{ "python3 -m ../../etc", "../../etc - (-), python3-minimal" },
		{ "python3 /srv/password=hunter2.py", "password=*** - (/srv/password=***), python3-minimal" },
		{ "python3 -m", "python3-minimal 3.11 (/usr/bin/python3.11), -" },
		{ "python3 -W", "python3-minimal 3.11 (/usr/bin/python3.11), -" },
	};

	fixture_text("srv/v/bin/gunicorn", "");
	fixture_text("srv/v/lib/python3.11/site-packages/gunicorn/__main__.py", "");
	fixture_text("srv/v/lib/python3.11/site-packages/gunicorn/app.py", "");
	fixture_text("srv/v/lib/python3.11/site-packages/other-1.dist-info/RECORD", "../../../bin/gunicorn2,,\n");
	fixture_text("srv/v/lib/python3.11/site-packages/gunicorn-20.1.dist-info/RECORD",
		     "../../../bin/gunicorn,sha256=x,1\ngunicorn/__main__.py,sha256=x,1\ngunicorn/app.py,,\n");
	fixture_text("srv/v/lib/python3.11/site-packages/gunicorn-20.1.dist-info/METADATA",
		     "Metadata-Version: 2.1\nName: Gunicorn\nVersion: 20.1\nAuthor: B\n\nName: no\n");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		ck_assert_str_eq(found(PYTHON, cases[i].args), cases[i].found);
	ck_assert_str_eq(found("/opt/tool", ""), "tool - (/opt/tool), -");
	target.exe_deleted = true;
	ck_assert_str_eq(found("/opt/tool", "tool"), "tool - (/opt/tool), -");
}
END_TEST

#define BEAM "/usr/lib/erlang/bin/beam.smp"

START_TEST(finds_what_beam_runs)
{
	fixture_text("opt/shop/releases/1.2.3/start.boot", "");
	fixture_text("opt/shop/releases/1.2.3/shop.rel", "%% x\n{release, {\"web shop\",\"1.2.3\"}, {erts,\"13\"}}.\n");
	fixture_text("opt/mix/releases/0.1/start.boot", "");
	fixture_text("usr/lib/erlang/bin/start.boot", "");
	fixture_text("var/lib/dpkg/info/ejabberd.list", "/usr/lib/ejabberd/ebin\n");
	ck_assert_str_eq(found(BEAM, "beam.smp -- -root /usr/lib/erlang -boot start"), "erlang 25 (" BEAM "), -");
	ck_assert_str_eq(found(BEAM, "beam.smp -- -root /usr/lib/erlang -boot /usr/lib/erlang/bin/start"),
			 "erlang 25 (" BEAM "), -");
	ck_assert_str_eq(found(BEAM, "beam.smp -- -root /opt/shop -boot /opt/shop/releases/1.2.3/start"),
			 "web shop 1.2.3 (/opt/shop/releases/1.2.3/start.boot), erlang");
	ck_assert_str_eq(found(BEAM, "beam.smp -- -root /opt/mix -boot /opt/mix/releases/0.1/start"),
			 "mix 0.1 (/opt/mix/releases/0.1/start.boot), erlang");
	ck_assert_str_eq(found(BEAM, "beam.smp -- -pa /usr/lib/ejabberd/ebin -s ejabberd"),
			 "ejabberd - (/usr/lib/ejabberd/ebin), erlang");
	ck_assert_str_eq(found(BEAM, "beam.smp -- -boot /none/start"), "erlang 25 (" BEAM "), -");
	ck_assert_str_eq(found(BEAM, "beam.smp -- -boot"), "erlang 25 (" BEAM "), -");
}
END_TEST

#define JAVA "/usr/lib/jvm/bin/java"

START_TEST(finds_what_java_runs)
{
	/* As much of a zip file as is looked at: a directory with one name, and the record behind it. */
	static const char jar[] = "PK\1\2....org/a/Main.class" "PK\5\6\0\0\0\0\1\0\1\0" "\30\0\0\0" "\0\0\0\0" "\0";
	char broken[sizeof jar];

	fixture_bytes("opt/z/zoo-keeper-3.8.0.jar", jar, sizeof jar);
	memcpy(broken, jar, sizeof jar);
	memset(broken + sizeof jar - 12, 0xff, 8);
	fixture_bytes("opt/z/broken.jar", broken, sizeof jar);
	fixture_text("opt/z/short.jar", "PK");
	ck_assert_str_eq(found(JAVA, "java -Xmx1g -jar /opt/z/zoo-keeper-3.8.0.jar -jar x"),
			 "zoo-keeper 3.8.0 (/opt/z/zoo-keeper-3.8.0.jar), jre");
	ck_assert_str_eq(found(JAVA, "java -jar app.jar"), "app - (app.jar), jre");
	ck_assert_str_eq(found(JAVA, "java --add-opens a -cp /opt/z/none.jar:/opt/z/broken.jar:/opt/z/short.jar:"
				     "/opt/z:/opt/z/zoo-keeper-3.8.0.jar org.a.Main -jar x"),
			 "zoo-keeper 3.8.0 (/opt/z/zoo-keeper-3.8.0.jar), jre");
	ck_assert_str_eq(found(JAVA, "java --class-path=/opt/z/broken.jar org.a.Main"), "org.a.Main - (-), jre");
	ck_assert_str_eq(found(JAVA, "java -cp"), "jre 17 (" JAVA "), -");
	ck_assert_str_eq(found(JAVA, "java -version"), "jre 17 (" JAVA "), -");
}
END_TEST

START_TEST(finds_the_path_in_a_chroot)
{
	CLEANUP(fd_done) int exe = open(fixture_path("usr/bin/x"), O_RDONLY | O_CLOEXEC);
	struct value_tree tree = VALUE_TREE(1 << 20);

	fixture_text("var/lib/dpkg/info/sup.list", "/usr/bin/x\n");
	snprintf(target.exe, sizeof target.exe, "%s/usr/bin/x", fixture_root);
	package_find(&target, exe, &tree, &tree.root);
	ck_assert_str_eq(value_string(&tree.root, "path", "-"), "/usr/bin/x");
	ck_assert_str_eq(value_string(&tree.root, "package", "-"), "dpkg sup:all");
	value_tree_done(&tree);
}
END_TEST

START_TEST(reads_notes_and_hints)
{
	static const char note[] = "{\"type\":\"rpm\",\"os\":\"fedora\",\"name\":\"bash\",\"version\":\"5.2-1.fc39\","
				   "\"architecture\":\"x86_64\",\"osCpe\":\"cpe:/o:fedoraproject:fedora:39\"}";
	struct value_tree tree = VALUE_TREE(1 << 20);
	struct package package;

	ck_assert_int_eq(package_note_parse(note, sizeof note, &package), 0);
	ck_assert_str_eq(package.name, "bash");
	ck_assert_str_eq(package.version, "5.2-1.fc39");
	ck_assert_str_eq(package.vendor, "fedora");
	ck_assert_str_eq(package.manager, "rpm");
	ck_assert_int_eq(package_note_parse("{\"type\":\"rpm\"}", 14, &package), -ENOENT);

	fixture_directory("var/lib/rpm");
	strcpy(target.exe, "/opt/tool");
	package_find(&target, -EACCES, &tree, &tree.root);
	ck_assert_str_eq(value_string(&tree.root, "hint", "-"), "rpm -qf /opt/tool");
	value_tree_done(&tree);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("package_find");

	tcase_add_checked_fixture(tests, set_up, tear_down);
	tcase_add_test(tests, finds_what_python_runs);
	tcase_add_test(tests, finds_what_beam_runs);
	tcase_add_test(tests, finds_what_java_runs);
	tcase_add_test(tests, finds_the_path_in_a_chroot);
	tcase_add_test(tests, reads_notes_and_hints);
	return suite_run("package_find", tests);
}
