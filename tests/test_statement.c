/* What a process states of itself: written, and read again. */
#include "core/statement.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/report.h"
#include "core/value.h"
#include "tests/suite.h"

static int64_t in_ms(int64_t ms)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec + ms * 1000000;
}

/* What was read, and a file to write to before. */
struct read {
	int fd;
	struct value_tree tree;
	struct value *sections, *notes;
	struct statement_late late[2];
	size_t late_count;
};

static void begin_with(struct read *s, int fd)
{
	*s = (struct read){ .fd = fd, .tree = VALUE_TREE(16 << 20), .late_count = 77 };
	ck_assert_int_ge(fd, 0);
	s->sections = value_add_map(&s->tree, &s->tree.root, "sections");
	s->notes = value_add_list(&s->tree, &s->tree.root, "notes");
}

static void add(struct read *s, enum statement_kind kind, const void *bytes, size_t length)
{
	ck_assert_int_eq(statement_write(s->fd, kind, bytes, length, in_ms(30000)), 0);
}

#define ADD(s, kind, text) add((s), (kind), (text), sizeof(text) - 1)

static void begin(struct read *s)
{
	begin_with(s, memfd_create("statement", MFD_CLOEXEC));
	ADD(s, STATEMENT_MAGIC_KIND, STATEMENT_MAGIC);
}

static int read_file(struct read *s)
{
	ck_assert_int_eq(lseek(s->fd, 0, SEEK_SET), 0);
	return statement_read(s->fd, in_ms(30000), &s->tree, s->sections, s->notes, s->late, 2, &s->late_count);
}

/* All of it as JSON. */
static void check(struct read *s, const char *expected)
{
	CLEANUP(buf_done) struct buf text = BUF(1 << 20);

	ck_assert_int_eq(report_json(&s->tree.root, &text), 0);
	ck_assert_str_eq(text.data, expected);
}

static void done(struct read *s)
{
	close(s->fd);
	value_tree_done(&s->tree);
}

START_TEST(good)
{
	struct read s;

	begin(&s);
	ADD(&s, STATEMENT_SECTION, "Poem");
	ADD(&s, STATEMENT_TEXT, "roses\tred\nvio\xc3");
	ADD(&s, STATEMENT_TEXT, "\xb6lets\x1b\xff\n\n");
	ADD(&s, STATEMENT_NOTE, "so\nit is");
	ADD(&s, STATEMENT_SECTION, "Queues\x01");
	ADD(&s, STATEMENT_KEY, "waiting\0" "12");
	ADD(&s, STATEMENT_KEY, "\0a\nb\0c");
	ADD(&s, STATEMENT_CUT, "");
	ADD(&s, STATEMENT_SECTION, "Long");
	ADD(&s, STATEMENT_TEXT, "a\n");
	ADD(&s, STATEMENT_CUT, "");
	ADD(&s, STATEMENT_SECTION, "Nothing");
	ADD(&s, STATEMENT_SECTION, "Hangs");
	add(&s, STATEMENT_LATE, &(uint32_t){ 4711 }, 4);
	ADD(&s, STATEMENT_SECTION, "Behind");
	ADD(&s, STATEMENT_UNASKED, "");
	ADD(&s, STATEMENT_END, "");
	ADD(&s, STATEMENT_END, "what follows");
	ck_assert_int_eq(read_file(&s), 0);
	check(&s, "{\"sections\": {\"Poem\": \"roses\\tred\\nvio\u00f6lets\\\\x1b\\\\xff\", "
		  "\"Queues\\\\x01\": {\"waiting\": \"12\", \"\": \"a\\\\x0ab\\\\x00c\", \"...\": \"...\"}, "
		  "\"Long\": \"a\\n...\", \"Nothing\": \"\", "
		  "\"Hangs\": \"did not answer\", \"Behind\": \"not asked\"}, \"notes\": [\"so\\\\x0ait is\"]}\n");
	ck_assert_uint_eq(s.late_count, 1);
	ck_assert_int_eq(s.late[0].tid, 4711);
	ck_assert_str_eq(s.late[0].title, "Hangs");
	done(&s);
}
END_TEST

START_TEST(twice)
{
	struct read s;

	begin(&s);
	ADD(&s, STATEMENT_SECTION, "A");
	ADD(&s, STATEMENT_KEY, "k\0" "1");
	ADD(&s, STATEMENT_KEY, "k\0" "2");
	ADD(&s, STATEMENT_KEY, "k\xff\0" "3");
	ADD(&s, STATEMENT_KEY, "k\\xff\0" "4");
	ADD(&s, STATEMENT_SECTION, "A");
	ADD(&s, STATEMENT_TEXT, "again");
	ADD(&s, STATEMENT_END, "");
	ck_assert_int_eq(read_file(&s), 0);
	check(&s, "{\"sections\": {\"A\": {\"k\": \"1\", \"k\\\\xff\": \"3\"}}, "
		  "\"notes\": [\"'A' has a key twice: the first is shown\", "
		  "\"two sections are named 'A': the first is shown\"]}\n");
	done(&s);
}
END_TEST

/* As long as it may be, and longer. */
START_TEST(lengths)
{
	static char text[STATEMENT_SECTION_MAX + 1];
	const struct value *section;
	struct read s;

	memset(text, 'x', sizeof(text));
	begin(&s);
	ck_assert_int_eq(statement_write(s.fd, STATEMENT_TEXT, text, sizeof(text), in_ms(1000)), -EMSGSIZE);
	for (char title[] = "A"; *title <= 'B'; ++*title) {
		ADD(&s, STATEMENT_SECTION, title);
		add(&s, STATEMENT_TEXT, text, 1);
		add(&s, STATEMENT_TEXT, text, sizeof(text) - 2);
		add(&s, STATEMENT_TEXT, text, *title == 'B');
	}
	ADD(&s, STATEMENT_SECTION, "C");
	for (uint32_t i = 0; i <= STATEMENT_KEYS_MAX; i++) {
		char key[8];

		add(&s, STATEMENT_KEY, key, (size_t)snprintf(key, sizeof(key), "%u", i) + 1);
	}
	ADD(&s, STATEMENT_END, "");
	ck_assert_int_eq(read_file(&s), 0);
	section = value_first(s.sections);
	ck_assert_uint_eq(section->count, STATEMENT_SECTION_MAX);
	section = section->next;
	ck_assert_uint_eq(section->count, STATEMENT_SECTION_MAX + 3);
	ck_assert_str_eq(section->string + STATEMENT_SECTION_MAX - 1, "x...");
	section = section->next;
	ck_assert_uint_eq(section->count, STATEMENT_KEYS_MAX + 1);
	ck_assert_str_eq(section->items.last->key, "...");
	ck_assert_uint_eq(s.notes->count, 0);
	done(&s);
}
END_TEST

static const struct {
	enum statement_kind kind;
	size_t length;
	const char *bytes;
} wrong[] = {
	{ STATEMENT_SECTION, 0, "" }, { STATEMENT_SECTION, 3, "a\0b" },
	{ STATEMENT_SECTION, 64, "0123456789012345678901234567890123456789012345678901234567890123" },
	{ STATEMENT_KEY, 3, "k\0v" }, { STATEMENT_LATE, 4, "1234" }, { STATEMENT_LATE, 3, "123" },
	{ STATEMENT_UNASKED, 0, "" }, { STATEMENT_CUT, 1, "x" }, { STATEMENT_END, 1, "x" },
	{ STATEMENT_MAGIC_KIND, 8, STATEMENT_MAGIC }, { STATEMENT_END + 1, 0, "" }, { 0, 0, "" },
};

START_TEST(broken)
{
	struct read s;

	begin(&s);
	ADD(&s, STATEMENT_SECTION, "A");
	ADD(&s, STATEMENT_TEXT, "is here");
	add(&s, wrong[_i].kind, wrong[_i].bytes, wrong[_i].length);
	ADD(&s, STATEMENT_END, "");
	ck_assert_int_eq(read_file(&s), -EBADMSG);
	ck_assert_str_eq(value_first(s.sections)->key, "A");
	ck_assert_uint_eq(strncmp(value_first(s.sections)->string, "is here", 7), 0);
	ck_assert_str_eq(value_first(s.notes)->string, "what the program states of itself: is broken");
	ck_assert_uint_eq(s.late_count, 0);
	done(&s);
}
END_TEST

/* What needs a section, or keys, or one of its own; and what has no magic. */
START_TEST(out_of_place)
{
	static const enum statement_kind kinds[] = {
		STATEMENT_TEXT, STATEMENT_KEY, STATEMENT_CUT, STATEMENT_LATE, STATEMENT_UNASKED,
	};
	struct read s;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		begin(&s);
		add(&s, kinds[i], "\1\0\0", i < 2 ? 3 : i == 3 ? 4 : 0);
		ck_assert_int_eq(read_file(&s), -EBADMSG);
		ck_assert_uint_eq(s.sections->count, 0);
		done(&s);
	}
	begin(&s);
	ADD(&s, STATEMENT_SECTION, "A");
	ADD(&s, STATEMENT_KEY, "k\0v");
	ADD(&s, STATEMENT_TEXT, "text");
	ck_assert_int_eq(read_file(&s), -EBADMSG);
	check(&s, "{\"sections\": {\"A\": {\"k\": \"v\", \"...\": \"...\"}}, "
		  "\"notes\": [\"what the program states of itself: is broken\"]}\n");
	done(&s);
	begin(&s);
	ck_assert_int_eq(ftruncate(s.fd, 0), 0);
	ck_assert_int_eq(lseek(s.fd, 0, SEEK_SET), 0);
	ADD(&s, STATEMENT_END, "");
	ck_assert_int_eq(read_file(&s), -EBADMSG);
	done(&s);
}
END_TEST

/* Too many of each; and records without an end. */
START_TEST(too_many)
{
	static const char title[STATEMENT_SECTIONS_MAX + 2] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ()!";
	static char text[STATEMENT_SECTION_MAX];
	struct read s;

	begin(&s);
	for (size_t i = 0; i <= STATEMENT_SECTIONS_MAX; i++) {
		add(&s, STATEMENT_SECTION, &title[i], 1);
		add(&s, STATEMENT_LATE, &(uint32_t){ 5 }, 4);
	}
	ck_assert_int_eq(read_file(&s), -EBADMSG);
	ck_assert_uint_eq(s.sections->count, STATEMENT_SECTIONS_MAX);
	ck_assert_uint_eq(s.late_count, 2);
	done(&s);
	begin(&s);
	for (size_t i = 0; i <= STATEMENT_NOTES_MAX; i++)
		add(&s, STATEMENT_NOTE, "n", 1);
	ck_assert_int_eq(read_file(&s), -EBADMSG);
	ck_assert_uint_eq(s.notes->count, STATEMENT_NOTES_MAX + 1);
	done(&s);
	begin(&s);
	ADD(&s, STATEMENT_SECTION, "A");
	for (size_t i = 0; i <= STATEMENT_TOTAL_MAX / sizeof(text); i++)
		add(&s, STATEMENT_TEXT, text, sizeof(text));
	ck_assert_int_eq(read_file(&s), -EBADMSG);
	ck_assert_int_lt(lseek(s.fd, 0, SEEK_CUR), STATEMENT_TOTAL_MAX + 2 * sizeof(text));
	done(&s);
}
END_TEST

/* Cut at each byte: it ends without END. */
START_TEST(ends_early)
{
	struct read s;
	off_t size;

	begin(&s);
	ADD(&s, STATEMENT_SECTION, "A");
	ADD(&s, STATEMENT_TEXT, "is here");
	ADD(&s, STATEMENT_END, "");
	size = lseek(s.fd, 0, SEEK_CUR);
	while (size-- > 0) {
		struct read part;

		ck_assert_int_eq(ftruncate(s.fd, size), 0);
		begin_with(&part, dup(s.fd));
		ck_assert_int_eq(read_file(&part), -EPIPE);
		ck_assert_str_eq(value_first(part.notes)->string,
				 "what the program states of itself: ends too early");
		done(&part);
	}
	done(&s);
}
END_TEST

/* --- a pipe --- */

static void open_pipe(int ret[2], int flags)
{
	ck_assert_int_eq(pipe2(ret, O_CLOEXEC | flags), 0);
}

START_TEST(no_writer_answers)
{
	struct read s;
	int fds[2];

	open_pipe(fds, _i ? O_NONBLOCK : 0);
	begin_with(&s, fds[0]);
	ck_assert_int_eq(write(fds[1], "\1", 1), 1);
	ck_assert_int_eq(statement_read(fds[0], in_ms(10), &s.tree, s.sections, s.notes, s.late, 2, &s.late_count),
			 -ETIMEDOUT);
	ck_assert_str_eq(value_first(s.notes)->string, "what the program states of itself: did not come in time");
	close(fds[1]);
	done(&s);
}
END_TEST

/* Nobody reads: no wait without an end, whether the pipe blocks or not. */
START_TEST(no_reader_answers)
{
	static const char text[20000];
	int fds[2], r = 0;

	open_pipe(fds, _i ? O_NONBLOCK : 0);
	for (int i = 0; i < 100 && r == 0; i++)
		r = statement_write(fds[1], STATEMENT_TEXT, text, sizeof(text), in_ms(10));
	ck_assert_int_eq(r, -ETIMEDOUT);
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(statement_write(fds[1], STATEMENT_TEXT, text, sizeof(text), in_ms(30000)), -EPIPE);
	close(fds[1]);
}
END_TEST

static void write_much(int fd)
{
	static char text[STATEMENT_SECTION_MAX];
	int r = statement_write(fd, STATEMENT_MAGIC_KIND, STATEMENT_MAGIC, 8, in_ms(30000));

	memset(text, 'x', sizeof(text));
	for (char title = 'A'; title <= 'Z' && r == 0; title++) {
		r = statement_write(fd, STATEMENT_SECTION, &title, 1, in_ms(30000));
		if (r == 0)
			r = statement_write(fd, STATEMENT_TEXT, text, sizeof(text), in_ms(30000));
	}
	if (r == 0)
		r = statement_write(fd, STATEMENT_END, NULL, 0, in_ms(30000));
	_exit(r != 0);
}

/* Much more than a pipe holds. */
START_TEST(both)
{
	struct read s;
	int fds[2], status;
	pid_t pid;

	open_pipe(fds, _i ? O_NONBLOCK : 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		write_much(fds[1]);
	close(fds[1]);
	begin_with(&s, fds[0]);
	ck_assert_int_eq(statement_read(fds[0], in_ms(30000), &s.tree, s.sections, s.notes, s.late, 2, &s.late_count),
			 0);
	ck_assert_uint_eq(s.sections->count, 26);
	for (const struct value *v = value_first(s.sections); v; v = v->next)
		ck_assert_uint_eq(v->count, STATEMENT_SECTION_MAX);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	done(&s);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, good);
	tcase_add_test(t, twice);
	tcase_add_test(t, lengths);
	tcase_add_loop_test(t, broken, 0, sizeof(wrong) / sizeof(*wrong));
	tcase_add_test(t, out_of_place);
	tcase_add_test(t, too_many);
	tcase_add_test(t, ends_early);
	tcase_add_loop_test(t, no_writer_answers, 0, 2);
	tcase_add_loop_test(t, no_reader_answers, 0, 2);
	tcase_add_loop_test(t, both, 0, 2);
	return suite_run("statement", t);
}
