// SPDX-License-Identifier: GPL-2.0
/*
 * token.c - the right to be the virtual CPU
 *
 * One atomic to take it, a plain store to put it back. The holder reads
 * `waiters` after his store without a fence between the two; a thread that wants
 * to sleep makes up for it: it counts itself in, has every other thread pass a
 * barrier (membarrier(2), lib_imports.membarrier), and looks once more. Either it sees
 * the token free then, or the holder's later load sees the count.
 *
 * The sleep is bounded, so that a wake-up lost with the process that owed it costs a
 * second, not for ever.
 *
 * A holder on another CPU is about to be done, since nothing in the kernel takes
 * long: worth a short spin. A holder whose CPU is ours cannot run while we do: we
 * yield to it.
 *
 * One that makes call after call and never waits has the token nearly always: between two
 * calls its own CPU has the cache line. Whoever looked in vain for long counts itself in
 * as well and says that it starves; the holder then stands back for as long as some calls take.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/time64.h>

#include "lib.h"

struct lib_cpu lib_cpu = { .next_event = LIB_NEVER, .armed = LIB_NEVER };

/* Looks between two yields; in all, about as long as a sleep takes to end */
#define SPIN_YIELD	32
#define SPIN_STARVED	64
#define SPIN_MAX	4096
/* Cycles that a holder stands back for, and looks at a free token that end it */
#define STAND_BACK	(1u << 16)
#define STAND_BACK_FLOOD (1u << 18)
#define STAND_BACK_FREE	128
/* Datagrams that are dropped before a sender without a reader looks again */
#define FLOOD_REFRAIN	32
/* Cycles: others of the CPU need it more */
#define SPIN_CYCLES	(1u << 21)

/* A moment between two looks. Others of this CPU may have calls to make, too. */
void lib_spin_pause(struct lib_spin *spin)
{
	if (++spin->looks % SPIN_YIELD)
		asm volatile("pause");
	else
		lib_imports.yield(lib_imports.host);
}

bool lib_spin_enough(const struct lib_spin *spin)
{
	return spin->looks >= SPIN_MAX || lib_cycles() - spin->start > SPIN_CYCLES;
}

/* Whether the token was free; if not, after a moment's wait. */
bool lib_token_poll(struct lib_spin *spin)
{
	if (!READ_ONCE(lib_cpu.token) && lib_token_try())
		return true;
	if (READ_ONCE(lib_cpu.holder) == lib_host_cpu())
		spin->looks |= SPIN_YIELD - 1;
	lib_spin_pause(spin);
	return false;
}

/* How many of lib_cpu.waiters each space has: threads that are killed do not count out. */
static u16 counted[LIB_SPACES_MAX];

static void count_in(void)
{
	asm volatile("lock; incw %0" : "+m" (counted[lib_private.space]) :: "memory");
	asm volatile("lock; incl %0" : "+m" (lib_cpu.waiters) :: "memory");
}

static void count_out(void)
{
	asm volatile("lock; decl %0" : "+m" (lib_cpu.waiters) :: "memory");
	asm volatile("lock; decw %0" : "+m" (counted[lib_private.space]) :: "memory");
}

/* No thread of @space waits any more. */
void lib_token_forget(u32 space)
{
	u32 n = READ_ONCE(counted[space]);

	WRITE_ONCE(counted[space], 0);
	asm volatile("lock; subl %1, %0" : "+m" (lib_cpu.waiters) : "r" (n) : "memory");
}

/* Looks for long enough. Returns whether it has the token. */
static bool spin(unsigned int patience)
{
	struct lib_spin spin = { .start = lib_cycles() };
	bool got, starving = false;

	do {
		if (spin.looks >= patience) {
			if (!starving)
				count_in();
			starving = true;
			if (READ_ONCE(lib_cpu.holder) != lib_host_cpu())
				WRITE_ONCE(lib_cpu.starving, true);
		}
		got = lib_token_poll(&spin);
	} while (!got && READ_ONCE(lib_cpu.token) != LIB_TOKEN_DEAD && !lib_spin_enough(&spin));
	if (starving) {
		WRITE_ONCE(lib_cpu.starving, false);
		count_out();
	}
	return got;
}

bool lib_token_get_slow(void)
{
	unsigned int patience = SPIN_STARVED;
	u32 token;

	while (!spin(patience)) {
		/* It has slept: it is its turn now. */
		patience = 0;
		count_in();
		lib_imports.membarrier(lib_imports.host);
		token = READ_ONCE(lib_cpu.token);
		if (token && token != LIB_TOKEN_DEAD)
			lib_imports.wait(lib_imports.host, &lib_cpu.token, token,
					 NSEC_PER_SEC);
		count_out();
		if (token == LIB_TOKEN_DEAD)
			return false;
		if (lib_token_try())
			return true;
	}
	return true;
}

/* Returns whether anybody had the token meanwhile. */
static bool stand_back(u32 cycles)
{
	u64 start = lib_cycles();
	bool taken = false;
	int looks = 0;

	while (looks < STAND_BACK_FREE && lib_cycles() - start < cycles) {
		looks++;
		if (READ_ONCE(lib_cpu.token)) {
			taken = true;
			looks = 0;
		}
		asm volatile("pause");
	}
	return taken;
}

/* Without the token: somebody waits for it. */
void lib_token_offer(void)
{
	if (READ_ONCE(lib_cpu.starving)) {
		stand_back(STAND_BACK);
		WRITE_ONCE(lib_cpu.starving, false);
		/* Who has it now puts it back, too. */
		if (READ_ONCE(lib_cpu.token))
			return;
	}
	lib_imports.wake(lib_imports.host, &lib_cpu.token, 1);
}

static void wake_waiter(struct lib_waiter *w)
{
	u32 old = LIB_WAIT_RUNG;

	asm volatile("xchgl %0, %1" : "+r" (old), "+m" (w->word) :: "memory");
	if (old == LIB_WAIT_SLEEPING)
		lib_imports.wake(lib_imports.host, &w->word, 1);
}

/*
 * lib_ring() - tell a waiting thread to look again, once the token is free
 *
 * Under the token. Waking at once would make the woken collide with us (60 us,
 * not 5), so that is done only when there is no room left to note it. A waiter
 * may be gone by the time it is woken: its memory is never given back, and a
 * ring without news is harmless.
 */
void lib_ring(struct lib_waiter *w)
{
	if (likely(lib_cpu.nr_rung < LIB_RUNG_MAX))
		lib_cpu.rung[lib_cpu.nr_rung++] = w;
	else
		wake_waiter(w);
}

/*
 * lib_ring_again() - the same, where somebody may have died at it
 * What says that it was rung may be all that was done: it still sleeps.
 */
void lib_ring_again(struct lib_waiter *w)
{
	if (READ_ONCE(w->word) == LIB_WAIT_RUNG)
		lib_imports.wake(lib_imports.host, &w->word, 1);
	else
		lib_ring(w);
}

/*
 * The holder's datagrams are dropped. Its reader may run on another CPU of the host's, or wait
 * for this one. Without a reader that is no news, so after a look in vain some are not looked at.
 */
static void flood(void)
{
	static u16 refrain;
	u16 left = READ_ONCE(refrain);

	if (left) {
		WRITE_ONCE(refrain, left - 1);
		return;
	}
	if (stand_back(STAND_BACK_FLOOD))
		return;
	lib_imports.yield(lib_imports.host);
	if (READ_ONCE(lib_cpu.last) == lib_private.token)
		WRITE_ONCE(refrain, FLOOD_REFRAIN);
}

/* Tells the host of frames sent and of an earlier event, rings waiters. */
void lib_token_put_slow(void)
{
	struct lib_waiter *rung[LIB_RUNG_MAX];
	unsigned int i, nr_rung = lib_cpu.nr_rung;
	u8 kick = lib_cpu.kick;

	if (unlikely(lib_cpu.next_event < lib_cpu.armed)) {
		lib_cpu.armed = lib_cpu.next_event;
		lib_imports.arm(lib_imports.host, lib_cpu.armed);
	}
	for (i = 0; i < nr_rung; i++)
		rung[i] = lib_cpu.rung[i];
	lib_cpu.nr_rung = 0;
	lib_cpu.kick = 0;
	lib_cpu.carrier = NULL;
	lib_cpu.stack = 0;
	smp_store_release(&lib_cpu.token, lib_cpu.dead ? LIB_TOKEN_DEAD : 0);
	if (unlikely(lib_cpu.dead))
		lib_imports.wake(lib_imports.host, &lib_cpu.token, INT_MAX);
	for (i = 0; i < nr_rung; i++)
		wake_waiter(rung[i]);
	if (kick & LIB_KICK_NETDEV)
		lib_imports.netdev_kick(lib_imports.host);
	if (unlikely(kick & LIB_KICK_FLOOD))
		flood();
	if (unlikely(READ_ONCE(lib_cpu.waiters)))
		lib_token_offer();
}
