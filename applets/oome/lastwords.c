#include "applets/oome/lastwords.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "core/abspath.h"
#include "core/log.h"

enum { EXIT_NO_REPORTS = 2 };

static int open_evidence(const struct oome_config *config, const char *argv0)
{
	struct lastwords *words = config->lastwords;

	if (words->evidence.directory)
		return 0;
	return evidence_open(&words->evidence, argv0, words->directory, config->report_deadline_ms,
			     config->report_keep);
}

int lastwords_open(const struct oome_config *config, const char *argv0)
{
	struct lastwords *words = config->lastwords;
	int r;

	if (!config->report)
		return 0;
	abspath_or_same(config->report, words->directory, sizeof words->directory);
	r = open_evidence(config, argv0);
	if (r == -ENOTSUP) {
		log_fail("--report: %s", evidence_open_error(r));
		return EXIT_NO_REPORTS;
	}
	if (r < 0)
		log_fail("cannot write reports into '%s' (--report): %s (tried again when one is due)",
			 words->directory, evidence_open_error(r));
	return 0;
}

int lastwords_take(const struct oome_config *config, const char *name, pid_t pid, int64_t deadline_ms)
{
	const char *whom = pid == getpid() ? "the guard, " : "";
	char path[PATH_MAX], why[EVIDENCE_WHY_SIZE];
	int r;

	if (!config->report)
		return -ENOENT;
	r = open_evidence(config, NULL);
	if (r < 0) {
		log_fail("%s: no report of %spid %d: cannot write into '%s': %s", name, whom, (int)pid,
			 config->lastwords->directory, evidence_open_error(r));
		return r;
	}
	config->lastwords->evidence.deadline_ms = deadline_ms;
	r = evidence_take(&config->lastwords->evidence, pid, true, path, why);
	if (r < 0)
		log_fail("%s: no report of %spid %d: %s", name, whom, (int)pid, why);
	else if (why[0])
		log_line("%s: report of %spid %d: '%s' (%s)", name, whom, (int)pid, path, why);
	else
		log_line("%s: report of %spid %d: '%s'", name, whom, (int)pid, path);
	return r;
}
