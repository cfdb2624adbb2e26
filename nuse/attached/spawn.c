// SPDX-License-Identifier: GPL-2.0
/*
 * spawn.c - a thread or process of ours in the program's memory
 *
 * It has no block of trap/'s and never returns to the program: all its signals are blocked
 * at first, and it makes host calls only, from the image's text.
 */
#include <linux/signal.h>

#include "attached.h"

/*
 * Runs @fn, which does not return, on @stack (SPAWN_STACK bytes). @tid: for
 * CLONE_PARENT_SETTID and CLONE_CHILD_CLEARTID. Returns its number or -errno.
 */
long spawn(unsigned long flags, void (*fn)(void), char *stack, unsigned int *tid)
{
	unsigned long all = ~0ul, old;
	long ret;

	host_4(__NR_rt_sigprocmask, SIG_SETMASK, &all, &old, 8);
	__asm__ volatile("movq	%%rdx, %%r10\n\t"
			 "xorl	%%r8d, %%r8d\n\t"
			 "syscall\n\t"
			 "testq	%%rax, %%rax\n\t"
			 "jnz	1f\n\t"
			 "xorl	%%ebp, %%ebp\n\t"
			 "call	*%%rbx\n\t"
			 "ud2\n"
			 "1:"
			 : "=a"(ret)
			 : "0"((long)__NR_clone), "D"(flags), "S"(stack + SPAWN_STACK - 64),
			   "b"(fn), "d"(tid)
			 : "r10", "r8", "rcx", "r11", "memory");
	host_4(__NR_rt_sigprocmask, SIG_SETMASK, &old, 0, 8);
	return ret;
}
