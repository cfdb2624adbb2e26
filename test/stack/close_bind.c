// SPDX-License-Identifier: GPL-2.0
/*
 * close_bind.c - close() has closed when it returns: its port is free at once
 *
 * A kernel thread's last fput() is deferred (fs/file_table.c); a port whose tasks
 * look like kernel threads fails here 99 times of 100. Without SO_REUSEADDR.
 */
#include "stack.h"

#include <pthread.h>

enum { ROUNDS = 1000, PORT = 7000 };

static struct libos *os;

static int open_stack(void **state)
{
	(void)state;
	os = stack_open_lo(NULL);
	return 0;
}

static int close_stack(void **state)
{
	(void)state;
	return libos_close(os);
}

static int make(int type, const char *address)
{
	int fd = libos_socket(os, strchr(address, ':') ? AF_INET6 : AF_INET, type, 0);

	must(fd >= 0);
	if (stack_bind(os, fd, address, PORT) ||
	    (type == SOCK_STREAM && libos_listen(os, fd, 4))) {
		libos_close_fd(os, fd);
		return -1;
	}
	return fd;
}

static void again_and_again(int type, const char *address)
{
	int i, fd, good = 0;

	for (i = 0; i < ROUNDS; i++) {
		fd = make(type, address);
		if (fd < 0)
			continue;
		good++;
		assert_int_equal(libos_close_fd(os, fd), 0);
	}
	assert_int_equal(good, ROUNDS);
}

static void tcp4(void **state)
{
	(void)state;
	again_and_again(SOCK_STREAM, "127.0.0.1");
}

static void tcp6(void **state)
{
	(void)state;
	again_and_again(SOCK_STREAM, "::1");
}

static void udp4(void **state)
{
	(void)state;
	again_and_again(SOCK_DGRAM, "127.0.0.1");
}

static void udp6(void **state)
{
	(void)state;
	again_and_again(SOCK_DGRAM, "::1");
}

/* dup2() onto it, and close_range(2), close as well. */
static void other_ways_to_close(void **state)
{
	int i, fd, other, good = 0;

	(void)state;
	other = libos_eventfd(os, 0, 0);
	assert_true(other >= 0);
	for (i = 0; i < ROUNDS; i++) {
		fd = make(SOCK_STREAM, "127.0.0.1");
		if (fd < 0)
			continue;
		good++;
		if (i % 2)
			assert_int_equal(libos_dup2(os, other, fd), fd);
		else
			assert_int_equal(libos_syscall(os, 436 /* close_range */, fd, fd, 0), 0);
		if (i % 2)
			assert_int_equal(libos_close_fd(os, fd), 0);
	}
	assert_int_equal(good, ROUNDS);
	assert_int_equal(libos_close_fd(os, other), 0);
}

/* One thread binds and hands over, another closes; then the first binds anew. */
static int handed;
static pthread_barrier_t to_closer, to_binder;

static void *closer(void *arg)
{
	int i;

	(void)arg;
	for (i = 0; i < ROUNDS; i++) {
		pthread_barrier_wait(&to_closer);
		must(handed < 0 || !libos_close_fd(os, handed));
		pthread_barrier_wait(&to_binder);
	}
	return NULL;
}

static void another_thread_closes(void **state)
{
	int i, good = 0;
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&to_closer, NULL, 2);
	pthread_barrier_init(&to_binder, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, closer, NULL), 0);
	for (i = 0; i < ROUNDS; i++) {
		handed = make(i % 2 ? SOCK_STREAM : SOCK_DGRAM, i % 4 < 2 ? "127.0.0.1" : "::1");
		good += handed >= 0;
		pthread_barrier_wait(&to_closer);
		pthread_barrier_wait(&to_binder);
	}
	pthread_join(thread, NULL);
	assert_int_equal(good, ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tcp4),
		cmocka_unit_test(tcp6),
		cmocka_unit_test(udp4),
		cmocka_unit_test(udp6),
		cmocka_unit_test(other_ways_to_close),
		cmocka_unit_test(another_thread_closes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("close_bind", tests, open_stack, close_stack);
}
