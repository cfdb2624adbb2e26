// SPDX-License-Identifier: GPL-2.0
/*
 * close_proc.c - a stack closes after its threads have looked into their own /proc
 *
 * When a thread ends, its directory below /proc goes; when its process is reaped at
 * the same time, the reaper turns in a loop of cond_resched() until the thread has
 * done that (fs/dcache.c: shrink_dcache_parent()). So the tick has to come there.
 */
#include "stack.h"

#include <pthread.h>

enum { ROUNDS = 20, THREADS = 4, LIMIT_S = 20 };

static void *look(void *arg)
{
	struct libos *os = arg;
	char text[4096];

	must(stack_read_file(os, "/proc/thread-self/net/dev", text, sizeof(text)) > 0);
	must(stack_read_file(os, "/proc/self/status", text, sizeof(text)) > 0);
	must(stack_read_file(os, "/proc/thread-self/net/tcp", text, sizeof(text)) > 0);
	return NULL;
}

/* A loop in the kernel ends by nothing else: say so, instead of waiting for the runner. */
static void on_alarm(int sig)
{
	static const char text[] = "not ok 1 - libos_close() does not return\n";
	ssize_t done = write(STDOUT_FILENO, text, sizeof(text) - 1);

	(void)sig;
	(void)done;
	_exit(1);
}

static void returns(void **state)
{
	pthread_t threads[THREADS];
	int i, round;

	(void)state;
	signal(SIGALRM, on_alarm);
	alarm(LIMIT_S);
	for (round = 0; round < ROUNDS; round++) {
		struct libos *os = stack_open_lo(NULL);

		/* Threads that are there, and, every other round, some that have ended. */
		look(os);
		for (i = 0; i < THREADS && round % 2; i++)
			assert_int_equal(pthread_create(&threads[i], NULL, look, os), 0);
		for (i = 0; i < THREADS && round % 2; i++)
			pthread_join(threads[i], NULL);
		assert_int_equal(libos_close(os), 0);
	}
	alarm(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(returns),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("close_proc", tests, NULL, NULL);
}
