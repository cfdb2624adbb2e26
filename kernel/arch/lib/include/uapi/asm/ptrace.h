/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _UAPI_ASM_LIB_PTRACE_H
#define _UAPI_ASM_LIB_PTRACE_H
/* Registers belong to the host; struct pt_regs is in asm/ptrace.h. */
#endif
