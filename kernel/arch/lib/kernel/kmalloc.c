// SPDX-License-Identifier: GPL-2.0
/*
 * kmalloc.c - sizes that fit what a network namespace is made of
 *
 * kmalloc() knows powers of two. What subsystems keep for a namespace is often a table of a
 * power of two with a few words more, which takes twice its size: half of all private data.
 * So there are sizes between, a quarter above.
 *
 * What is larger than the blocks of the arena is announced to memory.c. vmalloc() comes here, too:
 * without an MMU it is kmalloc().
 *
 * Zeroed pages are given as pages, since those that were never used are zero already and take
 * no memory until they are written (fresh.c): counters, bitmaps, tables that stay empty. Two at
 * least, since kfree() warns of one.
 */
#include <linux/init.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/version.h>

#include "lib.h"

#define LEAST	1024
#define MOST	8192

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
#define NAME(prefix, of) prefix##of##_noprof
#define CACHED(prefix) NAME(prefix, __kmalloc_cache)
#define pages __kmalloc_large_noprof
#else
#define NAME(prefix, of) prefix##of
#define CACHED(prefix) NAME(prefix, kmalloc_trace)
#define pages kmalloc_large
#endif

void *CACHED(__real_)(struct kmem_cache *cache, gfp_t flags, size_t size);
void *CACHED(__wrap_)(struct kmem_cache *cache, gfp_t flags, size_t size);
void *NAME(__real_, __kmalloc)(size_t size, gfp_t flags);
void *NAME(__wrap_, __kmalloc)(size_t size, gfp_t flags);
void *NAME(__real_, __kmalloc_node)(size_t size, gfp_t flags, int node);
void *NAME(__wrap_, __kmalloc_node)(size_t size, gfp_t flags, int node);

/* For sizes up to 1280, 2560 and 5120 */
static struct kmem_cache *between[3];

/* An object of a cache of ours or pages, if that is better than kmalloc()'s; else NULL */
static void *fit(size_t size, gfp_t flags)
{
	size_t below = rounddown_pow_of_two(size - 1);
	struct kmem_cache *cache;

	if (size > MOST) {
		if (size > LIB_MEMORY_BLOCK)
			lib_memory_want(size);
		return NULL;
	}
	if (size <= below + below / 4) {
		cache = between[ilog2(below / LEAST)];
		return cache ? kmem_cache_alloc(cache, flags) : NULL;
	}
	if (size > PAGE_SIZE - PAGE_SIZE / 8 && flags & __GFP_ZERO)
		return pages(max(size, PAGE_SIZE + 1), flags);
	return NULL;
}

void *CACHED(__wrap_)(struct kmem_cache *cache, gfp_t flags, size_t size)
{
	void *p = unlikely(size > LEAST) ? fit(size, flags) : NULL;

	return p ?: CACHED(__real_)(cache, flags, size);
}

void *NAME(__wrap_, __kmalloc)(size_t size, gfp_t flags)
{
	void *p = unlikely(size > LEAST) ? fit(size, flags) : NULL;

	return p ?: NAME(__real_, __kmalloc)(size, flags);
}

void *NAME(__wrap_, __kmalloc_node)(size_t size, gfp_t flags, int node)
{
	void *p = unlikely(size > LEAST) ? fit(size, flags) : NULL;

	return p ?: NAME(__real_, __kmalloc_node)(size, flags, node);
}

static int __init kmalloc_init(void)
{
	between[0] = kmem_cache_create("kmalloc-1280", 1280, 0, 0, NULL);
	between[1] = kmem_cache_create("kmalloc-2560", 2560, 0, 0, NULL);
	between[2] = kmem_cache_create("kmalloc-5120", 5120, 0, 0, NULL);
	return 0;
}
pure_initcall(kmalloc_init);
