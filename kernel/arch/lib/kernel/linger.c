// SPDX-License-Identifier: GPL-2.0
/*
 * linger.c - wait a little before sleeping
 *
 * To sleep and be woken costs two system calls of the host and, if its CPU went idle,
 * 25 to 70 us until it is back. A thread whose waits are short looks at its word for a
 * while instead, as KVM does before it halts a virtual CPU. In between it yields, so that
 * on a shared CPU whoever it waits for gets on.
 *
 * Whether waits are short is learnt: after each one that was not, the thread sleeps
 * at once twice as often. A yield that gave the CPU to a stranger for long counts as one, too.
 *
 * A host signal's handler that runs meanwhile interrupts no call, as when it runs just
 * before the call.
 */
#include <linux/kernel.h>

#include "lib.h"

/* Cycles: the most to burn; what a yield takes at least that let others run, at most */
#define LINGER_MAX	(1u << 17)
#define YIELD_OURS	(1u << 10)
#define YIELD_MAX	(1u << 20)
#define REFRAIN_MAX	10

/* Without the token. Afterwards the word may be anything still. */
void lib_linger(struct lib_waiter *w)
{
	u64 last, now, burnt = 0;
	int i;

	if (w->refrain) {
		w->refrain--;
		return;
	}
	last = lib_cycles();
	while (READ_ONCE(w->word) == LIB_WAIT_RUNNING && !READ_ONCE(w->done)) {
		lib_imports.yield(lib_imports.host);
		now = lib_cycles();
		burnt += min_t(u64, now - last, YIELD_OURS);
		if (now - last > YIELD_MAX || burnt > LINGER_MAX)
			goto long_wait;
		last = now;
		for (i = 0; i < 8 && READ_ONCE(w->word) == LIB_WAIT_RUNNING &&
			    !READ_ONCE(w->done); i++)
			asm volatile("pause");
	}
	w->in_vain = 0;
	return;
long_wait:
	if (w->in_vain < REFRAIN_MAX)
		w->in_vain++;
	w->refrain = (1u << w->in_vain) - 1;
}
