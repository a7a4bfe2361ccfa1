/* XML-RPC answers: any bytes give a value, a fault or an error; a value is whole and within the caps. */
#include <stdlib.h>
#include <string.h>

#include "core/xmlrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool good)
{
	if (!good)
		abort();
}

/* Walk all of VALUE: every string is there and is of characters that XML allows. */
static size_t walk(const struct xmlrpc_value *value, int depth)
{
	size_t values = 1;

	require(depth <= XMLRPC_DEPTH_MAX && value->type != XMLRPC_NONE);
	require((value->type == XMLRPC_STRING) == (value->string != NULL));
	for (size_t at = 0, n; value->string && value->string[at]; at += n) {
		n = xmlrpc_char(value->string + at, strlen(value->string + at));
		require(n > 0);
	}
	for (size_t i = 0; i < value->count; i++) {
		require((value->type == XMLRPC_STRUCT) == (value->items[i].name != NULL));
		values += walk(&value->items[i], depth + 1);
	}
	return values;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct xmlrpc_value value = { .type = XMLRPC_NONE };
	struct buf clean = BUF(XMLRPC_ANSWER_MAX);
	int result = xmlrpc_parse((const char *)data, size, &value);

	if (result >= 0) {
		require(walk(&value, 1) <= XMLRPC_VALUES_MAX);
		require(result == 0 || value.type == XMLRPC_STRUCT);
		xmlrpc_member_string(&value, "faultString", "");
	} else {
		require(value.type == XMLRPC_NONE);
	}
	xmlrpc_value_done(&value);
	xmlrpc_clean((const char *)data, size, &clean);
	buf_done(&clean);
	return 0;
}
