/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_TIMEX_H
#define _ASM_LIB_TIMEX_H

#define CLOCK_TICK_RATE	1000000

typedef unsigned long long cycles_t;

/* Real or seeded: lib_entropy() decides (kernel/random.c). */
unsigned long lib_entropy(void);

#define get_cycles()		((cycles_t)lib_entropy())
#define random_get_entropy()	lib_entropy()

#endif
