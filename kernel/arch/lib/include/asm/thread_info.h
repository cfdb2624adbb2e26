/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_THREAD_INFO_H
#define _ASM_LIB_THREAD_INFO_H

#include <asm/page.h>

/*
 * A signal of the host process may arrive on a kernel stack, and its frame
 * holds the whole vector state (11 KiB with AMX). Untouched pages cost nothing.
 */
#define THREAD_SIZE_ORDER	3
#define THREAD_SIZE		(PAGE_SIZE << THREAD_SIZE_ORDER)

#ifndef __ASSEMBLY__

struct thread_info {
	unsigned long flags;
	int preempt_count;
	unsigned int cpu;
};

#define INIT_THREAD_INFO(tsk)			\
{						\
	.flags		= 0,			\
	.preempt_count	= INIT_PREEMPT_COUNT,	\
}

#endif

#define TIF_NOTIFY_RESUME	0	/* work before going back to user mode */
#define TIF_SIGPENDING		1
#define TIF_NEED_RESCHED	2
#define TIF_NOTIFY_SIGNAL	3
#define TIF_MEMDIE		4
#define TIF_RESTORE_SIGMASK	5
#define TIF_SYSCALL_TRACE	6
#define TIF_SYSCALL_AUDIT	7
#define TIF_SECCOMP		8

#define _TIF_NOTIFY_RESUME	(1 << TIF_NOTIFY_RESUME)
#define _TIF_SIGPENDING		(1 << TIF_SIGPENDING)
#define _TIF_NEED_RESCHED	(1 << TIF_NEED_RESCHED)
#define _TIF_NOTIFY_SIGNAL	(1 << TIF_NOTIFY_SIGNAL)
#define _TIF_RESTORE_SIGMASK	(1 << TIF_RESTORE_SIGMASK)

#define _TIF_WORK_MASK	(_TIF_NOTIFY_RESUME | _TIF_SIGPENDING | \
			 _TIF_NEED_RESCHED | _TIF_NOTIFY_SIGNAL | \
			 _TIF_RESTORE_SIGMASK)

#endif
