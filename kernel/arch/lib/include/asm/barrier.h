/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_BARRIER_H
#define _ASM_LIB_BARRIER_H

/*
 * The kernel runs on one virtual CPU; the token that host threads pass on
 * (kernel/token.c) orders their memory. Real barriers are for the words that
 * are shared with the host, and those use lib_mb().
 */
#define lib_mb()	asm volatile("lock; addl $0, -4(%%rsp)" ::: "memory", "cc")

#define mb()		barrier()
#define rmb()		barrier()
#define wmb()		barrier()

static inline unsigned long array_index_mask_nospec(unsigned long index,
						    unsigned long size)
{
	unsigned long mask;

	asm volatile("cmp %1,%2; sbb %0,%0;"
		     : "=r" (mask) : "g" (size), "r" (index) : "cc");
	return mask;
}
#define array_index_mask_nospec array_index_mask_nospec

#include <asm-generic/barrier.h>

#endif
