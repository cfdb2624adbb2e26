// SPDX-License-Identifier: GPL-2.0
/*
 * bpf.c - bpf(2) is the stack's: its programs, maps and links, and /sys/fs/bpf there
 *
 * Descriptors and names in the attributes mean the same in both kernels, so they are left
 * as they are; what comes back as a descriptor gets a number of the host's.
 */
#include <linux/bpf.h>

#include "attached.h"

#define TOKEN_CREATE 36		/* since 6.9 */

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

long bpf_call(struct trap_thread *t, long nr, unsigned long *a)
{
	long ret = lib_args(t, nr, a);

	return opens(a[0]) ? file_settle(t, ret, 1) : ret;
}
