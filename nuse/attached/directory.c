// SPDX-License-Identifier: GPL-2.0
/*
 * directory.c - what is in a directory
 *
 * A program that lists its own descriptors in /proc/self/fd, to close them, does not find ours. Nor
 * do lsof and the like find those of another one of the stack, where they are what ours of the same
 * number are (a process has them where its limit has let it).
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

/* Whose descriptors does the host's directory @fd list? 0: it is something else */
static int whose_list(int fd)
{
	char link[LINK_SIZE], name[LINK_SIZE];
	const char *rest;
	long n;
	int pid;

	trap_format(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = host_4(__NR_readlinkat, HOST_AT_FDCWD, link, name, sizeof(name) - 1);
	if (n <= 0)
		return 0;
	name[n] = 0;
	if (strncmp(name, "/proc/", 6) || name[6] < '1' || name[6] > '9')
		return 0;
	pid = trap_number(name + 6, &rest, 10);
	for (rest = name + n; rest[-1] != '/'; rest--)
		;
	return !strcmp(rest, "fd") || !strcmp(rest, "fdinfo") ? pid : 0;
}

/* Is @number of @pid what it is of ours, and no file of the stack's? */
static int is_same_as_ours(struct trap_thread *t, int pid, const char *number)
{
	char name[LINK_SIZE], ours[LINK_SIZE], other[LINK_SIZE];
	int process = stack_number(t, pid);
	long n;

	if (!process)
		return 0;
	trap_format(name, sizeof(name), "/proc/self/fd/%s", number);
	n = host_4(__NR_readlinkat, HOST_AT_FDCWD, name, ours, sizeof(ours));
	trap_format(name, sizeof(name), "/proc/%d/fd/%s", pid, number);
	if (n <= 0 || host_4(__NR_readlinkat, HOST_AT_FDCWD, name, other, sizeof(other)) != n ||
	    memcmp(ours, other, n))
		return 0;
	trap_format(name, sizeof(name), "/proc/%d/fd/%s", process, number);
	return lib_3(t, __NR_readlink, name, other, sizeof(other)) < 0;
}

static int is_ours(struct trap_thread *t, int fd, const char *name)
{
	int pid;

	if (!is_hidden_name(name))
		return 0;
	pid = whose_list(fd);
	return pid && (pid == host_0(__NR_getpid) || is_same_as_ours(t, pid, name));
}

/* Takes ours out of what the host has put at @list. Returns what is left of its @n bytes. */
static long without_hidden(struct trap_thread *t, int fd, char *list, long n, size_t name)
{
	char copy[LINK_SIZE];
	struct entry e;
	long at = 0;

	while (at < n && !trap_copy(&e, list + at, sizeof(e)) && e.length) {
		size_t length = e.length - name < sizeof(copy) ? e.length - name : sizeof(copy) - 1;

		if (trap_copy(copy, list + at + name, length))
			break;
		copy[length] = 0;
		if (!is_ours(t, fd, copy)) {
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
		left = n > 0 ? without_hidden(t, a[0], (char *)a[1], n, name) : n;
	} while (n > 0 && !left);
	return left;
}
