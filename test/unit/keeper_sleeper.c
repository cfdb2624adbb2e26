// SPDX-License-Identifier: GPL-2.0
/*
 * keeper_sleeper.c - threads of a shared stack sleep for a word, and are woken
 *
 * release: none
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "owner.h"
#include "patience.h"

/* A private futex would not be seen by the other process: futex(2) */
static void processes_wake_each_other(void **state)
{
	uint32_t *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			      -1, 0);
	pid_t child;
	int status;

	(void)state;
	*word = 1;
	child = fork();
	if (!child) {
		alarm(30);
		_exit(owner_host.wait(&owner, word, 1, LIB_NEVER) ? 1 : 0);
	}
	assert_true(UNTIL(waitpid(child, &status, WNOHANG) == child,
			  owner_host.wake(&owner, word, 1)));
	assert_int_equal(status, 0);
	assert_int_equal(owner_host.wait(&owner, word, 2, LIB_NEVER), 0);
	assert_int_equal(owner_host.wait(&owner, word, 1, 10 * MSEC), -ETIMEDOUT);
	munmap(word, 4096);
}

static struct keeper_sleeper sleeper;
static atomic_int result, timed;

static void *sleep_interruptibly(void *arg)
{
	uint32_t word = 1;

	(void)arg;
	keeper_self = &sleeper;
	result = owner_host.wait(&owner, &word, 1, LIB_NEVER);
	/* One with an end is for another thread, and goes on. */
	timed = owner_host.wait(&owner, &word, 1, 10 * MSEC);
	return NULL;
}

/* 512: ERESTARTSYS of the kernel, which no program sees */
static void a_sleeper_can_be_interrupted(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, sleep_interruptibly, NULL), 0);
	assert_true(UNTIL(result, keeper_interrupt(&sleeper)));
	assert_int_equal(result, -512);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(timed, -ETIMEDOUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, owner_open, owner_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(processes_wake_each_other),
		TEST(a_sleeper_can_be_interrupted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("keeper_sleeper", tests, NULL, NULL);
}
