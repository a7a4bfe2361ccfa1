#include "applets/gmr/output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "applets/gmr/outfile.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/log.h"
#include "core/report.h"
#include "core/reportdir.h"
#include "core/write_all.h"

enum { REPORT_MAX = 1 << 30 };

static bool is_format(const struct output *output, const char *format)
{
	return !strcmp(output->options->format, format);
}

/* Of one report, without what stands around several of them. */
static int render(const struct output *output, const struct value *report, struct buf *ret)
{
	if (is_format(output, "json"))
		return report_json(report, ret);
	if (is_format(output, "xml"))
		return report_xml(report, ret);
	return report_text(report, ret);
}

static int open_directory(struct output *output)
{
	const char *path = output->options->directory;

	output->directory = reportdir_open(path);
	if (output->directory >= 0)
		return 0;
	if (output->directory == -EPERM)
		log_fail("will not write into '%s': it, or the link there, belongs to another user, or everybody may "
			 "rename what is in it", path);
	else
		log_fail("cannot write into '%s': %s", path, log_errno(output->directory));
	return 1;
}

static int fail_file(const char *path, int error)
{
	if (error == -EEXIST)
		log_fail("will not replace '%s': it is no regular file", path);
	else
		log_fail("cannot write '%s': %s", path, log_errno(error));
	return 1;
}

int output_open(const struct options *options, bool many, struct output *ret)
{
	int r;

	*ret = (struct output){ .options = options, .directory = -1, .many = many };
	if (options->directory)
		return open_directory(ret);
	r = options->file ? outfile_check(options->file) : 0;
	return r < 0 ? fail_file(options->file, r) : 0;
}

void output_done(struct output *output)
{
	if (output)
		output->directory = fd_close(output->directory);
}

/* Not by stdio: a report is large, and why it could not be written is said. Once: the next would fail as well. */
static int put_stdout(struct output *output, const char *data, size_t len)
{
	int r = output->is_closed ? 0 : write_all(STDOUT_FILENO, data, len);

	if (r == 0)
		return output->is_closed;
	output->is_closed = true;
	log_fail("cannot write to the standard output: %s", log_errno(r));
	return 1;
}

static int put_directory(struct output *output, const struct made *made, const struct buf *text)
{
	CLEANUP(buf_done) struct buf line = BUF(PATH_MAX + NAME_MAX + 2);
	const char *directory = output->options->directory;
	char name[NAME_MAX + 1];
	int r = outfile_add(output->directory, made->name, made->time, text->data, text->len, name);

	if (r < 0) {
		log_fail("cannot write a report into '%s': %s", directory, log_errno(r));
		return 1;
	}
	buf_printf(&line, "%s%s%s\n", directory, directory[strlen(directory) - 1] == '/' ? "" : "/", name);
	return put_stdout(output, line.data ? line.data : "", line.len);
}

static int begin_text(const struct output *output, struct buf *text)
{
	bool first = output->directory >= 0 || output->count == 0;
	bool several = output->directory < 0 && output->many;

	if (is_format(output, "xml") && first)
		return buf_printf(text, "%s%s", REPORT_XML_HEAD, several ? "<reports>\n" : "");
	return is_format(output, "text") && !first ? buf_adds(text, "\n") : 0;
}

/* It cannot stand in the report itself, which has no room left. */
static void say_what_is_missing(const struct gmr_report *report)
{
	int error = report->tree.error;

	if (error)
		log_fail("the end of the report is missing: %s",
			 error == -ENOBUFS ? "it is too large (-S and --fold make it smaller)" : log_errno(error));
}

int output_put(struct output *output, const struct made *made)
{
	CLEANUP(buf_done) struct buf text = BUF(REPORT_MAX);
	int r = begin_text(output, &text);

	say_what_is_missing(&made->report);
	if (r == 0)
		r = render(output, &made->report.tree.root, &text);
	if (r < 0) {
		log_fail("cannot write the report: %s", log_errno(r));
		return 1;
	}
	if (output->directory >= 0)
		return put_directory(output, made, &text);
	if (output->options->file) {
		r = outfile_replace(output->options->file, text.data, text.len);
		return r < 0 ? fail_file(output->options->file, r) : 0;
	}
	output->count++;
	return put_stdout(output, text.data, text.len);
}

int output_end(struct output *output)
{
	static const char none[] = REPORT_XML_HEAD "<reports>\n", end[] = "</reports>\n";

	if (!is_format(output, "xml") || !output->many || output->directory >= 0)
		return 0;
	if (output->count == 0 && put_stdout(output, none, sizeof(none) - 1))
		return 1;
	return put_stdout(output, end, sizeof(end) - 1);
}
