// SPDX-License-Identifier: GPL-2.0
/*
 * calls.c - each function of the C API is the system call of its name
 *
 * The kernel writes down what it is called with. Numbers are sys/syscall.h's, the order
 * of the arguments is that of the manual pages' functions and of syscall(2) where the
 * kernel's differ: pselect6, epoll_pwait, ppoll, signalfd4 take a size of 8 bytes.
 *
 * release: none
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "fake_stack.h"

static struct libos os;
static struct { long nr, arg[6]; int times; bool inside; struct lib_task *task; } made;
static long result;
static void (*look)(void);

static long syscall_made(struct lib_task *task, long nr, long a0, long a1, long a2, long a3,
			 long a4, long a5)
{
	made.task = task;
	made.nr = nr;
	memcpy(made.arg, (long[]){ a0, a1, a2, a3, a4, a5 }, sizeof(made.arg));
	made.times++;
	made.inside = thread_task(&os)->inside;
	if (look)
		look();
	return result;
}

/* The last call was @nr, with these arguments and no others. */
static void was(const char *file, int line, long nr, const long arg[6])
{
	int i;

	if (made.times != 1 || made.nr != nr)
		fail_msg("%s:%d: %d calls, the last %ld instead of %ld", file, line, made.times,
			 made.nr, nr);
	for (i = 0; i < 6; i++)
		if (made.arg[i] != arg[i])
			fail_msg("%s:%d: argument %d is %#lx instead of %#lx", file, line, i + 1,
				 made.arg[i], arg[i]);
	assert_true(made.inside);
	assert_ptr_equal(made.task, fake_task);
	assert_false(thread_task(&os)->inside);
	made.times = 0;
}

/* @call returns the call's result, and made SYS_@nr with the arguments that follow. */
#define CHECK(call, nr, ...)						\
	do {								\
		made.times = 0;						\
		assert_int_equal((call), result);			\
		was(__FILE__, __LINE__, SYS_##nr, (long[6]){ __VA_ARGS__ });	\
	} while (0)

/* Things to point to; their contents are nobody's business. */
static char thing[16];
#define P(n) ((void *)&thing[n])
#define L(n) ((long)&thing[n])

static int start(void **state)
{
	(void)state;
	fake_stack_init(&os, 1);
	os.ops.syscall = syscall_made;
	result = 5;
	made.times = 0;
	look = NULL;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	/* An assertion may have jumped out of a call. */
	thread_task(&os)->inside = false;
	thread_forget(&os);
	fake_forget();
	return 0;
}

/* ------------------------------------------------------------------ */

static void sockets(void **state)
{
	(void)state;
	CHECK(libos_socket(&os, 1, 2, 3), socket, 1, 2, 3);
	CHECK(libos_socketpair(&os, 1, 2, 3, P(0)), socketpair, 1, 2, 3, L(0));
	CHECK(libos_bind(&os, 3, P(0), 16), bind, 3, L(0), 16);
	CHECK(libos_listen(&os, 3, 128), listen, 3, 128);
	CHECK(libos_accept(&os, 3, P(0), P(1)), accept, 3, L(0), L(1));
	CHECK(libos_accept4(&os, 3, P(0), P(1), 9), accept4, 3, L(0), L(1), 9);
	CHECK(libos_connect(&os, 3, P(0), 16), connect, 3, L(0), 16);
	CHECK(libos_getsockname(&os, 3, P(0), P(1)), getsockname, 3, L(0), L(1));
	CHECK(libos_getpeername(&os, 3, P(0), P(1)), getpeername, 3, L(0), L(1));
	CHECK(libos_getsockopt(&os, 3, 1, 2, P(0), P(1)), getsockopt, 3, 1, 2, L(0), L(1));
	CHECK(libos_setsockopt(&os, 3, 1, 2, P(0), 4), setsockopt, 3, 1, 2, L(0), 4);
	CHECK(libos_shutdown(&os, 3, 2), shutdown, 3, 2);
}

static void messages(void **state)
{
	(void)state;
	/* send(2): as sendto() with no address; recv(2) the same */
	CHECK(libos_send(&os, 3, P(0), 9, 8), sendto, 3, L(0), 9, 8, 0, 0);
	CHECK(libos_recv(&os, 3, P(0), 9, 8), recvfrom, 3, L(0), 9, 8, 0, 0);
	CHECK(libos_sendto(&os, 3, P(0), 9, 8, P(1), 16), sendto, 3, L(0), 9, 8, L(1), 16);
	CHECK(libos_recvfrom(&os, 3, P(0), 9, 8, P(1), P(2)), recvfrom, 3, L(0), 9, 8, L(1), L(2));
	CHECK(libos_sendmsg(&os, 3, P(0), 8), sendmsg, 3, L(0), 8);
	CHECK(libos_recvmsg(&os, 3, P(0), 8), recvmsg, 3, L(0), 8);
	CHECK(libos_sendmmsg(&os, 3, P(0), 7, 8), sendmmsg, 3, L(0), 7, 8);
	CHECK(libos_recvmmsg(&os, 3, P(0), 7, 8, P(1)), recvmmsg, 3, L(0), 7, 8, L(1));
}

static void files(void **state)
{
	(void)state;
	CHECK(libos_open_file(&os, P(0), 1, 0644), openat, AT_FDCWD, L(0), 1, 0644);
	CHECK(libos_read(&os, 3, P(0), 9), read, 3, L(0), 9);
	CHECK(libos_write(&os, 3, P(0), 9), write, 3, L(0), 9);
	CHECK(libos_readv(&os, 3, P(0), 2), readv, 3, L(0), 2);
	CHECK(libos_writev(&os, 3, P(0), 2), writev, 3, L(0), 2);
	CHECK(libos_pread(&os, 3, P(0), 9, 1L << 40), pread64, 3, L(0), 9, 1L << 40);
	CHECK(libos_pwrite(&os, 3, P(0), 9, 1L << 40), pwrite64, 3, L(0), 9, 1L << 40);
	CHECK(libos_lseek(&os, 3, -(1L << 40), 2), lseek, 3, -(1L << 40), 2);
	CHECK(libos_fstat(&os, 3, P(0)), fstat, 3, L(0));
	CHECK(libos_sendfile(&os, 3, 4, P(0), 9), sendfile, 3, 4, L(0), 9);
	CHECK(libos_splice(&os, 3, P(0), 4, P(1), 9, 8), splice, 3, L(0), 4, L(1), 9, 8);
	CHECK(libos_tee(&os, 3, 4, 9, 8), tee, 3, 4, 9, 8);
	CHECK(libos_pipe2(&os, P(0), 8), pipe2, L(0), 8);
	CHECK(libos_close_fd(&os, 3), close, 3);
	CHECK(libos_dup(&os, 3), dup, 3);
	CHECK(libos_dup2(&os, 3, 4), dup2, 3, 4);
	CHECK(libos_dup3(&os, 3, 4, 8), dup3, 3, 4, 8);
	CHECK(libos_fcntl(&os, 3, 4, 9L), fcntl, 3, 4, 9);
	CHECK(libos_fcntl(&os, 3, 4, P(0)), fcntl, 3, 4, L(0));
	CHECK(libos_ioctl(&os, 3, 0x89f0ul << 1, P(0)), ioctl, 3, 0x113e0, L(0));
}

static void others(void **state)
{
	(void)state;
	CHECK(libos_epoll_create1(&os, 8), epoll_create1, 8);
	CHECK(libos_epoll_ctl(&os, 3, 1, 4, P(0)), epoll_ctl, 3, 1, 4, L(0));
	CHECK(libos_epoll_wait(&os, 3, P(0), 7, -1), epoll_wait, 3, L(0), 7, -1);
	CHECK(libos_epoll_pwait(&os, 3, P(0), 7, 9, P(1)), epoll_pwait, 3, L(0), 7, 9, L(1), 8);
	CHECK(libos_eventfd(&os, 7, 8), eventfd2, 7, 8);
	CHECK(libos_timerfd_create(&os, 1, 8), timerfd_create, 1, 8);
	CHECK(libos_timerfd_settime(&os, 3, 1, P(0), P(1)), timerfd_settime, 3, 1, L(0), L(1));
	CHECK(libos_timerfd_gettime(&os, 3, P(0)), timerfd_gettime, 3, L(0));
	CHECK(libos_signalfd(&os, -1, P(0), 9), signalfd4, -1, L(0), 8, 9);
	CHECK(libos_unshare(&os, 0x40000000), unshare, 0x40000000);
	CHECK(libos_setns(&os, 3, 0x40000000), setns, 3, 0x40000000);
	CHECK(libos_nanosleep(&os, P(0), P(1)), nanosleep, L(0), L(1));
	CHECK(libos_clock_gettime(&os, 1, P(0)), clock_gettime, 1, L(0));
	CHECK(libos_getrandom(&os, P(0), 9, 1), getrandom, L(0), 9, 1);
	CHECK(libos_syscall6(&os, SYS_read, 1, 2, 3, 4, 5, 6), read, 1, 2, 3, 4, 5, 6);
	CHECK(libos_syscall(&os, SYS_read), read, 0);
	CHECK(libos_syscall(&os, SYS_read, 1, P(0)), read, 1, L(0));
}

/* ------------------------------------------------------------------ */

static struct timespec half = { 3, 500 };
static int timeout_arg, looked;

/* The timeout is a copy, which the kernel changes. */
static void take_time(void)
{
	struct timespec *ts = (void *)made.arg[timeout_arg];

	assert_ptr_not_equal(ts, &half);
	assert_int_equal(ts->tv_sec, 3);
	assert_int_equal(ts->tv_nsec, 500);
	ts->tv_sec = ts->tv_nsec = 0;
	looked++;
}

static void look_at_mask(void)
{
	const long *sig = (void *)made.arg[5];

	assert_int_equal(sig[0], L(4));
	assert_int_equal(sig[1], 8);
	looked++;
	if (made.arg[4])
		take_time();
}

/* select(2), poll(2): the C library hides the kernel's change of a const timeout. */
static void timeouts_that_are_const_stay(void **state)
{
	(void)state;
	looked = 0;
	CHECK(libos_poll(&os, P(0), 2, -1), poll, L(0), 2, -1);
	CHECK(libos_select(&os, 9, P(0), P(1), P(2), P(3)), select, 9, L(0), L(1), L(2), L(3));
	CHECK(libos_ppoll(&os, P(0), 2, NULL, P(1)), ppoll, L(0), 2, 0, L(1), 8);
	timeout_arg = 2;
	look = take_time;
	CHECK(libos_ppoll(&os, P(0), 2, &half, P(1)), ppoll, L(0), 2, made.arg[2], L(1), 8);
	look = look_at_mask;
	CHECK(libos_pselect(&os, 9, P(0), P(1), P(2), NULL, P(4)), pselect6, 9, L(0), L(1), L(2),
	      0, made.arg[5]);
	timeout_arg = 4;
	CHECK(libos_pselect(&os, 9, P(0), P(1), P(2), &half, P(4)), pselect6, 9, L(0), L(1), L(2),
	      made.arg[4], made.arg[5]);
	assert_int_equal(looked, 4);
	assert_int_equal(half.tv_sec, 3);
	assert_int_equal(half.tv_nsec, 500);
}

/* clock_nanosleep(2): the error is what it returns; errno is not touched. */
static void clock_nanosleep_returns_its_error(void **state)
{
	(void)state;
	errno = EXDEV;
	result = 0;
	CHECK(libos_clock_nanosleep(&os, 1, 1, P(0), P(1)), clock_nanosleep, 1, 1, L(0), L(1));
	result = -EINTR;
	assert_int_equal(libos_clock_nanosleep(&os, 1, 1, P(0), P(1)), EINTR);
	assert_int_equal(errno, EXDEV);
}

/* syscall(2): -4095 to -1 are errors. */
static void errors_become_errno(void **state)
{
	const long errors[] = { 1, 11, 4095 };
	const long results[] = { 0, 1, 1l << 40, -4096, LONG_MIN };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		errno = 0;
		result = -errors[i];
		assert_int_equal(libos_lseek(&os, 3, 0, 0), -1);
		assert_int_equal(errno, errors[i]);
	}
	errno = 0;
	for (i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
		result = results[i];
		assert_int_equal(libos_lseek(&os, 3, 0, 0), results[i]);
	}
	assert_int_equal(errno, 0);
}

static void a_thread_that_is_refused_calls_nothing(void **state)
{
	(void)state;
	fake_attach_error = -EAGAIN;
	errno = 0;
	assert_int_equal(libos_close_fd(&os, 3), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(made.times, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sockets), TEST(messages), TEST(files), TEST(others),
		TEST(timeouts_that_are_const_stay),
		TEST(clock_nanosleep_returns_its_error),
		TEST(errors_become_errno),
		TEST(a_thread_that_is_refused_calls_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("calls", tests, NULL, NULL);
}
