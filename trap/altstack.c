// SPDX-License-Identifier: GPL-2.0
/*
 * altstack.c - sigaltstack(2), and an alternate stack that several threads have
 *
 * A program may give one stack to all of its threads, if it is for a handler that ends the
 * process: varnishd does. But SIGSYS comes on it, too (it must: goroutines' stacks are
 * smaller than a frame). Two threads that trap at once would write their frames over each
 * other, and both go on with the registers of one. So one thread has such a stack in the
 * host. The others have one of ours in its place, where their handlers then run, and hear
 * of the one they asked for.
 *
 * What a thread has, or is about to have, is its claim, which it makes before it looks at
 * those of the others: of two that want the same at once one sees the other's. That both may
 * is no matter. A stack that nobody else claims is never replaced: Go looks where its handlers
 * run. What the host has is asked of the host, as it changes with each sigreturn.
 */
#include "thread.h"

/* Does another thread have a part of it? */
static int is_shared(const struct trap_thread *t, unsigned long at, unsigned long size)
{
	const struct trap_thread *other;
	int i;

	for (other = trap_thread_first(); other; other = other->next) {
		if (other == t || !__atomic_load_n(&other->busy, __ATOMIC_SEQ_CST))
			continue;
		for (i = 0; i < 2; i++) {
			const struct trap_claim *c = &other->alt.claim[i];
			unsigned long c_size = __atomic_load_n(&c->size, __ATOMIC_SEQ_CST);

			if (c_size && at < c->at + c_size && c->at < at + size)
				return 1;
		}
	}
	return 0;
}

/* To the host with one of ours. A smaller one is left: a handler may be standing on it. */
static long replace(struct trap_altstack *a, const stack_t *asked)
{
	stack_t new = *asked;
	long r;

	new.ss_sp = a->ours;
	if (a->size < new.ss_size)
		new.ss_sp = trap_pages(new.ss_size);
	if (!new.ss_sp)
		return -ENOMEM;
	r = host_2(__NR_sigaltstack, &new, 0);
	if (r) {
		if (new.ss_sp != a->ours)
			trap_pages_free(new.ss_sp, new.ss_size);
		return r;
	}
	if (new.ss_sp != a->ours)
		a->size = new.ss_size;
	a->ours = new.ss_sp;
	a->asked = asked->ss_sp;
	return 0;
}

static long change(struct trap_thread *t, const stack_t *new)
{
	struct trap_altstack *a = &t->alt;
	struct trap_claim *was = &a->claim[a->turn], *claim = &a->claim[!a->turn];
	unsigned long at = (unsigned long)new->ss_sp;
	long r;

	if (!(new->ss_flags & SS_DISABLE)) {
		claim->at = at;
		__atomic_store_n(&claim->size, new->ss_size, __ATOMIC_SEQ_CST);
	}
	if (claim->size && is_shared(t, at, new->ss_size)) {
		claim->size = 0;
		r = replace(a, new);
	} else {
		r = host_2(__NR_sigaltstack, new, 0);
	}
	if (r) {
		claim->size = 0;
		return r;
	}
	__atomic_store_n(&was->size, 0, __ATOMIC_RELEASE);
	a->turn = !a->turn;
	return 0;
}

long trap_altstack_call(struct trap_thread *t, const unsigned long *args)
{
	stack_t new, old;
	unsigned long below;
	long r;

	if (args[0] && trap_copy(&new, (void *)args[0], sizeof(new)))
		return -EFAULT;
	r = host_2(__NR_sigaltstack, 0, &old);
	if (r)
		return r;
	/* As the kernel says it, which saw our stack pointer instead of the program's */
	below = t->regs.rsp - (unsigned long)old.ss_sp;
	if (!(old.ss_flags & SS_AUTODISARM) && below && below <= old.ss_size)
		old.ss_flags |= SS_ONSTACK;
	if (old.ss_sp && old.ss_sp == t->alt.ours)
		old.ss_sp = t->alt.asked;
	if (args[0]) {
		r = old.ss_flags & SS_ONSTACK ? -EPERM : change(t, &new);
		if (r)
			return r;
	}
	return args[1] && trap_copy((void *)args[1], &old, sizeof(old)) ? -EFAULT : 0;
}

/* A vfork child goes on with what its parent has. (A thread begins with none.) */
void trap_altstack_vfork(struct trap_thread *t, struct trap_thread *child)
{
	child->alt.ours = t->alt.ours;
	child->alt.asked = t->alt.asked;
}

/* No signal comes to the thread any more */
void trap_altstack_free(struct trap_thread *t)
{
	if (t->alt.size)
		trap_pages_free(t->alt.ours, t->alt.size);
	memset(&t->alt, 0, sizeof(t->alt));
}
