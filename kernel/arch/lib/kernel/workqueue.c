// SPDX-License-Identifier: GPL-2.0
/*
 * workqueue.c - work queues without a thread each
 *
 * A queue that memory is reclaimed by has a thread of its own, for the time when there is no memory
 * for a worker: a dozen of them at a stack's start, with a stack and four pages each. There
 * is nothing to write out here. Those that give back a network namespace keep theirs.
 */
#include <linux/string.h>
#include <linux/workqueue.h>

struct workqueue_struct *__real_alloc_workqueue(const char *fmt, unsigned int flags,
						int max_active, ...);
struct workqueue_struct *__wrap_alloc_workqueue(const char *fmt, unsigned int flags,
						int max_active, ...);

struct workqueue_struct *__wrap_alloc_workqueue(const char *fmt, unsigned int flags,
						int max_active, ...)
{
	char name[32];	/* More than WQ_NAME_LEN is cut, too. */
	va_list args;

	va_start(args, max_active);
	vsnprintf(name, sizeof(name), fmt, args);
	va_end(args);
	if (strcmp(name, "netns") && strcmp(name, "inet_frag_wq"))
		flags &= ~WQ_MEM_RECLAIM;
	return __real_alloc_workqueue("%s", flags, max_active, name);
}
