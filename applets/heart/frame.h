/* frame.h: the frames between an Erlang node and heart: a 16-bit big-endian length, then that many bytes: an operation
 * and its data (a port with {packet, 2}, erlang:open_port/2; operations of OTP's heart(3)).
 *
 *   00 01 02             HEART_BEAT
 *   00 08 04 echo hi     SET_CMD "echo hi"
 *
 * Pure, over bytes that arrive in any pieces. */
#ifndef HEART_FRAME_H
#define HEART_FRAME_H

#include <stdbool.h>
#include <stddef.h>

enum {
	FRAME_HEADER = 2,
	FRAME_BODY_MAX = 2048, /* operation and data; a longer one is read and dropped */
	FRAME_DATA_MAX = FRAME_BODY_MAX - 1,
	FRAME_MAX = FRAME_HEADER + FRAME_BODY_MAX,
};

enum frame_op {
	FRAME_ACK = 1,
	FRAME_BEAT = 2,
	FRAME_SHUT_DOWN = 3,
	FRAME_SET_CMD = 4,
	FRAME_CLEAR_CMD = 5,
	FRAME_GET_CMD = 6,
	FRAME_CMD = 7, /* the answer to FRAME_GET_CMD */
	FRAME_PREPARING_CRASH = 8,
};

struct frame_reader {
	unsigned char header[FRAME_HEADER];
	unsigned char body[FRAME_BODY_MAX];
	size_t have_header, have; /* bytes of each so far; of a dropped body, too */
};

struct frame {
	unsigned char op;
	const char *data; /* in the reader, until it is fed again */
	size_t len;       /* at most FRAME_DATA_MAX */
};

/* Feed LEN bytes. True: RET is a whole frame; *RET_USED bytes belong to it, call again with the rest. False: no whole
 * frame yet, all bytes are used. Frames without an operation and those that are too long are passed over. */
bool frame_feed(struct frame_reader *reader, const void *bytes, size_t len, size_t *ret_used, struct frame *ret);

/* Is it in the midst of a frame? */
bool frame_begun(const struct frame_reader *reader);

/* Write a frame of at most FRAME_DATA_MAX bytes of DATA, what is beyond is cut. Returns its length. */
size_t frame_write(unsigned char op, const void *data, size_t len, unsigned char ret[FRAME_MAX]);

#endif
