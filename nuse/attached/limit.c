// SPDX-License-Identifier: GPL-2.0
/*
 * limit.c - getrlimit(2), setrlimit(2), prlimit64(2): a program's limits are its own
 *
 * RLIMIT_AS counts what is mapped, and the stack is, with all of the memory that it may ever
 * use. A server that allows itself 200 MB (vsftpd) could not map another page: the host's
 * limit is so much higher than what the program says, and what it reads so much lower.
 */
#include <linux/resource.h>

#include "attached.h"

/* Threads' pages, the twin's stack, the poller's */
#define BESIDE (16ul << 20)

static void raise(unsigned long *limit, unsigned long by)
{
	if (*limit != ~0ul)
		*limit = *limit > ~0ul - 1 - by ? ~0ul - 1 : *limit + by;
}

static void lower(unsigned long *limit, unsigned long by)
{
	if (*limit != ~0ul)
		*limit = *limit > by ? *limit - by : 0;
}

static long address_space(const struct rlimit *user, struct rlimit *old_user)
{
	unsigned long ours = attachment.mapped + BESIDE;
	struct rlimit limit, old;
	long err;

	if (user) {
		if (trap_copy(&limit, user, sizeof(limit)))
			return -EFAULT;
		if (limit.rlim_cur > limit.rlim_max)
			return -EINVAL;
		raise(&limit.rlim_cur, ours);
		raise(&limit.rlim_max, ours);
	}
	err = host_4(__NR_prlimit64, 0, RLIMIT_AS, (long)(user ? &limit : NULL), &old);
	if (err || !old_user)
		return err;
	lower(&old.rlim_cur, ours);
	lower(&old.rlim_max, ours);
	return trap_copy(old_user, &old, sizeof(old)) ? -EFAULT : 0;
}

/* Another process's are as the host has them. */
long limit_call(struct trap_thread *t, long nr, unsigned long *a)
{
	int which = nr == __NR_prlimit64;
	int pid = which ? (int)a[0] : 0;
	void *set = nr == __NR_getrlimit ? NULL : (void *)a[which + 1];
	void *get = nr == __NR_getrlimit ? (void *)a[1] : which ? (void *)a[3] : NULL;

	if (pid && pid != host_0(__NR_getpid))
		return TRAP_HOST;
	if (a[which] == RLIMIT_AS)
		return address_space(set, get);
	/* What makes threads and processes is made before. */
	if (a[which] == RLIMIT_NPROC && set && *trap_data(t)) {
		lib_1(t, __NR_getppid, 0);
		poller_prepare();
	}
	return TRAP_HOST;
}
