/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _ASM_LIB_PAGE_H
#define _ASM_LIB_PAGE_H

#include <linux/const.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(_AC(1, UL) << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))

#ifndef __ASSEMBLY__

#include <linux/pfn.h>

typedef struct { unsigned long pte; } pte_t;
typedef struct { unsigned long pgd; } pgd_t;
typedef struct { unsigned long pgprot; } pgprot_t;
typedef struct page *pgtable_t;

#define pte_val(x)	((x).pte)
#define pgd_val(x)	((x).pgd)
#define pgprot_val(x)	((x).pgprot)
#define __pte(x)	((pte_t) { (x) })
#define __pgd(x)	((pgd_t) { (x) })
#define __pgprot(x)	((pgprot_t) { (x) })

/* kernel/fresh.c: pages that were never used are zero already */
struct page;
void lib_clear_page(void *page);
void arch_alloc_page(struct page *page, int order);
#define HAVE_ARCH_ALLOC_PAGE

#define clear_page(page)		lib_clear_page(page)
#define copy_page(to, from)		memcpy((to), (from), PAGE_SIZE)
#define clear_user_page(page, va, pg)	clear_page(page)
#define copy_user_page(to, from, va, pg) copy_page(to, from)

/*
 * Physical memory begins with the image's own data and goes on with the
 * caller's arena behind it, so that static objects have a struct page too.
 */
extern char _sdata[] __attribute__((visibility("hidden")));
#define PAGE_OFFSET		((unsigned long)_sdata)
#define ARCH_PFN_OFFSET		0

#define __pa(x)			((unsigned long)(x) - PAGE_OFFSET)
#define __va(x)			((void *)((unsigned long)(x) + PAGE_OFFSET))
#define virt_to_pfn(x)		(__pa(x) >> PAGE_SHIFT)
#define pfn_to_virt(pfn)	__va((unsigned long)(pfn) << PAGE_SHIFT)
#define virt_to_page(x)		pfn_to_page(virt_to_pfn(x))
#define page_to_phys(page)	((phys_addr_t)page_to_pfn(page) << PAGE_SHIFT)
#define page_to_virt(page)	pfn_to_virt(page_to_pfn(page))
/* kernel/memory.c */
extern unsigned long lib_memory_begin, lib_memory_tail, lib_memory_end;
#define pfn_valid(pfn)		({					\
	unsigned long __pfn = (pfn);					\
	__pfn < lib_memory_begin ||					\
	(__pfn >= lib_memory_tail && __pfn < lib_memory_end);		\
})
#define virt_addr_valid(x)	pfn_valid(virt_to_pfn(x))

#include <asm-generic/memory_model.h>
#include <asm-generic/getorder.h>

#endif
#endif
