// SPDX-License-Identifier: GPL-2.0
/*
 * thread.c - which kernel task a host thread is, in each stack it has called
 *
 * A thread remembers the last one it used; the others are in its list. When it
 * ends its tasks end, and when a stack closes, the threads' entries for it become
 * void. One lock for all: attaching is rare.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "stack.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;

static __thread struct thread_task *mine __attribute__((tls_model("initial-exec")));
static __thread struct thread_task *last __attribute__((tls_model("initial-exec")));

/* With the lock. */
static void unlink_os(struct thread_task *t)
{
	*t->os_prev = t->os_next;
	if (t->os_next)
		t->os_next->os_prev = t->os_prev;
	t->os = NULL;
}

static void thread_end(void *arg)
{
	struct thread_task *t, *next;

	(void)arg;
	for (t = mine; t; t = next) {
		struct libos *os;

		next = t->next;
		pthread_mutex_lock(&lock);
		os = t->os;
		if (os) {
			/* With the lock, so that the stack cannot close meanwhile. */
			os->ops.task_detach(t->task);
			unlink_os(t);
		}
		pthread_mutex_unlock(&lock);
		free(t);
	}
	mine = NULL;
	last = NULL;
}

static void key_create(void)
{
	pthread_key_create(&key, thread_end);
}

/*
 * The thread may carry a call that meets a bad pointer, its own or another's. A fault
 * whose signal is blocked ends the process, so blocking it is of no use to anybody.
 */
static void unblock_faults(void)
{
	sigset_t faults;

	sigemptyset(&faults);
	sigaddset(&faults, SIGSEGV);
	sigaddset(&faults, SIGBUS);
	pthread_sigmask(SIG_UNBLOCK, &faults, NULL);
}

static struct thread_task *attach(struct libos *os)
{
	struct thread_task *t = calloc(1, sizeof(*t));
	int err;

	if (!t) {
		errno = ENOMEM;
		return NULL;
	}
	err = os->ops.task_attach(os->process, &t->task);
	if (err) {
		free(t);
		errno = -err;
		return NULL;
	}
	unblock_faults();
	t->os = os;
	t->serial = os->serial;
	t->next = mine;
	mine = t;
	pthread_once(&once, key_create);
	pthread_setspecific(key, t);
	pthread_mutex_lock(&lock);
	t->os_next = os->threads;
	t->os_prev = &os->threads;
	if (os->threads)
		os->threads->os_prev = &t->os_next;
	os->threads = t;
	pthread_mutex_unlock(&lock);
	return t;
}

static __attribute__((noinline)) struct thread_task *find(struct libos *os)
{
	struct thread_task *t;

	for (t = mine; t; t = t->next)
		if (t->os == os && t->serial == os->serial)
			break;
	if (!t)
		t = attach(os);
	if (t)
		last = t;
	return t;
}

/* The calling thread in @os, attached if need be. NULL with errno on failure. */
struct thread_task *thread_task(struct libos *os)
{
	struct thread_task *t = last;

	if (__builtin_expect(t && t->os == os && t->serial == os->serial, 1))
		return t;
	return find(os);
}

/* The stack is dead: wait until all threads have left it; their entries are void. */
void thread_forget(struct libos *os)
{
	static const struct timespec moment = { 0, 50000 };
	struct thread_task *t;

	pthread_mutex_lock(&lock);
	while ((t = os->threads)) {
		while (atomic_load(&t->inside))
			nanosleep(&moment, NULL);
		unlink_os(t);
	}
	pthread_mutex_unlock(&lock);
}
