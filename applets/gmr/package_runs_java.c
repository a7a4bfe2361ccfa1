/* package_runs_java.c: java(1): `java -jar X`, or a main class in one of the jars of the class path. */
#include "applets/gmr/package_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/inroot_file.h"

enum {
	JARS_MAX = 256,
	JAR_MAX = 1 << 30,           /* bytes of a jar; of it only the directory is read */
	TAIL_MAX = 22 + 65535,       /* the record at its end with the longest comment */
	DIRECTORY_MAX = 8 << 20,
	ALL_MAX = 128 << 20,         /* bytes of all directories */
};

struct line {
	const char *jar, *class_path, *main;
};

static const char *behind(const char *arg, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(arg, prefix, len) == 0 ? arg + len : NULL;
}

/* Options whose value is the next argument. */
static bool has_value(const char *arg)
{
	static const char *const options[] = {
		"-p", "--module-path", "--upgrade-module-path", "--add-modules", "--add-opens", "--add-exports",
		"--add-reads", "--limit-modules", "--patch-module", "--enable-native-access", "--source", "-d",
		"--describe-module",
	};

	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		if (strcmp(arg, options[i]) == 0)
			return true;
	return false;
}

static bool is_class_path(const char *arg)
{
	return strcmp(arg, "-cp") == 0 || strcmp(arg, "-classpath") == 0 || strcmp(arg, "--class-path") == 0;
}

static void parse(const char *const *argv, struct line *ret)
{
	*ret = (struct line){ .jar = NULL };
	for (argv++; *argv && **argv == '-'; argv++) {
		const char *value = behind(*argv, "--class-path=");

		if (strcmp(*argv, "-jar") == 0) {
			ret->jar = argv[1];
			return;
		}
		if (strcmp(*argv, "-m") == 0 || strcmp(*argv, "--module") == 0)
			return;
		if (value)
			ret->class_path = value;
		if (!is_class_path(*argv) && !has_value(*argv))
			continue;
		if (!argv[1])
			return;
		if (is_class_path(*argv))
			ret->class_path = argv[1];
		argv++;
	}
	ret->main = *argv;
}

static uint32_t little(const char *at, int bytes)
{
	uint32_t value = 0;

	while (bytes-- > 0)
		value = value << 8 | (unsigned char)at[bytes];
	return value;
}

static int read_at(int fd, off_t at, size_t len, struct buf *ret)
{
	int r;

	buf_reset(ret);
	r = buf_reserve(ret, len);
	while (r == 0 && ret->len < len) {
		ssize_t n = pread(fd, ret->data + ret->len, len - ret->len, at + (off_t)ret->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		ret->len += (size_t)n;
	}
	return r;
}

/* A zip file's directory stands before the record at its end: "PK\5\6", 8 bytes, count, its size (at 12), where (16).
 * https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT */
static int read_directory(int fd, off_t size, struct buf *ret)
{
	size_t tail = size < TAIL_MAX ? (size_t)size : TAIL_MAX;
	int r = read_at(fd, size - (off_t)tail, tail, ret);

	if (r < 0)
		return r;
	for (size_t at = tail < 22 ? 0 : tail - 22 + 1; at-- > 0;)
		if (memcmp(ret->data + at, "PK\5\6", 4) == 0) {
			uint32_t len = little(ret->data + at + 12, 4), where = little(ret->data + at + 16, 4);

			return len > DIRECTORY_MAX ? -EFBIG : read_at(fd, where, len, ret);
		}
	return -EBADMSG;
}

/* Has the jar at PATH the file CLASS ("org/apache/zookeeper/Main.class")? Names stand in full in its directory. */
static bool has_class(int root, const char *path, const char *class, struct buf *text)
{
	struct stat st;
	CLEANUP(fd_done) int fd = inroot_open_file(root, path, JAR_MAX, &st);

	return fd >= 0 && read_directory(fd, st.st_size, text) == 0 && text->len > 0 &&
	       memmem(text->data, text->len, class, strlen(class));
}

/* The jar of CLASS_PATH, "/a/b.jar:/c.jar", that has MAIN. "DIR/" followed by a star is not opened up. */
static int find_jar(int root, const struct line *line, char ret[PATH_MAX])
{
	CLEANUP(buf_done) struct buf text = BUF(DIRECTORY_MAX);
	char class[512], path[PATH_MAX];
	size_t bytes = 0;
	struct span rest = span_of(line->class_path, strlen(line->class_path)), jar;

	if ((size_t)snprintf(class, sizeof class, "%s.class", line->main) >= sizeof class)
		return -ENOENT;
	for (char *dot = class; dot < class + strlen(line->main); dot++)
		*dot = *dot == '.' ? '/' : *dot;
	for (int n = 0; n < JARS_MAX && bytes < ALL_MAX && span_len(&rest) > 0; n++) {
		if (!span_take_until(&rest, ':', &jar)) {
			jar = rest;
			rest.at = rest.end;
		}
		if (span_copy(&jar, path, sizeof path) == 0 && has_class(root, path, class, &text)) {
			strcpy(ret, path);
			return 0;
		}
		bytes += text.len;
		buf_reset(&text);
	}
	return -ENOENT;
}

/* "zookeeper-3.8.0.jar": what its name says. */
static void name_jar(const char *path, struct package *ret)
{
	const char *slash = strrchr(path, '/'), *at = slash ? slash + 1 : path;
	struct span name = span_of(at, strlen(at)), version;

	if (span_len(&name) > 4 && strcmp(name.end - 4, ".jar") == 0)
		name.end -= 4;
	version = span_of(name.end, 0);
	for (const char *dash = name.at; dash + 1 < name.end; dash++)
		if (*dash == '-' && dash[1] >= '0' && dash[1] <= '9') {
			version = span_of(dash + 1, (size_t)(name.end - dash - 1));
			name.end = dash;
			break;
		}
	package_copy(&name, ret->name, sizeof ret->name);
	package_copy(&version, ret->version, sizeof ret->version);
}

int package_runs_java(int root, const char *const *argv, struct package_run *ret)
{
	struct line line;

	parse(argv, &line);
	if (line.jar && strlen(line.jar) < sizeof ret->path) {
		strcpy(ret->path, line.jar);
		name_jar(ret->path, &ret->known);
		return 0;
	}
	if (!line.main)
		return -ENOENT;
	if (line.class_path && find_jar(root, &line, ret->path) == 0) {
		name_jar(ret->path, &ret->known);
		return 0;
	}
	snprintf(ret->known.name, sizeof ret->known.name, "%s", line.main);
	return 0;
}
