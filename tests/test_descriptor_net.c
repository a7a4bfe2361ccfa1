/* Lines of net/tcp and its kind. */
#include "applets/gmr/descriptor_net.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "tests/suite.h"

/* Of a little-endian machine: the numbers of others stand the other way around. */
#define LITTLE (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

#define REST " 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0"
#define NONE6 "00000000000000000000000000000000:0000"

static const struct {
	enum net_table table;
	const char *line;
	const char *name; /* NULL: it is none */
} lines[] = {
	{ NET_TCP, "   0: 0100007F:1F90 00000000:0000 0A" REST, "TCP 127.0.0.1:8080 LISTEN" },
	{ NET_TCP, "  12: 0100000A:1538 0200000A:0050 01" REST, "TCP 10.0.0.1:5432 -> 10.0.0.2:80 ESTABLISHED" },
	{ NET_TCP, "  12: 00000000:0000 00000000:0000 07" REST, "TCP 0.0.0.0:0 CLOSE" },
	{ NET_TCP, "  12: 00000000:0000 00000000:0000 FF" REST, "TCP 0.0.0.0:0 ?" },
	{ NET_TCP6, "   0: 00000000000000000000000001000000:0050 " NONE6 " 0A" REST, "TCP [::1]:80 LISTEN" },
	{ NET_TCP6, "   0: 0000000000000000FFFF00000100007F:0050 0000000000000000FFFF00000200007F:FFFF 08" REST,
	  "TCP [::ffff:127.0.0.1]:80 -> [::ffff:127.0.0.2]:65535 CLOSE_WAIT" },
	{ NET_TCP6, "   0: B80D0120000000000000000001000000:0050 " NONE6 " 0A" REST, "TCP [2001:db8::1]:80 LISTEN" },
	{ NET_UDP, " 3047: 00000000:0035 00000000:0000 07" REST, "UDP 0.0.0.0:53" },
	{ NET_UDP, " 3047: 0100007F:8235 0200007F:0035 01" REST, "UDP 127.0.0.1:33333 -> 127.0.0.2:53" },
	{ NET_RAW, "    1: 00000000:0001 00000000:0000 07" REST, "raw 0.0.0.0 protocol 1" },
	{ NET_RAW6, "   58: " NONE6 " " NONE6 " 07" REST, "raw [::] protocol 0" },
	{ NET_UNIX, "000000001f2e: 00000002 00000000 00010000 0001 01 4711 /run/x.sock", "UNIX /run/x.sock LISTEN" },
	{ NET_UNIX, "000000001f2e: 00000003 00000000 00000000 0001 03 4711 /run/x y.sock", "UNIX /run/x y.sock" },
	{ NET_UNIX, "000000001f2e: 00000002 00000000 00000000 0002 01 4711 @abs@tract", "UNIX @abs@tract" },
	{ NET_UNIX, "000000001f2e: 00000002 00000000 00000000 0002 01 4711 @\x01\x1b[31m", "UNIX @\x01\x1b[31m" },
	{ NET_UNIX, "000000001f2e: 00000003 00000000 00000000 0001 03  4711", "UNIX stream 4711" },
	{ NET_UNIX, "000000001f2e: 00000003 00000000 00000000 0005 03  4711", "UNIX seqpacket 4711" },
	{ NET_UNIX, "000000001f2e: 00000003 00000000 00000000 00ff 03  4711", "UNIX 4711" },
	{ NET_NETLINK, "0000000000000000 15  71   00000001 0 0 0 2 0        4711   ",
	  "netlink kobject_uevent port 71" },
	{ NET_NETLINK, "0000000000000000 99  71   00000001 0 0 0 2 0        4711   ", "netlink 99 port 71" },
	{ NET_PACKET, "0000000000000000 3      3    0003   2     1 0      0      4711  ",
	  "packet protocol 0x0003 interface 2" },
	{ NET_PACKET, "0000000000000000 3      3    88cc   0     1 0      0      4711", "packet protocol 0x88cc" },
	{ NET_TCP, "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
	  NULL },
	{ NET_TCP, "", NULL }, { NET_TCP, "   0: 0100007F:1F90", NULL },
	{ NET_TCP, "   0: 0100007:1F90 00000000:0000 0A" REST, NULL },
	{ NET_TCP, "   0: 0100007G:1F90 00000000:0000 0A" REST, NULL },
	{ NET_TCP, "   0: 0100007F:1F901 00000000:0000 0A" REST, NULL },
	{ NET_TCP, "   0: 0100007F:1F90 00000000:0000 0A0000000" REST, NULL },
	{ NET_TCP6, "   0: 00000000000000000000000001000000:0050 0000000000000000000000000000000:0000 0A" REST, NULL },
	{ NET_UNIX, "Num       RefCount Protocol Flags    Type St Inode Path", NULL },
	{ NET_UNIX, "000000001f2e: 00000003 00000000 x 0001 03 4711", NULL },
	{ NET_NETLINK, "0000000000000000 -1 71   00000001 0 0 0 2 0        4711", NULL },
};

/* Exactly these bytes on the heap: one that is read behind them is found. */
START_TEST(line)
{
	CLEANUP(buf_done) struct buf name = BUF(512);
	size_t len = strlen(lines[_i].line);
	CLEANUP(free_done) char *copy = malloc(len ? len : 1);
	struct span span = span_of(memcpy(copy, lines[_i].line, len), len);
	uint64_t inode = 0;
	int r;

	if (!LITTLE && lines[_i].table <= NET_ICMP6)
		return;
	r = net_line_inode(lines[_i].table, span, &inode);
	if (r == 0)
		r = net_line_name(lines[_i].table, span, &name);
	if (!lines[_i].name) {
		ck_assert_int_eq(r, -EBADMSG);
		ck_assert_uint_eq(name.len, 0);
		return;
	}
	ck_assert_int_eq(r, 0);
	ck_assert_uint_eq(inode, 4711);
	ck_assert_str_eq(name.data, lines[_i].name);
}
END_TEST

/* No line of whatever kind reads behind what there is of it. */
START_TEST(cut)
{
	size_t len = strlen(lines[_i].line);

	for (size_t part = 0; part <= len; part++) {
		CLEANUP(buf_done) struct buf name = BUF(512);
		CLEANUP(free_done) char *copy = malloc(part ? part : 1);
		struct span span = span_of(memcpy(copy, lines[_i].line, part), part);
		uint64_t inode;

		for (enum net_table table = 0; table < NET_TABLES; table++) {
			net_line_inode(table, span, &inode);
			net_line_name(table, span, &name);
		}
	}
}
END_TEST

static const struct { const char *protocol, *kind; unsigned tables; } protocols[] = {
	{ "TCP", "TCP", 1 << NET_TCP | 1 << NET_TCP6 }, { "TCPv6", "TCP", 1 << NET_TCP | 1 << NET_TCP6 },
	{ "UDP", "UDP", 1 << NET_UDP | 1 << NET_UDP6 },
	{ "UDP-Lite", "UDP-Lite", 1 << NET_UDPLITE | 1 << NET_UDPLITE6 },
	{ "UNIX-STREAM", "UNIX", 1 << NET_UNIX }, { "NETLINK", "netlink", 1 << NET_NETLINK },
	{ "AF_VSOCK", "vsock", 0 }, { "", "socket", (1U << NET_TABLES) - 1 },
	{ "NEW", "socket", (1U << NET_TABLES) - 1 },
};

START_TEST(protocol)
{
	const char *kind = NULL;

	ck_assert_uint_eq(net_protocol_tables(protocols[_i].protocol, &kind), protocols[_i].tables);
	ck_assert_str_eq(kind, protocols[_i].kind);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("descriptor_net");

	tcase_add_loop_test(tests, line, 0, sizeof lines / sizeof lines[0]);
	tcase_add_loop_test(tests, cut, 0, sizeof lines / sizeof lines[0]);
	tcase_add_loop_test(tests, protocol, 0, sizeof protocols / sizeof protocols[0]);
	return suite_run("descriptor_net", tests);
}
