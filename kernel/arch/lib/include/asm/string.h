/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_STRING_H
#define _ASM_LIB_STRING_H

/* Bytes, above which the string instructions are worth their start; lib/memory.S */
#define LIB_STRING_MIN 512

#ifndef __ASSEMBLY__

#define __HAVE_ARCH_MEMCPY
#define __HAVE_ARCH_MEMMOVE
#define __HAVE_ARCH_MEMSET
#define __HAVE_ARCH_STRLEN

void *memcpy(void *to, const void *from, __kernel_size_t n);
void *memmove(void *to, const void *from, __kernel_size_t n);
void *memset(void *to, int c, __kernel_size_t n);
__kernel_size_t strlen(const char *s);

#endif
#endif
