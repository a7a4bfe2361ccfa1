/* answer.h: XML-RPC answers for tests, as Python's xmlrpc.client writes them in supervisord. */
#ifndef TESTS_ANSWER_H
#define TESTS_ANSWER_H

/* One whose value has INSIDE it, a string literal of XML. */
#define ANSWER(inside) \
	"<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value>" inside \
	"</value>\n</param>\n</params>\n</methodResponse>\n"

#define ANSWER_FAULT \
	"<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n<name>faultCode</name>\n" \
	"<value><int>10</int></value>\n</member>\n<member>\n<name>faultString</name>\n<value><string>BAD_NAME: n_0" \
	"</string></value>\n</member>\n</struct></value>\n</fault>\n</methodResponse>\n"

#endif
