// SPDX-License-Identifier: GPL-2.0
/*
 * map.c - mmap(2) of the stack's files: rings of packet sockets, BPF maps
 *
 * The stack says which of its pages they are (LIB_CALL_MAP). Those are mapped once more,
 * in the order that the program is to see, from the memory file that all of the stack is
 * in: it and the program share them. The descriptor that stands for the mapping in the stack
 * is hidden from the program, and closed when it unmaps; a fork copies it, an exec and the
 * process's end close it.
 *
 * The memory of the stack is not an isolated program's to map: ring.c.
 */
#include <linux/fcntl.h>
#include <linux/mman.h>

#include "attached.h"

#define MAPPINGS 32
#define ADDRESS_FLAGS (MAP_FIXED | MAP_FIXED_NOREPLACE | MAP_32BIT)

/**
 * struct mapping - in the program's memory
 * @start, @end: where
 * @fd: stands for it; hidden
 */
struct mapping {
	unsigned long start, end;
	int fd;
};

static struct trap_lock lock;
static struct mapping mappings[MAPPINGS];
static _Atomic int used;

/* @lib_fd, of the stack alone, at a number that is not the program's */
static long hide(struct trap_thread *t, long lib_fd)
{
	long hidden, err;

	hidden = file_hide_own(host_3(__NR_fcntl, attachment.fd[OWN_PLACEHOLDER], F_DUPFD_CLOEXEC, 0));
	if (hidden < 0) {
		lib_1(t, __NR_close, lib_fd);
		return hidden;
	}
	err = file_move(t, lib_fd, hidden, 1);
	if (!err)
		return hidden;
	file_set(hidden, FILE_HOST);
	host_1(__NR_close, hidden);
	return err;
}

static void unhide(struct trap_thread *t, int fd)
{
	lib_1(t, __NR_close, fd);
	file_set(fd, FILE_HOST);
	host_1(__NR_close, fd);
}

/* As many neighbours at a time as there are */
static long place(unsigned long to, size_t size, int prot, int flags, void *const *pages)
{
	size_t i, n, all = size / HOST_PAGE;
	long p;

	for (i = 0; i < all; i += n) {
		unsigned long from = (unsigned long)pages[i];

		for (n = 1; i + n < all && (unsigned long)pages[i + n] == from + n * HOST_PAGE; n++)
			;
		p = host_6(__NR_mmap, to + i * HOST_PAGE, n * HOST_PAGE, prot, flags,
			   attachment.fd[OWN_MEMORY], from - attachment.sh->data);
		if (host_failed(p))
			return p;
	}
	return 0;
}

/* Room where the program wants it, then the pages in it */
static long show(const unsigned long *a, size_t size, void *const *pages)
{
	long err, p = host_6(__NR_mmap, a[0], size, PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (a[3] & ADDRESS_FLAGS),
			     -1, 0);

	if (host_failed(p))
		return p;
	err = place(p, size, a[2], (a[3] & MAP_TYPE) | MAP_FIXED, pages);
	if (err)
		host_2(__NR_munmap, p, size);
	return err ? err : p;
}

static struct mapping *note(unsigned long start, size_t size, int fd)
{
	struct mapping *m;

	for (m = mappings; m < mappings + MAPPINGS && m->end; m++)
		;
	if (m == mappings + MAPPINGS)
		return NULL;
	*m = (struct mapping){ start, start + size, fd };
	used++;
	return m;
}

static long map(struct trap_thread *t, const unsigned long *a, size_t size, void **pages)
{
	struct lib_map want = {
		.fd = a[4],
		.flags = (a[2] & PROT_WRITE ? LIB_MAP_WRITE : 0) |
			 ((a[3] & MAP_TYPE) == MAP_PRIVATE ? 0 : LIB_MAP_SHARED),
		.offset = a[5],
		.length = size,
		.pages = pages,
	};
	long p, fd = lib_1(t, LIB_CALL_MAP, &want);

	if (fd >= 0)
		fd = hide(t, fd);
	if (fd < 0)
		return fd;
	trap_lock(&lock);
	p = show(a, size, pages);
	if (!host_failed(p) && !note(p, size, fd)) {
		host_2(__NR_munmap, p, size);
		p = -ENOMEM;
	}
	trap_unlock(&lock);
	if (host_failed(p))
		unhide(t, fd);
	return p;
}

long map_mmap(struct trap_thread *t, long nr, unsigned long *a)
{
	size_t size = page_up(a[1]);
	size_t list = page_up(size / HOST_PAGE * sizeof(void *));
	void **pages;
	long p;

	(void)nr;
	if (a[3] & MAP_ANONYMOUS || !file_is_lib(a[4]) || attachment.channels)
		return TRAP_HOST;
	if (!size || a[5] % HOST_PAGE)
		return -EINVAL;
	pages = trap_pages(list);
	if (!pages)
		return -ENOMEM;
	p = map(t, a, size, pages);
	trap_pages_free(pages, list);
	return p;
}

/* A mapping is over when none of it is left; one that is cut in two stays whole here. */
long map_munmap(struct trap_thread *t, long nr, unsigned long *a)
{
	unsigned long start = a[0], end = start + page_up(a[1]);
	struct mapping *m;
	long err;

	if (!used)
		return TRAP_HOST;
	err = host_2(nr, a[0], a[1]);
	if (err)
		return err;
	trap_lock(&lock);
	for (m = mappings; m < mappings + MAPPINGS; m++) {
		if (start >= m->end || end <= m->start)
			continue;
		if (start <= m->start)
			m->start = end < m->end ? end : m->end;
		else if (end >= m->end)
			m->end = start;
		if (m->start < m->end)
			continue;
		m->start = m->end = 0;
		used--;
		unhide(t, m->fd);
	}
	trap_unlock(&lock);
	return 0;
}
