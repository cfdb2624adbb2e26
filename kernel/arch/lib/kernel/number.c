// SPDX-License-Identifier: GPL-2.0
/*
 * number.c - processes by the numbers that programs know
 *
 * A program knows its processes by the host's numbers; the kernel gives them its own. Where a
 * program names one to the kernel (IFLA_NET_NS_PID, RTM_NEWNSID, cgroup.procs), generic
 * code looks it up with find_task_by_vpid(), in whose place (kernel/link) the host is asked.
 */
#include <linux/pid.h>
#include <linux/sched.h>

#include "lib.h"

struct task_struct *__wrap_find_task_by_vpid(pid_t pid);

struct task_struct *__wrap_find_task_by_vpid(pid_t pid)
{
	int number = pid > 0 ? lib_imports.number(lib_imports.host, pid) : 0;

	return number > 0 ? find_task_by_pid_ns(number, &init_pid_ns) : NULL;
}
