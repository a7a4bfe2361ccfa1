/* Tests of core/pages.h: pages of this process, read as if it were another. */
#include "core/pages_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/suite.h"

enum { COUNT = 600 };

static struct pages *pages;
static char *memory;

static uint64_t at(size_t offset)
{
	return (uint64_t)(uintptr_t)memory + offset;
}

static void setup(void)
{
	void *mapped = mmap(NULL, (size_t)COUNT * PAGES_SIZE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert(mapped != MAP_FAILED);
	memory = mapped;
	for (size_t i = 0; i < COUNT; i++)
		memory[i * PAGES_SIZE] = (char)i;
	ck_assert_int_eq(pages_new(COUNT, &pages), 0);
	pages_source(pages, getpid(), -1);
}

static void teardown(void)
{
	pages_free(pages);
	munmap(memory, (size_t)COUNT * PAGES_SIZE);
}

START_TEST(once_until_refreshed)
{
	char text[8] = "";

	memcpy(memory + PAGES_SIZE - 3, "across", 6);
	ck_assert_int_eq(pages_read(pages, at(PAGES_SIZE - 3), text, 6), 0);
	ck_assert_str_eq(text, "across");
	ck_assert_uint_eq(pages->count, 2);
	memcpy(memory + PAGES_SIZE - 3, "beside", 6);
	ck_assert_int_eq(pages_read(pages, at(PAGES_SIZE - 3), text, 6), 0);
	ck_assert_str_eq(text, "across");
	ck_assert_int_eq(pages_refresh(pages), 0);
	ck_assert_int_eq(pages_read(pages, at(PAGES_SIZE - 3), text, 6), 0);
	ck_assert_str_eq(text, "beside");
}
END_TEST

START_TEST(what_is_gone)
{
	char byte = 0;

	ck_assert_int_eq(pages_touch(pages, at(0), (size_t)COUNT * PAGES_SIZE), 0);
	ck_assert_int_eq(munmap(memory + 5 * PAGES_SIZE, PAGES_SIZE), 0);
	memory[6 * PAGES_SIZE] = 'n';
	memory[599 * PAGES_SIZE] = 'l';
	ck_assert_int_eq(pages_refresh(pages), 0);
	ck_assert_int_eq(pages_read(pages, at(5 * PAGES_SIZE), &byte, 1), -EFAULT);
	ck_assert_int_eq(pages_read(pages, at(6 * PAGES_SIZE), &byte, 1), 0);
	ck_assert_int_eq(byte, 'n');
	ck_assert_int_eq(pages_read(pages, at(599 * PAGES_SIZE), &byte, 1), 0);
	ck_assert_int_eq(byte, 'l');
	pages_clear(pages);
	for (uint64_t page = 0; page < 2 * COUNT; page++)
		ck_assert_int_eq(pages_read(pages, page % 2 * PAGES_SIZE, &byte, 1), -EFAULT);
	ck_assert_uint_eq(pages->count, 0); /* what cannot be had takes no room */
	ck_assert_int_eq(pages_read(pages, UINT64_MAX - 1, &byte, 8), -EFAULT);
}
END_TEST

START_TEST(no_more_than_max)
{
	struct pages *few;
	char byte;

	ck_assert_int_eq(pages_new(2, &few), 0);
	pages_source(few, getpid(), -1);
	ck_assert_int_eq(pages_touch(few, at(0), 2 * PAGES_SIZE), 0);
	ck_assert_int_eq(pages_read(few, at(2 * PAGES_SIZE), &byte, 1), -ENOBUFS);
	ck_assert_int_eq(pages_read(few, at(PAGES_SIZE), &byte, 1), 0);
	pages_clear(few);
	ck_assert_int_eq(pages_read(few, at(2 * PAGES_SIZE), &byte, 1), 0);
	pages_free(few);
}
END_TEST

START_TEST(until_a_time)
{
	char byte = 0;
	int r = 0;

	ck_assert_int_eq(pages_touch(pages, at(0), (size_t)COUNT * PAGES_SIZE), 0);
	pages_until(pages, 1);
	ck_assert_int_eq(pages_touch(pages, at(0), (size_t)COUNT * PAGES_SIZE), -ETIMEDOUT);
	ck_assert_int_eq(pages_read(pages, at(0), &byte, 1), -ETIMEDOUT);
	ck_assert_int_eq(pages_refresh(pages), -ETIMEDOUT);
	pages_until(pages, 1);
	for (int i = 0; r == 0 && i < 2 * COUNT; i++)
		r = pages_read(pages, at(0), &byte, 1); /* what was copied long ago, again and again */
	ck_assert_int_eq(r, -ETIMEDOUT);
	pages_until(pages, 0);
	ck_assert_int_eq(pages_refresh(pages), 0);
	ck_assert_int_eq(pages_touch(pages, at(0), (size_t)COUNT * PAGES_SIZE), 0);
}
END_TEST

START_TEST(children_share_them)
{
	pid_t pid = fork();
	char byte = 0;
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(pages_touch(pages, at(3 * PAGES_SIZE), 1) == 0 ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	pages_source(pages, 0, -1);
	ck_assert_int_eq(pages_read(pages, at(3 * PAGES_SIZE), &byte, 1), 0);
	ck_assert_int_eq(byte, 3);
	ck_assert_int_eq(pages_read(pages, at(4 * PAGES_SIZE), &byte, 1), -EFAULT);
	ck_assert_uint_eq(pages->count, 1);
}
END_TEST

START_TEST(what_was_put)
{
	char text[5] = "";

	pages_source(pages, 0, -1);
	ck_assert_int_eq(pages_put(pages, 0xfffe, "four", 5), 0);
	ck_assert_int_eq(pages_read(pages, 0xfffe, text, 5), 0);
	ck_assert_str_eq(text, "four");
	ck_assert_int_eq(pages_refresh(pages), 0);
	ck_assert_int_eq(pages_read(pages, 0xfffe, text, 5), 0);
}
END_TEST

/* As one would that has read hostile bytes, and does what those want. */
START_TEST(books_of_our_own)
{
	pid_t pid;
	int status;

	ck_assert_int_eq(pages_touch(pages, at(0), 1), 0);
	ck_assert_int_eq(pages_unshare(pages), 0);
	ck_assert_uint_eq(pages->count, 1);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		memset(pages, 0x5a, PAGES_SIZE);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(pages->count, 1);
}
END_TEST

/* In order of their addresses, which others are than that in which they came; some are gone, some come behind it. */
START_TEST(prepared)
{
	char byte = 0;

	for (size_t i = COUNT - 50; i > 0; i--)
		ck_assert_int_eq(pages_touch(pages, at((i - 1) * 7 % (COUNT - 50) * PAGES_SIZE), 1), 0);
	pages_prepare(pages);
	for (size_t i = COUNT - 50; i < COUNT; i++)
		ck_assert_int_eq(pages_touch(pages, at(i * PAGES_SIZE), 1), 0);
	ck_assert_int_eq(munmap(memory + 7 * PAGES_SIZE, 2 * PAGES_SIZE), 0);
	for (size_t i = 0; i < COUNT; i++)
		if (i != 7 && i != 8)
			memory[i * PAGES_SIZE] = (char)(i + 1);
	ck_assert_int_eq(pages_refresh(pages), 0);
	for (size_t i = 0; i < COUNT; i++) {
		int r = pages_read(pages, at(i * PAGES_SIZE), &byte, 1);

		ck_assert_int_eq(r, i == 7 || i == 8 ? -EFAULT : 0);
		ck_assert(r < 0 || byte == (char)(i + 1));
	}
	ck_assert_uint_eq(pages->count, COUNT);
}
END_TEST

START_TEST(those_beside_it)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	uint64_t block = (at(0) / PAGES_SIZE + 31) / 16 * 16 * PAGES_SIZE;
	char *first = memory + (block - at(0));
	char byte = 0;

	ck_assert_int_ge(pagemap, 0);
	ck_assert_int_eq(munmap(first + 12 * PAGES_SIZE, PAGES_SIZE), 0);
	pages_read_ahead(pages, 16);
	pages_source(pages, getpid(), pagemap);
	ck_assert_int_eq(pages_read(pages, block + 2 * PAGES_SIZE, &byte, 1), 0);
	ck_assert_int_eq(byte, first[2 * PAGES_SIZE]);
	if (sysconf(_SC_PAGESIZE) == PAGES_SIZE)
		ck_assert_uint_eq(pages->count, 12);
	ck_assert_int_eq(pages_read(pages, block + 12 * PAGES_SIZE, &byte, 1), -EFAULT);
	ck_assert_int_eq(pages_read(pages, block + 15 * PAGES_SIZE, &byte, 1), 0);
	pages_source(pages, 0, -1);
	for (size_t i = 0; i < 12; i++) {
		ck_assert_int_eq(pages_read(pages, block + i * PAGES_SIZE, &byte, 1), 0);
		ck_assert_int_eq(byte, first[i * PAGES_SIZE]);
	}
	close(pagemap);
}
END_TEST

/* Some were given back to the system, as a process may do to keep those waiting who read them. */
START_TEST(no_longer_in_memory)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	char byte = 0;

	ck_assert_int_ge(pagemap, 0);
	pages_source(pages, getpid(), pagemap);
	for (size_t i = 0; i < COUNT; i += i % 100 == 50 ? 30 : 1)
		ck_assert_int_eq(pages_touch(pages, at(i * PAGES_SIZE), 1), 0);
	pages_prepare(pages);
	ck_assert_int_eq(munmap(memory + 300 * PAGES_SIZE, 4 * PAGES_SIZE), 0);
	ck_assert_int_eq(madvise(memory + 500 * PAGES_SIZE, 50 * PAGES_SIZE, MADV_DONTNEED), 0);
	for (size_t i = 0; i < 300; i++)
		memory[i * PAGES_SIZE] = (char)(i + 1);
	ck_assert_int_eq(pages_refresh(pages), 0);
	pages_source(pages, 0, -1);
	for (size_t i = 0; i < COUNT; i++) {
		bool gone = (i >= 300 && i < 304) || (i >= 500 && i < 550) || (i % 100 > 50 && i % 100 < 80);
		int r = pages_read(pages, at(i * PAGES_SIZE), &byte, 1);

		ck_assert_int_eq(r, gone ? -EFAULT : 0);
		ck_assert(r < 0 || byte == (char)(i < 300 ? i + 1 : i));
	}
	close(pagemap);
}
END_TEST

/* No more than there may be, and none that belongs to nobody. */
START_TEST(those_beside_it_and_no_room)
{
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	struct pages *few;
	char byte = 0;

	ck_assert_int_ge(pagemap, 0);
	ck_assert_int_eq(pages_new(5, &few), 0);
	pages_read_ahead(few, PAGES_AHEAD_MAX);
	pages_source(few, getpid(), pagemap);
	for (size_t i = 0; i < 5; i++) {
		pages_clear(few);
		ck_assert_int_eq(pages_read(few, at((60 + 13 * i) * PAGES_SIZE), &byte, 1), 0);
		ck_assert_int_eq(byte, memory[(60 + 13 * i) * PAGES_SIZE]);
		ck_assert_uint_le(few->count, 5);
	}
	pages_free(few);
	close(pagemap);
}
END_TEST

static int give(const void *context, uint64_t address, void *ret, size_t len)
{
	(void)address;
	memset(ret, *(const char *)context, len);
	return 0;
}

START_TEST(what_another_gives)
{
	char byte = 0;

	pages_fallback(pages, give, "g");
	ck_assert_int_eq(pages_read(pages, 0x1000, &byte, 1), -EFAULT); /* nobody says that it is not in memory */
	ck_assert(pages_is_here(1ULL << 63) && pages_is_here(1ULL << 62));
	ck_assert(!pages_is_here(0) && !pages_is_here(1ULL << 62 | 1ULL << 57));
}
END_TEST

int main(void)
{
	TCase *tests = tcase_create("pages");

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, once_until_refreshed);
	tcase_add_test(tests, what_is_gone);
	tcase_add_test(tests, no_more_than_max);
	tcase_add_test(tests, until_a_time);
	tcase_add_test(tests, children_share_them);
	tcase_add_test(tests, what_was_put);
	tcase_add_test(tests, what_another_gives);
	tcase_add_test(tests, books_of_our_own);
	tcase_add_test(tests, prepared);
	tcase_add_test(tests, those_beside_it);
	tcase_add_test(tests, no_longer_in_memory);
	tcase_add_test(tests, those_beside_it_and_no_room);
	return suite_run("pages", tests);
}
