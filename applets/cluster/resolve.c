#include "applets/cluster/resolve.h"

#include <errno.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "applets/cluster/buildout.h"
#include "applets/cluster/expand.h"
#include "applets/cluster/path.h"
#include "core/buf.h"
#include "core/cleanup.h"
#include "core/near.h"

const char resolve_environment[] = "environment";

enum state { NEW, DOING, DONE };

struct entry {
	struct resolved what;
	char *section, *option, *text; /* what WHAT points into */
	enum state state;
};

struct resolve {
	struct sources sources;
	struct sections sections;
	struct entry **entries;
	size_t entry_count, bytes;
};

/* An option that is being resolved, because OUTER's line needs it. */
struct frame {
	struct resolve *r;
	const struct frame *outer; /* NULL: a caller asked for it */
	const char *option;
	struct expand expand;      /* its section, and the line that is at hand */
	unsigned depth;
};

static int get(const struct frame *outer, const char *section, const char *option, const struct ini_value **ret);

/* At F's line; a default has none, then where it is needed. */
static int __attribute__((format(printf, 2, 3))) refuse(const struct frame *f, const char *format, ...)
{
	const struct ini_line *line = f->expand.line;
	char text[FAULT_SIZE];
	va_list args;

	for (const struct frame *outer = f->outer; outer && !line->file; outer = outer->outer)
		line = outer->expand.line;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return fault_say(f->expand.fault, line->file, line->line, "%s", text);
}

/* ---- ${...} ---- */

/* "a:x -> b:y -> ": the options behind each other, from SECTION:OPTION on up to F's. */
static void add_chain(const struct frame *f, const char *section, const char *option, struct buf *chain)
{
	if (f->outer && (strcmp(f->expand.section, section) != 0 || strcmp(f->option, option) != 0))
		add_chain(f->outer, section, option, chain);
	buf_printf(chain, "%s:%s -> ", f->expand.section, f->option);
}

static int refuse_loop(const struct frame *outer, const char *section, const char *option)
{
	CLEANUP(buf_done) struct buf chain = BUF(FAULT_SIZE);

	add_chain(outer, section, option, &chain);
	return refuse(outer, "%s:%s needs itself: %s%s:%s", section, option, chain.data ? chain.data : "", section,
		      option);
}

static int refuse_missing(const struct frame *f, const char *shown, const char *section, const char *option)
{
	const struct ini_section *there = sections_known(&f->r->sections, section);
	struct near near = NEAR(option, strlen(option));
	const char *meant;

	if (!there && !strcmp(section, "env"))
		return refuse(f, "%s: there is no %s in the environment", shown, option);
	if (!there) {
		meant = sections_near(&f->r->sections, section);
		return refuse(f, "%s: no section '%s'%s%s%s", shown, section, meant ? " (did you mean '" : "",
			      meant ? meant : "", meant ? "'?)" : "");
	}
	if (!strcmp(option, "location"))
		return refuse(f, "%s: no option 'location' in [%s], which has no recipe either", shown, section);
	for (size_t i = 0; i < there->count; i++)
		near_offer(&near, there->options[i].name);
	return refuse(f, "%s: no option '%s' in [%s]%s%s%s", shown, option, section,
		      near.best ? " (did you mean '" : "", near.best ? near.best : "", near.best ? "'?)" : "");
}

/* R, of which -ENOBUFS has been said. */
static int judged(const struct frame *f, int r)
{
	return r == -ENOBUFS ? refuse(f, "the value of %s:%s grows too long", f->expand.section, f->option) : r;
}

/* For expand.h. */
static int add_value(const struct expand *x, const char *shown, const char *section, const char *option,
		     struct buf *out)
{
	const struct frame *f = x->context;
	const struct ini_value *value;
	int r = get(f, section, option, &value);

	if (r == -ENOENT && !strcmp(option, "_buildout_section_name_") && sections_known(&f->r->sections, section))
		return buf_adds(out, x->section);
	if (r == -ENOENT)
		return refuse_missing(f, shown, section, option);
	for (size_t i = 0; r == 0 && i < value->count; i++) {
		if (i > 0)
			r = buf_adds(out, "\n");
		if (r == 0)
			r = buf_adds(out, value->lines[i].text);
	}
	return r;
}

/* ---- one option ---- */

/* TEXT, what the option's RAW value has become, as an absolute path. */
static int make_absolute(const struct frame *f, const struct ini_value *raw, struct buf *text)
{
	CLEANUP(free_done) char *path = NULL;
	const struct ini_line *said = &raw->lines[0];
	const struct ini_value *base;
	int r;

	if (!strcmp(f->option, "directory")) {
		path = path_join(f->r->sources.directory, text->data);
	} else if (!strcmp(f->option, "eggs-directory") && said->file && !strstr(said->text, "${")) {
		path = buildout_eggs(said, text->data);
	} else {
		r = get(f, "buildout", "directory", &base);
		if (r < 0)
			return r;
		path = path_join(base->lines[0].text, text->data);
	}
	if (!path)
		return -ENOMEM;
	buf_reset(text);
	return judged(f, buf_add(text, path, strlen(path) + 1));
}

static void entry_reset(struct entry *e)
{
	ini_value_done(&e->what.value);
	free(e->text);
	e->text = NULL;
	e->state = NEW;
}

static void entry_free(struct entry *e)
{
	entry_reset(e);
	free(e->section);
	free(e->option);
	free(e);
}

static struct entry *find_entry(const struct resolve *r, const char *section, const char *option)
{
	for (size_t i = 0; i < r->entry_count; i++)
		if (!strcmp(r->entries[i]->option, option) && !strcmp(r->entries[i]->section, section))
			return r->entries[i];
	return NULL;
}

static struct entry *add_entry(struct resolve *r, const char *section, const char *option)
{
	struct entry **grown = reallocarray(r->entries, r->entry_count + 1, sizeof(*grown));
	struct entry *e = grown ? calloc(1, sizeof(*e)) : NULL;

	if (grown)
		r->entries = grown;
	if (!e)
		return NULL;
	e->what.section = e->section = strdup(section);
	e->what.option = e->option = strdup(option);
	if (!e->section || !e->option) {
		entry_free(e);
		return NULL;
	}
	r->entries[r->entry_count++] = e;
	return e;
}

/* Give E its value: TEXT, which it takes over, has for each line of RAW what it has become, and a NUL behind it. */
static int settle(const struct frame *f, struct entry *e, const struct ini_value *raw, struct buf *text)
{
	char *at = text->data, *end = text->data + text->len;
	int r = 0;

	f->r->bytes += text->len;
	if (f->r->bytes > RESOLVE_BYTES_MAX)
		return refuse(f, "all values together grow too long");
	e->text = TAKE_PTR(text->data);
	for (size_t i = 0; i < raw->count && at < end; i++)
		for (bool more = true; more && r == 0;) {
			char *stop = strchrnul(at, '\n');

			more = *stop == '\n';
			*stop = '\0';
			r = ini_value_add(&e->what.value,
					  (struct ini_line){ at, raw->lines[i].file, raw->lines[i].line });
			at = stop + 1;
		}
	if (r == 0)
		e->state = DONE;
	return r;
}

static int expand_value(struct frame *f, struct entry *e, const struct ini_value *raw)
{
	CLEANUP(buf_done) struct buf text = BUF(RESOLVE_VALUE_MAX);
	int r = 0;

	for (size_t i = 0; i < raw->count && r == 0; i++) {
		f->expand.line = &raw->lines[i];
		if (raw->lines[i].file)
			r = expand_line(&f->expand, &text);
		else
			r = buf_adds(&text, raw->lines[i].text); /* a default: a name may have ${ in it */
		if (r == 0)
			r = buf_add(&text, "", 1);
		r = judged(f, r);
	}
	if (r == 0 && buildout_is_directory(f->expand.section, f->option))
		r = make_absolute(f, raw, &text);
	return r < 0 ? r : settle(f, e, raw, &text);
}

/* A value of one line that no file has. */
static int take_line(struct frame *f, struct entry *e, struct ini_line line)
{
	CLEANUP(buf_done) struct buf text = BUF(RESOLVE_VALUE_MAX);
	const struct ini_value value = { .lines = &line, .count = 1 };
	int r;

	f->expand.line = &line;
	r = judged(f, buf_add(&text, line.text, strlen(line.text) + 1));
	return r < 0 ? r : settle(f, e, &value, &text);
}

static int take_location(struct frame *f, struct entry *e, const struct ini_section *section)
{
	const struct ini_option *recipe = ini_option(section, "recipe");
	const struct ini_value *parts;
	CLEANUP(free_done) char *path = NULL;
	int r;

	if (!recipe)
		return -ENOENT;
	f->expand.line = &recipe->value.lines[0];
	r = get(f, "buildout", "parts-directory", &parts);
	if (r < 0)
		return r;
	path = path_join(parts->lines[0].text, section->name);
	return path ? take_line(f, e, (struct ini_line){ .text = path }) : -ENOMEM;
}

/* Resolve E by what there is for it. */
static int resolve_entry(struct frame *f, struct entry *e)
{
	const struct ini_section *section = NULL;
	const struct ini_option *option = NULL;
	const char *variable;
	int r = sections_get(&f->r->sections, f->expand.section, &section, f->expand.fault);

	if (r < 0 && r != -ENOENT)
		return r;
	if (section)
		option = ini_option(section, f->option);
	if (option)
		return expand_value(f, e, &option->value);
	variable = !strcmp(f->expand.section, "env") ? getenv(f->option) : NULL;
	if (variable)
		return take_line(f, e, (struct ini_line){ variable, resolve_environment, 0 });
	if (section && !strcmp(f->option, "location"))
		return take_location(f, e, section);
	return -ENOENT;
}

static int get_in(struct frame *f, const char *section, const char *option, const struct ini_value **ret)
{
	struct entry *e = find_entry(f->r, section, option);
	int r;

	if (!e)
		e = add_entry(f->r, section, option);
	if (!e)
		return -ENOMEM;
	if (e->state == NEW) {
		f->expand.section = e->section;
		f->expand.context = f;
		f->option = e->option;
		e->state = DOING;
		r = resolve_entry(f, e);
		if (r < 0) {
			entry_reset(e);
			return r;
		}
	}
	*ret = &e->what.value;
	return 0;
}

/* For a line of OUTER's. */
static int get(const struct frame *outer, const char *section, const char *option, const struct ini_value **ret)
{
	const struct entry *e = find_entry(outer->r, section, option);
	struct frame f = {
		.r = outer->r, .outer = outer, .depth = outer->depth + 1,
		.expand = { .fault = outer->expand.fault, .get = add_value },
	};

	if (e && e->state == DOING)
		return refuse_loop(outer, section, option);
	if (f.depth == RESOLVE_DEPTH_MAX)
		return refuse(outer, "%s:%s: too many options that need each other", section, option);
	return get_in(&f, section, option, ret);
}

/* ---- for callers ---- */

int resolve_get(struct resolve *r, const char *section, const char *option, const struct ini_value **ret,
		struct fault *ret_fault)
{
	struct frame f = { .r = r, .expand = { .fault = ret_fault, .get = add_value } };

	return get_in(&f, section, option, ret);
}

struct sections *resolve_sections(struct resolve *r)
{
	return &r->sections;
}

const struct resolved *resolve_nth(const struct resolve *r, size_t i)
{
	return i < r->entry_count ? &r->entries[i]->what : NULL;
}

int resolve_new(struct sources *sources, struct resolve **ret)
{
	struct resolve *r = calloc(1, sizeof(*r));

	if (!r)
		return -ENOMEM;
	r->sources = *sources;
	*sources = (struct sources){ 0 };
	r->sections = SECTIONS(&r->sources.ini);
	*ret = r;
	return 0;
}

void resolve_free(struct resolve *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->entry_count; i++)
		entry_free(r->entries[i]);
	free(r->entries);
	sections_done(&r->sections);
	sources_done(&r->sources);
	free(r);
}
