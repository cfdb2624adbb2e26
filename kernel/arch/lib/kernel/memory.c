// SPDX-License-Identifier: GPL-2.0
/*
 * memory.c - the arena, which comes online as it is wanted
 *
 * The kernel keeps 64 bytes for each page that it may use, and writes them all when it
 * boots: a megabyte and a quarter of a millisecond for an arena of 64. So it
 * boots with the beginning of the arena, and whenever a page is allocated and no block
 * of 4 MiB is left, one more is added. No allocation fails for want of one: whoever wants a
 * larger one says so first. It is what neighbours become.
 *
 *	0      arena   begin                 tail    end
 *	| image | online | added block by block | online |
 *
 * The tail is what does not fill a block. It is there from the start, so that the
 * kernel sees how far the zone goes. All else is counted as present, managed and free
 * from the start, so that limits and statistics are those of the whole.
 */
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/pfn.h>
#include <linux/sizes.h>
#include <linux/version.h>
#include <linux/vmstat.h>

#include <asm/setup.h>

#include "lib.h"

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define MAX_PAGE_ORDER	(MAX_ORDER - 1)
#endif
#define ORDER		get_order(LIB_MEMORY_BLOCK)
#define BLOCK		(1ul << ORDER)	/* pages */

unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)] __aligned(PAGE_SIZE);

/* Page frames: the next block to be added, the first that needs none, the last */
unsigned long lib_memory_begin, lib_memory_tail, lib_memory_end;

void __init lib_memory_init(void)
{
	unsigned long arena = PFN_DOWN(__pa(lib_imports.arena)), map;
	unsigned long max_zone_pfn[MAX_NR_ZONES] = { };

	lib_memory_end = arena + PFN_DOWN(lib_imports.arena_size);
	lib_memory_tail = ALIGN_DOWN(lib_memory_end - 1, BLOCK);
	/* The struct pages, which are allocated for all, and a block that is whole */
	map = PFN_UP(ALIGN(lib_memory_end, MAX_ORDER_NR_PAGES) * sizeof(struct page));
	lib_memory_begin = min(ALIGN(arena + map, BLOCK) + BLOCK, lib_memory_tail);

	memblock_add(0, PFN_PHYS(lib_memory_begin));
	memblock_add(PFN_PHYS(lib_memory_tail), PFN_PHYS(lib_memory_end - lib_memory_tail));
	memblock_reserve(0, PFN_PHYS(arena));
	min_low_pfn = 0;
	max_low_pfn = max_pfn = max_mapnr = lib_memory_end;
	high_memory = __va(PFN_PHYS(lib_memory_end));
	memblock_set_bottom_up(true);
	max_zone_pfn[ZONE_NORMAL] = max_low_pfn;
	free_area_init(max_zone_pfn);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
void __init mem_init(void)
{
	struct page *page = pfn_to_page(0);
	long later = lib_memory_tail - lib_memory_begin;

	lib_fresh_init(max_pfn);
	memblock_free_all();
	/* For the limit of threads, which goes by this. */
	memblock_add(PFN_PHYS(lib_memory_begin), PFN_PHYS(later));
	page_zone(page)->present_pages += later;
	adjust_managed_page_count(page, later);
	mod_zone_page_state(page_zone(page), NR_FREE_PAGES, later);
	/* SCTP's hash tables are sized by whole 16 MB, and without one take all they get. */
	if (totalram_pages() < SZ_16M >> PAGE_SHIFT)
		totalram_pages_add((SZ_16M >> PAGE_SHIFT) - totalram_pages());
}
#endif

static void add_block(struct zone *zone)
{
	unsigned long pfn = lib_memory_begin, i;
	struct page *first = pfn_to_page(pfn);

	/* As __init_single_page() does; the memory is zero. */
	for (i = 0; i < BLOCK; i++) {
		set_page_links(first + i, zone_idx(zone), 0, pfn + i);
		atomic_set(&first[i]._mapcount, -1);
		INIT_LIST_HEAD(&first[i].lru);
	}
	init_page_count(first);
	lib_memory_begin += BLOCK;
	mod_zone_page_state(zone, NR_FREE_PAGES, -(long)BLOCK);
	__free_pages(first, ORDER);
}

static bool has_free(struct zone *zone, unsigned int order)
{
	for (; order <= MAX_PAGE_ORDER; order++)
		if (zone->free_area[order].nr_free)
			return true;
	return false;
}

static void provide(struct zone *zone, unsigned int order)
{
	while (lib_memory_begin < lib_memory_tail && !has_free(zone, order))
		add_block(zone);
}

/* lib_memory_look() - a page was allocated */
void lib_memory_look(struct page *page)
{
	struct zone *zone = page_zone(page);

	if (unlikely(!zone->free_area[ORDER].nr_free))
		provide(zone, ORDER);
}

/* lib_memory_want() - more than LIB_MEMORY_BLOCK is about to be allocated in one piece */
void lib_memory_want(size_t size)
{
	provide(page_zone(pfn_to_page(0)), get_order(size));
}

/* The image's init part is shared with other stacks, and small. */
void free_initmem(void)
{
}
