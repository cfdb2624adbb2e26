// SPDX-License-Identifier: GPL-2.0
/*
 * irq.c - interrupts are function calls (carrier.c); there is no controller
 */
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/seq_file.h>

void __init init_IRQ(void)
{
}

int arch_show_interrupts(struct seq_file *p, int prec)
{
	return 0;
}
