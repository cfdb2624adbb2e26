// SPDX-License-Identifier: GPL-2.0
/*
 * request.c - work in a process context, for callers that have no task
 *
 * Creating a process, a task or a device sleeps and takes mutexes, which needs a
 * context of the kernel's own. A host thread leaves a request with a worker (a
 * process's leader, or init), and carries the CPU until it is done. Slots are
 * static: they are shared by all processes of a stack and never given back, so a
 * late ring finds a waiter.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/resume_user_mode.h>

#include "lib.h"

struct lib_slot {
	struct lib_waiter waiter;
	struct list_head link;
	bool used;
	bool orphan;	/* nobody waits for it any more */
	long (*fn)(union lib_payload *arg);
	union lib_payload payload;
	long ret;
};

static struct lib_slot slots[32];

static void slot_done(struct lib_slot *slot, long ret)
{
	slot->ret = ret;
	if (slot->orphan)
		slot->used = false;
	else
		lib_finish(&slot->waiter, false);
}

/* Handlers are the host's. */
static void hand_over_signal(void)
{
	int sig;

	clear_notify_signal();
	if (fatal_signal_pending(current))
		return;
	sig = kernel_dequeue_signal();
	if (sig)
		lib_imports.signal(lib_imports.host, task_tgid_nr(current), sig);
}

/*
 * lib_worker_run() - the worker's life; in its own task
 * Returns when a fatal signal came.
 */
void lib_worker_run(struct lib_worker *worker)
{
	struct lib_slot *slot;
	long ret;

	while (!fatal_signal_pending(current)) {
		set_current_state((worker->signals ? TASK_INTERRUPTIBLE : TASK_KILLABLE) |
				  TASK_NOLOAD);
		if (worker->signals && signal_pending(current)) {
			__set_current_state(TASK_RUNNING);
			hand_over_signal();
			continue;
		}
		slot = list_first_entry_or_null(&worker->requests,
						struct lib_slot, link);
		if (!slot) {
			schedule();
			continue;
		}
		__set_current_state(TASK_RUNNING);
		list_del(&slot->link);
		ret = slot->fn(&slot->payload);
		if (task_work_pending(current))
			task_work_run();
		slot_done(slot, ret);
	}
	while ((slot = list_first_entry_or_null(&worker->requests, struct lib_slot, link))) {
		list_del(&slot->link);
		slot_done(slot, -ESRCH);
	}
	__set_current_state(TASK_RUNNING);
}

static struct lib_slot *slot_get(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(slots); i++)
		if (!slots[i].used)
			return &slots[i];
	return NULL;
}

/*
 * lib_request() - have @fn(@arg) run by @worker and wait for it
 * @arg: copied there and back, since it may lie in host memory
 *
 * Any host thread, without the token. Return: what @fn returns; -EAGAIN when too
 * many requests are open, -EIO when the stack is dead.
 */
long lib_request(struct lib_worker *worker, long (*fn)(union lib_payload *arg),
		 union lib_payload *arg)
{
	struct lib_slot *slot;
	long ret;

	if (!lib_token_get())
		return -EIO;
	slot = slot_get();
	if (!slot) {
		lib_token_put();
		return -EAGAIN;
	}
	slot->used = true;
	slot->orphan = false;
	slot->fn = fn;
	slot->payload = *arg;
	slot->waiter.done = false;
	slot->waiter.space = lib_private.space;
	slot->waiter.word = LIB_WAIT_RUNNING;
	list_add_tail(&slot->link, &worker->requests);
	lib_cpu.carrier = &slot->waiter;
	lib_enter_waking(worker->tsk);
	ret = lib_carry(&slot->waiter, NULL);
	if (!ret) {
		ret = slot->ret;
		*arg = slot->payload;
	}
	smp_store_release(&slot->used, false);
	return ret;
}

/* With the token: the threads that waited in @space are gone. */
void lib_request_space_dead(u32 space)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		struct lib_slot *slot = &slots[i];

		if (!slot->used || slot->waiter.space != space)
			continue;
		slot->orphan = true;
		if (slot->waiter.done)
			slot->used = false;
	}
}

/* The stack is dead: whoever waits for a request shall see it. */
void lib_request_ring_all(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(slots); i++)
		if (slots[i].used)
			lib_ring_again(&slots[i].waiter);
}
