// SPDX-License-Identifier: GPL-2.0
/*
 * fresh.c - do not clear what is clear
 *
 * The host gives the arena as zero pages that take no memory until they are
 * touched. Many allocations want zeroed pages and use few of their bytes: kernel
 * stacks above all. So a page that is allocated for the first time is not cleared.
 *
 * The page allocator calls arch_alloc_page() for each block, and right behind it
 * clear_page() for each page if zeroes are wanted. The first notes whether the
 * block is fresh, for the second.
 */
#include <linux/bitmap.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>

#include "lib.h"

static unsigned long *used;		/* a bit a page */
static unsigned long fresh_start, fresh_end;	/* the block just allocated */

void arch_alloc_page(struct page *page, int order)
{
	unsigned long pfn = page_to_pfn(page), n = 1ul << order, i;
	bool fresh = true;

	for (i = pfn; i < pfn + n; i++)
		if (__test_and_set_bit(i, used))
			fresh = false;
	fresh_start = pfn;
	fresh_end = fresh ? pfn + n : pfn;
	lib_memory_look(page);
}

void lib_clear_page(void *page)
{
	unsigned long pfn = virt_to_pfn(page);

	if (pfn >= fresh_start && pfn < fresh_end) {
		/* Once: it may be cleared again after use. */
		fresh_start = pfn + 1;
		return;
	}
	memset(page, 0, PAGE_SIZE);
}

/* What the boot allocator has used may be free again, and is not fresh. */
void __init lib_fresh_init(unsigned long pages)
{
	phys_addr_t end = 0;
	int i;

	used = memblock_alloc(BITS_TO_LONGS(pages) * sizeof(long), sizeof(long));
	if (!used)
		panic("no memory for the map of used pages");
	for (i = 0; i < memblock.reserved.cnt; i++)
		end = max(end, memblock.reserved.regions[i].base +
			       memblock.reserved.regions[i].size);
	bitmap_set(used, 0, PFN_UP(end));
}
