#include "applets/gmr/words.h"

#include <errno.h>
#include <stdio.h>
#include <sys/types.h>

#include "core/sig.h"

/* include/uapi/linux/capability.h, by number. */
static const char *const capabilities[] = {
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap",
	"linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner",
	"sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin", "sys_boot", "sys_nice",
	"sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap",
	"mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
	"checkpoint_restore",
};

enum { CAPABILITIES = sizeof capabilities / sizeof capabilities[0], WORD_MAX = 32, FEW = 10 };

static void signal_word(int bit, char ret[WORD_MAX])
{
	char buffer[24];

	snprintf(ret, WORD_MAX, "%s", sig_name(bit + 1, buffer));
	/* "signal 32": a word of a list holds no blank. */
	for (; *ret; ret++)
		if (*ret == ' ')
			*ret = '-';
}

static void capability_word(int bit, char ret[WORD_MAX])
{
	if (bit < CAPABILITIES)
		snprintf(ret, WORD_MAX, "cap_%s", capabilities[bit]);
	else
		snprintf(ret, WORD_MAX, "cap_%d", bit);
}

static int add_words(uint64_t mask, void (*word)(int bit, char ret[WORD_MAX]), struct buf *ret)
{
	char all[64 * WORD_MAX + 1];
	size_t len = 0;

	for (int bit = 0; bit < 64; bit++) {
		char one[WORD_MAX];

		if (!(mask & (uint64_t)1 << bit))
			continue;
		word(bit, one);
		len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", len ? " " : "", one);
	}
	return buf_add(ret, all, len);
}

int words_signals(uint64_t mask, struct buf *ret)
{
	return mask ? add_words(mask, signal_word, ret) : buf_adds(ret, "none");
}

int words_capabilities(uint64_t mask, struct buf *ret)
{
	const uint64_t known = ((uint64_t)1 << CAPABILITIES) - 1, missing = known & ~mask;
	size_t before = ret->len;
	int r;

	if (mask == 0)
		return buf_adds(ret, "none");
	/* Also with those of a newer kernel. */
	if (missing == 0)
		return buf_adds(ret, "all");
	if (__builtin_popcountll(missing) > FEW)
		return add_words(mask, capability_word, ret);
	r = buf_adds(ret, "all but ");
	if (r == 0)
		r = add_words(missing, capability_word, ret);
	if (r < 0 && ret->data)
		ret->data[ret->len = before] = '\0';
	return r;
}

int words_policy(int64_t number, struct buf *ret)
{
	static const char *const policies[] = {
		"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", NULL, "SCHED_IDLE", "SCHED_DEADLINE",
		"SCHED_EXT",
	};

	if (number < 0 || number >= (int64_t)(sizeof policies / sizeof policies[0]) || !policies[number])
		return buf_printf(ret, "policy %lld", (long long)number);
	return buf_adds(ret, policies[number]);
}
