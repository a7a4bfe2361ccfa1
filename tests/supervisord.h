/* supervisord.h: a real supervisord for a test, in the test's fixture directory. */
#ifndef TESTS_SUPERVISORD_H
#define TESTS_SUPERVISORD_H

#include <signal.h>
#include <sys/prctl.h>

#include "tests/fixture.h"
#include "tests/stub.h"

struct supervisord {
	pid_t pid;
	int port; /* of its inet server, which wants a password */
};

/* It answers on DIRECTORY/socket to anybody, and on PORT to guard with the password "p:w". */
#define SUPERVISORD_CONF \
	"[unix_http_server]\nfile=%%(here)s/socket\n" \
	"[inet_http_server]\nport=127.0.0.1:%d\nusername=guard\npassword=p:w\n" \
	"[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n" \
	"[supervisord]\nlogfile=%%(here)s/log\npidfile=%%(here)s/pid\nchildlogdir=%%(here)s\n" \
	"[program:web]\ncommand=sleep 300\nstartsecs=0\n" \
	"[program:many]\ncommand=sleep 300\nstartsecs=0\nnumprocs=2\n" \
	"process_name=%%(program_name)s_%%(process_num)s\n" \
	"[program:slow]\ncommand=sleep 300\nstartsecs=300\nautostart=false\n" \
	"[program:broken]\ncommand=/nonexistent/program\nautostart=false\n"

/* Start it; it may take a while until it answers. supervisord_stop() ends it and its programs. */
static inline void supervisord_start(struct supervisord *s)
{
	char conf[1024], path[PATH_MAX];

	fixture_make();
	s->port = stub_free_port();
	snprintf(conf, sizeof(conf), SUPERVISORD_CONF, s->port);
	fixture_text("conf", conf);
	snprintf(path, sizeof(path), "%s", fixture_path("conf"));
	s->pid = fork();
	ck_assert_int_ge(s->pid, 0);
	if (!s->pid) {
		prctl(PR_SET_PDEATHSIG, SIGTERM); /* when the test's process is killed, so is this one */
		execlp("supervisord", "supervisord", "--nodaemon", "--silent", "--configuration", path, (char *)NULL);
		perror("supervisord");
		_exit(127);
	}
}

/* The environment that supervisord gives to a listener: the unix socket, or the inet server with its password. */
static inline void supervisord_environment(const struct supervisord *s, bool inet)
{
	char url[PATH_MAX];

	snprintf(url, sizeof(url), "unix://%s/socket", fixture_root);
	if (inet)
		snprintf(url, sizeof(url), "http://127.0.0.1:%d", s->port);
	setenv("SUPERVISOR_SERVER_URL", url, 1);
	unsetenv("SUPERVISOR_USERNAME");
	unsetenv("SUPERVISOR_PASSWORD");
	if (inet) {
		setenv("SUPERVISOR_USERNAME", "guard", 1);
		setenv("SUPERVISOR_PASSWORD", "p:w", 1);
	}
}

static inline void supervisord_stop(struct supervisord *s)
{
	if (s->pid <= 0)
		return;
	kill(s->pid, SIGTERM);
	while (waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		;
	fixture_remove();
}

#endif
