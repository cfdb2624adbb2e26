// SPDX-License-Identifier: GPL-2.0
/*
 * clock.c - what time is for a stack, and how its threads wait
 *
 * Real time is the host's CLOCK_MONOTONIC, and the service thread (service.c)
 * runs what becomes due. Virtual time stands still until the caller moves it
 * with libos_clock_advance(), to the next timer at most, so that nothing is run
 * late.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "stack.h"

#define NSEC 1000000000ull

uint64_t clock_host_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

/* The wall clock when the host's monotonic clock was zero. */
uint64_t clock_host_wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec - clock_host_now();
}

static uint64_t real_clock(void *host)
{
	(void)host;
	return clock_host_now();
}

static uint64_t virtual_clock(void *host)
{
	return ((struct libos *)host)->now;
}

static void real_arm(void *host, uint64_t when)
{
	service_arm(host, when);
}

static void virtual_arm(void *host, uint64_t when)
{
	((struct libos *)host)->armed = when;
}

/*
 * Do all handlers of the process restart calls? Which one has run cannot be seen from
 * here, so one that does not is enough for EINTR.
 */
static bool handlers_restart(void)
{
	struct sigaction sa;
	int sig;

	for (sig = 1; sig < NSIG; sig++) {
		if (sig == SIGSEGV || sig == SIGBUS || sigaction(sig, NULL, &sa))
			continue;
		if (sa.sa_handler != SIG_DFL && sa.sa_handler != SIG_IGN &&
		    !(sa.sa_flags & SA_RESTART))
			return false;
	}
	return true;
}

static int futex_wait(void *host, uint32_t *word, uint32_t value, uint64_t timeout)
{
	/* Without a timeout the host would restart the wait after some handlers. */
	struct timespec ts = { LONG_MAX, 0 };

	(void)host;
	if (timeout != LIB_NEVER)
		ts = (struct timespec){ timeout / NSEC, timeout % NSEC };
	if (!syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &ts, NULL, 0) ||
	    errno == EAGAIN)
		return 0;
	if (errno == EINTR && handlers_restart())
		return -ERESTART;
	return -errno;
}

/*
 * Nobody but us moves a virtual clock while the stack boots. From then on a wait with an end
 * is one for another thread, in the host's time.
 */
static int virtual_wait(void *host, uint32_t *word, uint32_t value, uint64_t timeout)
{
	struct libos *os = host;
	int ret;

	if (timeout != LIB_NEVER && !os->process) {
		os->now += timeout;
		return -ETIMEDOUT;
	}
	if (!os->asleep)
		return futex_wait(host, word, value, timeout);
	os->asleep(os->asleep_arg, word, value);
	ret = futex_wait(host, word, value, timeout);
	os->asleep(os->asleep_arg, NULL, 0);
	return ret;
}

static void futex_wake(void *host, uint32_t *word, uint32_t count)
{
	(void)host;
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count > INT_MAX ? INT_MAX : count,
		NULL, NULL, 0);
}

static void yield(void *host)
{
	(void)host;
	syscall(SYS_sched_yield);
}

void clock_callbacks(struct lib_host *host, struct libos *os)
{
	bool real = os->clock == LIBOS_CLOCK_REAL;

	host->clock = real ? real_clock : virtual_clock;
	host->arm = real ? real_arm : virtual_arm;
	host->wait = real ? futex_wait : virtual_wait;
	host->wake = futex_wake;
	host->yield = yield;
}

uint64_t libos_clock_now(struct libos *os)
{
	return os->clock == LIBOS_CLOCK_REAL ? clock_host_now() : os->now;
}

uint64_t libos_clock_next(struct libos *os)
{
	return os->armed;
}

uint64_t libos_clock_advance(struct libos *os, uint64_t when)
{
	uint64_t next;

	if (os->clock == LIBOS_CLOCK_REAL) {
		errno = EINVAL;
		return UINT64_MAX;
	}
	next = os->armed;
	if (next < when)
		when = next;
	if (when > os->now && when != LIB_NEVER)
		os->now = when;
	os->ops.run();
	return os->now;
}
