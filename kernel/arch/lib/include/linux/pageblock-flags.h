/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's, but for what is kept together by kind and set aside for interrupts: not as much as
 * its largest block (CONFIG_ARCH_FORCE_MAX_ORDER). 4 MiB, as everywhere without huge pages.
 */
#ifndef _LIB_LINUX_PAGEBLOCK_FLAGS_H
#define _LIB_LINUX_PAGEBLOCK_FLAGS_H

#include_next <linux/pageblock-flags.h>

#undef pageblock_order
#define pageblock_order		10

#endif
