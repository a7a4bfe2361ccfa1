/* fuzz_cluster.c: the section [cluster] of a file, with all that it needs: references, lines, options. */
#include "applets/cluster/config.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "applets/cluster/options.h"
#include "core/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_lines(const struct config_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		const struct line *line = &lines->items[i];

		if (!line->text || !*line->text || !line->place || (line->path && *line->path != '/'))
			abort();
		if (line->kind == LINE_PID && !line->path == !line->pid)
			abort();
		if (line->ready.kind == LINE_READY_TCP && (!line->ready.host || !line->ready.port))
			abort();
	}
}

static void check_config(const struct config *config)
{
	check_lines(&config->start);
	check_lines(&config->stop);
	check_lines(&config->restart);
	if (*config->pid_path != '/' || *config->log_path != '/' || *config->directory != '/' || *config->home != '/')
		abort();
	for (char **item = config->environment; *item; item++)
		if (!strchr(*item, '='))
			abort();
	if (config->stop_timeout_ms < 0 || config->command_timeout_ms < -1)
		abort();
}

static void take(struct sources *sources)
{
	CLEANUP(config_done) struct config config = { .section = strdup("cluster") };
	struct fault fault = { "" };
	struct resolve *resolve;
	int r;

	if (resolve_new(sources, &resolve) < 0)
		abort();
	r = options_take(resolve, "x.cfg", &config, &fault);
	if (r == 0)
		check_config(&config);
	else if (r != -EBADMSG || !fault.text[0])
		abort();
	resolve_free(resolve);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(sources_done) struct sources sources = { .directory = strdup("/srv/app") };
	struct ini_fault fault;
	struct ini ini;

	if (ini_set(&sources.ini, "buildout", "directory", sources.directory) < 0 ||
	    ini_set(&sources.ini, "buildout", "bin-directory", "bin") < 0 ||
	    ini_set(&sources.ini, "buildout", "parts-directory", "parts") < 0)
		abort();
	if (ini_parse("x.cfg", (const char *)data, size, &ini, &fault) < 0)
		return 0;
	if (ini_merge(&sources.ini, &ini) < 0)
		abort();
	take(&sources);
	return 0;
}
