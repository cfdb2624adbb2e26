// SPDX-License-Identifier: GPL-2.0
/*
 * thread.c - a host thread has one task in each stack that it calls, for as long as both are
 *
 * release: none
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "fake_stack.h"
#include "patience.h"

enum { THREADS = 8 };

static struct libos a, b;
static uint64_t serials;

static void open_stack(struct libos *os, int process)
{
	fake_stack_init(os, process);
	os->serial = ++serials;
}

static int open_both(void **state)
{
	(void)state;
	fake_forget();
	open_stack(&a, 7);
	open_stack(&b, 8);
	return 0;
}

static int close_both(void **state)
{
	(void)state;
	thread_forget(&a);
	thread_forget(&b);
	return 0;
}

static void run(void *(*fn)(void *), void *arg)
{
	pthread_t thread;
	void *result;

	assert_int_equal(pthread_create(&thread, NULL, fn, arg), 0);
	assert_int_equal(pthread_join(thread, &result), 0);
	assert_null(result);
}

/* ------------------------------------------------------------------ */

static void is_one_task_in_each_stack(void **state)
{
	struct thread_task *in_a = thread_task(&a), *in_b = thread_task(&b);
	int i;

	(void)state;
	assert_int_equal(fake_tasks, 2);
	assert_ptr_equal(in_a->os, &a);
	assert_ptr_equal(in_a->task, &fake_task[0]);
	assert_int_equal(fake_task[0].process, 7);
	assert_ptr_equal(in_b->os, &b);
	assert_ptr_equal(in_b->task, &fake_task[1]);
	assert_int_equal(fake_task[1].process, 8);
	for (i = 0; i < 3; i++) {
		assert_ptr_equal(thread_task(&a), in_a);
		assert_ptr_equal(thread_task(&a), in_a);
		assert_ptr_equal(thread_task(&b), in_b);
	}
	assert_int_equal(fake_tasks, 2);
}

static pthread_barrier_t barrier;

static void *attach_both(void *arg)
{
	struct lib_task **task = arg;

	task[0] = thread_task(&a)->task;
	task[1] = thread_task(&b)->task;
	pthread_barrier_wait(&barrier);
	/* All are there; now all end at once. */
	return NULL;
}

static void ends_with_the_thread(void **state)
{
	struct lib_task *task[THREADS][2];
	pthread_t thread[THREADS];
	int i, k;

	(void)state;
	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, attach_both, task[i]), 0);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(thread[i], NULL), 0);
	pthread_barrier_destroy(&barrier);
	assert_int_equal(fake_tasks, 2 * THREADS);
	for (i = 0; i < THREADS; i++)
		for (k = 0; k < 2; k++) {
			assert_true(pthread_equal(task[i][k]->thread, thread[i]));
			assert_int_equal(task[i][k]->process, k ? 8 : 7);
			assert_int_equal(task[i][k]->detached, 1);
			assert_true(pthread_equal(task[i][k]->detacher, thread[i]));
		}
	assert_null(a.threads);
	assert_null(b.threads);
}

/* A closed stack has no tasks, so that there is nothing to end. */
static void *outlive_a(void *arg)
{
	struct lib_task **task = arg;

	task[0] = thread_task(&a)->task;
	task[1] = thread_task(&b)->task;
	thread_forget(&a);
	return a.threads;
}

static void does_not_end_in_a_closed_stack(void **state)
{
	struct lib_task *task[2];

	(void)state;
	run(outlive_a, task);
	assert_int_equal(task[0]->detached, 0);
	assert_int_equal(task[1]->detached, 1);
}

static void is_anothers_in_a_stack_at_the_same_address(void **state)
{
	struct thread_task *old = thread_task(&a), *new;

	(void)state;
	thread_forget(&a);
	open_stack(&a, 9);
	new = thread_task(&a);
	assert_ptr_not_equal(new, old);
	assert_int_equal(new->task->process, 9);
	/* Also where it was not the last one that was called */
	thread_task(&b);
	thread_forget(&a);
	open_stack(&a, 10);
	assert_int_equal(thread_task(&a)->task->process, 10);
	assert_int_equal(fake_tasks, 4);
}

/* ------------------------------------------------------------------ */

static struct thread_task *_Atomic inside;
static atomic_bool leaving;

static void *call_a(void *arg)
{
	struct thread_task *t = thread_task(&a);

	(void)arg;
	t->inside = true;
	inside = t;
	while (!leaving)
		moment();
	usleep(20000);
	leaving = false;
	t->inside = false;
	return NULL;
}

static void is_awaited_where_it_is_inside(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, call_a, NULL), 0);
	assert_true(SOON(inside));
	leaving = true;
	thread_forget(&a);
	/* The thread takes that back as the last thing before it leaves. */
	assert_false(leaving);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(fake_task[0].detached, 0);
}

static void may_be_refused(void **state)
{
	(void)state;
	fake_attach_error = -EAGAIN;
	errno = 0;
	assert_null(thread_task(&a));
	assert_int_equal(errno, EAGAIN);
	assert_null(a.threads);
	assert_non_null(thread_task(&a));
	assert_int_equal(fake_tasks, 1);
}

/* sigprocmask(2): a fault whose signal is blocked kills the process. */
static void *block_all(void *arg)
{
	sigset_t all, *now = arg;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	thread_task(&a);
	pthread_sigmask(SIG_SETMASK, NULL, now);
	return NULL;
}

static void lets_faults_through(void **state)
{
	sigset_t now;

	(void)state;
	run(block_all, &now);
	assert_false(sigismember(&now, SIGSEGV));
	assert_false(sigismember(&now, SIGBUS));
	assert_true(sigismember(&now, SIGINT));
	assert_true(sigismember(&now, SIGFPE));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(is_one_task_in_each_stack),
		TEST(ends_with_the_thread),
		TEST(does_not_end_in_a_closed_stack),
		TEST(is_anothers_in_a_stack_at_the_same_address),
		TEST(is_awaited_where_it_is_inside),
		TEST(may_be_refused),
		TEST(lets_faults_through),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("thread", tests, NULL, NULL);
}
