// SPDX-License-Identifier: GPL-2.0
/*
 * delegate.c - calls left with whoever holds the token
 *
 * A thread that finds the token taken leaves its call in a list. The holder makes it
 * when his own is over, before he puts the token back. Handing over the token
 * instead moves the kernel's data from CPU to CPU with each call, and the thread could not do
 * anything else meanwhile either.
 *
 *   left	in the list. If the token becomes free the thread takes the call back.
 *   begun	as if its thread had carried it and it had blocked: on lib_blocked
 *
 * A holder of another host process is waited for, since it could not make the call. One that
 * comes in between leaves it where it is.
 */
#include <linux/list.h>
#include <linux/sched.h>

#include "lib.h"

/* How often a thread looks for the end of a call that was begun */
#define LOOK_MAX 1024
/* For so many rounds a thread makes others' calls */
#define SERVE_MAX 4
/* Cycles: how long for somebody on the CPU that has the kernel's data */
#define STAY_CYCLES (1u << 15)
#define REFRAIN_MAX 8

static struct lib_task *take_all(void)
{
	struct lib_task *all = NULL;

	asm volatile("xchgq %0, %1" : "+r" (all), "+m" (lib_cpu.calls) :: "memory");
	return all;
}

static void leave(struct lib_task *t)
{
	struct lib_task *head = READ_ONCE(lib_cpu.calls), *old;

	t->left = true;
	do {
		old = head;
		t->next_call = old;
		asm volatile("lock; cmpxchgq %2, %1"
			     : "+a" (head), "+m" (lib_cpu.calls)
			     : "r" (t) : "memory", "cc");
	} while (head != old);
}

/* lib_take_back() - with the token: its call is not for others any more, if it was */
void lib_take_back(struct lib_task *own)
{
	struct lib_task *t, *next;

	if (!own->left)
		return;
	for (t = take_all(); t; t = next) {
		next = t->next_call;
		if (t != own)
			leave(t);
	}
	own->left = false;
}

/*
 * Another host process's call would read and write our memory: where its task is current,
 * parked at the end of its last call, lib_post_switch() does not see it.
 */
static bool is_ours(const struct lib_task *t)
{
	return READ_ONCE(t->waiter.space) == lib_private.space;
}

static void begin(struct lib_task *t)
{
	if (likely(t->tsk)) {
		t->intr = false;
		t->raw = false;
		t->rung = false;
		t->call = true;
		list_add_tail(&t->blocked, &lib_blocked);
		if (current != t->tsk)
			wake_up_process(t->tsk);
	} else {
		t->ret = -EIO;
		lib_finish(&t->waiter, false);
	}
	smp_store_release(&t->left, false);
}

static void begin_all(void *arg)
{
	struct lib_task *t, *next, *first = NULL;

	for (t = take_all(); t; t = next) {
		next = t->next_call;
		t->next_call = first;
		first = t;
	}
	for (t = first; t; t = next) {
		next = t->next_call;
		if (likely(is_ours(t))) {
			begin(t);
			*(bool *)arg = true;
		} else {
			leave(t);
		}
	}
}

/*
 * lib_serve() - make the calls that were left
 * With the token, on a host stack, when the carrier's own call is over or blocked.
 */
void lib_serve(void)
{
	bool begun = true;
	int rounds;

	if (unlikely(lib_cpu.dead))
		return;
	for (rounds = 0; rounds < SERVE_MAX && begun && READ_ONCE(lib_cpu.calls); rounds++) {
		lib_irq_carrier();
		begun = false;
		lib_on_stack(begin_all, &begun, lib_irq_stack + LIB_IRQ_STACK_WORDS);
		if (likely(begun && !lib_cpu.dead))
			lib_enter();
		if (unlikely(lib_cpu.dead))
			return;
	}
}

/*
 * lib_serve_left() - without the token, by a thread that waits: make the calls that were
 * left for its CPU. Returns whether there were any.
 */
bool lib_serve_left(void)
{
	struct lib_task *t = READ_ONCE(lib_cpu.calls);

	if (!t || !is_ours(t) || lib_is_elsewhere() || !lib_token_try())
		return false;
	lib_serve();
	lib_token_put();
	return true;
}

/* The holder makes the call now. Is it over soon? */
static void look(const struct lib_waiter *w)
{
	struct lib_spin spin = { .start = lib_cycles() };

	while (!READ_ONCE(w->done) && READ_ONCE(w->word) == LIB_WAIT_RUNNING &&
	       READ_ONCE(lib_cpu.token) && READ_ONCE(lib_cpu.holder) != lib_host_cpu() &&
	       spin.looks < LOOK_MAX)
		lib_spin_pause(&spin);
}

/* Cycles that the call stays where it was left though the token is free */
static unsigned int patience(struct lib_task *t)
{
	if (!lib_is_elsewhere())
		return 0;
	if (t->refrain) {
		t->refrain--;
		return 0;
	}
	return STAY_CYCLES;
}

static void in_vain(struct lib_task *t)
{
	if (t->in_vain < REFRAIN_MAX)
		t->in_vain++;
	t->refrain = (1u << t->in_vain) - 1;
}

/*
 * lib_delegate() - leave the call to the holder of the token, or to who had it last
 *
 * Return: 1 when the thread has the token and must make the call itself; 0 when it was
 * begun, and the thread may wait for its end; -EIO when the stack is dead.
 */
int lib_delegate(struct lib_task *t)
{
	u32 token = READ_ONCE(lib_cpu.token);
	struct lib_spin spin;
	unsigned int stay;
	bool got = false;

	if ((token ?: READ_ONCE(lib_cpu.last)) != lib_private.token)
		return lib_token_get() ? 1 : -EIO;
	stay = patience(t);
	if (!stay && lib_token_try())
		return 1;
	leave(t);
	spin = (struct lib_spin){ .start = lib_cycles() };
	while (READ_ONCE(t->left) && lib_cycles() - spin.start < stay)
		asm volatile("pause");
	while (READ_ONCE(t->left) && !(got = lib_token_poll(&spin))) {
		if (!lib_spin_enough(&spin))
			continue;
		got = lib_token_get();
		if (!got)
			return -EIO;
		break;
	}
	if (!got) {
		t->in_vain = 0;
		look(&t->waiter);
		return 0;
	}
	if (!t->left) {
		lib_token_put();
		return 0;
	}
	if (stay)
		in_vain(t);
	lib_take_back(t);
	return 1;
}
