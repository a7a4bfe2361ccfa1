/* example.c: a program that reports itself, by the C library of gmr:
 *
 *	cc -o example example.c $(pkg-config --cflags --libs procguard)
 *	./example [-f text|json|xml] [-L DIR] [-F FILE] &
 *	kill -USR2 $!
 *
 * -f: the report's format. -L: reports are files in DIR, not on stderr. -F: a touch of FILE reports, too. Its jobs take
 * turns, as green threads by makecontext(3). It says "ready" when it is, and ends with TERM. */
#include <procguard/gmr.h>

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { JOBS = 3, STACK = 64 << 10 };

struct job {
	const char *name;
	long pause_ms;
	atomic_uint steps;
};

static struct job jobs[JOBS] = { { .name = "reader" }, { .name = "writer" }, { .name = "clock", .pause_ms = 20 } };

static void step(struct job *job)
{
	const struct timespec pause = { .tv_nsec = job->pause_ms * 1000 * 1000 };

	if (job->pause_ms > 0)
		nanosleep(&pause, NULL);
	atomic_fetch_add(&job->steps, 1);
}

#ifdef __GLIBC__
static ucontext_t scheduler, contexts[JOBS];
static _Alignas(16) char stacks[JOBS][STACK];

/* The clock sleeps on its own stack, so that it is mostly shown as running; the others wait for their turns. */
static void go_on(int index)
{
	for (;;) {
		step(&jobs[index]);
		swapcontext(&contexts[index], &scheduler);
	}
}

static int start_job(int index)
{
	const struct gmr_green_thread green = {
		.size = sizeof green, .name = jobs[index].name, .context = &contexts[index],
		.stack = stacks[index], .stack_size = STACK,
	};
	int64_t number;

	if (getcontext(&contexts[index]) < 0)
		return -errno;
	contexts[index].uc_stack = (stack_t){ .ss_sp = stacks[index], .ss_size = STACK };
	makecontext(&contexts[index], (void (*)(void))go_on, 1, index);
	number = gmr_register_green_thread(&green);
	return number < 0 ? (int)number : 0;
}

static void take_turn(int index)
{
	swapcontext(&scheduler, &contexts[index]);
}
#else
/* musl has no makecontext(3): there they are functions. */
static int start_job(int index)
{
	(void)index;
	return 0;
}

static void take_turn(int index)
{
	step(&jobs[index]);
}
#endif

/* Generators run in a thread of the library's while the program goes on: what they read is atomic, or behind a lock. */
static void put_jobs(struct gmr_section *section, void *context)
{
	struct job *job = context;

	for (size_t i = 0; i < JOBS; i++)
		gmr_put(section, job[i].name, "%u steps", atomic_load(&job[i].steps));
}

static void print_advice(struct gmr_section *section, void *context)
{
	gmr_print(section, "Jobs take turns.\n");
	gmr_print(section, "%s\n", (const char *)context);
}

static int set_up(struct gmr_options *options, const char *format)
{
	static const char *const formats[] = { [GMR_TEXT] = "text", [GMR_JSON] = "json", [GMR_XML] = "xml" };

	options->size = sizeof *options;
	options->format = -1; /* none: -EINVAL */
	for (int i = GMR_TEXT; i <= GMR_XML; i++)
		if (!strcmp(format, formats[i]))
			options->format = i;
	gmr_register_section("Jobs", put_jobs, jobs);
	gmr_register_section("Advice", print_advice, "A job whose steps stand still hangs.");
	gmr_register_option(NULL, "listen", "127.0.0.1:8080", 0);
	gmr_register_option("database", "host", "db.example", 0);
	gmr_register_option("database", "pin", "correct horse", GMR_SECRET);
	gmr_register_option("mail", "api_key", "battery staple", 0); /* masked as well, for its name */
	return gmr_setup_autorun("1.4.2", options);
}

int main(int argc, char **argv)
{
	struct gmr_options options = { .product = "example", .vendor = "Example Ltd" };
	const char *format = "text";
	int r = 0;

	for (int c; (c = getopt(argc, argv, "f:L:F:")) != -1;) {
		switch (c) {
		case 'f': format = optarg; break;
		case 'L': options.log_dir = optarg; break;
		case 'F': options.watch_file = optarg; break;
		default: return 2;
		}
	}
	for (int i = 0; i < JOBS && r >= 0; i++)
		r = start_job(i);
	if (r >= 0)
		r = set_up(&options, format);
	if (r < 0) {
		fprintf(stderr, "example: %s\n", strerror(-r));
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	for (int i = 0;; i = (i + 1) % JOBS)
		take_turn(i);
}
