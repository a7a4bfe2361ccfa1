/* Which programs mean something else by a signal, and by which names they are known; what a touched file is. */
#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "applets/gmr/signal.h"
#include "applets/gmr/watch.h"
#include "tests/suite.h"

static const struct { const char *names[4]; int signal; const char *meaning; } cases[] = {
	{ { "nginx", "nginx" }, SIGUSR2, "starts its new executable" },
	{ { "nginx", "nginx", "nginx: master process /usr/sbin/nginx" }, SIGUSR1, "reopens its logs" },
	{ { "php-fpm8.2", "php-fpm8.2" }, SIGUSR2, "restarts all workers" },
	{ { "ruby", "ruby3.1", "ruby", "puma" }, SIGUSR2, "restarts" },
	{ { "gunicorn", "python3.11", "gunicorn: master [app]" }, SIGUSR2, "starts its new" },
	{ { "postgres", "postgres", "postgres: checkpointer" }, SIGUSR1, "is woken" },
	{ { "java", "java", "java", "-jar" }, SIGUSR2, "may crash" },
	{ { "java", "java" }, SIGQUIT, NULL },
	{ { "webapp", "webapp" }, SIGUSR2, NULL },
	{ { "webapp", "webapp" }, SIGTERM, "ends" },
	{ { "nginxlike", "nginxlike" }, SIGUSR2, NULL },
	{ { "mynginx", "mynginx" }, SIGUSR2, NULL },
	{ { "apache2", "apache2" }, SIGUSR2, NULL },
	{ { "", "" }, SIGUSR2, NULL },
};

START_TEST(meanings)
{
	size_t count = 0;
	const char *meaning;

	while (count < 4 && cases[_i].names[count])
		count++;
	meaning = signal_meaning(cases[_i].names, count, cases[_i].signal);
	if (!cases[_i].meaning)
		ck_assert_msg(!meaning, "%s %s", cases[_i].names[0], meaning);
	else
		ck_assert_ptr_nonnull(meaning ? strstr(meaning, cases[_i].meaning) : NULL);
}
END_TEST

static const struct { struct watch_file before, now; bool touched; } looks[] = {
	{ { false, { 0, 0 } }, { false, { 0, 0 } }, false },
	{ { false, { 0, 0 } }, { true, { 5, 0 } }, true },   /* it appears */
	{ { true, { 5, 0 } }, { false, { 0, 0 } }, false },  /* it goes */
	{ { true, { 5, 0 } }, { true, { 5, 0 } }, false },
	{ { true, { 5, 0 } }, { true, { 5, 1 } }, true },
	{ { true, { 5, 9 } }, { true, { 6, 0 } }, true },
	{ { true, { 5, 0 } }, { true, { 4, 9 } }, false },   /* older than it was */
};

START_TEST(touched_files)
{
	ck_assert_int_eq(watch_is_touched(&looks[_i].before, &looks[_i].now), looks[_i].touched);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, meanings, 0, (int)(sizeof cases / sizeof cases[0]));
	tcase_add_loop_test(t, touched_files, 0, (int)(sizeof looks / sizeof looks[0]));
	return suite_run("signal_meaning", t);
}
