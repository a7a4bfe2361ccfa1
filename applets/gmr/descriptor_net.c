#include "applets/gmr/descriptor_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct { const char *file, *kind; } tables[NET_TABLES] = {
	[NET_TCP] = { "net/tcp", "TCP" }, [NET_TCP6] = { "net/tcp6", "TCP" },
	[NET_UDP] = { "net/udp", "UDP" }, [NET_UDP6] = { "net/udp6", "UDP" },
	[NET_UDPLITE] = { "net/udplite", "UDP-Lite" }, [NET_UDPLITE6] = { "net/udplite6", "UDP-Lite" },
	[NET_RAW] = { "net/raw", "raw" }, [NET_RAW6] = { "net/raw6", "raw" },
	[NET_ICMP] = { "net/icmp", "ping" }, [NET_ICMP6] = { "net/icmp6", "ping" },
	[NET_UNIX] = { "net/unix", "UNIX" }, [NET_NETLINK] = { "net/netlink", "netlink" },
	[NET_PACKET] = { "net/packet", "packet" },
};

const char *net_table_file(enum net_table table)
{
	return tables[table].file;
}

const char *net_table_kind(enum net_table table)
{
	return tables[table].kind;
}

/* The names of the kernel's struct proto; those of other versions than ours begin the same ("UNIX-STREAM"). Longer ones
 * first. */
static const struct { const char *prefix; unsigned tables; const char *kind; } protocols[] = {
	{ "TCP", 1 << NET_TCP | 1 << NET_TCP6, "TCP" },
	{ "UDP-Lite", 1 << NET_UDPLITE | 1 << NET_UDPLITE6, "UDP-Lite" },
	{ "UDPLITE", 1 << NET_UDPLITE | 1 << NET_UDPLITE6, "UDP-Lite" },
	{ "UDP", 1 << NET_UDP | 1 << NET_UDP6, "UDP" },
	{ "RAW", 1 << NET_RAW | 1 << NET_RAW6, "raw" },
	{ "PING", 1 << NET_ICMP | 1 << NET_ICMP6, "ping" },
	{ "UNIX", 1 << NET_UNIX, "UNIX" },
	{ "NETLINK", 1 << NET_NETLINK, "netlink" },
	{ "PACKET", 1 << NET_PACKET, "packet" },
	{ "MPTCP", 0, "MPTCP" }, { "SCTP", 0, "SCTP" }, { "AF_VSOCK", 0, "vsock" }, { "XDP", 0, "XDP" },
	{ "ALG", 0, "crypto" }, { "CAN", 0, "CAN" }, { "TIPC", 0, "TIPC" },
};

unsigned net_protocol_tables(const char *protocol, const char **ret_kind)
{
	for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
		if (strncmp(protocol, protocols[i].prefix, strlen(protocols[i].prefix)) != 0)
			continue;
		*ret_kind = protocols[i].kind;
		return protocols[i].tables;
	}
	*ret_kind = "socket";
	return (1U << NET_TABLES) - 1;
}

enum { WORDS = 10 };

/* Take the first COUNT words. */
static int take_words(struct span *line, struct span *words, int count)
{
	for (int i = 0; i < count; i++) {
		span_skip_blanks(line);
		words[i] = (struct span){ .at = line->at, .end = line->at };
		while (words[i].end < line->end && *words[i].end != ' ' && *words[i].end != '\t')
			words[i].end++;
		line->at = words[i].end;
		if (span_len(&words[i]) == 0)
			return -EBADMSG;
	}
	return 0;
}

static int inode_word(enum net_table table)
{
	return table == NET_UNIX ? 6 : table == NET_PACKET ? 8 : 9;
}

static int word_number(struct span word, uint64_t max, uint64_t *ret)
{
	uint64_t number;

	if (span_take_number(&word, max, &number) < 0 || word.at != word.end)
		return -EBADMSG;
	*ret = number;
	return 0;
}

int net_line_inode(enum net_table table, struct span line, uint64_t *ret)
{
	struct span words[WORDS];
	int at = inode_word(table);
	int r = take_words(&line, words, at + 1);

	return r < 0 ? r : word_number(words[at], UINT64_MAX, ret);
}

/* Exactly DIGITS hexadecimal digits, at most eight. */
static int take_hex(struct span *s, size_t digits, uint32_t *ret)
{
	struct span part = span_of(s->at, span_len(s) < digits ? 0 : digits);
	uint64_t value;

	if (span_take_hex(&part, &value) < 0 || part.at != part.end)
		return -EBADMSG;
	s->at = part.at;
	*ret = (uint32_t)value;
	return 0;
}

static int word_hex(struct span word, uint32_t *ret)
{
	uint32_t value;
	int r = span_len(&word) > 8 ? -EBADMSG : take_hex(&word, span_len(&word), &value);

	if (r == 0)
		*ret = value;
	return r;
}

struct endpoint {
	char text[INET6_ADDRSTRLEN + 2];
	unsigned port;
	bool any; /* no address, no port */
};

/* 0100007F:1F90, 0000000000000000FFFF00000100007F:1F90
 *
 * Each 32 bits of the address stand as a number of this machine, the port as a number. */
static int take_endpoint(struct span word, struct endpoint *ret)
{
	bool six = span_len(&word) > 8 + 1 + 4;
	uint32_t address[4] = { 0 }, port;
	char text[INET6_ADDRSTRLEN];

	for (int i = 0; i < (six ? 4 : 1); i++)
		if (take_hex(&word, 8, &address[i]) < 0)
			return -EBADMSG;
	if (!span_take_prefix(&word, ":") || span_len(&word) != 4 || take_hex(&word, 4, &port) < 0)
		return -EBADMSG;
	if (!inet_ntop(six ? AF_INET6 : AF_INET, address, text, sizeof text))
		return -EBADMSG;
	snprintf(ret->text, sizeof ret->text, six ? "[%s]" : "%s", text);
	ret->port = port;
	ret->any = !(address[0] | address[1] | address[2] | address[3] | port);
	return 0;
}

static const char *tcp_state(uint32_t state)
{
	static const char *const states[] = {
		"", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT",
		"LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
	};

	return state < sizeof states / sizeof states[0] ? states[state] : "?";
}

/*   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
 *    0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 ... */
static int inet_name(enum net_table table, struct span line, struct buf *ret)
{
	bool tcp = table == NET_TCP || table == NET_TCP6, raw = table == NET_RAW || table == NET_RAW6;
	struct endpoint local, remote;
	struct span words[4];
	char from[96], to[96] = "";
	uint32_t state = 0;

	if (take_words(&line, words, 4) < 0 || take_endpoint(words[1], &local) < 0 ||
	    take_endpoint(words[2], &remote) < 0 || word_hex(words[3], &state) < 0)
		return -EBADMSG;
	/* A raw socket has the number of its protocol where others have a port. */
	snprintf(from, sizeof from, raw ? "%s protocol %u" : "%s:%u", local.text, local.port);
	if (!remote.any && raw)
		snprintf(to, sizeof to, " -> %s", remote.text);
	else if (!remote.any)
		snprintf(to, sizeof to, " -> %s:%u", remote.text, remote.port);
	return buf_printf(ret, "%s %s%s%s%s", net_table_kind(table), from, to, tcp ? " " : "",
			  tcp ? tcp_state(state) : "");
}

/* Num               RefCount Protocol Flags    Type St Inode Path
 * 0000000000000000: 00000002 00000000 00010000 0001 01 4711 /run/x.sock
 *
 * What of an abstract name is NUL stands as '@'. Flags has __SO_ACCEPTCON of a listener. */
static int unix_name(struct span line, struct buf *ret)
{
	static const char *const types[] = { "", "stream ", "datagram ", "", "", "seqpacket " };
	struct span words[7];
	uint32_t flags = 0, type = 0;

	if (take_words(&line, words, 7) < 0 || word_hex(words[3], &flags) < 0 || word_hex(words[4], &type) < 0)
		return -EBADMSG;
	span_take_prefix(&line, " ");
	if (span_len(&line) == 0)
		return buf_printf(ret, "UNIX %s%.*s", type < sizeof types / sizeof types[0] ? types[type] : "",
				  (int)span_len(&words[6]), words[6].at);
	/* By length: the name is foreign. */
	return buf_printf(ret, "UNIX %.*s%s", (int)span_len(&line), line.at, flags & 0x10000 ? " LISTEN" : "");
}

/* sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode
 * 0000000000000000 15  4711       00000001 0        0        0     2        0        4712 */
static int netlink_name(struct span line, struct buf *ret)
{
	static const char *const families[] = {
		[0] = "route", [2] = "usersock", [4] = "sock_diag", [5] = "nflog", [6] = "xfrm", [7] = "selinux",
		[9] = "audit", [10] = "fib_lookup", [11] = "connector", [12] = "netfilter", [15] = "kobject_uevent",
		[16] = "generic", [18] = "scsi", [20] = "rdma", [21] = "crypto",
	};
	struct span words[3];
	uint64_t family, port;

	if (take_words(&line, words, 3) < 0 || word_number(words[1], UINT32_MAX, &family) < 0 ||
	    word_number(words[2], UINT32_MAX, &port) < 0)
		return -EBADMSG;
	if (family < sizeof families / sizeof families[0] && families[family])
		return buf_printf(ret, "netlink %s port %u", families[family], (unsigned)port);
	return buf_printf(ret, "netlink %u port %u", (unsigned)family, (unsigned)port);
}

/* sk               RefCnt Type Proto  Iface R Rmem   User   Inode
 * 0000000000000000 3      3    0003   2     1 0      0      4711 */
static int packet_name(struct span line, struct buf *ret)
{
	struct span words[5];
	uint32_t protocol = 0;
	uint64_t interface;

	if (take_words(&line, words, 5) < 0 || word_hex(words[3], &protocol) < 0 ||
	    word_number(words[4], UINT32_MAX, &interface) < 0)
		return -EBADMSG;
	if (interface == 0)
		return buf_printf(ret, "packet protocol 0x%04x", protocol);
	return buf_printf(ret, "packet protocol 0x%04x interface %u", protocol, (unsigned)interface);
}

int net_line_name(enum net_table table, struct span line, struct buf *ret)
{
	if (table == NET_UNIX)
		return unix_name(line, ret);
	if (table == NET_NETLINK)
		return netlink_name(line, ret);
	return table == NET_PACKET ? packet_name(line, ret) : inet_name(table, line, ret);
}
