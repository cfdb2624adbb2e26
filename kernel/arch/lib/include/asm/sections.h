/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_SECTIONS_H
#define _ASM_LIB_SECTIONS_H

#include <asm-generic/sections.h>

/* vmlinux.lds.S: constants without a pointer, behind the text */
extern char lib_shared_rodata[], lib_shared_rodata_end[];

static inline bool lib_is_rodata(unsigned long addr)
{
	return addr >= (unsigned long)lib_shared_rodata &&
	       addr < (unsigned long)lib_shared_rodata_end;
}

/* Names of files in /sys are among them: not to be copied. */
#define is_kernel_rodata(addr)	(is_kernel_rodata(addr) || lib_is_rodata(addr))

#endif
