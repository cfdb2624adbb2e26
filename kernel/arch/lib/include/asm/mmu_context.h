/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_MMU_CONTEXT_H
#define _ASM_LIB_MMU_CONTEXT_H

#include <asm-generic/nommu_context.h>

/*
 * The scheduler calls this in the next task's context after every switch:
 * where a task that belongs to another host process is put back to sleep.
 */
void lib_post_switch(void);
#define finish_arch_post_lock_switch lib_post_switch

#endif
