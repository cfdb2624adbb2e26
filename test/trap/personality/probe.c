// SPDX-License-Identifier: GPL-2.0
/*
 * probe.c - a personality for tests: the host's answers, by way of the library
 *
 *	probe [-e] [-n NAME] PROGRAM [ARGS]
 *
 * With -e, calls that sleep (read, poll, recv, ...) are answered in library context with
 * trap_wait(), as a network stack would; without, they pass to the host. Either
 * way a program must not see a difference to running without all this. Numbers that no
 * kernel has tell more:
 *
 *	PROBE_CONSTANT		4242: the cheapest call
 *	PROBE_COUNT(nr)		how often nr came here in this process
 *	PROBE_WAIT(word, value)	as futex(FUTEX_WAIT), restartable; in the library
 *	PROBE_HOOKS(which)	how often a hook ran: enum probe_hook
 *	PROBE_FAULT(address)	what reading a byte there says
 *	PROBE_SSE		ENOSYS, after spoiling all SSE registers where that is allowed
 */
#include "trap.h"
#include "../program/probe.h"

static const short wanted[] = {
	__NR_read, __NR_write, __NR_readv, __NR_writev, __NR_close, __NR_dup, __NR_dup2,
	__NR_dup3, __NR_fcntl, __NR_ioctl, __NR_fstat, __NR_newfstatat, __NR_statx,
	__NR_poll, __NR_ppoll, __NR_select, __NR_pselect6, __NR_epoll_create1,
	__NR_epoll_ctl, __NR_epoll_wait, __NR_epoll_pwait, __NR_sendfile, __NR_splice,
	__NR_socket, __NR_connect, __NR_accept, __NR_accept4, __NR_sendto, __NR_recvfrom,
	__NR_sendmsg, __NR_recvmsg, __NR_sendmmsg, __NR_recvmmsg, __NR_shutdown, __NR_bind,
	__NR_listen, __NR_getsockname, __NR_getpeername, __NR_socketpair, __NR_setsockopt,
	__NR_getsockopt, __NR_close_range, __NR_nanosleep, __NR_clock_nanosleep,
	__NR_restart_syscall, __NR_pause, __NR_getppid, __NR_open, __NR_openat,
	PROBE_CONSTANT, PROBE_COUNT, PROBE_WAIT, PROBE_HOOKS, PROBE_FAULT, PROBE_SSE,
};

static unsigned char traps[TRAP_CALLS / 8];
static unsigned int counts[TRAP_CALLS], hooks[PROBE_HOOK_COUNT];
static int emulate;
static char name[64] = "-";

static void add_wanted(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		traps[wanted[i] / 8] |= 1 << wanted[i] % 8;
}

static int start(int argc, char **argv, char **envp, struct trap_program *program)
{
	static char path[4096];
	int i = 1;
	long r;

	add_wanted();
	for (; i < argc && argv[i][0] == '-'; i++) {
		if (!strcmp(argv[i], "-e"))
			emulate = 1;
		else if (!strcmp(argv[i], "-n") && i + 1 < argc)
			trap_format(name, sizeof(name), "%s", argv[++i]);
	}
	if (i >= argc) {
		trap_print("usage: probe [-e] [-n NAME] PROGRAM [ARGS]\n");
		return 125;
	}
	r = trap_find_program(argv[i], envp, path, sizeof(path));
	if (r) {
		trap_print("probe: %s: error %ld\n", argv[i], -r);
		return 127;
	}
	program->path = path;
	program->argv = argv + i;
	program->envp = envp;
	return 0;
}

static long exec_state(struct trap_thread *t, int file, char *state, size_t size)
{
	(void)t;
	(void)file;
	return trap_format(state, size, "%d%s", emulate, name) < (int)size ? 0 : -E2BIG;
}

static int resume(const char *state, char **envp)
{
	(void)envp;
	add_wanted();
	emulate = state[0] == '1';
	trap_format(name, sizeof(name), "%s", state + 1);
	hooks[PROBE_EXEC]++;
	return 0;
}

static void count(enum probe_hook hook)
{
	__atomic_add_fetch(&hooks[hook], 1, __ATOMIC_RELAXED);
}

static void thread_main(struct trap_thread *t)
{
	*trap_data(t) = (void *)0x1234L;
}

static long clone_before(struct trap_thread *t, struct trap_thread *child,
			 enum trap_clone_kind kind, unsigned long *flags)
{
	(void)flags;
	count(PROBE_BEFORE);
	if (*trap_data(t) != (void *)0x1234L)
		trap_panic("a thread has lost its data");
	if (!child != (kind >= TRAP_CLONE_FORK))
		trap_panic("clone kind %d, child %lx", kind, (long)child);
	if (child)
		*trap_data(child) = *trap_data(t);
	return 0;
}

static void clone_parent(struct trap_thread *t, struct trap_thread *child,
			 enum trap_clone_kind kind, long result)
{
	(void)t, (void)child, (void)kind, (void)result;
	count(PROBE_PARENT);
}

static void clone_child(struct trap_thread *t, enum trap_clone_kind kind)
{
	if (t != trap_thread() || trap_tid(t) != host_0(__NR_gettid))
		trap_panic("clone kind %d: a child is not itself", kind);
	count(PROBE_CHILD);
}

static void thread_exit(struct trap_thread *t)
{
	(void)t;
	count(PROBE_THREAD_EXIT);
}

static long wait_word(const unsigned int *word, unsigned int value)
{
	unsigned int now;
	long r;

	for (;;) {
		if (trap_copy(&now, word, sizeof(now)))
			return -EFAULT;
		if (now != value)
			return now;
		r = trap_wait(__NR_futex, (long)word, 0, value, 0, 0, 0);
		if (r == -EINTR)
			return TRAP_RESTARTSYS;
	}
}

/* A host call in library context, with what the kernel does if a handler interrupts it */
static long in_library(long nr, unsigned long *a, long interrupted)
{
	long r = trap_wait(nr, a[0], a[1], a[2], a[3], a[4], a[5]);

	return r == -EINTR ? interrupted : r;
}

static long masked(struct trap_thread *t, long nr, unsigned long *a, int arg)
{
	unsigned long *mask = &a[arg], pair[2], set;

	if (nr == __NR_pselect6) {
		if (!a[5])
			return in_library(nr, a, TRAP_RESTARTNOHAND);
		if (trap_copy(pair, (void *)a[5], sizeof(pair)))
			return -EFAULT;
		mask = &pair[0];
	}
	if (*mask) {
		if (trap_copy(&set, (void *)*mask, sizeof(set)))
			return -EFAULT;
		trap_mask(t, &set);
	}
	a[arg] = 0;
	return in_library(nr, a, TRAP_RESTARTNOHAND);
}

static long emulated(struct trap_thread *t, long nr, unsigned long *a)
{
	switch (nr) {
	case __NR_read:
	case __NR_readv:
	case __NR_write:
	case __NR_writev:
	case __NR_recvfrom:
	case __NR_recvmsg:
	case __NR_sendto:
	case __NR_sendmsg:
	case __NR_accept:
	case __NR_accept4:
	case __NR_connect:
		return in_library(nr, a, TRAP_RESTARTSYS);
	case __NR_poll:
	case __NR_select:
	case __NR_pause:
		return in_library(nr, a, TRAP_RESTARTNOHAND);
	case __NR_epoll_wait:
		return in_library(nr, a, -EINTR);
	case __NR_ppoll:
		return masked(t, nr, a, 3);
	case __NR_pselect6:
		return masked(t, nr, a, 5);
	}
	return TRAP_HOST;
}

/* The compiler is told that there are no vector registers, so it can't be told of these */
static long spoil(void *result)
{
	__asm__ volatile("pcmpeqd %xmm0, %xmm0; movaps %xmm0, %xmm1; movaps %xmm0, %xmm2;"
			 "movaps %xmm0, %xmm3; movaps %xmm0, %xmm4; movaps %xmm0, %xmm5;"
			 "movaps %xmm0, %xmm6; movaps %xmm0, %xmm7; movaps %xmm0, %xmm8;"
			 "movaps %xmm0, %xmm9; movaps %xmm0, %xmm10; movaps %xmm0, %xmm11;"
			 "movaps %xmm0, %xmm12; movaps %xmm0, %xmm13; movaps %xmm0, %xmm14;"
			 "movaps %xmm0, %xmm15");
	return (long)result;
}

static long call(struct trap_thread *t, long nr, unsigned long *a)
{
	unsigned char byte;

	counts[nr]++;
	switch (nr) {
	case PROBE_CONSTANT:
		return 4242;
	case PROBE_COUNT:
		return a[0] < TRAP_CALLS ? counts[a[0]] : -1L;
	case PROBE_WAIT:
		return wait_word((unsigned int *)a[0], a[1]);
	case PROBE_HOOKS:
		return a[0] < PROBE_HOOK_COUNT ? (long)hooks[a[0]] : -EINVAL;
	case PROBE_SSE:
		return trap_with_sse(spoil, (void *)-ENOSYS);
	case PROBE_FAULT:
		return trap_copy(&byte, (void *)a[0], 1) ? -EFAULT : byte;
	}
	return emulate ? emulated(t, nr, a) : TRAP_HOST;
}

const struct trap_personality trap_personality = {
	.name = "probe",
#ifdef PROBE_FLAGS
	.flags = PROBE_FLAGS,
#endif
	.traps = traps,
	.start = start,
	.resume = resume,
	.thread_main = thread_main,
	.call = call,
	.clone_before = clone_before,
	.clone_parent = clone_parent,
	.clone_child = clone_child,
	.exec_state = exec_state,
	.thread_exit = thread_exit,
};
