/* unwind.h: what core/capture would read of a process, read by stopping it: for tests of what comes behind. */
#ifndef TESTS_UNWIND_H
#define TESTS_UNWIND_H

#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/capture.h"
#include "core/unwind.h"

#define UNWIND_THREADS_MAX 4096
#define UNWIND_MODULES_MAX 1024

static inline uint64_t unwind_auxv(pid_t pid, uint64_t type)
{
	char path[64];
	uint64_t pair[2], found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/auxv", (int)pid);
	file = fopen(path, "re");
	while (file && !found && fread(pair, sizeof(pair), 1, file) == 1)
		found = pair[0] == type ? pair[1] : 0;
	if (file)
		fclose(file);
	return found;
}

static inline void unwind_add_module(struct capture *c, const char *path, const struct procparse_map *map)
{
	struct capture_module *last = c->module_count ? &c->modules[c->module_count - 1] : NULL;

	if (last && last->dev == map->dev && last->inode == map->inode && !strcmp(last->path, path)) {
		last->end = map->end;
		return;
	}
	if (c->module_count == UNWIND_MODULES_MAX)
		return;
	c->modules[c->module_count++] = (struct capture_module){
		map->start, map->end, map->offset, map->dev, map->inode, open(path, O_RDONLY | O_CLOEXEC), false,
		strdup(path) };
}

/* 55f0c8a00000-55f0c8a02000 r--p 00000000 08:01 4711      /usr/bin/sleep */
static inline void unwind_read_maps(struct capture *c)
{
	char path[64], line[4600];
	size_t size = 1024;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)c->pid);
	file = fopen(path, "re");
	c->modules = calloc(UNWIND_MODULES_MAX, sizeof(*c->modules));
	c->mappings = calloc(size, sizeof(*c->mappings));
	while (file && fgets(line, sizeof(line), file)) {
		struct procparse_map map = { 0 };
		unsigned long long start, end, offset, inode;
		unsigned major, minor;
		int at = 0;

		if (sscanf(line, "%llx-%llx %4s %llx %x:%x %llu %n", &start, &end, map.perms, &offset, &major, &minor,
			   &inode, &at) < 7)
			continue;
		map.start = start, map.end = end, map.offset = offset, map.inode = inode;
		map.dev = (uint64_t)major << 20 | minor;
		line[strcspn(line, "\n")] = '\0';
		if (c->mapping_count < size)
			c->mappings[c->mapping_count++] = map;
		if (line[at] == '/' && inode)
			unwind_add_module(c, line + at, &map);
	}
	if (file)
		fclose(file);
}

static inline void unwind_copy(pid_t pid, uint64_t at, size_t len, char **ret, size_t *ret_len)
{
	struct iovec to = { malloc(len ? len : 1), len }, from = { (void *)(uintptr_t)at, len };
	ssize_t n = process_vm_readv(pid, &to, 1, &from, 1, 0);

	*ret = to.iov_base;
	*ret_len = n > 0 ? (size_t)n : 0;
}

static inline void unwind_read_thread(struct capture *c, struct capture_thread *thread, size_t stack_max)
{
	char data[4096], *stack = NULL;
	struct iovec registers = { data, sizeof(data) };
	uint64_t end = 0;

	if (ptrace(PTRACE_GETREGSET, thread->tid, NT_PRSTATUS, &registers) < 0 ||
	    regs_of_prstatus(data, registers.iov_len, &thread->regs) < 0)
		return;
	thread->how = CAPTURE_STOPPED;
	thread->stack_at = thread->regs.sp;
	for (size_t i = 0; i < c->mapping_count; i++)
		if (thread->stack_at >= c->mappings[i].start && thread->stack_at < c->mappings[i].end)
			end = c->mappings[i].end;
	if (!end)
		return;
	thread->stack_cut = end - thread->stack_at > stack_max;
	unwind_copy(c->pid, thread->stack_at, thread->stack_cut ? stack_max : (size_t)(end - thread->stack_at), &stack,
		    &thread->stack_len);
	thread->stack = stack;
}

static inline void unwind_read_threads(struct capture *c, size_t stack_max)
{
	char path[64];
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)c->pid);
	dir = opendir(path);
	c->threads = calloc(UNWIND_THREADS_MAX, sizeof(*c->threads));
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		pid_t tid = atoi(entry->d_name);

		if (tid <= 0 || c->thread_count == UNWIND_THREADS_MAX || ptrace(PTRACE_SEIZE, tid, 0, 0) < 0)
			continue;
		ptrace(PTRACE_INTERRUPT, tid, 0, 0);
		waitpid(tid, NULL, __WALL);
		c->threads[c->thread_count].tid = tid;
		unwind_read_thread(c, &c->threads[c->thread_count++], stack_max);
	}
	for (size_t i = 0; i < c->thread_count; i++)
		ptrace(PTRACE_DETACH, c->threads[i].tid, 0, 0);
	if (dir)
		closedir(dir);
}

/* PID and its threads, at most STACK_MAX bytes of each stack. Free with unwind_release(). */
static inline void unwind_take(pid_t pid, size_t stack_max, struct capture *ret)
{
	*ret = (struct capture){ .pid = pid };
	unwind_read_maps(ret);
	ret->entry = unwind_auxv(pid, AT_ENTRY);
	ret->vdso_at = unwind_auxv(pid, AT_SYSINFO_EHDR);
	for (size_t i = 0; ret->vdso_at && i < ret->mapping_count; i++)
		if (ret->mappings[i].start == ret->vdso_at)
			unwind_copy(pid, ret->vdso_at, ret->mappings[i].end - ret->vdso_at, &ret->vdso.data,
				    &ret->vdso.len);
	unwind_read_threads(ret, stack_max);
}

static inline void unwind_release(struct capture *c)
{
	for (size_t i = 0; i < c->module_count; i++) {
		if (c->modules[i].fd >= 0)
			close(c->modules[i].fd);
		free(c->modules[i].path);
	}
	for (size_t i = 0; i < c->thread_count; i++)
		free((char *)c->threads[i].stack);
	free(c->modules);
	free(c->mappings);
	free(c->threads);
	free(c->vdso.data);
}

#endif
