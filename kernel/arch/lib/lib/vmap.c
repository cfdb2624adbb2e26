// SPDX-License-Identifier: GPL-2.0
/*
 * vmap.c - there is no second mapping of a page without an MMU
 *
 * The kernel's own vmap() for such machines is BUG(), and any program can reach
 * it with a BPF ring buffer. The link puts these in its place (--wrap): the caller
 * sees a mapping that failed, and reports ENOMEM.
 */
#include <linux/mm.h>
#include <linux/vmalloc.h>

void *__wrap_vmap(struct page **pages, unsigned int count, unsigned long flags,
		  pgprot_t prot);
void __wrap_vunmap(const void *addr);

void *__wrap_vmap(struct page **pages, unsigned int count, unsigned long flags,
		  pgprot_t prot)
{
	return NULL;
}

void __wrap_vunmap(const void *addr)
{
}
