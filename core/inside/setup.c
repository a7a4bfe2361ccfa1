/* setup.c: gmr_setup_autorun(), see gmr.h. */
#include "core/inside/helper.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "core/inside/raw.h"

enum {
	SETUP_INTERVAL_MS = 1000,
	SETUP_DEADLINE_MS = 5000,
	SETUP_DEADLINE_MOST_MS = 24 * 3600 * 1000, /* that gmr takes */
	SETUP_FLAGS = GMR_MAKE_DUMPABLE,
	SETUP_FIRST_REAL_TIME = 32, /* from here to SIGRTMIN: libc's own */
};

/* Of a program that was built with an older header the end is missing; of a newer one there is more, which must not say
 * anything. */
static int read_options(const struct gmr_options *options, struct gmr_options *ret)
{
	const char *bytes = (const char *)options;
	size_t size = options ? options->size : sizeof *ret;

	memset(ret, 0, sizeof *ret);
	if (!options)
		return 0;
	if (size < sizeof options->size || size > 4096)
		return -EINVAL;
	for (size_t i = sizeof *ret; i < size; i++)
		if (bytes[i] != 0)
			return -EINVAL;
	memcpy(ret, options, size < sizeof *ret ? size : sizeof *ret);
	return 0;
}

/* Faults must end the program, or do what it wants. */
static bool is_signal(int signal)
{
	static const int others[] = { SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT };

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (signal == others[i])
			return false;
	return signal > 0 && signal <= SIGRTMAX && (signal < SETUP_FIRST_REAL_TIME || signal >= SIGRTMIN);
}

static int check(const struct gmr_options *o)
{
	if (o->signal != 0 && o->signal != GMR_NO_SIGNAL && !is_signal(o->signal))
		return -EINVAL;
	if (o->signal == GMR_NO_SIGNAL && !o->watch_file)
		return -EINVAL;
	if (o->format < GMR_TEXT || o->format > GMR_XML || o->flags & ~(unsigned)SETUP_FLAGS)
		return -EINVAL;
	return raw_is_known ? 0 : -ENOSYS;
}

/* A later chdir(2) changes nothing. */
static int copy_path(const char *path, char ret[PATH_MAX])
{
	size_t length = 0, n;

	ret[0] = '\0';
	if (!path || !path[0])
		return 0;
	if (path[0] != '/') {
		if (!getcwd(ret, PATH_MAX))
			return -errno;
		length = strlen(ret);
		if (length > 1)
			ret[length++] = '/';
	}
	n = strlen(path);
	if (length + n >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(ret + length, path, n + 1);
	return 0;
}

static int find_directory(struct inside_config *c)
{
	char *slash = strrchr(c->watch_file, '/');
	size_t length = slash ? (size_t)(slash - c->watch_file) : 0;
	struct stat st;

	if (!slash)
		return 0;
	memcpy(c->watch_dir, c->watch_file, length);
	strcpy(c->watch_dir + length, length == 0 ? "/" : "");
	if (stat(c->watch_dir, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

static int configure(const struct gmr_options *o, struct inside_config *c)
{
	int r;

	c->signal = o->signal ? o->signal : SIGUSR2;
	c->format = o->format;
	c->interval_ms = o->interval_ms ? o->interval_ms : SETUP_INTERVAL_MS;
	c->deadline_ms = o->deadline_ms ? o->deadline_ms : SETUP_DEADLINE_MS;
	if (c->deadline_ms > SETUP_DEADLINE_MOST_MS)
		c->deadline_ms = SETUP_DEADLINE_MOST_MS;
	c->flags = o->flags;
	r = copy_path(o->log_dir, c->log_dir);
	if (r == 0)
		r = copy_path(o->watch_file, c->watch_file);
	return r == 0 ? find_directory(c) : r;
}

static void copy_text(const char *text, char ret[REGISTRY_TEXT_MAX])
{
	size_t length = text ? strnlen(text, REGISTRY_TEXT_MAX - 1) : 0;

	if (length > 0)
		memcpy(ret, text, length);
	ret[length] = '\0';
}

static void announce(const char *version, const struct gmr_options *o)
{
	copy_text(version, inside_registry.program);
	copy_text(o->product, inside_registry.product);
	copy_text(o->vendor, inside_registry.vendor);
	inside_registry.signal = inside_config.signal == GMR_NO_SIGNAL ? 0 : inside_config.signal;
	__atomic_store_n(&inside_registry.pid, (uint32_t)getpid(), __ATOMIC_RELEASE);
}

static int prepare(const char *version, const struct gmr_options *options)
{
	struct gmr_options o;
	int r = read_options(options, &o);

	if (r == 0)
		r = check(&o);
	if (r == 0)
		r = configure(&o, &inside_config);
	if (r == 0)
		r = memfile_get();
	if (r < 0)
		return r;
	r = watch_begin();
	if (r == 0)
		r = signal_prepare();
	if (r < 0)
		return r;
	announce(version, &o);
	return 0;
}

/* What is begun here cannot be undone: threads that wait do no harm, and serve the next attempt. */
static int begin(void)
{
	static bool has_fork;
	int r = helper_start();

	if (r == 0 && !has_fork)
		r = -pthread_atfork(NULL, NULL, helper_forked);
	if (r < 0)
		return r;
	has_fork = true;
	return signal_install();
}

int gmr_setup_autorun(const char *version, const struct gmr_options *options)
{
	static uint32_t is_called;
	int error = errno, r;

	if (__atomic_exchange_n(&is_called, 1, __ATOMIC_ACQ_REL))
		return -EALREADY;
	r = prepare(version, options);
	if (r == 0)
		r = begin();
	if (r < 0) {
		inside_registry.pid = 0;
		__atomic_store_n(&is_called, 0, __ATOMIC_RELEASE);
	}
	errno = error;
	return r;
}
