/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_PROCESSOR_H
#define _ASM_LIB_PROCESSOR_H

#include <asm/ptrace.h>
#include <asm/page.h>

/* User memory is the host process's: x86-64's lower half. */
#define TASK_SIZE		(_AC(0x800000000000, UL) - PAGE_SIZE)
#define TASK_SIZE_MAX		TASK_SIZE
#define TASK_UNMAPPED_BASE	0UL
#define STACK_TOP		TASK_SIZE
#define STACK_TOP_MAX		STACK_TOP

#ifndef __ASSEMBLY__

struct task_struct;
struct lib_task;

/**
 * struct thread_struct - what a switched-out kernel context leaves behind
 * @sp: its stack pointer; the callee-saved registers are on the stack
 * @lib: the host thread it works for, %NULL for the kernel's own threads
 */
struct thread_struct {
	unsigned long sp;
	struct lib_task *lib;
};

#define INIT_THREAD	{ .sp = 0, .lib = NULL }

void lib_relax(void);
#define cpu_relax()	lib_relax()

static inline void start_thread(struct pt_regs *regs, unsigned long pc,
				unsigned long sp)
{
}

unsigned long __get_wchan(struct task_struct *p);

#define task_pt_regs(p) \
	((struct pt_regs *)(THREAD_SIZE + task_stack_page(p)) - 1)

#define KSTK_EIP(tsk)	(task_pt_regs(tsk)->ip)
#define KSTK_ESP(tsk)	(task_pt_regs(tsk)->sp)

#endif
#endif
