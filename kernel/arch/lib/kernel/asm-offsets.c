// SPDX-License-Identifier: GPL-2.0
/* asm-offsets.c - offsets that switch.S needs */
#define COMPILE_OFFSETS
#include <linux/kbuild.h>
#include <linux/sched.h>

#include "lib.h"

void foo(void);
void foo(void)
{
	OFFSET(TASK_SP, task_struct, thread.sp);
	OFFSET(CPU_HOST_SP, lib_cpu, host_sp);
}
