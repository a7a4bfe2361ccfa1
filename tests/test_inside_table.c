/* The tables of the C library's registry: slots, chunks, changes that a fork(2) breaks off; and the note. */
#include "core/inside/table.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "core/buf.h"
#include "core/procfs.h"
#include "tests/inside.h"
#include "tests/suite.h"

enum { MAX = 2 * INSIDE_WORD, FIRST = 4 };

static struct registry_table shown = { .slot_size = sizeof(struct registry_option), .first = FIRST };
static unsigned long bits[MAX / INSIDE_WORD];
static struct inside_table table = { .shown = &shown, .max = MAX, .taken = bits };

static struct registry_slot *take(size_t expected)
{
	struct registry_slot *slot;
	size_t index;

	ck_assert_int_eq(inside_take(&table, &slot, &index), 0);
	ck_assert_uint_eq(index, expected);
	ck_assert_ptr_eq(slot, inside_slot(&table, index));
	ck_assert_uint_eq(slot->sequence % 2, 1);
	return slot;
}

START_TEST(slots)
{
	struct registry_slot *taken[MAX], *slot;
	size_t index = 77;

	errno = 4711;
	for (size_t i = 0; i < MAX; i++) {
		taken[i] = take(i);
		ck_assert_uint_eq(shown.used, i + 1);
		memset(taken[i] + 1, 0xff, shown.slot_size - sizeof(*taken[i])); /* its own up to the next */
		inside_end(taken[i]);
	}
	ck_assert_int_eq(inside_take(&table, &slot, &index), -ENOSPC);
	ck_assert_uint_eq(index, 77);
	for (size_t i = 0; i < MAX; i++)
		ck_assert(taken[i]->sequence == 2 && taken[i]->state == REGISTRY_USED);
	ck_assert(inside_begin(taken[100], 2));
	inside_give(&table, taken[100], 100);
	ck_assert(inside_begin(taken[3], 2));
	inside_give(&table, taken[3], 3);
	ck_assert(taken[3]->sequence == 4 && taken[3]->state == REGISTRY_FREE);
	inside_end(take(3));
	inside_end(take(100));
	ck_assert_uint_eq(taken[3]->sequence, 6);
	ck_assert_int_eq(errno, 4711);
	for (size_t i = 0; i < MAX; i++) {
		ck_assert(inside_begin(taken[i], taken[i]->sequence));
		inside_give(&table, taken[i], i);
	}
	ck_assert_uint_eq(shown.used, MAX);
}
END_TEST

START_TEST(one_writer)
{
	struct registry_slot *slot = take(0);
	uint32_t odd = slot->sequence;

	ck_assert(!inside_begin(slot, odd));
	ck_assert(!inside_begin(slot, odd - 1));
	inside_end(slot);
	ck_assert(!inside_begin(slot, odd - 1));
	ck_assert(inside_begin(slot, odd + 1));
	ck_assert(!inside_begin(slot, odd + 1));
	slot->sequence = UINT32_MAX; /* never 0: that is for slots that were never used */
	inside_give(&table, slot, 0);
	ck_assert_uint_eq(slot->sequence, 2);
}
END_TEST

/* --- broken off --- */

static pid_t by_fork(void) { return fork(); }
static pid_t by_clone(void) { return (pid_t)syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L); }

static struct registry_option *option_at(size_t index)
{
	return (struct registry_option *)inside_slot(&inside_option_table, index);
}

static bool is_value(const char *name, const char *value)
{
	struct registry_copy *copy = inside_copy();
	bool is = copy->option_count == 1 && copy->torn == 0 && strcmp(copy->options[0].name, name) == 0 &&
		  strcmp(copy->options[0].value, value) == 0;

	registry_copy_free(copy);
	return is;
}

/* The one option is as it was, and may be replaced; the slot behind it is free; so is the one that had only a bit. */
static bool is_mended(void)
{
	return option_at(0)->slot.sequence % 2 == 0 && option_at(1)->slot.sequence % 2 == 0 &&
	       inside_option_table.taken[0] == 1 && is_value("name", "old") &&
	       gmr_register_option(NULL, "name", "new", 0) == 0 && is_value("name", "new") &&
	       gmr_register_option(NULL, "name", NULL, 0) == 0 && inside_option_table.taken[0] == 0;
}

/* What was being written is not seen, and nothing waits: all else can be registered. */
static bool goes_on(void)
{
	struct registry_copy *copy;
	bool good = gmr_register_option(NULL, "name", "new", 0) == 0 && gmr_register_option(NULL, "more", "1", 0) == 0;

	copy = inside_copy();
	good = good && copy->option_count == 1 && strcmp(copy->options[0].name, "more") == 0;
	registry_copy_free(copy);
	return good;
}

START_TEST(broken_off)
{
	struct registry_option *old;
	struct registry_slot *slot;
	uint32_t length, sequence;
	size_t index;

	ck_assert_int_eq(gmr_register_option(NULL, "name", "old", 0), 0);
	ck_assert_int_eq(inside_take(&inside_option_table, &slot, &index), 0);
	ck_assert_uint_eq(index, 1);
	inside_option_table.taken[0] |= 4;
	old = option_at(0);
	length = old->length;
	sequence = old->slot.sequence;
	ck_assert(inside_begin(&old->slot, sequence));
	old->length = 7;
	old->flags = REGISTRY_SECRET;
	inside_in_child(by_fork, is_mended);
	inside_in_child(by_clone, goes_on);
	ck_assert_uint_eq(old->slot.sequence, sequence + 1); /* a change in the parent goes on */
	old->length = length;
	old->flags = 0;
	inside_end(&old->slot);
	inside_give(&inside_option_table, slot, index);
	inside_option_table.taken[0] &= ~4UL;
	ck_assert(is_value("name", "old"));
	ck_assert_int_eq(gmr_register_option(NULL, "name", NULL, 0), 0);
}
END_TEST

/* --- no memory --- */

static struct registry_table lean_shown = { .slot_size = sizeof(struct registry_option), .first = FIRST };
static unsigned long lean_bits[1];
static struct inside_table lean = { .shown = &lean_shown, .max = INSIDE_WORD, .taken = lean_bits };

static bool is_lean(void)
{
	struct rlimit none = { 0, 0 };
	struct registry_slot *slot;
	size_t index;

	if (setrlimit(RLIMIT_AS, &none) < 0)
		return false;
	errno = 4711;
	return inside_take(&lean, &slot, &index) == -ENOMEM && errno == 4711 && lean_bits[0] == 0 &&
	       lean_shown.used == 0;
}

START_TEST(no_memory)
{
	inside_in_child(by_fork, is_lean);
}
END_TEST

/* --- the note --- */

START_TEST(note)
{
	static struct procparse_map maps[4096];
	struct registry_memory memory = { inside_read_self, NULL };
	struct registry_place places[REGISTRY_PLACES_MAX];
	struct buf text = BUF(4 << 20);
	struct procfs proc;
	size_t at = 0, count = 0;
	int dir;

	ck_assert_int_eq(procfs_open_own(&proc), 0);
	dir = procfs_process(&proc, getpid());
	ck_assert_int_ge(dir, 0);
	ck_assert_int_eq(procfs_read(dir, "maps", &text), 0);
	while (count < sizeof(maps) / sizeof(*maps) && procparse_map(text.data, text.len, &at, &maps[count]) > 0)
		count++;
	ck_assert_int_eq(registry_find(&memory, maps, count, places), 1);
	ck_assert_uint_eq(places[0].at, (uintptr_t)&inside_registry);
	ck_assert_uint_eq(places[0].version, REGISTRY_VERSION);
	ck_assert_uint_eq(places[0].size, sizeof(struct registry));
	close(dir);
	procfs_done(&proc);
	buf_done(&text);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_test(t, slots); /* first: where checks are not run in processes of their own, slots are new to it */
	tcase_add_test(t, one_writer);
	tcase_add_test(t, broken_off);
	if (!getenv("CK_FORK")) /* as `make check` sets it for valgrind, which would get no memory itself */
		tcase_add_test(t, no_memory);
	tcase_add_test(t, note);
	return suite_run("inside_table", t);
}
