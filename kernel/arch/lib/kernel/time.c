// SPDX-License-Identifier: GPL-2.0
/*
 * time.c - the host's clock as clocksource, its alarm as clock event device
 *
 * The host's clock counts nanoseconds. The event device takes absolute times
 * (CLOCK_EVT_FEAT_KTIME), which saves a clock read at every programming.
 *
 * CLOCK_MONOTONIC is the host's clock too, and not the time since the stack's start: a
 * program may have read it from the host (its vDSO does), and hand the kernel a time to
 * send at (SO_TXTIME), or compare a time stamp. The two differ by what adjtime() slews. The
 * scheduler's clock, which the log shows, begins at the start.
 */
#include <linux/clockchips.h>
#include <linux/clocksource.h>
#include <linux/delay.h>
#include <linux/hardirq.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/sched/clock.h>
#include <linux/sched_clock.h>
#include <linux/time.h>
#include <linux/timekeeping.h>

#include <asm/irq_regs.h>

#include "lib.h"

/* The host's clock when the stack started, and at the zero of CLOCK_MONOTONIC */
static u64 clock_start, monotonic_zero;

static inline u64 clock(void)
{
	return lib_imports.clock(lib_imports.host);
}

/* What the clock showed last, to whomever */
static u64 last_read;

static u64 clocksource_read(struct clocksource *cs)
{
	return last_read = clock();
}

static struct clocksource clocksource = {
	.name = "lib",
	.rating = 400,
	.read = clocksource_read,
	.mask = CLOCKSOURCE_MASK(64),
	.flags = CLOCK_SOURCE_IS_CONTINUOUS | CLOCK_SOURCE_VALID_FOR_HRES,
	/* 2^24 / 2^24: a nanosecond is one, and there is room to adjust */
	.mult = 1 << 24,
	.shift = 24,
	.max_idle_ns = 100ull * NSEC_PER_SEC,
};

struct clocksource *__init clocksource_default_clock(void)
{
	return &clocksource;
}

/*
 * The scheduler reads its clock several times a switch, for accounts nobody here needs
 * to the nanosecond: within so many cycles what was read last will do.
 */
#define SCHED_CLOCK_FRESH (1u << 15)

unsigned long long notrace sched_clock(void)
{
	static u64 read_at;

	if (lib_imports.clock_mode == LIB_CLOCK_REAL) {
		u64 now = lib_cycles();

		if (now - read_at < SCHED_CLOCK_FRESH)
			return last_read - clock_start;
		read_at = now;
	}
	last_read = clock();
	return last_read - clock_start;
}

static int set_next_ktime(ktime_t expires, struct clock_event_device *dev)
{
	lib_cpu.next_event = expires + monotonic_zero;
	return 0;
}

static int set_oneshot(struct clock_event_device *dev)
{
	return 0;
}

static int shutdown(struct clock_event_device *dev)
{
	lib_cpu.next_event = LIB_NEVER;
	return 0;
}

static struct clock_event_device clockevent = {
	.name = "lib",
	.features = CLOCK_EVT_FEAT_ONESHOT | CLOCK_EVT_FEAT_KTIME,
	.rating = 400,
	.mult = 1,
	.shift = 0,
	.min_delta_ns = 1,
	.max_delta_ns = LLONG_MAX,
	.set_next_ktime = set_next_ktime,
	.set_state_oneshot = set_oneshot,
	.set_state_shutdown = shutdown,
	.set_state_oneshot_stopped = shutdown,
};

/*
 * The timer interrupt. Its registers say "user mode": the tick is charged to
 * nobody, and RCU may take the parked context for a quiescent one, which it is.
 */
void lib_timer_irq(void)
{
	struct pt_regs regs = { .cs = 3 };
	struct pt_regs *old;
	unsigned long flags;

	if (clock() < lib_cpu.next_event)
		return;
	lib_cpu.next_event = LIB_NEVER;
	raw_local_irq_save(flags);
	irq_enter();
	old = set_irq_regs(&regs);
	clockevent.event_handler(&clockevent);
	set_irq_regs(old);
	irq_exit();
	raw_local_irq_restore(flags);
}

void read_persistent_clock64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(lib_imports.wall_ns + clock());
}

/* In place of the weak one, for which CLOCK_MONOTONIC is zero at the start */
void __init read_persistent_wall_and_boot_offset(struct timespec64 *wall, struct timespec64 *boot_offset)
{
	read_persistent_clock64(wall);
	*boot_offset = ns_to_timespec64(clock());
}

void __init lib_clock_init(void)
{
	clock_start = last_read = clock();
}

void __init time_init(void)
{
	monotonic_zero = clock() - ktime_get();
	clockevent.cpumask = cpumask_of(0);
	clockevents_register_device(&clockevent);
}

static int __init clocksource_init(void)
{
	return __clocksource_register(&clocksource);
}
core_initcall(clocksource_init);

void calibrate_delay(void)
{
	loops_per_jiffy = NSEC_PER_SEC / HZ;
}

void __ndelay(unsigned long ns)
{
	u64 end = clock() + ns;

	/* A virtual clock stands still meanwhile. */
	if (lib_imports.clock_mode == LIB_CLOCK_REAL)
		while (clock() < end)
			asm volatile("pause");
}

void __udelay(unsigned long us)
{
	__ndelay(us * NSEC_PER_USEC);
}

void __const_udelay(unsigned long xloops)
{
	__ndelay(xloops * NSEC_PER_USEC / 0x10c7);
}

void __delay(unsigned long loops)
{
	__ndelay(loops);
}

/* cpu_relax(): where a loop waits for time, let it pass. */
void lib_relax(void)
{
	asm volatile("pause" ::: "memory");
	if (!irqs_disabled() && !in_interrupt() && READ_ONCE(lib_cpu.pending))
		lib_run_irqs();
}
