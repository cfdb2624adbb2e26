// SPDX-License-Identifier: GPL-2.0
/*
 * carrier.c - host threads carry the virtual CPU
 *
 * A host thread that makes a system call takes the token, leaves its own stack
 * for the one of the kernel context that is current, and stays until nothing is
 * left to do. Kernel contexts switch among themselves as the scheduler says,
 * whoever carries them. A context is left to the host at two places only:
 *
 *   - in the idle loop: everything sleeps. The carrier's own call may be
 *     finished (somebody else's work kept it here) or blocked; if blocked, it
 *     puts the token back and sleeps on its own word.
 *   - on the way out of a system call, when the task is the carrier's own and
 *     nothing else is runnable (task.c). The task stays the scheduler's current
 *     one, so that the thread's next call does not switch at all.
 *
 * So at any time when the token is free, the current context is parked in one of
 * the two. Interrupts are delivered there.
 *
 * A blocked call may be finished by another carrier: it sets `done` and rings the
 * thread, which goes home without taking the token. If the call belongs to
 * another host process the carrier must not run it, since user memory is not
 * the same: lib_post_switch() puts it back to sleep and rings its own thread. Where that
 * process is gone, anybody carries the task, whose memory is then nothing.
 */
#include <linux/cpu.h>
#include <linux/hardirq.h>
#include <linux/irqflags.h>
#include <linux/sched.h>
#include <linux/sched/idle.h>
#include <linux/sched/signal.h>
#include <linux/sched/stat.h>
#include <linux/tick.h>
#include <linux/version.h>

#include <asm/mmu_context.h>

#include "lib.h"

struct task_struct *lib_current;
unsigned long lib_irq_flags;

/* What interrupts are pending; by a carrier with interrupts enabled. */
void lib_run_irqs(void)
{
	u32 pending = 0;

	asm volatile("xchgl %0, %1"
		     : "+r" (pending), "+m" (lib_cpu.pending) :: "memory");
	if (pending & LIB_IRQ_TIMER)
		lib_timer_irq();
}

/*
 * lib_park() - nothing to do for this context: go to the host
 *
 * Returns when a carrier has entered and there is a reason to look around.
 */
void lib_park(void)
{
	if (!READ_ONCE(lib_cpu.pending))
		lib_leave();
	if (unlikely(READ_ONCE(lib_cpu.pending)))
		lib_run_irqs();
}

/* Called with interrupts disabled; since 6.2 it returns so as well. */
void arch_cpu_idle(void)
{
	raw_local_irq_enable();
	lib_park();
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
	raw_local_irq_disable();
#endif
}

/*
 * In the next task's context after every switch. A task inside a call of
 * another host process sleeps until its own thread comes for it; it was just
 * made running, so its caller sees at most a spurious wake-up.
 */
void lib_post_switch(void)
{
	struct lib_task *t = current->thread.lib;

	lib_user_memory(t);
	if (!t || !t->call || t->hooked)
		return;
	while (unlikely(t->waiter.space != lib_cpu.carrier->space && !t->dead)) {
		t->hooked = true;
		__set_current_state(TASK_UNINTERRUPTIBLE);
		lib_ring(&t->waiter);
		schedule();
		t->hooked = false;
		lib_user_memory(t);
	}
}

/*
 * wait_outside() - sleep until the waiter is rung, without the token
 * @serves: lib_linger()
 * Return: -EINTR, -ERESTART or -ERESTARTSYS when a signal came, else 0.
 */
static int wait_outside(struct lib_waiter *w, bool serves)
{
	u32 old = LIB_WAIT_RUNNING;
	int err = 0;

	lib_linger(w, serves);
	asm volatile("lock; cmpxchgl %2, %1"
		     : "+a" (old), "+m" (w->word)
		     : "r" ((u32)LIB_WAIT_SLEEPING) : "memory", "cc");
	if (old != LIB_WAIT_RUNG && !READ_ONCE(w->done))
		err = lib_imports.wait(lib_imports.host, &w->word, LIB_WAIT_SLEEPING,
				    LIB_NEVER);
	/* Not a plain store: a ring that comes now must not be lost. */
	old = LIB_WAIT_RUNNING;
	asm volatile("xchgl %0, %1" : "+r" (old), "+m" (w->word) :: "memory");
	return old == LIB_WAIT_RUNG ? 0 : err;
}

/*
 * lib_finish() - the call that @w waits for is over
 * @rung: it was rung already, and will come for the token
 *
 * A thread that is awake sees it; one on its way to sleep looks once more.
 */
void lib_finish(struct lib_waiter *w, bool rung)
{
	bool done = true;

	if (lib_cpu.carrier == w) {
		w->done = true;
		return;
	}
	asm volatile("xchgb %0, %1" : "+q" (done), "+m" (w->done) :: "memory");
	if (!rung && READ_ONCE(w->word) == LIB_WAIT_SLEEPING)
		lib_ring(w);
}

static void notify(void *tsk)
{
	set_notify_signal(tsk);
}

/* lib_carry_on() - without the token: wait for the end of a call that is blocked */
int lib_carry_on(struct lib_waiter *w, struct lib_task *t)
{
	for (;;) {
		int err;

		do {
			err = wait_outside(w, t != NULL);
			if (READ_ONCE(w->done))
				return 0;
			if (READ_ONCE(lib_cpu.dead))
				return -EIO;
		} while (!t);
		/* Rung: our task is runnable, or hooked; or a signal came. */
		if (!lib_token_get())
			return w->done ? 0 : -EIO;
		if (w->done)
			break;
		t->rung = false;
		lib_cpu.carrier = w;
		if (err == -EINTR || err == -ERESTART || err == -ERESTARTSYS) {
			t->intr = true;
			t->restart = err == -ERESTART;
			t->raw = err == -ERESTARTSYS;
			lib_on_stack(notify, t->tsk, lib_irq_stack + LIB_IRQ_STACK_WORDS);
		}
		if (unlikely(lib_cpu.dead))
			break;
		if (t->hooked)
			lib_enter_waking(t->tsk);
		else
			lib_enter();
		if (READ_ONCE(lib_cpu.calls))
			lib_serve();
		if (unlikely(lib_cpu.dead) || w->done)
			break;
		lib_token_put();
	}
	lib_token_put();
	return w->done ? 0 : -EIO;
}

/* With the token */
static noinline int carry_blocked(struct lib_waiter *w, struct lib_task *t)
{
	if (t) {
		t->rung = false;
		list_add_tail(&t->blocked, &lib_blocked);
	}
	lib_token_put();
	return lib_carry_on(w, t);
}

/*
 * lib_carry() - the carrier is back on its host stack: is its call done?
 * @w: the caller's waiter
 * @t: its task, or NULL for a request
 *
 * With the token; returns without it, when the call is done. 0, or -EIO when the
 * stack died.
 */
int lib_carry(struct lib_waiter *w, struct lib_task *t)
{
	if (unlikely(READ_ONCE(lib_cpu.calls)))
		lib_serve();
	if (unlikely(!w->done && !lib_cpu.dead))
		return carry_blocked(w, t);
	lib_token_put();
	return likely(w->done) ? 0 : -EIO;
}

/* Carriers that belong to no call: of timers, and of devices */
struct lib_waiter lib_service;
static struct lib_waiter device;

static void carry_for(struct lib_waiter *w)
{
	w->space = lib_private.space;
	lib_cpu.carrier = w;
}

/* The carrier does not carry for its own call. */
void lib_irq_carrier(void)
{
	carry_for(&device);
}

unsigned long lib_irq_stack[LIB_IRQ_STACK_WORDS] __aligned(16);

struct irq_call {
	void (*fn)(void *arg);
	void *arg;
};

static void irq_call(void *arg)
{
	struct irq_call *call = arg;
	unsigned long flags;

	raw_local_irq_save(flags);
	irq_enter();
	call->fn(call->arg);
	irq_exit();
	raw_local_irq_restore(flags);
}

/*
 * lib_irq() - run @fn as an interrupt, from outside any context
 *
 * With the token. It borrows the parked context's task and runs on a stack of
 * its own, since a host thread's may be small. Softirqs it raises run before it
 * returns, and so does what they made runnable.
 */
void lib_irq(void (*fn)(void *arg), void *arg)
{
	struct irq_call call = { fn, arg };

	carry_for(&device);
	lib_on_stack(irq_call, &call, lib_irq_stack + LIB_IRQ_STACK_WORDS);
	if (lib_cpu.dead)
		return;
	/*
	 * The idle loop must come round: it takes new timers into account, as after
	 * any interrupt that ends its sleep. A task in user mode must not keep those
	 * waiting whom the scheduler does not find more urgent.
	 */
	if (need_resched() || is_idle_task(current) || !single_task_running())
		lib_enter();
}

static void timer_irq(void *arg)
{
	lib_run_irqs();
}

/* With the token: whatever is due. Returns without it. */
static u64 run_due(void)
{
	u64 next;

	if (lib_cpu.pending || lib_imports.clock(lib_imports.host) >= lib_cpu.next_event) {
		lib_cpu.pending |= LIB_IRQ_TIMER;
		lib_irq(timer_irq, NULL);
		/*
		 * A task in user mode would keep the tick going, and the idle
		 * loop stops it only when it comes round after one.
		 */
		if (!lib_cpu.dead) {
			carry_for(&lib_service);
			lib_enter();
		}
	}
	/* Under the token: a later carrier's earlier event must be told later. */
	next = lib_cpu.armed = lib_cpu.next_event;
	lib_imports.arm(lib_imports.host, next);
	lib_token_put();
	return next;
}

u64 lib_event(void)
{
	/* The carrier sees it on its way out; if it just left, we get the token. */
	asm volatile("lock; orl %1, %0"
		     : "+m" (lib_cpu.pending) : "i" (LIB_IRQ_TIMER) : "memory", "cc");
	if (!lib_token_try()) {
		if (READ_ONCE(lib_cpu.dead))
			return LIB_NEVER;
		return lib_imports.clock(lib_imports.host) + 100 * NSEC_PER_USEC;
	}
	return run_due();
}

u64 lib_run(void)
{
	if (!lib_token_get())
		return LIB_NEVER;
	return run_due();
}
