/* heart's frames, in any pieces. */
#include "applets/heart/frame.h"

#include <string.h>

#include "tests/suite.h"

/* A beat, a command, one without data, one of the longest, one too long, none, and a last beat. */
static size_t stream(unsigned char *ret)
{
	unsigned char *at = ret;

	at += frame_write(FRAME_BEAT, NULL, 0, at);
	at += frame_write(FRAME_SET_CMD, "echo hi", 7, at);
	at += frame_write(FRAME_GET_CMD, "", 0, at);
	memset(at, 'c', FRAME_MAX);
	memcpy(at, "\x08\x00\x04", 3);
	at += FRAME_MAX;
	memset(at, 3, FRAME_MAX + 1); /* dropped: 2,049 bytes that would be SHUT_DOWN */
	memcpy(at, "\x08\x01", 2);
	at += FRAME_MAX + 1;
	memcpy(at, "\0\0\0\0", 4);
	at += 4;
	at += frame_write(FRAME_BEAT, NULL, 0, at);
	return (size_t)(at - ret);
}

static void check_frame(const struct frame *frame, int number)
{
	static const struct { unsigned char op; size_t len; const char *data; } expected[] = {
		{ FRAME_BEAT, 0, "" }, { FRAME_SET_CMD, 7, "echo hi" }, { FRAME_GET_CMD, 0, "" },
		{ FRAME_SET_CMD, FRAME_DATA_MAX, "ccc" }, { FRAME_BEAT, 0, "" },
	};

	ck_assert_int_lt(number, 5);
	ck_assert_uint_eq(frame->op, expected[number].op);
	ck_assert_uint_eq(frame->len, expected[number].len);
	ck_assert_int_eq(strncmp(frame->data, expected[number].data, strlen(expected[number].data)), 0);
}

/* Feed pieces of at most PIECE bytes; the first one is of FIRST. */
static void feed(const unsigned char *bytes, size_t len, size_t first, size_t piece)
{
	static struct frame_reader reader;
	struct frame frame;
	int number = 0;

	memset(&reader, 0, sizeof(reader));
	for (size_t at = 0, end = first; at < len; end = end + piece < len ? end + piece : len)
		while (at < end) {
			size_t used = 0;

			if (frame_feed(&reader, bytes + at, end - at, &used, &frame))
				check_frame(&frame, number++);
			else
				ck_assert_uint_eq(used, end - at);
			at += used;
		}
	ck_assert_int_eq(number, 5);
}

START_TEST(in_pieces_of_any_size)
{
	unsigned char bytes[4 * FRAME_MAX];
	size_t len = stream(bytes);

	for (size_t piece = 1; piece <= len; piece++)
		feed(bytes, len, piece, piece);
}
END_TEST

START_TEST(split_at_every_byte)
{
	unsigned char bytes[4 * FRAME_MAX];
	size_t len = stream(bytes);

	for (size_t first = 1; first < len; first++)
		feed(bytes, len, first, len);
}
END_TEST

START_TEST(the_longest_of_all_is_dropped)
{
	static unsigned char bytes[2 + 65535 + 3];
	struct frame_reader reader = { 0 };
	struct frame frame;
	size_t used, at = 0;
	int frames = 0;

	memset(bytes, 0xff, sizeof(bytes));
	memcpy(bytes + 2 + 65535, "\0\1\2", 3);
	for (; at < sizeof(bytes); at += used)
		if (frame_feed(&reader, bytes + at, sizeof(bytes) - at < 7 ? sizeof(bytes) - at : 7, &used, &frame)) {
			ck_assert_uint_eq(frame.op, FRAME_BEAT);
			frames++;
		}
	ck_assert_int_eq(frames, 1);
}
END_TEST

START_TEST(in_the_midst_of_a_frame)
{
	static const unsigned char bytes[] = { 0, 2, FRAME_SET_CMD, 'x' };
	struct frame_reader reader = { 0 };
	struct frame frame;
	size_t used;

	ck_assert(!frame_begun(&reader));
	for (size_t i = 0; i < sizeof bytes - 1; i++) {
		ck_assert(!frame_feed(&reader, bytes + i, 1, &used, &frame));
		ck_assert(frame_begun(&reader));
	}
	ck_assert(frame_feed(&reader, bytes + sizeof bytes - 1, 1, &used, &frame));
	ck_assert(!frame_begun(&reader));
}
END_TEST

START_TEST(bytes_may_be_any)
{
	struct frame_reader reader = { 0 };
	struct frame frame;
	size_t used;

	ck_assert(frame_feed(&reader, "\0\4\xff\0\xff\n", 6, &used, &frame));
	ck_assert_uint_eq(frame.op, 0xff);
	ck_assert_mem_eq(frame.data, "\0\xff\n", 3);
	ck_assert(!frame_feed(&reader, "", 0, &used, &frame));
	ck_assert_uint_eq(used, 0);
}
END_TEST

START_TEST(what_is_written)
{
	unsigned char out[FRAME_MAX];
	char data[FRAME_MAX + 100];

	memset(data, 'd', sizeof(data));
	ck_assert_uint_eq(frame_write(FRAME_ACK, NULL, 0, out), 3);
	ck_assert_mem_eq(out, "\0\1\1", 3);
	ck_assert_uint_eq(frame_write(FRAME_CMD, "echo foo", 8, out), 11);
	ck_assert_mem_eq(out, "\0\x09\7echo foo", 11);
	ck_assert_uint_eq(frame_write(FRAME_CMD, data, sizeof(data), out), FRAME_MAX);
	ck_assert_mem_eq(out, "\x08\0\7d", 4);
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("frame");

	tcase_add_test(tests, in_pieces_of_any_size);
	tcase_add_test(tests, split_at_every_byte);
	tcase_add_test(tests, the_longest_of_all_is_dropped);
	tcase_add_test(tests, in_the_midst_of_a_frame);
	tcase_add_test(tests, bytes_may_be_any);
	tcase_add_test(tests, what_is_written);
	return suite_run("frame", tests);
}
