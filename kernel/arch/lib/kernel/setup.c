// SPDX-License-Identifier: GPL-2.0
/*
 * setup.c - what start_kernel() asks the machine for
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/netdevice.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include <asm/sections.h>
#include <asm/setup.h>

#include "lib.h"

static char command_line[COMMAND_LINE_SIZE] __initdata;

/* kernel/sched/sched.h */
extern int sysctl_sched_rt_runtime;

/*
 * Devices that a distribution's modules make when they are loaded, and tables larger than
 * a stack needs. The kernel's command line can say otherwise.
 */
static const struct {
	const char *name, *value;
} params[] = {
	{ "bonding.max_bonds", "0" },
	{ "can.stats_timer", "0" },
	{ "dccp.thash_entries", "512" },
	{ "dummy.numdummies", "0" },
	{ "ifb.numifbs", "0" },
};

extern const struct kernel_param __start___param[], __stop___param[];

/* At once: as words of the command line each would be compared with all, eight times. */
static void __init params_init(void)
{
	const struct kernel_param *p;
	int i;

	for (p = __start___param; p < __stop___param; p++)
		for (i = 0; i < ARRAY_SIZE(params); i++)
			if (!strcmp(p->name, params[i].name))
				p->ops->set(params[i].value, p);
}

/* "all" is ours: the kernel's default is another one here. */
static int __init fb_tunnels_setup(char *str)
{
	if (str && !strcmp(str, "all"))
		sysctl_fb_tunnels_only_for_init_net = 0;
	return 0;
}
early_param("fb_tunnels", fb_tunnels_setup);

/*
 * Hash tables would be sized by what is online at the boot (memory.c): these are by all
 * memory, as elsewhere, a slot per 128 kB and per 2 MB. Files are few.
 */
static void __init command_line_init(void)
{
	unsigned long size = lib_imports.arena_size;

	strscpy(boot_command_line, lib_imports.cmdline, COMMAND_LINE_SIZE);
	scnprintf(command_line, COMMAND_LINE_SIZE, "thash_entries=%lu uhash_entries=%lu "
		  "dhash_entries=1024 ihash_entries=512 %s", size >> 17, size >> 21,
		  boot_command_line);
}

void __init setup_arch(char **cmdline_p)
{
	console_loglevel = CONSOLE_LOGLEVEL_QUIET;
	sysctl_fb_tunnels_only_for_init_net = 2;
	params_init();
	command_line_init();
	*cmdline_p = command_line;
	/* Programs' tasks are of that class (task.c); nothing shares the CPU with them. */
	sysctl_sched_rt_runtime = -1;
	setup_initial_init_mm(_stext, _etext, _edata, _end);
	lib_clock_init();
	lib_entropy_init();
	parse_early_param();
	lib_memory_init();
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
