/* unit.c: `unit`: a unit of systemd that runs the cluster, systemd.service(5). */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "applets/cluster/cluster.h"
#include "applets/cluster/itself.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/units.h"

enum {
	UNIT_MAX = 64 << 10,
	MARGIN_MS = 10000,  /* that stopping may take beside what it waits for */
	COMMAND_MS = 60000, /* of a stop line for which the configuration sets no limit */
};

/* Can TEXT stand in a line? Else it could say more than it should. */
static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			return false;
	return true;
}

/* A word of a command line: "%" and "$" stand for something there, and quotes hold together what has blanks. */
static int add_word(struct buf *out, const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@:,=%$";
	bool quoted = word[strspn(word, plain)] != '\0' || !*word;
	int r = buf_adds(out, quoted ? "\"" : "");

	for (; *word && r == 0; word++) {
		if (*word == '%' || *word == '$')
			r = buf_add(out, word, 1);
		else if (*word == '"' || *word == '\\')
			r = buf_adds(out, "\\");
		if (r == 0)
			r = buf_add(out, word, 1);
	}
	return r == 0 && quoted ? buf_adds(out, "\"") : r;
}

/* What was typed; what the configuration says is read by run. */
static int add_report(struct buf *out, const struct cluster *c)
{
	char deadline[32];
	int r = 0;

	if (c->typed.report) {
		r = buf_adds(out, " --report ");
		r = r == 0 ? add_word(out, c->config.report) : r;
	}
	units_format_time(c->config.report_deadline_ms, deadline);
	if (r == 0 && c->typed.report_deadline_ms > 0)
		r = buf_printf(out, " --report-deadline %s", deadline);
	if (r == 0 && c->typed.report_keep > 0)
		r = buf_printf(out, " --report-keep %d", c->typed.report_keep);
	return r;
}

static int add_command(struct buf *out, const struct cluster *c, const struct itself *itself)
{
	const char *const words[] = { itself->word, "-f", c->config.file, "-s", c->config.section, "run" };
	int r = buf_adds(out, "ExecStart=");

	if (r == 0)
		r = add_word(out, itself->path);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && r == 0; i++)
		if (words[i]) {
			buf_adds(out, " "); /* what does not fit is noticed by the next */
			r = add_word(out, words[i]);
		}
	if (r == 0)
		r = add_report(out, c);
	return r < 0 ? r : buf_adds(out, "\n");
}

/* How long stopping may take: each member its time, each stop line too, and what is left of them all. */
static int64_t stop_seconds(const struct config *config)
{
	int64_t report = config->report ? config->report_deadline_ms : 0, one = config->stop_timeout_ms + report;
	int64_t ms = MARGIN_MS + one, command = config->command_timeout_ms;

	for (size_t i = 0; i < config->start.count; i++)
		if (config->start.items[i].kind == LINE_BACKGROUND)
			ms += one;
	for (size_t i = 0; i < config->stop.count; i++)
		if (config->stop.items[i].kind == LINE_COMMAND)
			ms += command < 0 ? COMMAND_MS : command + report;
		else
			ms += one;
	return (ms + 999) / 1000;
}

/* As whom: the configuration says it, or whoever wants the unit is the one; root's are left to the administrator. */
static int add_user(struct buf *out, const struct config *config)
{
	if (config->user)
		return 0; /* run sees to it */
	if (geteuid() != 0)
		return buf_printf(out, "User=%u\n", (unsigned)geteuid());
	return buf_adds(out, "# User= is missing: it runs as root.\n");
}

/* systemd gives a service nearly nothing of this environment. */
static int add_environment(struct buf *out, const struct resolve *resolve)
{
	const struct resolved *value;
	int r = 0;

	for (size_t i = 0; (value = resolve_nth(resolve, i)) && r == 0; i++)
		if (value->value.count && value->value.lines[0].file == resolve_environment)
			r = buf_printf(out, "# The configuration needs %s: Environment=, EnvironmentFile=\n",
				       value->option);
	return r;
}

static int write_unit(const struct cluster *c, const struct itself *itself, struct buf *out)
{
	int r = buf_printf(out, "[Unit]\nDescription=");

	for (const char *at = c->config.file; *at && r == 0; at++)
		r = buf_add(out, *at == '%' ? "%%" : at, *at == '%' ? 2 : 1);
	if (r == 0)
		r = buf_adds(out, ", a cluster of procguard\nAfter=network.target\n\n[Service]\nType=exec\n");
	if (r == 0)
		r = add_command(out, c, itself);
	if (r == 0)
		r = add_user(out, &c->config);
	if (r == 0)
		r = add_environment(out, c->resolve);
	if (r == 0)
		r = buf_printf(out, "KillMode=mixed\nTimeoutStopSec=%" PRId64 "\nOOMPolicy=continue\n"
				    "Restart=on-failure\n\n[Install]\nWantedBy=multi-user.target\n",
			       stop_seconds(&c->config));
	return r;
}

int unit_main(struct cluster *c)
{
	CLEANUP(buf_done) struct buf out = BUF(UNIT_MAX);
	struct itself itself;
	int r = itself_find(&itself);

	if (r < 0) {
		log_fail("cannot find its own file: %s", log_errno(r));
		return 1;
	}
	if (!is_one_line(itself.path) || !is_one_line(c->config.file) || !is_one_line(c->config.section)) {
		log_fail("'%s', '%s' or '%s' has a control character in it: no unit can name it", itself.path,
			 c->config.file, c->config.section);
		return 1;
	}
	if (c->typed.report && !is_one_line(c->config.report)) {
		log_fail("'%s' has a control character in it: no unit can name it", c->config.report);
		return 1;
	}
	r = write_unit(c, &itself, &out);
	if (r < 0) {
		log_fail("cannot write the unit: %s", log_errno(r));
		return 1;
	}
	fputs(out.data, stdout);
	return 0;
}
