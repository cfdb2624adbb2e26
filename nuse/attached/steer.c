// SPDX-License-Identifier: GPL-2.0
/*
 * steer.c - threads that are busy with the stack share a CPU
 *
 * The stack is one virtual CPU. If threads on several of the host's CPUs take turns as
 * it, each turn finds its data in another one's cache, and a sleeper is woken across:
 * two programs that exchange small messages are two to three times as fast on one CPU as
 * on two. So a thread that makes call after call while the virtual CPU moves about goes
 * to the CPU where the others of its kind are (@home), for LEASE_NS; then the host's
 * scheduler places it anew. One that computes more than it calls stays where it is.
 *
 * Such a thread is SCHED_BATCH meanwhile: who is woken then waits for the waker to
 * finish what it is at, instead of taking the CPU from it for each message.
 *
 * One that never waits, as a sender of datagrams without end, would keep its receiver from the
 * CPU: while there is such a one all are left where they are.
 *
 * What a program asks of the scheduler itself is never changed: a process that sets
 * anything there is left alone from then on.
 */
#include <linux/sched.h>

#include "attached.h"

#define CALLS 64		/* a look every so many */
#define BUSY_NS 2000000		/* in less than this: a busy thread */
#define MOVES 6			/* in that time: the virtual CPU moves about */
#define DRY 8			/* looks without a wait: it has none */
#define DRY_NS 10000000ull	/* since it was seen without one */
#define LEASE_NS 100000000ull

static int left_alone;

/* ------------------------------------------------------------------ */

static void restore(struct shared_steered *s, int tid)
{
	int priority = 0;

	if (s->size)
		host_3(__NR_sched_setaffinity, tid, s->size, s->mask);
	if (s->policy)
		host_3(__NR_sched_setscheduler, tid, SCHED_NORMAL, &priority);
}

/* The calling thread is as its program wants it. */
void steer_release(struct thread *th)
{
	struct shared_steered *s = th ? th->steered : NULL;
	int tid;

	if (!s)
		return;
	th->steered = NULL;
	tid = host_0(__NR_gettid);
	if (atomic_compare_exchange_strong(&s->tid, &tid, SHARED_RESTORING)) {
		restore(s, 0);
		shared_unsteer(s);
		return;
	}
	/* The owner was faster, or is just at it. (Later it may be another thread's.) */
	while (s->tid == SHARED_RESTORING && s->space == attachment.space)
		host_0(__NR_sched_yield);
}

static struct shared_steered *take(void)
{
	struct shared *sh = attachment.sh;
	uint32_t i;

	for (i = 0; i < SHARED_STEERED; i++) {
		uint32_t none = 0;

		if (sh->steered[i].space ||
		    !atomic_compare_exchange_strong(&sh->steered[i].space, &none,
						    attachment.space))
			continue;
		sh->steered[i].policy = 0;
		sh->steered[i].size = 0;
		return &sh->steered[i];
	}
	return NULL;
}

static void make_batch(struct shared_steered *s)
{
	int priority = 0;

	if (host_1(__NR_sched_getscheduler, 0) == SCHED_NORMAL &&
	    !host_3(__NR_sched_setscheduler, 0, SCHED_BATCH, &priority))
		s->policy = 1;
}

/* To where the others are, or, for the first, to where it is */
static void go_home(struct shared_steered *s)
{
	struct shared *sh = attachment.sh;
	unsigned long one[16] = { 0 };
	uint32_t cpu, home = 0;
	long size;

	size = host_3(__NR_sched_getaffinity, 0, sizeof(s->mask), s->mask);
	if (size <= 0 || host_3(__NR_getcpu, &cpu, NULL, NULL))
		return;
	if (!atomic_compare_exchange_strong(&sh->home, &home, cpu + 1))
		cpu = home - 1;
	if (cpu >= 8 * (size_t)size || !(s->mask[cpu / 64] >> cpu % 64 & 1))
		return;
	one[cpu / 64] = 1ul << cpu % 64;
	if (!host_3(__NR_sched_setaffinity, 0, size, one))
		s->size = size;
}

static void steer(struct thread *th, uint64_t now, int move)
{
	int tid = host_0(__NR_gettid);
	struct shared_steered *s = take();

	if (!s)
		return;
	make_batch(s);
	if (move)
		go_home(s);
	if (!s->policy && !s->size) {
		shared_unsteer(s);
		return;
	}
	s->until = now + LEASE_NS;
	th->steered = s;
	s->tid = tid;
	if (!atomic_exchange(&attachment.sh->steering, 1))
		stack_ring();
}

/* Every CALLS calls of a thread */
void steer_look(struct thread *th)
{
	uint64_t now = vdso_clock();
	uint32_t moves = attachment.ops.token->moves;
	int busy = now - th->looked < BUSY_NS, move = moves - th->moves >= MOVES, apart;

	th->calls = CALLS;
	th->looked = now;
	th->moves = moves;
	th->dry = th->waited ? 0 : th->dry + (th->dry < DRY);
	th->waited = 0;
	if (busy && th->dry == DRY)
		attachment.sh->dry_until = now + DRY_NS;
	if (left_alone)
		return;
	apart = !busy || now < attachment.sh->dry_until;
	if (th->steered && (apart || now >= th->steered->until ||
			    (move && !th->steered->size)))
		steer_release(th);
	else if (!th->steered && !apart)
		steer(th, now, move);
}

/* sched_setaffinity(2) and its kind: the program does that itself. Others: what it asked for */
long steer_call(struct trap_thread *t, long nr, unsigned long *a)
{
	(void)a;
	steer_release(*trap_data(t));
	if (nr != __NR_sched_getaffinity && nr != __NR_sched_getscheduler &&
	    nr != __NR_sched_getattr)
		left_alone = 1;
	return TRAP_HOST;
}

/* Also where the program may forbid us what we need for it */
void steer_leave_alone(struct thread *th)
{
	steer_release(th);
	left_alone = 1;
}

int steer_left_alone(void)
{
	return left_alone;
}
