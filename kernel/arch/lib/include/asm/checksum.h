/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_CHECKSUM_H
#define _ASM_LIB_CHECKSUM_H

/* x86-64's folding and adding; copying while summing is done in two steps. */
#define csum_and_copy_from_user	x86_csum_and_copy_from_user
#define csum_and_copy_to_user	x86_csum_and_copy_to_user
#define csum_partial_copy_nocheck x86_csum_partial_copy_nocheck
#include <../arch/x86/include/asm/checksum_64.h>
#undef csum_and_copy_from_user
#undef csum_and_copy_to_user
#undef csum_partial_copy_nocheck
#undef HAVE_CSUM_COPY_USER
#undef _HAVE_ARCH_COPY_AND_CSUM_FROM_USER
#undef HAVE_ARCH_CSUM_COPY_NOCHECK
#undef _HAVE_ARCH_CSUM_AND_COPY

#endif
