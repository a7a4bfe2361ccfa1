/* Threads that register and unregister at once, while they are read: from outside, by the helper, and in children that
 * fork(2) makes meanwhile. Counted, not timed; tests/inside_tsan.sh runs it with ThreadSanitizer, too. */
#include "core/inside/table.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/inside.h"
#include "tests/suite.h"

enum { THREADS = 4, NAMES = 6, SECTIONS = 3, STACK = 4096, FORKS = 60 };

static int rounds = 3000;
static int running, wrong; /* threads do not call ck_assert: see inside_copy() */

static char stacks[THREADS][STACK];

static void expect(bool good)
{
	if (!good)
		__atomic_store_n(&wrong, 1, __ATOMIC_SEQ_CST);
}

/* A value tells whether it is whole: letters that are all the same, and as many as the name says. */
static void option_turn(unsigned *seed)
{
	size_t which = (size_t)rand_r(seed) % NAMES, length = 1 + which * 170;
	char name[16], value[NAMES * 170 + 1];
	int action = rand_r(seed) % 8;

	snprintf(name, sizeof(name), "%zu", length);
	memset(value, 'a' + rand_r(seed) % 26, length);
	value[length] = '\0';
	expect(gmr_register_option("group", name, action == 0 ? NULL : value, action == 1 ? GMR_SECRET : 0) == 0);
}

static void generate(struct gmr_section *section, void *context) { (void)section, (void)context; }
static void generate_too(struct gmr_section *section, void *context) { (void)section, (void)context; }

/* The generator and its context belong together. */
static void section_turn(unsigned *seed)
{
	gmr_generator generators[] = { generate, generate_too, NULL };
	int which = rand_r(seed) % 3;
	char title[2] = { (char)('A' + rand_r(seed) % SECTIONS), '\0' };

	expect(gmr_register_section(title, generators[which], which ? stacks[1] : stacks[0]) == 0);
}

static void green_turn(size_t me)
{
	struct gmr_registers registers = { 0 };
	struct gmr_green_thread green = {
		.size = sizeof(green), .stack = stacks[me], .stack_size = me + 1, .registers = &registers,
	};
	int64_t numbers[3];

	for (int i = 0; i < 3; i++) {
		numbers[i] = gmr_register_green_thread(&green);
		expect(numbers[i] > 0);
	}
	for (int i = 0; i < 3; i++) {
		expect(gmr_unregister_green_thread(numbers[i]) == 0);
		expect(gmr_unregister_green_thread(numbers[i]) == -ENOENT);
	}
}

static void *turns(void *argument)
{
	size_t me = (size_t)((char *)argument - stacks[0]) / STACK;
	unsigned seed = (unsigned)me;

	for (int i = 0; i < rounds; i++) {
		option_turn(&seed);
		section_turn(&seed);
		green_turn(me);
	}
	__atomic_fetch_sub(&running, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* --- what may be seen --- */

static bool is_whole(const struct registry_copied_option *option)
{
	size_t length = strtoul(option->name, NULL, 10);

	if (strcmp(option->group, "group") != 0 || length == 0)
		return false;
	return option->flags & REGISTRY_SECRET ||
	       (strlen(option->value) == length && strspn(option->value, (char[]){ option->value[0], '\0' }) == length);
}

static bool are_whole(const struct registry_copy *copy)
{
	bool whole = true;

	for (size_t i = 0; i < copy->option_count; i++)
		whole = whole && is_whole(&copy->options[i]);
	for (size_t i = 0; i < copy->green_count; i++)
		whole = whole && copy->green[i].stack == (uintptr_t)stacks[copy->green[i].stack_size - 1];
	for (size_t i = 0; i < copy->section_count; i++)
		whole = whole && copy->sections[i].title[0] >= 'A' && strlen(copy->sections[i].title) == 1;
	return whole;
}

static bool are_sections(void)
{
	struct registry_section sections[REGISTRY_SECTIONS_MAX];
	size_t count = inside_sections(sections);
	bool good = count <= SECTIONS;

	for (size_t i = 0; i < count; i++)
		good = good && sections[i].context == (uintptr_t)stacks[sections[i].generator != (uintptr_t)generate];
	return good;
}

static size_t taken(const struct inside_table *table)
{
	size_t count = 0;

	for (size_t i = 0; i < table->max / INSIDE_WORD; i++)
		count += (size_t)__builtin_popcountl(table->taken[i]);
	return count;
}

/* In the child nothing is torn, all can be removed, and no slot is lost. */
static bool is_sound(void)
{
	struct registry_copy *copy = inside_copy();
	bool good = copy->torn == 0 && are_whole(copy) && are_sections();
	char text[16];

	registry_copy_free(copy);
	for (size_t i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), "%zu", 1 + i * 170);
		good = gmr_register_option("group", text, "v", 0) == 0 &&
		       gmr_register_option("group", text, NULL, 0) == 0 && good;
	}
	copy = inside_copy();
	good = good && copy->option_count == 0 && taken(&inside_option_table) == 0 &&
	       taken(&inside_green_table) == copy->green_count && taken(&inside_section_table) == copy->section_count;
	registry_copy_free(copy);
	return good;
}

/* --- */

static void start(pthread_t threads[THREADS])
{
	running = THREADS;
	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, turns, stacks[i]), 0);
}

static void finish(pthread_t threads[THREADS])
{
	struct registry_copy *copy;
	char text[16];

	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ck_assert_int_eq(wrong, 0);
	copy = inside_copy();
	ck_assert(copy->torn == 0 && copy->green_count == 0 && copy->option_count <= NAMES &&
		  copy->section_count <= SECTIONS);
	registry_copy_free(copy);
	for (size_t i = 0; i < NAMES; i++) {
		snprintf(text, sizeof(text), "%zu", 1 + i * 170);
		ck_assert_int_eq(gmr_register_option("group", text, NULL, 0), 0);
	}
	for (int i = 0; i < SECTIONS; i++)
		ck_assert_int_eq(gmr_register_section((char[]){ (char)('A' + i), '\0' }, NULL, NULL), 0);
	copy = inside_copy();
	ck_assert_uint_eq(copy->option_count + copy->section_count, 0);
	registry_copy_free(copy);
}

START_TEST(read_meanwhile)
{
	pthread_t threads[THREADS];

	start(threads);
	while (__atomic_load_n(&running, __ATOMIC_SEQ_CST) > 0) {
		struct registry_copy *copy = inside_copy();

		ck_assert(are_whole(copy));
		ck_assert(are_sections());
		registry_copy_free(copy);
	}
	finish(threads);
}
END_TEST

/* Until a fork(2) hits a change; most do not. */
START_TEST(forked_meanwhile)
{
	pthread_t threads[THREADS];

	start(threads);
	for (int i = 0; i < FORKS && __atomic_load_n(&running, __ATOMIC_SEQ_CST) > 0; i++)
		inside_in_child(fork, is_sound);
	finish(threads);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	if (getenv("ROUNDS"))
		rounds = atoi(getenv("ROUNDS"));
	tcase_add_test(t, read_meanwhile);
	tcase_add_test(t, forked_meanwhile);
	return suite_run("inside_stress", t);
}
