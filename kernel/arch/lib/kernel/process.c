// SPDX-License-Identifier: GPL-2.0
/*
 * process.c - the kernel's hooks for tasks on a machine without user mode
 */
#include <linux/kernel.h>
#include <linux/ptrace.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>

#include "lib.h"

void (*pm_power_off)(void);

void lib_task_start(void);

/* The frame that __switch_to() pops: r15 to rbp, then where to begin. */
int copy_thread(struct task_struct *p, const struct kernel_clone_args *args)
{
	unsigned long *sp = (unsigned long *)task_pt_regs(p);

	if (!args->fn)
		return -EINVAL;
	memset(task_pt_regs(p), 0, sizeof(struct pt_regs));
	sp = PTR_ALIGN_DOWN(sp, 16);
	*--sp = 0;
	*--sp = 0;
	*--sp = (unsigned long)lib_task_start;
	*--sp = 0;				/* rbp */
	*--sp = 0;				/* rbx */
	*--sp = (unsigned long)args->fn;	/* r12 */
	*--sp = (unsigned long)args->fn_arg;	/* r13 */
	*--sp = 0;				/* r14 */
	*--sp = 0;				/* r15 */
	p->thread.sp = (unsigned long)sp;
	p->thread.lib = NULL;
	return 0;
}

void flush_thread(void)
{
}

long arch_ptrace(struct task_struct *child, long request,
		 unsigned long addr, unsigned long data)
{
	return -EIO;
}

void ptrace_disable(struct task_struct *child)
{
}


unsigned long __get_wchan(struct task_struct *p)
{
	unsigned long trace[8];
	size_t i, n = lib_backtrace(p, p->thread.sp, trace, ARRAY_SIZE(trace));

	for (i = 0; i < n; i++)
		if (!in_sched_functions(trace[i]))
			return trace[i];
	return 0;
}

void machine_restart(char *command)
{
	lib_die(LIB_FATAL_HALT, "restart");
}

void machine_halt(void)
{
	lib_die(LIB_FATAL_HALT, "halt");
}

void machine_power_off(void)
{
	lib_die(LIB_FATAL_HALT, "power off");
}
