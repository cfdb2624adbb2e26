// SPDX-License-Identifier: GPL-2.0
/*
 * setup.c - memory and the rest of what start_kernel() asks the machine for
 */
#include <linux/init.h>
#include <linux/initrd.h>
#include <linux/kernel.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pfn.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/version.h>

#include <asm/sections.h>
#include <asm/setup.h>

#include "lib.h"

unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)] __aligned(PAGE_SIZE);

static char command_line[COMMAND_LINE_SIZE] __initdata;

static void __init memory_init(void)
{
	unsigned long arena = __pa(lib_imports.arena);
	unsigned long size = arena + lib_imports.arena_size;
	unsigned long max_zone_pfn[MAX_NR_ZONES] = { };

	memblock_add(0, size);
	memblock_reserve(0, arena);
	min_low_pfn = 0;
	max_low_pfn = max_pfn = PFN_DOWN(size);
	max_mapnr = max_pfn;
	high_memory = __va(size);
	memblock_set_bottom_up(true);
	max_zone_pfn[ZONE_NORMAL] = max_low_pfn;
	free_area_init(max_zone_pfn);
}

/* kernel/sched/sched.h */
extern int sysctl_sched_rt_runtime;

void __init setup_arch(char **cmdline_p)
{
	strscpy(boot_command_line, lib_imports.cmdline, COMMAND_LINE_SIZE);
	strscpy(command_line, boot_command_line, COMMAND_LINE_SIZE);
	*cmdline_p = command_line;
	/* Programs' tasks are of that class (task.c); nothing shares the CPU with them. */
	sysctl_sched_rt_runtime = -1;
	setup_initial_init_mm(_stext, _etext, _edata, _end);
	lib_clock_init();
	lib_entropy_init();
	parse_early_param();
	memory_init();
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
void __init mem_init(void)
{
	lib_fresh_init(max_pfn);
	memblock_free_all();
}
#endif

/* The image's init part is shared with other stacks, and small. */
void free_initmem(void)
{
}


static void *c_start(struct seq_file *m, loff_t *pos)
{
	return *pos < 1 ? (void *)1 : NULL;
}

static void *c_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void c_stop(struct seq_file *m, void *v)
{
}

static int c_show(struct seq_file *m, void *v)
{
	seq_puts(m, "processor\t: 0\nvendor_id\t: LibOS\nmodel name\t: LibOS virtual CPU\n\n");
	return 0;
}

const struct seq_operations cpuinfo_op = {
	.start = c_start,
	.next = c_next,
	.stop = c_stop,
	.show = c_show,
};
