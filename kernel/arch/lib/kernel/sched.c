// SPDX-License-Identifier: GPL-2.0
/*
 * sched.c - no share of time for kernel threads where time stands still
 *
 * From 6.12 on the scheduler gives them 5 % beside tasks of SCHED_FIFO, as all are that make
 * calls, by a timer that goes off 50 ms before a second is over (the fair server). A virtual clock
 * does not move while anybody runs: the timer is due at the same moment for ever, and nothing else
 * is. Nobody is starved there: time passes when all calls have ended or wait.
 */
#include <linux/sched.h>
#include <linux/version.h>

#include "lib.h"

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
void __real_dl_server_start(struct sched_dl_entity *server);
void __wrap_dl_server_start(struct sched_dl_entity *server);

void __wrap_dl_server_start(struct sched_dl_entity *server)
{
	if (lib_imports.clock_mode != LIB_CLOCK_VIRTUAL)
		__real_dl_server_start(server);
}
#endif
