// SPDX-License-Identifier: GPL-2.0
/*
 * sandbox.c - a program that restricts its own system calls (seccomp)
 *
 * Its filter sees what we ask of the host, too, and would kill it for a futex() that it
 * never made. So a few rules come before its own: calls that only we make, from where only
 * our code is. None of them is one that the program could have us make for it: what
 * it asks for and the host shall do is judged by its own rules, from whatever address.
 */
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "attached.h"
#include "layout.h"

/* Not among the calls that are trapped */
static const unsigned short ours[] = {
	__NR_rt_sigreturn, __NR_futex, __NR_membarrier, __NR_tgkill, __NR_rt_tgsigqueueinfo,
	__NR_clock_gettime, __NR_mmap, __NR_munmap, __NR_mprotect, __NR_gettid, __NR_getpid,
	__NR_sched_yield, __NR_nanosleep, __NR_pidfd_open,
};

#define OURS (sizeof(ours) / sizeof(*ours))
#define HEAD (7 + OURS)

struct fprog {
	unsigned short length;
	struct sock_filter *filter;
};

static struct sock_filter load(unsigned int at)
{
	return (struct sock_filter){ BPF_LD | BPF_W | BPF_ABS, 0, 0, at };
}

/* @to has room for HEAD; what comes next begins as with an accumulator of zero. */
static void write_head(struct sock_filter *to)
{
	const unsigned int ip = offsetof(struct seccomp_data, instruction_pointer);
	unsigned int i;

	/* To the last instruction, if it is not our address; to the one before, if it is ours. */
	to[0] = load(ip + 4);
	to[1] = (struct sock_filter){ BPF_JMP | BPF_JEQ | BPF_K, 0, HEAD - 3,
				      IMAGE_BASE >> 32 };
	to[2] = load(ip);
	to[3] = (struct sock_filter){ BPF_JMP | BPF_JGE | BPF_K, HEAD - 5, 0, IMAGE_SIZE };
	to[4] = load(offsetof(struct seccomp_data, nr));
	for (i = 0; i < OURS; i++)
		to[5 + i] = (struct sock_filter){ BPF_JMP | BPF_JEQ | BPF_K, OURS - 1 - i,
						  i + 1 == OURS, ours[i] };
	to[HEAD - 2] = (struct sock_filter){ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
	to[HEAD - 1] = (struct sock_filter){ BPF_LD | BPF_IMM, 0, 0, 0 };
}

/* prctl(2), seccomp(2) */
long sandbox_call(struct trap_thread *t, long nr, unsigned long *a)
{
	int seccomp = nr == __NR_seccomp;
	struct sock_filter *filter;
	unsigned long args[3];
	struct fprog prog;
	size_t size;
	long ret;

	if (seccomp ? a[0] != SECCOMP_SET_MODE_FILTER :
	    a[0] != PR_SET_SECCOMP || a[1] != SECCOMP_MODE_FILTER)
		return TRAP_HOST;
	if (trap_copy(&prog, (void *)a[2], sizeof(prog)) || !prog.length ||
	    prog.length + HEAD > BPF_MAXINSNS)
		return TRAP_HOST;
	/* What a first call or wait needs, a twin and the poller, is made now. */
	lib_1(t, __NR_getppid, 0);
	poller_prepare();
	steer_leave_alone(*trap_data(t));
	size = (prog.length + HEAD) * sizeof(*filter);
	filter = trap_pages(size);
	if (!filter)
		return -ENOMEM;
	ret = TRAP_HOST;
	if (trap_copy(filter + HEAD, prog.filter, prog.length * sizeof(*filter)))
		goto out;
	write_head(filter);
	prog.length += HEAD;
	prog.filter = filter;
	memcpy(args, a, sizeof(args));
	args[2] = (unsigned long)&prog;
	ret = host_5(nr, args[0], args[1], args[2], a[3], a[4]);
out:
	trap_pages_free(filter, size);
	return ret;
}
