/* signal_meaning.c: programs that mean something else by a signal. */
#include "applets/gmr/signal.h"

#include <signal.h>
#include <string.h>

/* From the programs' own manuals. A program without an entry for the signal: it is believed to report. */
static const struct { const char *program; int signal; const char *meaning; } meanings[] = {
	{ "nginx", SIGUSR1, "reopens its logs" },
	{ "nginx", SIGUSR2, "starts its new executable beside the old one" },
	{ "angie", SIGUSR1, "reopens its logs" },
	{ "angie", SIGUSR2, "starts its new executable beside the old one" },
	{ "apache2", SIGUSR1, "restarts gracefully" },
	{ "httpd", SIGUSR1, "restarts gracefully" },
	{ "unicorn", SIGUSR1, "reopens its logs" },
	{ "unicorn", SIGUSR2, "starts its new executable beside the old one" },
	{ "puma", SIGUSR1, "restarts its workers" },
	{ "puma", SIGUSR2, "restarts" },
	{ "gunicorn", SIGUSR1, "reopens its logs" },
	{ "gunicorn", SIGUSR2, "starts its new executable beside the old one" },
	{ "uwsgi", SIGUSR1, "prints statistics" },
	{ "uwsgi", SIGUSR2, "prints the state of its workers, or wakes a worker from what it does" },
	{ "sidekiq", SIGUSR1, "takes no new work" },
	{ "sidekiq", SIGUSR2, "reopens its logs" },
	{ "resque", SIGUSR1, "kills the job that runs" },
	{ "resque", SIGUSR2, "takes no new work" },
	{ "php-fpm", SIGUSR1, "reopens its logs" },
	{ "php-fpm", SIGUSR2, "restarts all workers" },
	{ "haproxy", SIGUSR1, "stops when its connections have ended" },
	{ "haproxy", SIGUSR2, "restarts its workers" },
	{ "postgres", SIGUSR1, "is woken by another of its processes" },
	{ "postgres", SIGUSR2, "is woken by another of its processes" },
	{ "squid", SIGUSR1, "rotates its logs" },
	{ "squid", SIGUSR2, "switches full debugging on or off" },
	{ "openvpn", SIGUSR1, "connects anew" },
	{ "rsyslogd", SIGUSR1, "switches its debug output on or off" },
	{ "dnsmasq", SIGUSR2, "reopens its logs" },
	{ "systemd", SIGUSR1, "connects to D-Bus anew" },
	{ "init", SIGUSR1, "connects to D-Bus anew, or opens its FIFO" },
	{ "init", SIGUSR2, "logs its whole state, or closes its FIFO" },
	{ "node", SIGUSR1, "opens the port of its debugger" },
	{ "nodejs", SIGUSR1, "opens the port of its debugger" },
	{ "beam.smp", SIGUSR1, "writes a crash dump and ends" },
	{ "java", SIGUSR1, "is stopped and resumed by it inside" },
	{ "java", SIGUSR2, "is stopped and resumed by it inside, and may crash (see jcmd PID Thread.print)" },
	{ "java", SIGQUIT, NULL }, /* prints its threads */
	{ NULL, SIGHUP, "reads its configuration, or ends, as most programs do" },
	{ NULL, SIGINT, "ends, as most programs do" },
	{ NULL, SIGQUIT, "ends, as most programs do" },
	{ NULL, SIGTERM, "ends, as most programs do" },
	{ NULL, SIGABRT, "ends, as most programs do" },
	{ NULL, SIGALRM, "has a timer that ends by it" },
	{ NULL, SIGCHLD, "takes it for the end of a child" },
	{ NULL, SIGCONT, "goes on by it" },
	{ NULL, SIGTSTP, "stops by it" },
};

/* "php-fpm8.2", "unicorn" and "postgres:" are NAME, "nginxlike" is not "nginx". */
static bool is_program(const char *text, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(text, name, len) != 0)
		return false;
	text += len;
	text += strspn(text, "0123456789.-");
	return !*text || *text == ':' || *text == ' ';
}

static bool is_meant(const char *program, const char *const *names, size_t count)
{
	for (size_t i = 0; program && i < count; i++)
		if (is_program(names[i], program))
			return true;
	return !program;
}

const char *signal_meaning(const char *const *names, size_t count, int signal)
{
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
		if (meanings[i].signal == signal && is_meant(meanings[i].program, names, count))
			return meanings[i].meaning;
	return NULL;
}
