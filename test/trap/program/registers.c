// SPDX-License-Identifier: GPL-2.0
/*
 * registers.c - a call changes rax, rcx and r11, and nothing else
 *
 * Every general register, the flags (the direction flag, too), the vector registers,
 * and 128 bytes below the stack pointer; at a site that is trapped, then rewritten.
 * Then the same from a handler's point of view: what it sees is the program's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>
#include "probe.h"

struct state {
	unsigned long general[13];	/* rdi rsi rdx r10 r8 r9 rbx rbp r12-r15, and flags */
	unsigned char vector[16][16];
};

/* check(nr, in, out): in asm, so that nothing is left to a compiler */
long check(long nr, const struct state *in, struct state *out);
__asm__(
"	.text\n"
"	.globl check\n"
"check:\n"
"	pushq %rbx; pushq %rbp; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
"	pushq %rdx\n"
"	movq %rdi, %rax\n"
"	movq %rsi, %r11\n"
"	.set i, 0\n"
"	.irp x,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
"	movdqu 104+16*\\x(%r11), %xmm\\x\n"
"	.endr\n"
"	pushq 96(%r11)\n"
"	popfq\n"
"	movq (%r11), %rdi; movq 8(%r11), %rsi; movq 16(%r11), %rdx\n"
"	movq 24(%r11), %r10; movq 32(%r11), %r8; movq 40(%r11), %r9\n"
"	movq 48(%r11), %rbx; movq 56(%r11), %rbp; movq 64(%r11), %r12\n"
"	movq 72(%r11), %r13; movq 80(%r11), %r14; movq 88(%r11), %r15\n"
"	movq $0x5a5a, -8(%rsp)\n"
"	movq $0x5a5b, -128(%rsp)\n"
"	syscall\n"
"	movq -8(%rsp), %r11\n"
"	leaq -0x5a5a(%r11), %r11\n"
"	jrcxz 1f\n"
"1:	movq -128(%rsp), %rcx\n"
"	leaq -0x5a5b(%rcx,%r11), %r11\n"	/* 0: the red zone is whole; flags untouched */
"	movq (%rsp), %rcx\n"			/* out */
"	pushfq\n"
"	popq 96(%rcx)\n"
"	cld\n"
"	movq %rdi, (%rcx); movq %rsi, 8(%rcx); movq %rdx, 16(%rcx)\n"
"	movq %r10, 24(%rcx); movq %r8, 32(%rcx); movq %r9, 40(%rcx)\n"
"	movq %rbx, 48(%rcx); movq %rbp, 56(%rcx); movq %r12, 64(%rcx)\n"
"	movq %r13, 72(%rcx); movq %r14, 80(%rcx); movq %r15, 88(%rcx)\n"
"	.irp x,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
"	movdqu %xmm\\x, 104+16*\\x(%rcx)\n"
"	.endr\n"
"	testq %r11, %r11\n"
"	jz 2f\n"
"	movq $-9999, %rax\n"
"2:	popq %rdx\n"
"	popq %r15; popq %r14; popq %r13; popq %r12; popq %rbp; popq %rbx\n"
"	ret\n");

static int failures;

static void try(long nr, unsigned long arg0, unsigned long arg1, unsigned long flags,
		long expected)
{
	struct state in, out;
	unsigned int i;
	long r;

	for (i = 0; i < 12; i++)
		in.general[i] = 0x1111111111111111UL * (i + 1) + nr;
	in.general[0] = arg0;
	in.general[1] = arg1;
	in.general[2] = in.general[3] = in.general[4] = in.general[5] = 0;
	in.general[12] = flags | 2;
	for (i = 0; i < sizeof(in.vector); i++)
		in.vector[i / 16][i % 16] = i * 7 + nr;
	r = check(nr, &in, &out);
	in.general[12] = out.general[12] & ~0xcd5UL;
	in.general[12] |= flags;
	for (i = 0; i < 13; i++)
		if (in.general[i] != out.general[i]) {
			printf("call %ld, flags %lx: register %d is %lx, was %lx\n", nr, flags,
			       i, out.general[i], in.general[i]);
			failures++;
		}
	if (memcmp(in.vector, out.vector, sizeof(in.vector))) {
		printf("call %ld: vector registers differ\n", nr);
		failures++;
	}
	if (r != expected) {
		printf("call %ld: %ld, expected %ld\n", nr, r, expected);
		failures++;
	}
}

static volatile int ticks, strange;
extern char __executable_start, etext;
static unsigned long stack_low, stack_high;

/* It interrupts the program only where the program is: in its text, or libc's */
static void handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	unsigned long ip = uc->uc_mcontext.gregs[REG_RIP];
	unsigned long sp = uc->uc_mcontext.gregs[REG_RSP];

	(void)sig, (void)info;
	ticks++;
	if (ip >> 28 == 0x550000000000 >> 28 || sp < stack_low || sp > stack_high ||
	    (unsigned long)&uc < stack_low || (unsigned long)&uc > stack_high)
		strange++;
	getppid();
}

int main(void)
{
	static const unsigned long flags[] = { 0, 1, 4, 0x10, 0x40, 0x80, 0x400, 0x800, 0x8d5,
					       0xcd5, 0x8c1 };
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct itimerval tick = { { 0, 50 }, { 0, 50 } };
	struct timespec moment = { 0, 1 };
	long parent = getppid();
	int round;
	unsigned int i;
	char c;

	stack_high = (unsigned long)&c + 65536;
	stack_low = (unsigned long)&c - 65536;
	for (round = 0; round < 10; round++) {
		for (i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
			try(SYS_getppid, 0, 0, flags[i], parent);
			try(SYS_close, 999, 0, flags[i], -9);
			try(SYS_read, 0, (unsigned long)&c, flags[i], 0);
			try(SYS_rt_sigprocmask, 0, 0, flags[i], -22);
			try(SYS_nanosleep, (unsigned long)&moment, 0, flags[i], 0);
			try(PROBE_SSE, 0, 0, flags[i], -ENOSYS);
			try(SYS_getuid, 0, 0, flags[i], getuid());
		}
		sigaction(SIGALRM, &action, NULL);
		setitimer(ITIMER_REAL, &tick, NULL);
		while (ticks < round * 500) {
			try(SYS_getppid, 0, 0, 0x8c1, parent);
			try(SYS_read, 0, (unsigned long)&c, 0x400, 0);
			try(SYS_close, 999, 0, 0x10, -9);
		}
		tick.it_value.tv_usec = 0;
		setitimer(ITIMER_REAL, &tick, NULL);
		tick.it_value.tv_usec = 50;
	}
	printf("%d failures, %d strange contexts\n", failures, strange);
	return 0;
}
