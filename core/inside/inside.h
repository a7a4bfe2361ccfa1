/* inside.h: what the files of the C library share. Programs see gmr.h alone: the library is one object, of which
 * objcopy(1) leaves nothing else visible.
 *
 * note.c       the ELF note by which the registry is found, and the registry (core/registry.h)
 * table.c      its tables: chunks of slots with sequence numbers, written without a lock (table.h)
 * keyed.c      those whose slots have names, each once
 * text.c       texts that are cut, and copied while others look on
 * option.c     gmr_register_option
 * green.c      gmr_register_green_thread, gmr_unregister_green_thread
 * section.c    gmr_register_section; those that are there, in order
 * content.c    what a generator writes: gmr_print, gmr_put, into a buffer that was had before
 * setup.c      gmr_setup_autorun: options
 * signal.c     the handler, and the one that was there before
 * watch.c      the watched file
 * helper.c     the helper thread: waits, and makes one report after the other; that of a child of fork(2)
 * generate.c   calls the generators, of which each may hang: a helper more for those behind it
 * memfile.c    gmr as a file in memory
 * headroom.c   what our cgroup has left
 * reporter.c   starts gmr, and sends it what the program states of itself
 * reporter_exec.c  the child that is gmr: by raw system calls (raw_*.c), whatever this process has locked
 * say.c        lines on stderr
 * thread.c     threads and futexes
 * descriptor.c descriptors that the program may close
 * blob.S       gmr itself, as a file */
#ifndef INSIDE_H
#define INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/inside/gmr.h"
#include "core/registry.h"

/* note.c */
extern struct registry inside_registry;

/* blob.S: gmr, an executable file for this machine, SIZE bytes. */
extern const char inside_blob[];
extern const uint64_t inside_blob_size;

/* section.c: copy the sections that are registered, in order; returns how many. */
size_t inside_sections(struct registry_section ret[REGISTRY_SECTIONS_MAX]);

/* Where the section TITLE lies in the registry, or NULL. */
struct registry_section *inside_section(const char *title);

/* Mark the section TITLE: the helper TID is in it still (0: it has returned). */
void inside_section_late(const char *title, uint32_t tid);

/* generate.c: a section was registered: have a thread that calls its generator, where there is a helper. Not having one
 * is no error: it may be had later. */
void inside_generators(void);

/* content.c: what a generator has written. */
enum { INSIDE_CONTENT_MAX = 64 << 10 };

struct gmr_section {
	enum { INSIDE_NOTHING, INSIDE_TEXT, INSIDE_KEYS } kind;
	bool cut;
	size_t length;
	char bytes[INSIDE_CONTENT_MAX]; /* a text; or "key\0value\0" for each */
};

#endif
