/* SPDX-License-Identifier: GPL-2.0 */
/* Keeps x86 out: its own tlb.h would be found by the fallback path. */
#include <asm-generic/tlb.h>
