// SPDX-License-Identifier: GPL-2.0
/*
 * call.c - a trapped call: whose it is
 *
 * The personality comes first where its bitmap says so; what it leaves to the host
 * is still looked at here, if it is one of the calls that would undo the trap.
 */
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <asm/prctl.h>
#include "thread.h"

/* The calls that trap/ needs for itself */
static const short own[] = {
	__NR_rt_sigaction, __NR_rt_sigprocmask, __NR_rt_sigsuspend, __NR_sigaltstack,
	__NR_ppoll, __NR_pselect6, __NR_epoll_pwait, __NR_epoll_pwait2, __NR_io_pgetevents,
	__NR_clone, __NR_fork, __NR_vfork, __NR_clone3, __NR_exit, __NR_exit_group,
	__NR_execve, __NR_execveat, __NR_readlink, __NR_readlinkat, __NR_open, __NR_openat,
	__NR_prctl, __NR_seccomp, __NR_arch_prctl, __NR_io_uring_setup,
};

static unsigned char own_bits[TRAP_CALLS / 8];

void trap_call_start(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(own) / sizeof(*own); i++)
		own_bits[own[i] / 8] |= 1 << own[i] % 8;
	trap_filter_add(own_bits);
	trap_filter_add(trap_personality.traps);
}

static int listed(const unsigned char *bits, unsigned long nr)
{
	return bits && nr < TRAP_CALLS && bits[nr / 8] >> nr % 8 & 1;
}

static long own_call(struct trap_thread *t, long nr)
{
	switch (nr) {
	case __NR_rt_sigaction:
		return trap_sigaction(t, t->args);
	case __NR_rt_sigprocmask:
		return trap_sigprocmask(t, t->args);
	case __NR_sigaltstack:
		return trap_altstack_call(t, t->args);
	case __NR_rt_sigsuspend:
	case __NR_ppoll:
	case __NR_pselect6:
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
	case __NR_io_pgetevents:
		return trap_strip_mask(t, nr);
	case __NR_clone:
	case __NR_fork:
	case __NR_vfork:
	case __NR_clone3:
		return trap_clone_call(t, nr);
	case __NR_exit:
	case __NR_exit_group:
		trap_exit_call(t, nr);
		return TRAP_HOST;
	case __NR_execve:
	case __NR_execveat:
		return trap_exec_call(t, nr);
	case __NR_readlink:
	case __NR_readlinkat:
	case __NR_open:
	case __NR_openat:
		return trap_exe_call(t, nr);
	case __NR_prctl:
		/* Strict mode would kill at the next call of ours */
		if (t->args[0] == PR_SET_SECCOMP && t->args[1] == SECCOMP_MODE_STRICT)
			return -EINVAL;
		return TRAP_HOST;
	case __NR_seccomp:
		if (t->args[0] == SECCOMP_SET_MODE_STRICT)
			return -EINVAL;
		return TRAP_HOST;
	case __NR_arch_prctl:
		if (t->args[0] == ARCH_SET_GS)
			return -EPERM;
		return TRAP_HOST;
	case __NR_io_uring_setup:
		return -ENOSYS;
	}
	return TRAP_HOST;
}

/* From trap_entry, in library context; returns LEAVE_* */
int trap_call(struct trap_thread *t)
{
	long nr = t->regs.rax, result = TRAP_HOST;
	int interrupted;

	t->host_masked = 0;

	if (__builtin_expect(t->trapped, 0)) {
		t->trapped = 0;
		trap_site_trapped(t, t->regs.rip, nr, 1);
	}
	if (listed(trap_personality.traps, nr))
		result = trap_personality.call(t, nr, t->args);
	if (result == TRAP_HOST && listed(own_bits, nr))
		result = own_call(t, nr);
	if (result == TRAP_HOST) {
		if (t->masked)
			trap_panic("call %ld: trap_mask() and TRAP_HOST", nr);
		t->nr = nr;
		return LEAVE_HOST;
	}
	interrupted = result == -EINTR;
	if (__builtin_expect(result <= TRAP_RESTARTSYS && result >= TRAP_RESTARTBLOCK, 0)) {
		interrupted = 1;
		result = trap_restart(t, result);
	}
	t->regs.rax = result;
	if (__builtin_expect(t->masked, 0)) {
		/* A handler that the mask let through: with the mask, then without */
		if (t->pending && interrupted)
			return LEAVE_RETURN;
		trap_mask_end(t);
		return LEAVE_UNMASK;
	}
	if (__builtin_expect(t->unmask, 0)) {
		t->unmask = 0;
		return LEAVE_UNMASK;
	}
	return LEAVE_RETURN;
}
