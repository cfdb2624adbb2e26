// SPDX-License-Identifier: GPL-2.0
/*
 * service.c - one thread runs what is due in stacks, and what descriptors are ready for
 *
 * release: none
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "error.h"
#include "fake_stack.h"
#include "patience.h"
#include "threads.h"

/* A stack, when it ran, and what it says then: never again, or in a while */
struct clocked {
	struct libos os;
	atomic_int events;
	uint64_t at[16];
	uint64_t say, arm;
};

static struct clocked a, b;

static uint64_t event(struct clocked *c)
{
	c->at[c->events % 16] = host_now();
	c->events++;
	service_arm(&c->os, c->arm);
	return c->say == LIB_NEVER ? LIB_NEVER : host_now() + c->say;
}

static uint64_t event_a(void)
{
	return event(&a);
}

static uint64_t event_b(void)
{
	return event(&b);
}

static void init(struct clocked *c, uint64_t (*fn)(void))
{
	memset(c, 0, sizeof(*c));
	fake_stack_init(&c->os, 1);
	c->os.ops.event = fn;
	c->say = c->arm = LIB_NEVER;
}

static int threads(void)
{
	return threads_named("libos");
}

static int start(void **state)
{
	(void)state;
	init(&a, event_a);
	init(&b, event_b);
	return threads() || service_add(&a.os) || service_add(&b.os);
}

static int stop(void **state)
{
	(void)state;
	service_remove(&a.os);
	service_remove(&b.os);
	return threads();
}

/* ------------------------------------------------------------------ */

static void runs_an_event_at_its_time(void **state)
{
	uint64_t when = host_now() + 50 * MSEC;

	(void)state;
	service_arm(&a.os, when);
	assert_int_equal(libos_clock_next(&a.os), when);
	assert_true(SOON(a.events));
	assert_true(a.at[0] >= when);
	/* Once, and only there */
	usleep(20000);
	assert_int_equal(a.events, 1);
	assert_int_equal(b.events, 0);
}

/* Sleeping costs nothing. The CPU time is that of all threads. */
static void sleeps_where_nothing_is_due(void **state)
{
	uint64_t before;

	(void)state;
	usleep(20000);
	before = host_time(CLOCK_PROCESS_CPUTIME_ID);
	usleep(300000);
	assert_in_range(host_time(CLOCK_PROCESS_CPUTIME_ID) - before, 0, 10 * MSEC);
	service_arm(&a.os, host_now() + 1000 * SEC);
	usleep(300000);
	assert_in_range(host_time(CLOCK_PROCESS_CPUTIME_ID) - before, 0, 20 * MSEC);
	assert_int_equal(a.events, 0);
}

/* It sleeps until then by now: the bell must ring. */
static void is_told_of_an_earlier_one(void **state)
{
	(void)state;
	service_arm(&a.os, host_now() + 1000 * SEC);
	usleep(20000);
	service_arm(&b.os, host_now() + 20 * MSEC);
	assert_true(SOON(b.events));
	assert_int_equal(a.events, 0);
	service_arm(&a.os, 0);
	assert_true(SOON(a.events));
}

static void runs_what_is_put_off_later(void **state)
{
	uint64_t when = host_now() + 200 * MSEC;

	(void)state;
	service_arm(&a.os, host_now() + 30 * MSEC);
	service_arm(&a.os, when);
	assert_true(SOON(a.events));
	assert_true(a.at[0] >= when);
}

static void runs_again_when_an_event_says_so(void **state)
{
	(void)state;
	/* As where somebody else carries: it stays armed, and wants to be asked in 40 ms. */
	a.arm = 0;
	a.say = 40 * MSEC;
	service_arm(&a.os, host_now());
	/* The first may be two, for the bell. */
	assert_true(SOON(a.events >= 5));
	assert_true(a.at[4] - a.at[2] >= 80 * MSEC);
}

/* ------------------------------------------------------------------ */

static atomic_int calls, blocked;
static _Atomic uint32_t seen;
static atomic_bool hold, held;
static int ends[2];

static void ready(void *arg, uint32_t events)
{
	sigset_t now;
	char c;

	pthread_sigmask(SIG_SETMASK, NULL, &now);
	blocked = sigismember(&now, SIGINT) * 4 + sigismember(&now, SIGSEGV) * 2 +
		  sigismember(&now, SIGBUS);
	if (arg != &ends || (events & EPOLLIN && read(ends[0], &c, 1) != 1))
		events = 0;
	held = true;
	while (hold)
		moment();
	seen = events;
	calls++;
}

static void open_pipe(void)
{
	calls = seen = 0;
	hold = held = false;
	assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
}

static void close_pipe(void)
{
	close(ends[0]);
	close(ends[1]);
}

static void descriptors_have_their_events(void **state)
{
	struct service_fd *sfd, *out;

	(void)state;
	open_pipe();
	sfd = service_fd_add(ends[0], EPOLLIN, ready, &ends);
	assert_non_null(sfd);
	usleep(20000);
	assert_int_equal(calls, 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	assert_true(SOON(calls));
	assert_int_equal(seen, EPOLLIN);
	/* Signals are other threads', but for faults: it may carry calls. */
	assert_int_equal(blocked, 4);
	service_fd_events(sfd, 0);
	assert_int_equal(write(ends[1], "x", 1), 1);
	usleep(20000);
	assert_int_equal(calls, 1);
	service_fd_events(sfd, EPOLLIN);
	assert_true(SOON(calls == 2));
	out = service_fd_add(ends[1], EPOLLOUT, ready, &ends);
	assert_true(SOON(calls > 2));
	assert_int_equal(seen, EPOLLOUT);
	service_fd_remove(out);
	service_fd_remove(sfd);
	close_pipe();
}

static void *write_and_leave(void *arg)
{
	*(atomic_bool *)arg = true;
	usleep(20000);
	/* As the last thing: who is awaited has not been left before that. */
	held = false;
	hold = false;
	return NULL;
}

static void removal_waits_for_the_function(void **state)
{
	atomic_bool begun = false;
	struct service_fd *sfd;
	pthread_t thread;
	int before;

	(void)state;
	open_pipe();
	hold = true;
	sfd = service_fd_add(ends[0], EPOLLIN, ready, &ends);
	assert_int_equal(write(ends[1], "xx", 2), 2);
	assert_true(SOON(held));
	assert_int_equal(pthread_create(&thread, NULL, write_and_leave, &begun), 0);
	assert_true(SOON(begun));
	service_fd_remove(sfd);
	assert_false(hold);
	before = calls;
	assert_int_equal(before, 1);
	usleep(20000);
	assert_int_equal(calls, before);
	assert_int_equal(pthread_join(thread, NULL), 0);
	close_pipe();
}

static void ends_with_the_last_user(void **state)
{
	struct service_fd *sfd;

	(void)state;
	open_pipe();
	assert_int_equal(threads(), 1);
	sfd = service_fd_add(ends[0], EPOLLIN, ready, &ends);
	assert_int_equal(threads(), 1);
	service_arm(&a.os, host_now() + 20 * MSEC);
	service_remove(&a.os);
	service_remove(&b.os);
	assert_int_equal(threads(), 1);
	usleep(40000);
	assert_int_equal(a.events, 0);
	service_fd_remove(sfd);
	assert_int_equal(threads(), 0);
	close_pipe();
	assert_int_equal(service_add(&a.os), 0);
	assert_int_equal(service_add(&b.os), 0);
	assert_int_equal(threads(), 1);
}

/* ------------------------------------------------------------------ */

/* epoll_ctl(2): EPERM, a file that cannot be watched */
static void plain_files_are_refused(void **state)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	(void)state;
	errno = 0;
	assert_null(service_fd_add(fd, EPOLLIN, ready, NULL));
	assert_int_equal(errno, EPERM);
	close(fd);
	assert_int_equal(threads(), 0);
}

/* Of the two descriptors that it needs there is the first, or none: EMFILE (eventfd(2)) */
static void needs_descriptors(void **state)
{
	struct rlimit old, few;
	int next = dup(0), left;

	(void)state;
	close(next);
	init(&a, event_a);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	for (left = 0; left < 2; left++) {
		few = (struct rlimit){ next + left, old.rlim_max };
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
		errno = 0;
		assert_null(service_fd_add(0, EPOLLIN, ready, NULL));
		assert_int_equal(errno, EMFILE);
		assert_non_null(strstr(libos_error(), "cannot start the service thread: "
				       "Too many open files"));
		assert_int_equal(service_add(&a.os), -EMFILE);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
		assert_int_equal(dup(0), next);
		close(next);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(runs_an_event_at_its_time),
		TEST(sleeps_where_nothing_is_due),
		TEST(is_told_of_an_earlier_one),
		TEST(runs_what_is_put_off_later),
		TEST(runs_again_when_an_event_says_so),
		TEST(descriptors_have_their_events),
		TEST(removal_waits_for_the_function),
		TEST(ends_with_the_last_user),
		cmocka_unit_test(plain_files_are_refused),
		cmocka_unit_test(needs_descriptors),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("service", tests, NULL, NULL);
}
