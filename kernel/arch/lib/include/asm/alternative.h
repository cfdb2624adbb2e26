/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_ALTERNATIVE_H
#define _ASM_LIB_ALTERNATIVE_H

/*
 * Nothing is patched at run time. One CPU, one carrier at a time: an
 * instruction is atomic enough without a lock prefix.
 */
#include <asm/asm.h>

#ifdef CONFIG_SMP
#define LOCK_PREFIX "lock; "
#else
#define LOCK_PREFIX ""
#endif
#define LOCK_PREFIX_HERE LOCK_PREFIX

#endif
