/* xmlrpc_xml2.c: XML-RPC answers, read by libxml2's xmlTextReader. The only file that knows libxml2 for it.
 *
 * Only functions are used, never fields of its structs: these differ between libxml2.so.2 and libxml2.so.16. The XML
 * comes in as three kinds of tokens (open, text, close), the values are read from them by recursive descent:
 *
 *   <methodResponse><params><param><value><struct><member><name>pid</name><value><int>7</int></value></member>...
 *   <methodResponse><fault><value><struct>...
 *   <value>a string</value>  <value><array><data><value/>...</data></array></value> */
#include "core/xmlrpc.h"

#include <errno.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlreader.h>
#include <libxml/xmlversion.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/dl.h"

DL_SONAMES(xml2_sonames, "rpc", "Answers of supervisord", "recommended", "libxml2.so.2", "libxml2.so.16");

struct xml_functions {
	__typeof__(xmlReaderForMemory) *xmlReaderForMemory;
	__typeof__(xmlTextReaderSetStructuredErrorHandler) *xmlTextReaderSetStructuredErrorHandler;
	__typeof__(xmlTextReaderRead) *xmlTextReaderRead;
	__typeof__(xmlTextReaderNodeType) *xmlTextReaderNodeType;
	__typeof__(xmlTextReaderIsEmptyElement) *xmlTextReaderIsEmptyElement;
	__typeof__(xmlTextReaderConstLocalName) *xmlTextReaderConstLocalName;
	__typeof__(xmlTextReaderConstValue) *xmlTextReaderConstValue;
	__typeof__(xmlFreeTextReader) *xmlFreeTextReader;
};

enum token { TOKEN_END, TOKEN_OPEN, TOKEN_TEXT, TOKEN_CLOSE };

struct parser {
	struct xml_functions f;
	xmlTextReaderPtr reader;
	bool close_next;  /* the last token opened an element like <value/>, for which libxml2 reports no end */
	size_t values;
	int depth;
};

static int load_functions(struct xml_functions *f)
{
	const struct dl_symbol symbols[] = {
		DL_SYMBOL(*f, xmlReaderForMemory),          DL_SYMBOL(*f, xmlTextReaderSetStructuredErrorHandler),
		DL_SYMBOL(*f, xmlTextReaderRead),           DL_SYMBOL(*f, xmlTextReaderNodeType),
		DL_SYMBOL(*f, xmlTextReaderIsEmptyElement), DL_SYMBOL(*f, xmlTextReaderConstLocalName),
		DL_SYMBOL(*f, xmlTextReaderConstValue),     DL_SYMBOL(*f, xmlFreeTextReader),
	};
	const struct dl_library library = { xml2_sonames, symbols, sizeof(symbols) / sizeof(*symbols) };
	const char *why;

	return dl_load(&library, &why);
}

/* --- tokens --- */

/* The next token, or -EBADMSG. Comments and processing instructions are passed over; a document type, an entity
 * reference or anything else has no place in an answer. */
static int next_token(struct parser *p)
{
	if (p->close_next) {
		p->close_next = false;
		return TOKEN_CLOSE;
	}
	for (;;) {
		int result = p->f.xmlTextReaderRead(p->reader);

		if (result != 1)
			return result == 0 ? TOKEN_END : -EBADMSG;
		switch (p->f.xmlTextReaderNodeType(p->reader)) {
		case XML_READER_TYPE_ELEMENT:
			p->close_next = p->f.xmlTextReaderIsEmptyElement(p->reader) == 1;
			return TOKEN_OPEN;
		case XML_READER_TYPE_END_ELEMENT:
			return TOKEN_CLOSE;
		case XML_READER_TYPE_TEXT:
		case XML_READER_TYPE_CDATA:
		case XML_READER_TYPE_WHITESPACE:
		case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
			return TOKEN_TEXT;
		case XML_READER_TYPE_COMMENT:
		case XML_READER_TYPE_PROCESSING_INSTRUCTION:
			break;
		default:
			return -EBADMSG;
		}
	}
}

/* The text of a TOKEN_TEXT, the name of a TOKEN_OPEN; valid until the next token. */
static const char *token_text(struct parser *p)
{
	const char *text = (const char *)p->f.xmlTextReaderConstValue(p->reader);

	return text ? text : "";
}

static const char *token_name(struct parser *p)
{
	const char *name = (const char *)p->f.xmlTextReaderConstLocalName(p->reader);

	return name ? name : "";
}

static bool is_blank(const char *text)
{
	return !text[strspn(text, " \t\r\n")];
}

/* The next token between elements, where only white space may be. */
static int next_markup(struct parser *p)
{
	int token;

	do
		token = next_token(p);
	while (token == TOKEN_TEXT && is_blank(token_text(p)));
	return token == TOKEN_TEXT ? -EBADMSG : token;
}

static int expect(struct parser *p, enum token wanted, const char *name)
{
	int token = next_markup(p);

	if (token < 0)
		return token;
	return token != (int)wanted || (name && strcmp(token_name(p), name)) ? -EBADMSG : 0;
}

/* Text up to the close of the element around it, appended to RET. */
static int read_text(struct parser *p, struct buf *ret)
{
	int error = buf_reserve(ret, 0);

	while (!error) {
		int token = next_token(p);

		if (token != TOKEN_TEXT)
			return token == TOKEN_CLOSE ? 0 : -EBADMSG;
		error = buf_adds(ret, token_text(p));
	}
	return error;
}

/* --- values; each reader begins behind the open of its element and ends with its close --- */

static int read_value(struct parser *p, struct xmlrpc_value *ret);

/* A copy as long as it need be: a buffer's memory is at least 256 bytes, and there may be 100,000 of them. */
static int set_string(struct xmlrpc_value *ret, const struct buf *text)
{
	ret->type = XMLRPC_STRING;
	ret->string = strdup(text->data);
	return ret->string ? 0 : -ENOMEM;
}

static int read_string(struct parser *p, struct xmlrpc_value *ret)
{
	CLEANUP(buf_done) struct buf text = BUF(XMLRPC_ANSWER_MAX);
	int error = read_text(p, &text);

	return error ? error : set_string(ret, &text);
}

static int read_int(struct parser *p, struct xmlrpc_value *ret)
{
	CLEANUP(buf_done) struct buf text = BUF(64);
	int error = read_text(p, &text);
	char *end;

	if (error)
		return error == -ENOBUFS ? -EBADMSG : error;
	errno = 0;
	ret->number = strtoll(text.data, &end, 10);
	if (errno || end == text.data || !is_blank(end))
		return -EBADMSG;
	ret->type = XMLRPC_INT;
	return 0;
}

static int read_bool(struct parser *p, struct xmlrpc_value *ret)
{
	int error = read_int(p, ret);

	if (error)
		return error;
	if (ret->number != 0 && ret->number != 1)
		return -EBADMSG;
	ret->type = XMLRPC_BOOL;
	return 0;
}

/* Room for one more item; it is RET's at once, so that xmlrpc_value_done() finds it whatever happens. */
static int add_item(struct xmlrpc_value *ret, struct xmlrpc_value **ret_item)
{
	size_t n = ret->count;

	if ((n & (n - 1)) == 0) { /* full: sizes are powers of two */
		struct xmlrpc_value *items = reallocarray(ret->items, n ? 2 * n : 1, sizeof(*items));

		if (!items)
			return -ENOMEM;
		ret->items = items;
	}
	ret->items[n] = (struct xmlrpc_value){ .type = XMLRPC_NONE };
	ret->count++;
	*ret_item = &ret->items[n];
	return 0;
}

/* <array><data><value>...</value>...</data></array> */
static int read_array(struct parser *p, struct xmlrpc_value *ret)
{
	int error = expect(p, TOKEN_OPEN, "data");
	struct xmlrpc_value *item;

	ret->type = XMLRPC_ARRAY;
	while (!error) {
		int token = next_markup(p);

		if (token == TOKEN_CLOSE)
			return expect(p, TOKEN_CLOSE, NULL);
		if (token != TOKEN_OPEN || strcmp(token_name(p), "value"))
			return -EBADMSG;
		error = add_item(ret, &item);
		if (!error)
			error = read_value(p, item);
	}
	return error;
}

static int read_member(struct parser *p, struct xmlrpc_value *ret)
{
	CLEANUP(xmlrpc_value_done) struct xmlrpc_value name = { .type = XMLRPC_NONE };
	struct xmlrpc_value *item;
	int error = expect(p, TOKEN_OPEN, "name");

	if (!error)
		error = read_string(p, &name);
	/* A member without a name must not come to be: xmlrpc_member() compares all of them. */
	if (!error)
		error = add_item(ret, &item);
	if (error)
		return error;
	item->name = TAKE_PTR(name.string);
	error = expect(p, TOKEN_OPEN, "value");
	if (!error)
		error = read_value(p, item);
	return error ? error : expect(p, TOKEN_CLOSE, NULL);
}

/* <struct><member><name>...</name><value>...</value></member>...</struct> */
static int read_struct(struct parser *p, struct xmlrpc_value *ret)
{
	int error = 0;

	ret->type = XMLRPC_STRUCT;
	while (!error) {
		int token = next_markup(p);

		if (token == TOKEN_CLOSE)
			return 0;
		if (token != TOKEN_OPEN || strcmp(token_name(p), "member"))
			return -EBADMSG;
		error = read_member(p, ret);
	}
	return error;
}

/* What stands inside <value>: its element's name was just read. i8 and nil are extensions that some servers send. */
static int read_typed(struct parser *p, struct xmlrpc_value *ret)
{
	static const struct {
		const char *name;
		int (*read)(struct parser *p, struct xmlrpc_value *ret);
	} types[] = {
		{ "int", read_int },       { "i4", read_int },        { "i8", read_int },
		{ "boolean", read_bool },  { "string", read_string }, { "array", read_array },
		{ "struct", read_struct }, { "double", read_string }, { "base64", read_string },
		{ "dateTime.iso8601", read_string }, { "nil", read_string },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (!strcmp(token_name(p), types[i].name))
			return types[i].read(p, ret);
	return -EBADMSG;
}

/* Inside <value>: a typed element with nothing but white space around it, or text, which is a string. */
static int read_inside(struct parser *p, struct xmlrpc_value *ret)
{
	CLEANUP(buf_done) struct buf text = BUF(XMLRPC_ANSWER_MAX);
	int error = buf_reserve(&text, 0);

	while (!error) {
		int token = next_token(p);

		if (token == TOKEN_TEXT) {
			error = buf_adds(&text, token_text(p));
		} else if (token == TOKEN_CLOSE) {
			return set_string(ret, &text);
		} else if (token == TOKEN_OPEN && is_blank(text.data)) {
			error = read_typed(p, ret);
			return error ? error : expect(p, TOKEN_CLOSE, NULL);
		} else {
			return -EBADMSG;
		}
	}
	return error;
}

static int read_value(struct parser *p, struct xmlrpc_value *ret)
{
	int error;

	if (++p->values > XMLRPC_VALUES_MAX || p->depth >= XMLRPC_DEPTH_MAX)
		return -EBADMSG;
	p->depth++;
	error = read_inside(p, ret);
	p->depth--;
	return error;
}

/* --- the document --- */

/* <params><param><value> or <fault><value>, up to the end of the document. RET_FAULT: which. */
static int read_response(struct parser *p, struct xmlrpc_value *ret, bool *ret_fault)
{
	int error = expect(p, TOKEN_OPEN, "methodResponse");

	if (!error)
		error = expect(p, TOKEN_OPEN, NULL);
	if (error)
		return error;
	*ret_fault = !strcmp(token_name(p), "fault");
	if (!*ret_fault && strcmp(token_name(p), "params"))
		return -EBADMSG;
	if (!*ret_fault)
		error = expect(p, TOKEN_OPEN, "param");
	if (!error)
		error = expect(p, TOKEN_OPEN, "value");
	if (!error)
		error = read_value(p, ret);
	for (int levels = *ret_fault ? 2 : 3; !error && levels; levels--)
		error = expect(p, TOKEN_CLOSE, NULL);
	if (!error && *ret_fault && ret->type != XMLRPC_STRUCT)
		error = -EBADMSG;
	return error ? error : expect(p, TOKEN_END, NULL);
}

/* const since libxml2 2.12; who calls passes the same either way. */
#if LIBXML_VERSION >= 21200
typedef const xmlError *error_pointer;
#else
typedef xmlErrorPtr error_pointer;
#endif

/* libxml2 prints to stderr what nobody takes. */
static void ignore_error(void *context, error_pointer error)
{
	(void)context;
	(void)error;
}

static int parse_clean(const struct buf *xml, struct xmlrpc_value *ret)
{
	/* IGNORE_ENC: in another encoding, UTF-7 say, the document could hold what xmlrpc_clean() did not see. */
	const int options = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA |
			    XML_PARSE_IGNORE_ENC;
	CLEANUP(xmlrpc_value_done) struct xmlrpc_value value = { .type = XMLRPC_NONE };
	struct parser p = { .values = 0 };
	bool fault = false;
	int error = load_functions(&p.f);

	if (error)
		return error;
	p.reader = p.f.xmlReaderForMemory(xml->data, (int)xml->len, NULL, "UTF-8", options);
	if (!p.reader)
		return -ENOMEM;
	p.f.xmlTextReaderSetStructuredErrorHandler(p.reader, ignore_error, NULL);
	error = read_response(&p, &value, &fault);
	p.f.xmlFreeTextReader(p.reader);
	if (error)
		return error;
	*ret = value;
	value = (struct xmlrpc_value){ .type = XMLRPC_NONE };
	return fault;
}

int xmlrpc_parse(const char *text, size_t len, struct xmlrpc_value *ret)
{
	CLEANUP(buf_done) struct buf xml = BUF(XMLRPC_ANSWER_MAX);
	int error = len > 0 && len <= XMLRPC_ANSWER_MAX ? xmlrpc_clean(text, len, &xml) : -EBADMSG;

	return error ? error : parse_clean(&xml, ret);
}
