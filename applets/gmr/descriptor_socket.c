#include "applets/gmr/descriptor_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "applets/gmr/descriptor_link.h"
#include "applets/gmr/descriptor_net.h"
#include "core/cleanup.h"

enum {
	TABLE_BLOCK = 1 << 16,  /* a line has some hundred bytes */
	TABLE_MAX = 1 << 26,    /* of one table: some 400,000 sockets */
	NAME_MAX_BYTES = 512,   /* a path of UNIX has 108, as '@' or raw */
	LINK_MAX_BYTES = 64,
};

struct entry {
	uint64_t inode;
	const char *kind;
	unsigned tables;  /* which may have it */
	char *name;       /* NULL: not found */
	bool twice;       /* said in two ways: a name with a newline may forge a line */
};

struct sockets {
	struct entry *entries; /* ascending by inode */
	size_t count, missing;
};

static int by_inode(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

static struct entry *find_entry(const struct sockets *sockets, uint64_t inode)
{
	const struct entry key = { .inode = inode };

	return sockets->count ? bsearch(&key, sockets->entries, sockets->count, sizeof key, by_inode) : NULL;
}

/* The socket's protocol, sockfs's "system.sockprotoname": then but one table need be read, and a socket that is in none
 * (not yet bound) is known by its kind. */
static void ask_protocol(const struct target *target, int fd, struct entry *entry)
{
	char path[PROCFS_FD_PATH_MAX + 32], directory[PROCFS_FD_PATH_MAX], protocol[64] = "";
	ssize_t n;

	procfs_fd_path(target->dir, directory);
	snprintf(path, sizeof path, "%s/fd/%d", directory, fd);
	n = getxattr(path, "system.sockprotoname", protocol, sizeof protocol - 1);
	if (n < 0)
		protocol[0] = '\0';
	entry->tables = net_protocol_tables(protocol, &entry->kind);
}

static bool is_socket(const struct target *target, int fd, uint64_t *ret)
{
	char name[32], text[LINK_MAX_BYTES];
	struct descriptor_link link;
	ssize_t n;

	snprintf(name, sizeof name, "fd/%d", fd);
	n = readlinkat(target->dir, name, text, sizeof text);
	if (n <= 0)
		return false;
	descriptor_link_parse(text, (size_t)n, &link);
	*ret = link.inode;
	return link.type == DESCRIPTOR_SOCKET;
}

static int list_sockets(const struct target *target, const int *fds, size_t count, struct sockets *ret)
{
	struct entry *entries = calloc(count ? count : 1, sizeof *entries);
	size_t have = 0, unique = 0;

	if (!entries)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (!is_socket(target, fds[i], &entries[have].inode))
			continue;
		ask_protocol(target, fds[i], &entries[have]);
		have++;
	}
	qsort(entries, have, sizeof *entries, by_inode);
	for (size_t i = 0; i < have; i++)
		if (i == 0 || entries[i].inode != entries[i - 1].inode)
			entries[unique++] = entries[i];
	ret->entries = entries;
	ret->count = ret->missing = unique;
	return 0;
}

static int take_line(struct sockets *sockets, enum net_table table, struct span line)
{
	CLEANUP(buf_done) struct buf name = BUF(NAME_MAX_BYTES);
	struct entry *entry;
	uint64_t inode;

	if (net_line_inode(table, line, &inode) < 0)
		return 0;
	entry = find_entry(sockets, inode);
	if (!entry || !(entry->tables & 1U << table) || net_line_name(table, line, &name) < 0)
		return 0;
	if (entry->name) {
		entry->twice |= strcmp(entry->name, name.data) != 0;
		return 0;
	}
	entry->name = strdup(name.data);
	if (!entry->name)
		return -ENOMEM;
	entry->kind = net_table_kind(table);
	sockets->missing--;
	return 0;
}

/* The lines that end in BLOCK; what is left of the last one moves to its beginning. */
static int take_block(struct sockets *sockets, enum net_table table, char *block, size_t *len)
{
	struct span s = span_of(block, *len), line;
	int r = 0;

	while (r == 0 && span_take_until(&s, '\n', &line))
		r = take_line(sockets, table, line);
	*len = span_len(&s) < TABLE_BLOCK ? span_len(&s) : 0;
	memmove(block, s.at, *len);
	return r;
}

/* Only of UNIX all is read: a second line tells of a forged one. */
static int read_table(const struct target *target, struct sockets *sockets, enum net_table table, char *block)
{
	CLEANUP(fd_done) int fd = openat(target->dir, net_table_file(table), O_RDONLY | O_CLOEXEC);
	size_t have = 0, all = 0;
	int r = 0;

	while (r == 0 && fd >= 0 && all < TABLE_MAX && (sockets->missing > 0 || table == NET_UNIX)) {
		ssize_t n = read(fd, block + have, TABLE_BLOCK - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		all += (size_t)n;
		have += (size_t)n;
		r = take_block(sockets, table, block, &have);
	}
	return r;
}

static bool is_wanted(const struct sockets *sockets, enum net_table table)
{
	for (size_t i = 0; i < sockets->count; i++)
		if (!sockets->entries[i].name && sockets->entries[i].tables & 1U << table)
			return true;
	return false;
}

static int read_tables(const struct target *target, struct sockets *sockets)
{
	CLEANUP(free_done) char *block = malloc(TABLE_BLOCK);
	int r = block ? 0 : -ENOMEM;

	for (enum net_table table = 0; r == 0 && table < NET_TABLES; table++)
		if (is_wanted(sockets, table))
			r = read_table(target, sockets, table, block);
	return r;
}

int sockets_find(const struct target *target, const int *fds, size_t count, struct sockets **ret)
{
	struct sockets *sockets = calloc(1, sizeof *sockets);
	int r = sockets ? list_sockets(target, fds, count, sockets) : -ENOMEM;

	if (r == 0)
		r = read_tables(target, sockets);
	if (r < 0) {
		sockets_free(sockets);
		return r;
	}
	*ret = sockets;
	return 0;
}

int sockets_name(const struct sockets *sockets, uint64_t inode, struct buf *ret)
{
	const struct entry *entry = find_entry(sockets, inode);

	if (!entry)
		return -ENOENT;
	if (entry->name && !entry->twice)
		return buf_adds(ret, entry->name);
	/* "TCP 4711" would read as a port. */
	if (strcmp(entry->kind, "socket") == 0)
		return buf_printf(ret, "socket %llu", (unsigned long long)inode);
	return buf_printf(ret, "%s socket %llu", entry->kind, (unsigned long long)inode);
}

const char *sockets_kind(const struct sockets *sockets, uint64_t inode)
{
	const struct entry *entry = find_entry(sockets, inode);

	return entry ? entry->kind : "socket";
}

void sockets_free(struct sockets *sockets)
{
	if (!sockets)
		return;
	for (size_t i = 0; i < sockets->count; i++)
		free(sockets->entries[i].name);
	free(sockets->entries);
	free(sockets);
}
