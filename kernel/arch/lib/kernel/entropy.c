// SPDX-License-Identifier: GPL-2.0
/*
 * entropy.c - randomness from the host's seed
 *
 * The kernel credits the seed and its generator is ready at once. What it stirs
 * in later comes from get_cycles(): the CPU's counter in real time; in virtual
 * time a sequence of its own, so that equal seeds give equal bytes for ever. (Its
 * steps must vary, or 6.12's jitter entropy test waits for ever.)
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/random.h>
#include <linux/string.h>
#include <linux/timex.h>

#include "lib.h"

static u64 sequence = 1;

unsigned long lib_entropy(void)
{
	u32 low, high;

	if (lib_imports.clock_mode == LIB_CLOCK_VIRTUAL) {
		/* xorshift64 (Marsaglia 2003) */
		sequence ^= sequence << 13;
		sequence ^= sequence >> 7;
		sequence ^= sequence << 17;
		return sequence;
	}
	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
}

void __init lib_entropy_init(void)
{
	u64 first;

	memcpy(&first, lib_imports.seed, sizeof(first));
	sequence = first | 1;
}

static int __init seed_random(void)
{
	add_bootloader_randomness(lib_imports.seed, sizeof(lib_imports.seed));
	return 0;
}
early_initcall(seed_random);
