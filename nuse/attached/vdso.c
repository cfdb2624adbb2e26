// SPDX-License-Identifier: GPL-2.0
/*
 * vdso.c - the host's monotonic clock without a system call
 */
#include <linux/auxvec.h>
#include <linux/elf.h>

#include "attached.h"

#define NSEC 1000000000ull
#define CLOCK_MONOTONIC 1

static int (*gettime)(int clock, struct __kernel_timespec *ts);

static unsigned long aux(char **envp, unsigned long type)
{
	unsigned long *p;

	while (*envp)
		envp++;
	for (p = (unsigned long *)(envp + 1); p[0] != AT_NULL; p += 2)
		if (p[0] == type)
			return p[1];
	return 0;
}

/* The names follow the symbols, which tells how many there are. */
static void find_symbol(const char *base, const Elf64_Dyn *dyn)
{
	const Elf64_Sym *sym = NULL;
	const char *names = NULL;

	for (; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_SYMTAB)
			sym = (const void *)(base + dyn->d_un.d_ptr);
		if (dyn->d_tag == DT_STRTAB)
			names = base + dyn->d_un.d_ptr;
	}
	if (!sym || !names)
		return;
	for (; (const char *)(sym + 1) <= names; sym++)
		if (!strcmp(names + sym->st_name, "__vdso_clock_gettime"))
			gettime = (void *)(base + sym->st_value);
}

void vdso_find(char **envp)
{
	const char *base = (const char *)aux(envp, AT_SYSINFO_EHDR);
	const Elf64_Ehdr *ehdr = (const void *)base;
	const Elf64_Phdr *phdr;
	int i;

	if (!base)
		return;
	phdr = (const void *)(base + ehdr->e_phoff);
	for (i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_DYNAMIC)
			find_symbol(base, (const void *)(base + phdr[i].p_offset));
}

uint64_t vdso_clock(void)
{
	struct __kernel_timespec ts;

	if (!gettime || gettime(CLOCK_MONOTONIC, &ts))
		host_2(__NR_clock_gettime, CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}
