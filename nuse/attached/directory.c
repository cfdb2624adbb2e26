// SPDX-License-Identifier: GPL-2.0
/*
 * directory.c - what is in a directory
 *
 * A program that lists its own descriptors in /proc/self/fd, to close them, does not find ours.
 */
#include "attached.h"

#define LINK_SIZE 64

/* Of either call, what a name comes after; the name ends with the entry at the latest. */
struct entry {
	unsigned long inode;
	long offset;
	unsigned short length;
};

static int is_hidden_name(const char *name)
{
	const char *end;
	unsigned long fd;

	if (*name < '0' || *name > '9')
		return 0;
	fd = trap_number(name, &end, 10);
	return !*end && fd < 1UL << 31 && file_kind(fd) == FILE_HIDDEN;
}

/* Is the host's directory @fd a list of descriptors of this process? */
static int lists_descriptors(int fd)
{
	char link[LINK_SIZE], name[LINK_SIZE], own[LINK_SIZE];
	const char *rest;
	long n;

	trap_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = host_4(__NR_readlinkat, HOST_AT_FDCWD, link, name, sizeof(name) - 1);
	if (n <= 0)
		return 0;
	name[n] = 0;
	trap_format(own, sizeof(own), "/proc/%d/", (int)host_0(__NR_getpid));
	if (strncmp(name, own, strlen(own)))
		return 0;
	for (rest = name + n; rest[-1] != '/'; rest--)
		;
	return !strcmp(rest, "fd") || !strcmp(rest, "fdinfo");
}

/* Takes ours out of what the host has put at @list. Returns what is left of its @n bytes. */
static long without_hidden(int fd, char *list, long n, size_t name)
{
	char copy[LINK_SIZE];
	struct entry e;
	long at = 0;

	while (at < n && !trap_copy(&e, list + at, sizeof(e)) && e.length) {
		size_t length = e.length - name < sizeof(copy) ? e.length - name : sizeof(copy) - 1;

		if (trap_copy(copy, list + at + name, length))
			break;
		copy[length] = 0;
		if (!is_hidden_name(copy) || !lists_descriptors(fd)) {
			at += e.length;
			continue;
		}
		n -= e.length;
		memmove(list + at, list + at + e.length, n - at);
	}
	return n;
}

/* getdents(2), getdents64(2) */
long directory_list(struct trap_thread *t, long nr, unsigned long *a)
{
	size_t name = nr == __NR_getdents64 ? 19 : 18;
	enum file_kind kind = file_kind(a[0]);
	long n, left;

	if (kind == FILE_HIDDEN)
		return -EBADF;
	if (kind != FILE_HOST)
		return lib_args(t, nr, a);
	do {
		n = host_3(nr, a[0], a[1], a[2]);
		left = n > 0 ? without_hidden(a[0], (char *)a[1], n, name) : n;
	} while (n > 0 && !left);
	return left;
}
