/* generate.c: see helper.h. A generator is the program's code, which may hang: in the very lock for which the report
 * was asked. So the helper has it called by a thread, and lets go of that thread when it does not come back.
 *
 * To make a thread needs malloc's lock, in glibc: so two are made while all is well, and the third by the first that
 * has come back from a generator. */
#include "core/inside/helper.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/clock.h"

enum generate_state {
	GENERATE_NONE,    /* no thread */
	GENERATE_COMING,  /* made, not ready */
	GENERATE_IDLE,
	GENERATE_ASKED,
	GENERATE_DONE,
	GENERATE_LATE,    /* asked, and given up */
};

struct caller {
	uint32_t state;
	uint32_t tid;
	struct registry_section section;
	struct gmr_section content;
};

static struct caller callers[GENERATE_THREADS];
static uint32_t turn; /* counts changes of states: what the helper waits for */

static uint32_t state_of(const struct caller *c)
{
	return __atomic_load_n(&c->state, __ATOMIC_ACQUIRE);
}

static bool change(struct caller *c, uint32_t from, uint32_t to)
{
	bool changed = __atomic_compare_exchange_n(&c->state, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);

	if (changed) {
		__atomic_add_fetch(&turn, 1, __ATOMIC_ACQ_REL);
		thread_wake(&turn);
		thread_wake(&c->state);
	}
	return changed;
}

static struct caller *in_state(uint32_t state)
{
	for (size_t i = 0; i < GENERATE_THREADS; i++)
		if (state_of(&callers[i]) == state)
			return &callers[i];
	return NULL;
}

static void *serve(void *context);

static int add(void)
{
	struct caller *c = in_state(GENERATE_NONE);
	int r;

	if (!c || !change(c, GENERATE_NONE, GENERATE_COMING))
		return -EAGAIN;
	r = thread_start(serve, c);
	if (r < 0)
		change(c, GENERATE_COMING, GENERATE_NONE);
	return r;
}

/* A late one is not waited for any more; what it has written is dropped. */
static void finish(struct caller *c)
{
	if (change(c, GENERATE_ASKED, GENERATE_DONE)) {
		while (state_of(c) == GENERATE_DONE)
			thread_wait(&c->state, GENERATE_DONE, 0);
		return;
	}
	inside_section_late(c->section.title, 0);
	change(c, GENERATE_LATE, GENERATE_COMING);
}

static void *serve(void *context)
{
	struct caller *c = context;

	thread_name();
	__atomic_store_n(&c->tid, (uint32_t)syscall(SYS_gettid), __ATOMIC_RELEASE);
	__atomic_store_n(&inside_registry.helpers[1 + (c - callers)], c->tid, __ATOMIC_RELEASE);
	for (;;) {
		change(c, GENERATE_COMING, GENERATE_IDLE);
		while (state_of(c) == GENERATE_IDLE)
			thread_wait(&c->state, GENERATE_IDLE, 0);
		((gmr_generator)(uintptr_t)c->section.generator)(&c->content, (void *)(uintptr_t)c->section.context);
		finish(c);
		/* Where malloc's lock is held, this is where it ends: with one more that waits. */
		(void)add();
	}
	return NULL;
}

/* One that waits, or waits soon. */
static struct caller *find_idle(int64_t until_ns)
{
	for (;;) {
		uint32_t before = __atomic_load_n(&turn, __ATOMIC_ACQUIRE);
		struct caller *c = in_state(GENERATE_IDLE);

		if (c || !in_state(GENERATE_COMING) || clock_ns() >= until_ns)
			return c;
		thread_wait(&turn, before, until_ns);
	}
}

static void call(struct caller *c, const struct registry_section *section, generate_fn take, void *context)
{
	int64_t until = clock_ns() + (int64_t)GENERATE_TIME_MS * 1000000;
	struct generated generated = { .section = section };
	uint32_t state;

	c->section = *section;
	c->content.kind = INSIDE_NOTHING;
	c->content.cut = false;
	c->content.length = 0;
	__atomic_store_n(&inside_registry.section, (uintptr_t)inside_section(section->title), __ATOMIC_RELEASE);
	change(c, GENERATE_IDLE, GENERATE_ASKED);
	while ((state = state_of(c)) == GENERATE_ASKED && clock_ns() < until)
		thread_wait(&c->state, GENERATE_ASKED, until);
	/* Marked before it is given up: the mark is the thread's to remove then. */
	if (state == GENERATE_ASKED) {
		inside_section_late(section->title, c->tid);
		if (change(c, GENERATE_ASKED, GENERATE_LATE))
			generated.late = c->tid;
		else
			inside_section_late(section->title, 0);
	}
	if (generated.late == 0)
		generated.content = &c->content;
	take(context, &generated);
	__atomic_store_n(&inside_registry.section, 0, __ATOMIC_RELEASE);
	change(c, GENERATE_DONE, GENERATE_COMING);
}

void generate_all(generate_fn take, void *context)
{
	static struct registry_section sections[REGISTRY_SECTIONS_MAX];
	size_t count = inside_sections(sections);
	int64_t until = clock_ns() + (int64_t)GENERATE_TIME_MS * 1000000;
	bool has_callers = true;

	for (size_t i = 0; i < count; i++) {
		struct generated generated = { .section = &sections[i], .late = sections[i].late };
		struct caller *c = NULL;

		if (generated.late == 0 && has_callers) {
			c = find_idle(i == 0 ? until : clock_ns() + (int64_t)GENERATE_TIME_MS * 1000000);
			has_callers = c != NULL;
		}
		if (c)
			call(c, &sections[i], take, context);
		else
			take(context, &generated);
	}
}

void inside_generators(void)
{
	int saved = errno;

	if (__atomic_load_n(&inside_registry.pid, __ATOMIC_ACQUIRE) == (uint32_t)getpid())
		(void)generate_start();
	errno = saved;
}

int generate_start(void)
{
	bool has_any = __atomic_load_n(&inside_registry.sections.used, __ATOMIC_ACQUIRE) != 0;
	int r = 0;

	/* The caller makes the spare, too: another thread that allocates has an arena of its own from then on. */
	for (int i = 0; i < 2 && has_any && r == 0 && state_of(&callers[i]) == GENERATE_NONE; i++)
		r = add();
	return r;
}

void generate_forked(void)
{
	static struct registry_section sections[REGISTRY_SECTIONS_MAX];
	size_t count = inside_sections(sections);

	for (size_t i = 0; i < GENERATE_THREADS; i++)
		callers[i].state = GENERATE_NONE;
	for (size_t i = 0; i < count; i++)
		if (sections[i].late != 0)
			inside_section_late(sections[i].title, 0);
	inside_registry.section = 0;
}
