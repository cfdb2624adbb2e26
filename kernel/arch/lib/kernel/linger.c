// SPDX-License-Identifier: GPL-2.0
/*
 * linger.c - wait a little before sleeping
 *
 * To sleep and be woken costs two system calls of the host and, if its CPU went idle,
 * 25 to 70 us until it is back. A thread whose waits are short looks at its word for a
 * while instead, as KVM does before it halts a virtual CPU. In between it yields, so that
 * on a shared CPU whoever it waits for gets on.
 *
 * Meanwhile it makes calls that others left (delegate.c), for no longer than it would linger
 * without: from then on they make them themselves, and faster.
 *
 * Whether waits are short is learnt: after each one that was not, the thread sleeps
 * at once twice as often. Where a yield gave the CPU to a stranger for long, nobody
 * lingers for many times as long: a thread that sleeps instead gets the CPU back when it
 * is woken, and what yields cost is a small part of the time.
 *
 * A host signal's handler that runs meanwhile interrupts no call, as when it runs just
 * before the call.
 */
#include <linux/kernel.h>

#include "lib.h"

/*
 * Cycles: the most to burn; what a yield takes if it let others run, what of that is
 * its own, and what it takes if those were strangers
 */
#define LINGER_MAX	(1u << 17)
#define YIELD_OURS	(1u << 10)
#define YIELD_COST	(1u << 8)
#define YIELD_MAX	(1u << 21)
#define REFRAIN_MAX	10

/* Till when nobody lingers, and how many times as long as a stranger had the CPU */
static u64 busy_until;
#define BUSY_TIMES	100
#define BUSY_MAX	(1ull << 32)

/*
 * Without the token. Afterwards the word may be anything still. @serves: in a call, which the
 * host sees to the end if its process is killed; in other work it may not hold the token.
 */
void lib_linger(struct lib_waiter *w, bool serves)
{
	u64 last, now, burnt = 0;
	int i;

	if (w->refrain) {
		w->refrain--;
		return;
	}
	last = lib_cycles();
	if (last < READ_ONCE(busy_until) && READ_ONCE(busy_until) - last < BUSY_MAX)
		return;
	while (READ_ONCE(w->word) == LIB_WAIT_RUNNING && !READ_ONCE(w->done)) {
		if (serves && lib_serve_left())
			last = lib_cycles();
		lib_imports.yield(lib_imports.host);
		now = lib_cycles();
		burnt += now - last < YIELD_OURS ? now - last : YIELD_COST;
		if (unlikely(now - last > YIELD_MAX)) {
			WRITE_ONCE(busy_until, now + min(BUSY_TIMES * (now - last), BUSY_MAX));
			return;
		}
		if (burnt > LINGER_MAX)
			goto in_vain;
		last = now;
		for (i = 0; i < 8 && READ_ONCE(w->word) == LIB_WAIT_RUNNING &&
			    !READ_ONCE(w->done) && !READ_ONCE(lib_cpu.calls); i++)
			asm volatile("pause");
	}
	w->in_vain = 0;
	return;
in_vain:
	if (w->in_vain < REFRAIN_MAX)
		w->in_vain++;
	w->refrain = (1u << w->in_vain) - 1;
}
