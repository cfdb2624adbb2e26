// SPDX-License-Identifier: GPL-2.0
/*
 * resched.c - let a long loop notice that time passes
 *
 * No interrupt comes in the middle of kernel code here, so nothing would tell
 * cond_resched() that the tick wants another task. A loop that waits for another task
 * (a dentry that a dying thread disposes of) would wait for ever. The link puts this
 * in front of the kernel's own (--wrap).
 */
#include <linux/hardirq.h>
#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/sched/stat.h>

#include "lib.h"

/* So many calls in a row, while others are runnable, are not progress. */
#define FRUITLESS 1024

int __real___cond_resched(void);
int __wrap___cond_resched(void);

int __wrap___cond_resched(void)
{
	static struct task_struct *last;
	static unsigned int calls;

	if (unlikely(READ_ONCE(lib_cpu.pending)) && !irqs_disabled() && !in_interrupt())
		lib_run_irqs();
	if (current != last) {
		last = current;
		calls = 0;
	} else if (unlikely(++calls >= FRUITLESS)) {
		calls = 0;
		/*
		 * Its fair share may not be over; in virtual time it never is. A
		 * tick's sleep lets the others run.
		 */
		if (!single_task_running() && !irqs_disabled() && !in_interrupt() &&
		    !preempt_count() && task_is_running(current)) {
			schedule_timeout_uninterruptible(1);
			return 1;
		}
	}
	return __real___cond_resched();
}
