/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_PTRACE_H
#define _ASM_LIB_PTRACE_H

#ifndef __ASSEMBLY__

#include <uapi/asm/ptrace.h>

/* x86-64's order; only @ip, @sp and what an exception fix-up needs are used. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax, ip, cs, flags, sp, ss;
};

#define user_mode(regs)			((regs)->cs & 3)
#define instruction_pointer(regs)	((regs)->ip)
#define profile_pc(regs)		((regs)->ip)
#define user_stack_pointer(regs)	((regs)->sp)
#define frame_pointer(regs)		((regs)->bp)

static inline void instruction_pointer_set(struct pt_regs *regs,
					   unsigned long ip)
{
	regs->ip = ip;
}

#define current_pt_regs() \
	((struct pt_regs *)(THREAD_SIZE + (unsigned long)current->stack) - 1)

static inline bool regs_irqs_disabled(struct pt_regs *regs)
{
	return false;
}

static inline unsigned long regs_return_value(struct pt_regs *regs)
{
	return regs->ax;
}

#endif
#endif
