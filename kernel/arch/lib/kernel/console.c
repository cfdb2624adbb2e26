// SPDX-License-Identifier: GPL-2.0
/*
 * console.c - the kernel's log goes to the host
 */
#include <linux/console.h>
#include <linux/init.h>

#include "lib.h"

static void console_write(struct console *con, const char *text, unsigned int len)
{
	lib_imports.console(lib_imports.host, text, len);
}

static struct console console = {
	.name = "lib",
	.write = console_write,
	.flags = CON_PRINTBUFFER | CON_ENABLED | CON_ANYTIME,
	.index = -1,
};

static int __init console_setup(void)
{
	register_console(&console);
	return 0;
}
early_initcall(console_setup);
