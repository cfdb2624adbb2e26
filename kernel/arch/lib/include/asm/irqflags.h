/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_IRQFLAGS_H
#define _ASM_LIB_IRQFLAGS_H

/*
 * Interrupts are delivered only where the kernel asks for them (idle, the way
 * out of a system call), so masking is a note to ourselves, not a protection.
 */
extern unsigned long lib_irq_flags;

#define ARCH_IRQ_DISABLED	0
#define ARCH_IRQ_ENABLED	1

static inline unsigned long arch_local_save_flags(void)
{
	return lib_irq_flags;
}
#define arch_local_save_flags arch_local_save_flags

static inline void arch_local_irq_restore(unsigned long flags)
{
	barrier();
	lib_irq_flags = flags;
	barrier();
}
#define arch_local_irq_restore arch_local_irq_restore

#include <asm-generic/irqflags.h>

#endif
