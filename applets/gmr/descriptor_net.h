/* descriptor_net.h: lines of net/tcp, net/unix and the like, proc_pid_net(5), and what they say of a socket. Pure. */
#ifndef GMR_DESCRIPTOR_NET_H
#define GMR_DESCRIPTOR_NET_H

#include <stdint.h>

#include "core/buf.h"
#include "core/span.h"

enum net_table {
	NET_TCP, NET_TCP6, NET_UDP, NET_UDP6, NET_UDPLITE, NET_UDPLITE6, NET_RAW, NET_RAW6, NET_ICMP, NET_ICMP6,
	NET_UNIX, NET_NETLINK, NET_PACKET, NET_TABLES
};

/* "net/tcp", below the directory of a process; "TCP". */
const char *net_table_file(enum net_table table);
const char *net_table_kind(enum net_table table);

/* Which tables, as bits, may have a socket of PROTOCOL, as the kernel names it ("TCPv6", "UNIX-STREAM"), and what kind
 * a person calls it; all of them and "socket" where the name says nothing. */
unsigned net_protocol_tables(const char *protocol, const char **ret_kind);

/* Which socket LINE of TABLE is about. -EBADMSG: no such line, as the first one, which is a heading. */
int net_line_inode(enum net_table table, struct span line, uint64_t *ret);

/* Append what it says: "TCP 10.0.0.1:5432 -> [::1]:80 ESTABLISHED", "UNIX /run/x.sock LISTEN". -EBADMSG, -ENOBUFS,
 * -ENOMEM: RET is as before. */
int net_line_name(enum net_table table, struct span line, struct buf *ret);

#endif
