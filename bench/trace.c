// SPDX-License-Identifier: GPL-2.0
/*
 * trace.c - which system calls does the host see in a call of the library?
 *
 * A child makes the calls between two markers, which are system calls that do not
 * exist; its parent traces it as strace does, and counts.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <linux/ptrace.h>

#include "bench.h"

#define CALLS 100000
#define MARKER 0x7ff0

static void traced(const struct job *job)
{
	struct net near, far;
	int i;

	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	net_link(LINK_LO, job->lib, &near, &far);
	net_getppid(&near);
	syscall(MARKER);
	for (i = 0; i < CALLS; i++)
		net_getppid(&near);
	syscall(MARKER);
	_exit(0);
}

/* Number of the system call that @tid enters; -1: it does not enter one. */
static long entered(pid_t tid)
{
	struct ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof(info), &info) < 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return -1;
	return info.entry.nr;
}

/* Prints how many the calling thread makes in 100,000, and other threads meanwhile. */
void trace_getppid(const struct job *job)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
	unsigned long own = 0, others = 0;
	int status, markers = 0;
	pid_t child, tid;

	child = fork();
	fail_if(child < 0, "fork");
	if (!child)
		traced(job);
	fail_if(waitpid(child, &status, 0) < 0 || !WIFSTOPPED(status) ||
		ptrace(PTRACE_SETOPTIONS, child, 0, options) ||
		ptrace(PTRACE_SYSCALL, child, 0, 0), "ptrace");
	while ((tid = waitpid(-1, &status, __WALL)) > 0) {
		int sig = 0;

		if (!WIFSTOPPED(status)) {
			if (tid == child)
				break;
			continue;
		}
		if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
			long nr = entered(tid);

			if (nr == MARKER)
				markers++;
			else if (nr >= 0 && markers == 1)
				(*(tid == child ? &own : &others))++;
		} else if (WSTOPSIG(status) != SIGTRAP && WSTOPSIG(status) != SIGSTOP) {
			sig = WSTOPSIG(status);
		}
		ptrace(PTRACE_SYSCALL, tid, 0, sig);
	}
	errno = 0;
	fail_if(markers != 2, "the traced calls did not come to an end");
	printf("%lu %lu\n", own, others);
}
