/* option.c: see gmr.h: options. Their texts lie in memory of our own that is never given back: another thread, or gmr,
 * may just read one that is being replaced. A slot's next text is written to another place than its last, the last one
 * is wiped, and its place is kept for the text after the next. So what is replaced again and again needs no more and
 * no more memory, and malloc(3), whose lock a child of clone(2) may find held for good, is not called. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "core/inside/inside.h"
#include "core/inside/table.h"

/* A place for texts, and what stands about the text in there, so that it can be told from the address alone. */
struct place {
	struct place *next;     /* that the slot has, too */
	uint32_t room;
	uint32_t length, flags; /* as in the slot */
	char bytes[];
};

/* Memory that places are cut from. */
struct store {
	size_t size, used;      /* USED grows above SIZE where somebody found too little left */
	max_align_t begin[];
};

enum { ROOM_LEAST = 2 * REGISTRY_TEXT_MAX, STORE_SIZE = 64 << 10 };

struct slot {
	struct registry_option shown;
	uint32_t sum, reserved; /* of the text, with its length and flags */
};

_Static_assert(sizeof(struct slot) == INSIDE_OPTION_SIZE, "what belongs together lies in one page");

struct option {
	char key[2 * REGISTRY_TEXT_MAX]; /* "group\0name\0" */
	size_t key_length;
	const char *value;
	size_t value_length;
	uint32_t flags;
};

static unsigned long taken[REGISTRY_OPTIONS_MAX / INSIDE_WORD];
static struct place *spares[REGISTRY_OPTIONS_MAX]; /* of each slot: those without its text; its writer's */
static struct store *store;

/* --- memory --- */

static void *cut_store(struct store *from, size_t size)
{
	size_t at = from ? __atomic_fetch_add(&from->used, size, __ATOMIC_RELAXED) : 0;

	return from && at <= from->size && size <= from->size - at ? (char *)from->begin + at : NULL;
}

/* Put a new one in the place of OLD, if nobody else has. False: no memory. */
static bool renew_store(struct store *old)
{
	struct store *made = mmap(NULL, STORE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (made == MAP_FAILED)
		return false;
	made->size = STORE_SIZE - sizeof(*made);
	if (!__atomic_compare_exchange_n(&store, &old, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		munmap(made, STORE_SIZE);
	return true;
}

static void *have(size_t size)
{
	int saved = errno;
	void *memory;

	for (;;) {
		struct store *from = __atomic_load_n(&store, __ATOMIC_ACQUIRE);

		memory = cut_store(from, size);
		if (memory || !renew_store(from))
			break;
	}
	errno = saved;
	return memory;
}

/* A place for LENGTH bytes, which no longer is among the slot's spare ones. They are few: each is twice as large as the
 * one that was too small, but for one more. */
static struct place *take_place(size_t index, size_t length)
{
	struct place **link = &spares[index], *place;
	size_t room = ROOM_LEAST;

	for (; *link; link = &(*link)->next)
		if ((*link)->room >= length) {
			place = *link;
			__atomic_store_n(link, place->next, __ATOMIC_RELEASE);
			return place;
		}
	while (room < length)
		room *= 2;
	place = have(sizeof(*place) + room);
	if (place)
		place->room = (uint32_t)room;
	return place;
}

static struct place *place_of(uint64_t text)
{
	return text ? (struct place *)((uintptr_t)text - offsetof(struct place, bytes)) : NULL;
}

/* Wipe the place, and keep it for later. */
static void spare_place(size_t index, struct place *place)
{
	if (!place)
		return;
	inside_store(place->bytes, NULL, place->length);
	place->next = spares[index];
	__atomic_store_n(&spares[index], place, __ATOMIC_RELEASE);
}

/* --- a slot --- */

/* While the slot's writer moves it to another place, the old one is wiped. */
static bool is_option(const struct registry_slot *slot, const void *thing)
{
	const struct registry_option *in = (const struct registry_option *)slot;
	uint64_t text = __atomic_load_n(&in->text, __ATOMIC_ACQUIRE), before;
	const struct option *option = thing;
	bool is;

	do {
		before = text;
		is = before && inside_same((const char *)(uintptr_t)before, option->key, option->key_length);
		text = __atomic_load_n(&in->text, __ATOMIC_ACQUIRE);
	} while (text != before);
	return is;
}

/* FNV-1a, 32 bits: it has to betray accidents only. */
static uint32_t sum_of(const struct place *place)
{
	uint32_t sum = 2166136261u ^ place->length ^ place->flags << 16;

	for (size_t i = 0; i < place->length && i < place->room; i++)
		sum = (sum ^ (unsigned char)place->bytes[i]) * 16777619;
	return sum;
}

/* PLACE NULL: to none. */
static void point_to(struct slot *slot, const struct place *place)
{
	__atomic_store_n(&slot->sum, place ? sum_of(place) : 0, __ATOMIC_RELEASE);
	__atomic_store_n(&slot->shown.text, place ? (uintptr_t)place->bytes : 0, __ATOMIC_RELEASE);
	__atomic_store_n(&slot->shown.length, place ? place->length : 0, __ATOMIC_RELEASE);
	__atomic_store_n(&slot->shown.flags, place ? place->flags : 0, __ATOMIC_RELEASE);
}

static int fill_option(struct registry_slot *slot, size_t index, const void *thing)
{
	struct slot *to = (struct slot *)slot;
	const struct option *option = thing;
	size_t length = option->key_length + (option->value ? option->value_length + 1 : 0);
	struct place *old = place_of(to->shown.text), *place = take_place(index, length);
	char *at;

	if (!place)
		return -ENOMEM;
	place->length = (uint32_t)length;
	place->flags = option->flags;
	at = place->bytes;
	inside_store(at, option->key, option->key_length);
	if (option->value) {
		at += option->key_length;
		inside_store(at, option->value, option->value_length);
		inside_store(at + option->value_length, NULL, 1);
	}
	point_to(to, place);
	spare_place(index, old);
	return 0;
}

static void clear_option(struct registry_slot *slot, size_t index)
{
	struct slot *to = (struct slot *)slot;
	struct place *old = place_of(to->shown.text);

	point_to(to, NULL);
	spare_place(index, old);
}

/* The text stands in other pages. */
static bool mend_option(struct registry_slot *slot)
{
	struct slot *option = (struct slot *)slot;
	const struct place *place = place_of(option->shown.text);
	bool whole = place && sum_of(place) == option->sum;

	point_to(option, whole ? place : NULL);
	return whole;
}

void inside_option_forget(void)
{
	for (size_t i = 0; i < REGISTRY_OPTIONS_MAX; i++)
		if (spares[i])
			spares[i] = NULL;
	store = NULL;
}

struct inside_table inside_option_table = {
	.shown = &inside_registry.options, .max = REGISTRY_OPTIONS_MAX, .taken = taken, .mend = mend_option,
};

static const struct inside_keyed keyed = { &inside_option_table, is_option, fill_option, clear_option };

/* --- what programs call --- */

static void add_key(struct option *option, const char *text)
{
	size_t len = inside_cut(text, REGISTRY_TEXT_MAX - 1);

	memcpy(option->key + option->key_length, text, len);
	option->key_length += len + 1; /* zero before */
}

int gmr_register_option(const char *group, const char *name, const char *value, unsigned flags)
{
	struct option option = { 0 };

	if (!name || !*name || flags & ~(unsigned)GMR_SECRET)
		return -EINVAL;
	add_key(&option, group && *group ? group : "default");
	add_key(&option, name);
	if (!value) {
		inside_remove(&keyed, &option);
		return 0;
	}
	if (flags & GMR_SECRET) {
		option.flags = REGISTRY_SECRET;
		return inside_put(&keyed, &option);
	}
	option.value = value;
	option.value_length = inside_cut(value, REGISTRY_VALUE_MAX - 1);
	if (value[option.value_length])
		option.flags = REGISTRY_CUT;
	return inside_put(&keyed, &option);
}
