// SPDX-License-Identifier: GPL-2.0
/*
 * clock.c - what time is for a stack, and how its threads wait for a word
 *
 * The callbacks are called as a kernel would. futex(2) and signal(7) say what is right.
 *
 * release: none
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "patience.h"
#include "stack.h"

static struct libos os;
static struct lib_host host;

/* ------------------------------------------------------------------ *
 * instead of a kernel, and of service.c
 */

static uint64_t ran_at[4], next_timer;
static int runs;

static uint64_t run(void)
{
	assert_in_range(runs, 0, 3);
	ran_at[runs++] = host.clock(&os);
	host.arm(&os, next_timer);
	return next_timer;
}

static struct libos *service_os;
static uint64_t service_when;

void service_arm(struct libos *to, uint64_t when)
{
	service_os = to;
	service_when = when;
}

static int virtual_stack(void **state)
{
	(void)state;
	os = (struct libos){ .clock = LIBOS_CLOCK_VIRTUAL, .process = 1, .armed = LIB_NEVER,
			     .ops.run = run };
	clock_callbacks(&host, &os);
	next_timer = LIB_NEVER;
	runs = 0;
	return 0;
}

static int real_stack(void **state)
{
	virtual_stack(state);
	os.clock = LIBOS_CLOCK_REAL;
	clock_callbacks(&host, &os);
	return 0;
}

/* ------------------------------------------------------------------ */

static void virtual_time_stops_at_the_next_timer(void **state)
{
	(void)state;
	assert_int_equal(libos_clock_now(&os), 0);
	host.arm(&os, 100);
	assert_int_equal(libos_clock_next(&os), 100);
	next_timer = 150;
	assert_int_equal(libos_clock_advance(&os, 99), 99);
	assert_int_equal(libos_clock_advance(&os, 1000), 150);
	next_timer = LIB_NEVER;
	assert_int_equal(libos_clock_advance(&os, 1000), 150);
	assert_int_equal(libos_clock_advance(&os, 1000), 1000);
	assert_int_equal(libos_clock_now(&os), 1000);
	assert_int_equal(host.clock(&os), 1000);
	/* Each ran what was due, when the time was what was returned. */
	assert_int_equal(runs, 4);
	assert_int_equal(ran_at[0], 99);
	assert_int_equal(ran_at[1], 150);
	assert_int_equal(ran_at[2], 150);
	assert_int_equal(ran_at[3], 1000);
}

static void virtual_time_does_not_go_back_nor_for_ever(void **state)
{
	(void)state;
	assert_int_equal(libos_clock_advance(&os, 1000), 1000);
	assert_int_equal(libos_clock_advance(&os, 10), 1000);
	host.arm(&os, 500);
	assert_int_equal(libos_clock_advance(&os, 2000), 1000);
	/* Never by itself, and no end was named: it stands. */
	assert_int_equal(libos_clock_advance(&os, UINT64_MAX), 1000);
}

static void real_time_is_the_hosts(void **state)
{
	uint64_t before = host_now(), now = libos_clock_now(&os), kernels = host.clock(&os);
	uint64_t after = host_now(), wall;

	(void)state;
	assert_in_range(now, before, after);
	assert_in_range(kernels, now, after);
	errno = 0;
	assert_int_equal(libos_clock_advance(&os, now + 1), UINT64_MAX);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(runs, 0);
	wall = clock_host_wall() + host_now();
	assert_in_range(wall, host_time(CLOCK_REALTIME) - SEC, host_time(CLOCK_REALTIME) + SEC);
	host.arm(&os, 12345);
	assert_ptr_equal(service_os, &os);
	assert_int_equal(service_when, 12345);
}

/* ------------------------------------------------------------------ *
 * waiting
 */

/* A thread that waits for @word, which is 1, and says what it got */
struct waiter {
	pthread_t thread;
	uint32_t *word;
	uint64_t timeout;
	int result;
	atomic_bool back;
};

static void *wait_for_it(void *arg)
{
	struct waiter *w = arg;

	w->result = host.wait(&os, w->word, 1, w->timeout);
	w->back = true;
	return NULL;
}

static void begin(struct waiter *w, uint32_t *word, uint64_t timeout)
{
	w->word = word;
	w->timeout = timeout;
	w->back = false;
	assert_int_equal(pthread_create(&w->thread, NULL, wait_for_it, w), 0);
}

static void waits_only_while_the_word_is_that(void **state)
{
	uint32_t word = 1;

	(void)state;
	assert_int_equal(host.wait(&os, &word, 2, LIB_NEVER), 0);
	assert_int_equal(host.wait(&os, &word, 0, SEC), 0);
}

/* futex(2): FUTEX_WAIT's timeout is relative, and it is not over before that. */
static void waits_so_long(void **state)
{
	uint64_t before = host_now();
	uint32_t word = 1;

	(void)state;
	assert_int_equal(host.wait(&os, &word, 1, 30 * MSEC), -ETIMEDOUT);
	assert_in_range(host_now() - before, 30 * MSEC, 20 * SEC);
	before = host_now();
	assert_int_equal(host.wait(&os, &word, 1, SEC + 10 * MSEC), -ETIMEDOUT);
	assert_in_range(host_now() - before, SEC + 10 * MSEC, 20 * SEC);
}

static int nr_back(struct waiter *w, int n)
{
	int i, back = 0;

	for (i = 0; i < n; i++)
		back += w[i].back;
	return back;
}

static void wakes_so_many(void **state)
{
	struct waiter w[5];
	uint32_t word = 1;
	int i, wakes = 0;

	(void)state;
	for (i = 0; i < 5; i++)
		begin(&w[i], &word, LIB_NEVER);
	/* Each call wakes one of them, or none if none sleeps yet. */
	if (!UNTIL(nr_back(w, 5) >= 2, (wakes++, host.wake(&os, &word, 1))))
		fail_msg("nobody wakes");
	assert_in_range(nr_back(w, 5), 2, wakes);
	if (!UNTIL(nr_back(w, 5) == 5, host.wake(&os, &word, UINT32_MAX)))
		fail_msg("not all wake");
	for (i = 0; i < 5; i++) {
		assert_int_equal(pthread_join(w[i].thread, NULL), 0);
		assert_int_equal(w[i].result, 0);
	}
}

static void nothing(int sig)
{
	(void)sig;
}

static void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_handler = nothing, .sa_flags = flags };

	assert_int_equal(sigaction(sig, &sa, NULL), 0);
}

/* What a wait returns that a handler of SIGUSR1 ran during */
static int interrupted(uint64_t timeout)
{
	uint32_t word = 1;
	struct waiter w;

	begin(&w, &word, timeout);
	if (!UNTIL(w.back, pthread_kill(w.thread, SIGUSR1)))
		fail_msg("signals do not end the wait");
	assert_int_equal(pthread_join(w.thread, NULL), 0);
	return w.result;
}

static void handlers_end_a_wait(void **state)
{
	const uint64_t timeouts[] = { 100 * SEC, LIB_NEVER };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		handle(SIGUSR1, 0);
		assert_int_equal(interrupted(timeouts[i]), -EINTR);
		handle(SIGUSR1, SA_RESTART);
		assert_int_equal(interrupted(timeouts[i]), -ERESTART);
		/* Which one ran cannot be told; faults' handlers are none of them. */
		handle(SIGUSR2, 0);
		assert_int_equal(interrupted(timeouts[i]), -EINTR);
		handle(SIGUSR2, SA_RESTART);
		handle(SIGBUS, 0);
		assert_int_equal(interrupted(timeouts[i]), -ERESTART);
	}
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
}

/* ------------------------------------------------------------------ */

/* While it boots, nobody else could end the wait. */
static void a_booting_stack_moves_its_clock(void **state)
{
	uint64_t before = host_now();
	uint32_t word = 1;

	(void)state;
	os.process = 0;
	assert_int_equal(host.wait(&os, &word, 1, 1000 * SEC), -ETIMEDOUT);
	assert_int_equal(libos_clock_now(&os), 1000 * SEC);
	assert_in_range(host_now() - before, 0, 500 * SEC);
	os.process = 1;
	assert_int_equal(host.wait(&os, &word, 1, MSEC), -ETIMEDOUT);
	assert_int_equal(libos_clock_now(&os), 1000 * SEC);
}

static const uint32_t *told_word[3];
static uint32_t told_value[3];
static int told;

static void asleep(void *arg, const uint32_t *word, uint32_t value)
{
	assert_ptr_equal(arg, &told);
	assert_in_range(told, 0, 2);
	told_word[told] = word;
	told_value[told++] = value;
}

static void who_asks_is_told_of_sleepers(void **state)
{
	uint32_t word = 7;

	(void)state;
	os.asleep = asleep;
	os.asleep_arg = &told;
	assert_int_equal(host.wait(&os, &word, 7, MSEC), -ETIMEDOUT);
	assert_int_equal(told, 2);
	assert_ptr_equal(told_word[0], &word);
	assert_int_equal(told_value[0], 7);
	assert_null(told_word[1]);
}

#define VIRTUAL(name) cmocka_unit_test_setup(name, virtual_stack)
#define REAL(name) cmocka_unit_test_setup(name, real_stack)

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIRTUAL(virtual_time_stops_at_the_next_timer),
		VIRTUAL(virtual_time_does_not_go_back_nor_for_ever),
		REAL(real_time_is_the_hosts),
		REAL(waits_only_while_the_word_is_that),
		REAL(waits_so_long),
		REAL(wakes_so_many),
		REAL(handlers_end_a_wait),
		VIRTUAL(handlers_end_a_wait),
		VIRTUAL(a_booting_stack_moves_its_clock),
		VIRTUAL(who_asks_is_told_of_sleepers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
