/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_ELF_H
#define _ASM_LIB_ELF_H

#include <asm/ptrace.h>

/* No ELF program is ever loaded by this kernel: the host does that. */
#define ELF_CLASS	ELFCLASS64
#define ELF_DATA	ELFDATA2LSB
#define ELF_ARCH	EM_X86_64
#define elf_check_arch(x)	((x)->e_machine == EM_X86_64)
#define ELF_EXEC_PAGESIZE	PAGE_SIZE
#define ELF_ET_DYN_BASE		0
#define ELF_HWCAP		0
#define ELF_PLATFORM		NULL
#define SET_PERSONALITY(ex)	do { } while (0)
#define ELF_NGREG	(sizeof(struct pt_regs) / sizeof(elf_greg_t))

typedef unsigned long elf_greg_t;
typedef elf_greg_t elf_gregset_t[sizeof(struct pt_regs) / sizeof(elf_greg_t)];
typedef unsigned long elf_fpregset_t[64];

#endif
