/* What a descriptor's link and its fdinfo say. */
#include "applets/gmr/descriptor_link.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/suite.h"

#define POS "pos:\t0\nflags:\t02\nmnt_id:\t15\nino:\t1057\n"

static const struct { const char *link, *fdinfo, *name, *kind; } links[] = {
	{ "/var/log/x", POS, "/var/log/x", "file" },
	{ "/var/log/x (deleted)", POS, "/var/log/x (deleted)", "file" },
	{ "/a\n\x1b b", "", "/a\n\x1b b", "file" },
	{ "/dev/null", "", "/dev/null", "device" },
	{ "/dev/pts/3", "", "/dev/pts/3", "terminal" },
	{ "/dev/tty", "", "/dev/tty", "terminal" },
	{ "/dev/shm/x", POS, "/dev/shm/x", "file" },
	{ "/memfd:pool (deleted)", "", "memfd pool", "memfd" },
	{ "/memfd:pool", "", "/memfd:pool", "file" },
	{ "pipe:[4711]", "", "pipe 4711", "pipe" },
	{ "socket:[4711]", "", "socket 4711", "socket" },
	{ "net:[4026531833]", "", "net:[4026531833]", "namespace" },
	{ "pipe:[x]", "", "pipe:[x]", "?" },
	{ "pipe:[1", "", "pipe:[1", "?" },
	{ "pipe:[99999999999999999999]", "", "pipe:[99999999999999999999]", "?" },
	{ "", "", "", "?" },
	{ "anon_inode:[eventpoll]", POS "tfd:        5 events:       1d data: f  pos:0 ino:61af sdev:7\ntfd: 6\n",
	  "eventpoll (2 watched)", "eventpoll" },
	{ "anon_inode:[eventpoll]", "", "eventpoll (0 watched)", "eventpoll" },
	{ "anon_inode:inotify", POS "inotify wd:2 ino:7ef82a sdev:800001 mask:800afff\n", "inotify (1 watched)",
	  "inotify" },
	{ "anon_inode:[eventfd]", POS "eventfd-count:               1f\neventfd-id: 1\n", "eventfd (count 31)",
	  "eventfd" },
	{ "anon_inode:[eventfd]", "", "eventfd", "eventfd" },
	{ "anon_inode:[signalfd]", POS "sigmask:\t0000000000014002\n", "signalfd (SIGINT SIGTERM SIGCHLD)",
	  "signalfd" },
	{ "anon_inode:[signalfd]", "sigmask:\tx\n", "signalfd", "signalfd" },
	{ "anon_inode:[timerfd]", POS "clockid: 1\nticks: 0\nit_value: (2, 49406829)\nit_interval: (1, 0)\n",
	  "timerfd (monotonic, in 2.049 s)", "timerfd" },
	{ "anon_inode:[timerfd]", "clockid: 0\nit_value: (0, 0)\n", "timerfd (disarmed)", "timerfd" },
	{ "anon_inode:[timerfd]", "clockid: 0\nit_value: (0\n", "timerfd", "timerfd" },
	{ "anon_inode:[pidfd]", POS "Pid:\t77\nNSpid:\t77\n", "pidfd (of 77)", "pidfd" },
	{ "anon_inode:[pidfd]", POS "Pid:\t-1\n", "pidfd", "pidfd" },
	{ "pidfd:[77]", POS "Pid:\t77\n", "pidfd (of 77)", "pidfd" },
	{ "anon_inode:bpf-map", "", "bpf-map", "bpf-map" },
	{ "anon_inode:[new thing]", "", "new thing", "anonymous" },
	{ "anon_inode:[", "", "", "anonymous" },
	{ "anon_inode:", "", "", "anonymous" },
};

START_TEST(says)
{
	CLEANUP(buf_done) struct buf name = BUF(512);
	size_t len = strlen(links[_i].link), info_len = strlen(links[_i].fdinfo);
	CLEANUP(free_done) char *text = malloc(len ? len : 1), *info = malloc(info_len ? info_len : 1);
	struct descriptor_link link;

	memcpy(text, links[_i].link, len);
	memcpy(info, links[_i].fdinfo, info_len);
	descriptor_link_parse(text, len, &link);
	ck_assert_int_eq(descriptor_link_name(&link, info, info_len, false, &name), 0);
	ck_assert_str_eq(name.data, links[_i].name);
	ck_assert_str_eq(descriptor_link_kind(&link, info, info_len), links[_i].kind);
	for (size_t part = 0; part < info_len; part++) {
		CLEANUP(free_done) char *cut = malloc(part ? part : 1);

		memcpy(cut, links[_i].fdinfo, part);
		ck_assert_int_eq(descriptor_link_name(&link, cut, part, true, &name), 0);
		buf_reset(&name);
	}
}
END_TEST

START_TEST(directory)
{
	struct descriptor_link link;
	char info[64];

	descriptor_link_parse("/tmp", 4, &link);
	snprintf(info, sizeof info, "pos:\t0\nflags:\t0%o\n", (unsigned)(O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	ck_assert_str_eq(descriptor_link_kind(&link, info, strlen(info)), "directory");
	ck_assert_str_eq(descriptor_link_kind(&link, NULL, 0), "file");
}
END_TEST

START_TEST(more_than_read)
{
	CLEANUP(buf_done) struct buf name = BUF(512);
	struct descriptor_link link;

	descriptor_link_parse("anon_inode:[eventpoll]", 22, &link);
	ck_assert_int_eq(descriptor_link_name(&link, "tfd: 1\ntfd: 2", 13, true, &name), 0);
	ck_assert_str_eq(name.data, "eventpoll (1 or more watched)");
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("descriptor_link");

	tcase_add_loop_test(tests, says, 0, sizeof links / sizeof links[0]);
	tcase_add_test(tests, directory);
	tcase_add_test(tests, more_than_read);
	return suite_run("descriptor_link", tests);
}
