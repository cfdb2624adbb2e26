// SPDX-License-Identifier: GPL-2.0
/*
 * number.c - a process's number, as a program tells it
 *
 * A program knows processes by the host's numbers, and hands them to the kernel where it
 * names one: `ip link set dev d0 netns PID`, a line for cgroup.procs. All of these are
 * looked up by find_task_by_vpid(). The link puts ours in its place (--wrap), which asks the
 * host whom the number means. Translating them on the way in, as it is done for names below
 * /proc and for F_SETOWN, would take knowledge of each netlink message that has one.
 */
#include <linux/sched.h>

#include "lib.h"

struct task_struct *__real_find_task_by_vpid(pid_t nr);
struct task_struct *__wrap_find_task_by_vpid(pid_t nr);

struct task_struct *__wrap_find_task_by_vpid(pid_t nr)
{
	nr = lib_imports.number(lib_imports.host, nr);
	return nr > 0 ? __real_find_task_by_vpid(nr) : NULL;
}
