// SPDX-License-Identifier: GPL-2.0
/*
 * bpf.c - bpf(2) is the stack's: its programs, maps and links, and /sys/fs/bpf there
 *
 * Descriptors and names in the attributes mean the same in both kernels, so they are left
 * as they are, but for a control group of the host's (cgroup.c); what comes back as a descriptor gets a number of the host's.
 */
#include <linux/bpf.h>

#include "attached.h"

#define TOKEN_CREATE 36		/* since 6.9 */
#define ATTR_MAX 256

/* All of these are close-on-exec. */
static int opens(unsigned int command)
{
	switch (command) {
	case BPF_MAP_CREATE:
	case BPF_PROG_LOAD:
	case BPF_OBJ_GET:
	case BPF_PROG_GET_FD_BY_ID:
	case BPF_MAP_GET_FD_BY_ID:
	case BPF_BTF_GET_FD_BY_ID:
	case BPF_LINK_GET_FD_BY_ID:
	case BPF_RAW_TRACEPOINT_OPEN:
	case BPF_BTF_LOAD:
	case BPF_LINK_CREATE:
	case BPF_ENABLE_STATS:
	case BPF_ITER_CREATE:
	case TOKEN_CREATE:
		return 1;
	default:
		return 0;
	}
}

/* Where a command has the descriptor of what it is about, which may be a control group; or -1 */
static int target(unsigned int command)
{
	switch (command) {
	case BPF_PROG_ATTACH:
	case BPF_PROG_DETACH:
	case BPF_PROG_QUERY:
		return 0;
	case BPF_LINK_CREATE:
		return 4;
	default:
		return -1;
	}
}

/* A group of the host's: the same is done to the stack's. */
static long in_own_group(struct trap_thread *t, long nr, const unsigned long *a, int at)
{
	unsigned long args[6] = { a[0], 0, a[2] };
	char attr[ATTR_MAX];
	int fd;
	long ret;

	args[1] = (unsigned long)attr;
	if (a[2] > sizeof(attr) || a[2] < at + sizeof(fd) || trap_copy(attr, (void *)a[1], a[2]))
		return lib_args(t, nr, a);
	memcpy(&fd, attr + at, sizeof(fd));
	if (fd < 0 || file_kind(fd) != FILE_HOST)
		return lib_args(t, nr, a);
	fd = cgroup_open(t, fd);
	if (fd < 0)
		return lib_args(t, nr, a);
	memcpy(attr + at, &fd, sizeof(fd));
	ret = lib_args(t, nr, args);
	lib_1(t, __NR_close, fd);
	/* What a query found, but for the descriptor */
	if (a[0] == BPF_PROG_QUERY && a[2] > sizeof(fd))
		trap_copy((char *)a[1] + sizeof(fd), attr + sizeof(fd), a[2] - sizeof(fd));
	return ret;
}

long bpf_call(struct trap_thread *t, long nr, unsigned long *a)
{
	int at = target(a[0]);
	long ret = at < 0 ? lib_args(t, nr, a) : in_own_group(t, nr, a, at);

	return opens(a[0]) ? file_settle(t, ret, 1) : ret;
}
