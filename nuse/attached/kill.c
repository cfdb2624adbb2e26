// SPDX-License-Identifier: GPL-2.0
/*
 * kill.c - SIGKILL and SIGSTOP from one program of the stack to another
 *
 * Both strike at once, also in the middle of the kernel: a death there is the end of the
 * stack, a stop there stops everybody. So they are sent while nobody is inside. All
 * other deadly signals wait for the end of a call (trap/).
 */
#include <linux/fcntl.h>
#include <linux/poll.h>
#include <linux/signal.h>

#include "attached.h"

/* How long the victim may take; a death in the host's kernel may wait for its disk. */
#define PATIENCE_NS 100000000
#define STOP_NS 2000000

struct shot {
	long nr;
	unsigned long *a;
	int sig;
	int pid;		/* 0: not one that can be waited for */
	long ret;
};

static void fire(void *arg)
{
	struct shot *s = arg;
	struct __kernel_timespec ts = { 0, STOP_NS };
	struct pollfd p = { .events = POLLIN };

	p.fd = s->sig == SIGKILL && s->pid > 0 ?
	       (int)host_2(__NR_pidfd_open, s->pid, 0) : -1;
	s->ret = host_6(s->nr, s->a[0], s->a[1], s->a[2], s->a[3], s->a[4], s->a[5]);
	if (p.fd >= 0)
		ts.tv_nsec = PATIENCE_NS;
	if (!s->ret)
		host_5(__NR_ppoll, &p, p.fd >= 0, &ts, 0, 8);
	if (p.fd >= 0)
		host_1(__NR_close, p.fd);
}

static int is_own_group(int pid)
{
	long group = host_0(__NR_getpgrp);

	return !pid || pid == -1 || -pid == group;
}

long kill_kill(struct trap_thread *t, long nr, unsigned long *a)
{
	int thread = nr == __NR_tgkill || nr == __NR_rt_tgsigqueueinfo;
	struct shot shot = { .nr = nr, .a = a, .sig = thread ? a[2] : a[1], .pid = a[0] };
	int self = host_0(__NR_getpid);

	if (shot.sig != SIGKILL && shot.sig != SIGSTOP)
		return TRAP_HOST;
	if (nr == __NR_pidfd_send_signal) {
		shot.pid = 0;
	} else if (nr == __NR_kill && shot.pid <= 0) {
		/* We would die with the token in our hands. */
		if (is_own_group(shot.pid))
			return TRAP_HOST;
		shot.pid = 0;
	} else if (shot.pid == self || nr == __NR_tkill) {
		return TRAP_HOST;
	}
	if (stack_hold(t, fire, &shot))
		return TRAP_HOST;
	return shot.ret;
}
