// SPDX-License-Identifier: GPL-2.0
/*
 * image.c - an image is mapped as often as wanted, each time whole, and goes without trace
 *
 * That damaged files are refused is open.c's, names of addresses are image_symbol.c's.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "image.h"
#include "shared.h"

enum { PAGE = 4096, MIB = 1 << 20 };

static char path[4096];
static Elf64_Ehdr ehdr;
/* The first and the last segment, of text and of data */
static Elf64_Phdr text, data;

static int read_headers(void **state)
{
	Elf64_Phdr phdr;
	int fd, i;

	(void)state;
	snprintf(path, sizeof(path), "%s/liblinux-%s.so", getenv("LIBOS_IMAGE_PATH"),
		 getenv("LIBOS_RELEASE"));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, &ehdr, sizeof(ehdr)) != sizeof(ehdr))
		return -1;
	for (i = 0; i < ehdr.e_phnum; i++) {
		if (pread(fd, &phdr, sizeof(phdr), ehdr.e_phoff + i * sizeof(phdr)) < 0)
			return -1;
		if (phdr.p_type == PT_LOAD && !text.p_memsz)
			text = phdr;
		if (phdr.p_type == PT_LOAD)
			data = phdr;
	}
	close(fd);
	return 0;
}

static struct image map(size_t arena, size_t extra)
{
	struct image image;

	assert_int_equal(image_map(&image, getenv("LIBOS_RELEASE"), NULL, arena, extra), 0);
	return image;
}

static int descriptors(void)
{
	DIR *fds = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(fds))
		n++;
	closedir(fds);
	return n;
}

/* How many of the pages at @at are there: mincore(2) */
static int present(const void *at, int pages)
{
	unsigned char there[pages];
	int i, n = 0;

	assert_int_equal(mincore((void *)at, (size_t)pages * PAGE, there), 0);
	for (i = 0; i < pages; i++)
		n += there[i] & 1;
	return n;
}

/* Whether something is mapped at @at */
static bool mapped(const void *at)
{
	unsigned char there;

	return !mincore((void *)at, PAGE, &there) || errno != ENOMEM;
}

/* How many mappings of this process are of an image's file: proc(5) */
static int of_the_file(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[5000];
	int n = 0;

	while (fgets(line, sizeof(line), f))
		n += !!strstr(line, "/liblinux-");
	fclose(f);
	return n;
}

/* VmFlags of the mapping that @at is in: proc(5) */
static void flags_of(const void *at, char *flags, size_t size)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	unsigned long start, end;
	char line[5000];
	bool here = false;

	flags[0] = 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = (uintptr_t)at >= start && (uintptr_t)at < end;
		else if (here && !strncmp(line, "VmFlags:", 8))
			snprintf(flags, size, "%.*s", (int)size - 1, line + 8);
	}
	fclose(f);
}

/* ------------------------------------------------------------------ */

/* The arena goes on where the data end, in pages: lib_contract.h. */
static void arena_is_behind_the_data(void **state)
{
	struct image image = map(16 * MIB + 1, 0);
	size_t end = (data.p_vaddr + data.p_memsz + PAGE - 1) / PAGE * PAGE;
	char *arena = image.arena;
	size_t i;

	(void)state;
	assert_int_equal((uintptr_t)image.base % (4 * MIB), 0);
	assert_int_equal(arena - image.base, end);
	assert_int_equal(image.arena_size, 16 * MIB + PAGE);
	assert_ptr_equal((char *)image.init, image.base + ehdr.e_entry);
	for (i = 0; i < image.arena_size; i += PAGE / 2)
		assert_int_equal(arena[i], 0);
	memset(arena + image.arena_size - PAGE, 1, PAGE);
	/* What the file does not have of the data is zero. */
	for (i = data.p_filesz; i < data.p_memsz; i++)
		assert_int_equal(image.base[data.p_vaddr + i], 0);
	assert_null(image.extra);
	image_unmap(&image);
}

/* Two differ in nothing but addresses, which are as far apart as they are. */
static void addresses_are_its_own(void **state)
{
	struct image a = map(16 * MIB, 0), b = map(16 * MIB, 0);
	const uint64_t *in_a = (void *)(a.base + data.p_vaddr);
	const uint64_t *in_b = (void *)(b.base + data.p_vaddr);
	size_t i, words = data.p_filesz / 8;
	int addresses = 0;

	(void)state;
	for (i = 0; i < words; i++) {
		if (in_a[i] == in_b[i])
			continue;
		assert_int_equal(in_b[i] - in_a[i], b.base - a.base);
		assert_in_range(in_a[i], (uintptr_t)a.base,
				(uintptr_t)a.arena + a.arena_size - 1);
		addresses++;
	}
	assert_in_range(addresses, 1000, words);
	image_unmap(&a);
	image_unmap(&b);
}

/* Kilobytes of @field in the smaps(5) of the mapping that @at is in */
static long smaps(const void *at, const char *field)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	unsigned long from, to;
	bool here = false;
	char line[512];
	long value = -1;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from <= (uintptr_t)at && (uintptr_t)at < to;
		else if (here && !strncmp(line, field, strlen(field)))
			value = atol(line + strlen(field));
	}
	fclose(f);
	return value;
}

static void text_is_shared(void **state)
{
	struct image a = map(16 * MIB, 0), b = map(32 * MIB, 0), by_path;
	const struct image *both[] = { &a, &b };
	volatile char c;
	int i;

	(void)state;
	/* The whole text is the page cache's: nothing of it was written. */
	for (i = 0; i < 2; i++) {
		const char *at = both[i]->base + text.p_vaddr;

		for (size_t k = 0; k < text.p_filesz; k += PAGE)
			c = at[k];
		assert_in_range(smaps(at, "Rss:"), text.p_filesz / 1024 / 2, 1 << 20);
		assert_int_equal(smaps(at, "Anonymous:"), 0);
	}
	(void)c;
	/* One descriptor, however it is named */
	assert_int_equal(image_map(&by_path, NULL, path, 16 * MIB, 0), 0);
	assert_int_equal(image_fd(&a), image_fd(&b));
	assert_int_equal(image_fd(&a), image_fd(&by_path));
	assert_string_equal(image_path(&by_path), path);
	image_unmap(&a);
	assert_true(fcntl(image_fd(&b), F_GETFD) >= 0);
	image_unmap(&b);
	image_unmap(&by_path);
}

/* "nh", whatever the host's default is: a stack touches few pages of each 2 MiB. */
static void memory_is_in_small_pages(void **state)
{
	struct image image = map(16 * MIB, 0);
	char flags[256];

	(void)state;
	flags_of(image.arena, flags, sizeof(flags));
	assert_non_null(strstr(flags, " nh"));
	flags_of(image.base + data.p_vaddr, flags, sizeof(flags));
	assert_non_null(strstr(flags, " nh"));
	flags_of(image.base, flags, sizeof(flags));
	assert_null(strstr(flags, " nh"));
	image_unmap(&image);
}

static void unmapping_gives_everything_back(void **state)
{
	int before = descriptors(), extra;
	char name[100];

	(void)state;
	for (extra = 0; extra < 2; extra++) {
		struct image image = map(16 * MIB, extra ? PAGE : 0);
		char *at, *end = (char *)image.map + image.map_size;

		/* The file's symbols are mapped, too, as long as it is open. */
		image_symbol(&image, (uintptr_t)image.base, false, name, sizeof(name));
		assert_int_equal(descriptors(), before + 1 + extra);
		assert_true(mapped(image.arena));
		assert_true(of_the_file() > 0);
		image_unmap(&image);
		for (at = end - image.map_size; at < end; at += PAGE)
			assert_false(mapped(at));
		assert_int_equal(of_the_file(), 0);
		assert_int_equal(descriptors(), before);
		/* Once more is nothing. */
		image_unmap(&image);
	}
}

/* ------------------------------------------------------------------ */

static void shared_ones_are_memory_files(void **state)
{
	struct image a = map(16 * MIB, 1), b = map(16 * MIB, 3 * PAGE);
	char *there, *here = a.base + data.p_vaddr;

	(void)state;
	assert_int_equal((uintptr_t)a.base, SHARED_BASE);
	assert_int_equal((uintptr_t)b.base, SHARED_BASE + SHARED_STEP);
	assert_ptr_equal(a.data, here);
	assert_ptr_equal(a.extra, (char *)a.arena + 16 * MIB);
	assert_ptr_equal(a.data + a.data_size, (char *)a.extra + PAGE);
	assert_ptr_equal(b.data + b.data_size, (char *)b.extra + 3 * PAGE);
	there = mmap(NULL, a.data_size, PROT_READ | PROT_WRITE, MAP_SHARED, a.memory, 0);
	assert_true(there != MAP_FAILED);
	assert_memory_equal(there, here, data.p_filesz);
	/* In the data, the arena and behind it, either way */
	strcpy(here, "data");
	strcpy(a.arena, "arena");
	strcpy(there + a.data_size - PAGE, "extra");
	assert_string_equal(there, "data");
	assert_string_equal(there + ((char *)a.arena - a.data), "arena");
	assert_string_equal(a.extra, "extra");
	assert_int_equal(*(char *)b.extra, 0);
	munmap(there, a.data_size);
	image_unmap(&a);
	/* Its place is free again. */
	a = map(16 * MIB, 1);
	assert_int_equal((uintptr_t)a.base, SHARED_BASE);
	image_unmap(&a);
	image_unmap(&b);
}

/* The next one of that size has at once what the first one touched of its arena. */
static void the_next_one_boots_faster(void **state)
{
	struct image first = map(16 * MIB, 0), next, other;
	char *arena = first.arena;

	(void)state;
	memset(arena + 3 * PAGE, 1, 5 * PAGE);
	arena[100 * PAGE] = 1;
	image_booted(&first);
	/* What it touches later is its own affair. */
	memset(arena + 200 * PAGE, 1, PAGE);
	image_booted(&first);
	next = map(16 * MIB, 0);
	assert_int_equal(present((char *)next.arena + 3 * PAGE, 5), 5);
	assert_int_equal(present((char *)next.arena + 100 * PAGE, 1), 1);
	assert_int_equal(present(next.arena, 4096), 6);
	assert_int_equal(((char *)next.arena)[100 * PAGE], 0);
	other = map(32 * MIB, 0);
	assert_int_equal(present(other.arena, 8192), 0);
	image_unmap(&first);
	image_unmap(&next);
	image_unmap(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_is_behind_the_data),
		cmocka_unit_test(addresses_are_its_own),
		cmocka_unit_test(text_is_shared),
		cmocka_unit_test(memory_is_in_small_pages),
		cmocka_unit_test(unmapping_gives_everything_back),
		cmocka_unit_test(shared_ones_are_memory_files),
		cmocka_unit_test(the_next_one_boots_faster),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("image", tests, read_headers, NULL);
}
