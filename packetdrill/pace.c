// SPDX-License-Identifier: GPL-2.0
/*
 * pace.c - when the clock of the stack under test moves
 *
 * packetdrill has two threads. The main one runs the script: it waits for the time of
 * the next event, in usleep() and at the end by reading the clock again and again, and
 * for packets. Calls that the script shows to block are made by the other one. With a
 * virtual clock, nothing happens unless somebody moves it, and it must not move while a
 * thread has still something to do:
 *
 *   - Whoever waits moves it: pace_sleep(), pace_wait(), and reading it in a row. From
 *     one event of the stack to the next, never over one.
 *   - Before and after each step all other threads that are in a call have gone home, or
 *     sleep for good: pace_settle(). A thread sleeps for good when it is in a futex whose
 *     word has still the value it waits for; whoever wakes it changes the word first.
 *     (Asking /proc for its state, as packetdrill does, would call one asleep that has
 *     yet to begin.)
 *   - A packet that the script receives takes it a microsecond: pace_seen().
 *   - The second thread's first reading after a call is the time at which the call ended:
 *     packetdrill takes the end of a blocked call by it, and meanwhile the main thread may
 *     be a second further.
 *   - A call of the main thread's that blocks leaves nobody to move the clock. The relief
 *     thread does, until the call is over.
 *
 * A thread that is between two calls is not waited for: what it is about to do cannot be
 * known. packetdrill's second thread makes one call and rests.
 *
 * drive orders those that move the clock; lock, taken within it, guards the rest.
 */
#define _GNU_SOURCE
#include "pace.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack.h"

#define USEC 1000ull
#define NSEC 1000000000ull

/**
 * struct thread - one of the script's threads
 * @next: in the list of all
 * @inside: it is in a call
 * @word, @value: it sleeps there while *@word is @value; NULL: it is awake
 * @ended: when its last call was over
 * @fresh: it has not looked at the clock since; not of the main thread
 * @readings: how often it has read the clock since it did something else
 */
struct thread {
	struct thread *next;
	bool inside;
	const uint32_t *word;
	uint32_t value;
	uint64_t ended;
	bool fresh;
	unsigned int readings;
};

/**
 * struct pace - a stack's time
 * @wall: wall clock minus the stack's clock
 * @before, @before_arg: called before the clock moves
 * @changed: something in @threads, or @ending
 * @self: each thread's own entry
 * @threads, @main: all of them; the one that began
 * @relief: moves the clock for @main
 */
struct pace {
	struct libos *os;
	uint64_t limit;
	uint64_t wall;
	void (*before)(void *arg);
	void *before_arg;
	pthread_mutex_t drive;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_key_t self;
	struct thread *threads;
	struct thread *main;
	pthread_t relief;
	bool ending;
};

static struct thread *self(struct pace *pace)
{
	struct thread *t = pthread_getspecific(pace->self);

	if (t)
		return t;
	t = calloc(1, sizeof(*t));
	if (!t || pthread_setspecific(pace->self, t))
		abort();
	pthread_mutex_lock(&pace->lock);
	t->next = pace->threads;
	pace->threads = t;
	pthread_mutex_unlock(&pace->lock);
	return t;
}

/* ------------------------------------------------------------------ *
 * who does what; with the lock
 */

static bool sleeps(const struct thread *t)
{
	return t->word && __atomic_load_n(t->word, __ATOMIC_ACQUIRE) == t->value;
}

static bool blocked(const struct thread *t)
{
	return t->inside && sleeps(t);
}

static bool settled(const struct pace *pace, const struct thread *me)
{
	const struct thread *t;

	for (t = pace->threads; t; t = t->next)
		if (t != me && t->inside && !sleeps(t))
			return false;
	return true;
}

/* By a thread of the stack, which need not be one of ours */
static void asleep(void *arg, const uint32_t *word, uint32_t value)
{
	struct pace *pace = arg;
	struct thread *t = pthread_getspecific(pace->self);

	if (!t)
		return;
	pthread_mutex_lock(&pace->lock);
	t->word = word;
	t->value = value;
	if (word)
		pthread_cond_broadcast(&pace->changed);
	pthread_mutex_unlock(&pace->lock);
}

void pace_enter(struct pace *pace)
{
	struct thread *t = self(pace);

	pthread_mutex_lock(&pace->lock);
	t->inside = true;
	pthread_mutex_unlock(&pace->lock);
}

void pace_leave(struct pace *pace)
{
	struct thread *t = self(pace);

	pthread_mutex_lock(&pace->lock);
	t->inside = false;
	t->ended = libos_clock_now(pace->os);
	t->fresh = t != pace->main;
	t->readings = 0;
	pthread_cond_broadcast(&pace->changed);
	pthread_mutex_unlock(&pace->lock);
}

static void settle(struct pace *pace, const struct thread *me)
{
	pthread_mutex_lock(&pace->lock);
	while (!settled(pace, me))
		pthread_cond_wait(&pace->changed, &pace->lock);
	pthread_mutex_unlock(&pace->lock);
}

void pace_settle(struct pace *pace)
{
	settle(pace, self(pace));
}

/* ------------------------------------------------------------------ *
 * moving the clock
 */

/* With drive: to the next event, or to @until. */
static void step(struct pace *pace, const struct thread *me, uint64_t until)
{
	settle(pace, me);
	pace->before(pace->before_arg);
	libos_clock_advance(pace->os, until);
	settle(pace, me);
	if (pace->os->dead) {
		fprintf(stderr, "libos-packetdrill: the stack under test has died\n");
		exit(EXIT_FAILURE);
	}
}

static void forget_readings(struct thread *t)
{
	t->fresh = false;
	t->readings = 0;
}

/* With drive. */
static void move_to(struct pace *pace, struct thread *me, uint64_t when)
{
	while (libos_clock_now(pace->os) < when)
		step(pace, me, when);
}

void pace_sleep(struct pace *pace, uint64_t ns)
{
	uint64_t until = libos_clock_now(pace->os) + ns;
	struct thread *me = self(pace);

	pthread_mutex_lock(&pace->drive);
	move_to(pace, me, until);
	pthread_mutex_unlock(&pace->drive);
	forget_readings(me);
}

bool pace_wait(struct pace *pace, bool (*done)(void *arg), void *arg)
{
	uint64_t until = libos_clock_now(pace->os) + pace->limit;
	struct thread *me = self(pace);
	bool is_done;

	pthread_mutex_lock(&pace->drive);
	settle(pace, me);
	while (!(is_done = done(arg)) && libos_clock_now(pace->os) < until &&
	       libos_clock_next(pace->os) != UINT64_MAX)
		step(pace, me, until);
	pthread_mutex_unlock(&pace->drive);
	forget_readings(me);
	return is_done;
}

void pace_seen(struct pace *pace, uint64_t when)
{
	struct thread *me = self(pace);

	pthread_mutex_lock(&pace->drive);
	move_to(pace, me, when + USEC);
	pthread_mutex_unlock(&pace->drive);
	forget_readings(me);
}

/* With the lock: until @main is blocked (true), or it ends (false). */
static bool relief_wanted(struct pace *pace)
{
	while (!pace->ending && !blocked(pace->main))
		pthread_cond_wait(&pace->changed, &pace->lock);
	return !pace->ending;
}

static bool main_blocked(struct pace *pace)
{
	bool is;

	pthread_mutex_lock(&pace->lock);
	is = blocked(pace->main);
	pthread_mutex_unlock(&pace->lock);
	return is;
}

/* With drive. Whether @main's call was ended, or at least woken, within the limit. */
static bool relieve(struct pace *pace)
{
	uint64_t until = libos_clock_now(pace->os) + pace->limit;

	while (main_blocked(pace)) {
		if (libos_clock_now(pace->os) >= until ||
		    libos_clock_next(pace->os) == UINT64_MAX)
			return false;
		step(pace, NULL, until);
	}
	return true;
}

static void *relief(void *arg)
{
	struct pace *pace = arg;
	bool over;

	pthread_mutex_lock(&pace->lock);
	while (relief_wanted(pace)) {
		pthread_mutex_unlock(&pace->lock);
		pthread_mutex_lock(&pace->drive);
		over = relieve(pace);
		pthread_mutex_unlock(&pace->drive);
		if (!over)
			fprintf(stderr, "libos-packetdrill: a call blocks, and nothing has "
				"ended it in %llu s\n", (unsigned long long)(pace->limit / NSEC));
		pthread_mutex_lock(&pace->lock);
		/* As with any other stack, the script hangs now. */
		while (!over && !pace->ending && blocked(pace->main))
			pthread_cond_wait(&pace->changed, &pace->lock);
	}
	pthread_mutex_unlock(&pace->lock);
	return NULL;
}

/* ------------------------------------------------------------------ *
 * reading it
 */

long long pace_usecs(struct pace *pace, uint64_t when)
{
	return (when + pace->wall) / USEC;
}

/*
 * Every other reading in a row moves the clock by a microsecond: who spins comes to an
 * end, and who has seen that it is time can look once more, and acts at that time.
 */
static uint64_t reading(struct pace *pace, struct thread *me)
{
	if (me->fresh) {
		me->fresh = false;
		me->readings = 1;
		return me->ended;
	}
	if (me->readings >= 2 && me->readings % 2 == 0) {
		pthread_mutex_lock(&pace->drive);
		move_to(pace, me, libos_clock_now(pace->os) + USEC);
		pthread_mutex_unlock(&pace->drive);
	}
	me->readings++;
	return libos_clock_now(pace->os);
}

void pace_time(struct pace *pace, struct timeval *tv)
{
	long long usecs = pace_usecs(pace, reading(pace, self(pace)));

	tv->tv_sec = usecs / 1000000;
	tv->tv_usec = usecs % 1000000;
}

/* ------------------------------------------------------------------ */

struct pace *pace_start(struct libos *os, uint64_t limit, void (*before)(void *arg),
			void *arg)
{
	struct pace *pace = calloc(1, sizeof(*pace));
	struct timespec ts;

	if (!pace || pthread_key_create(&pace->self, NULL))
		abort();
	pace->os = os;
	pace->limit = limit;
	pace->before = before;
	pace->before_arg = arg;
	libos_clock_gettime(os, CLOCK_REALTIME, &ts);
	pace->wall = ts.tv_sec * NSEC + ts.tv_nsec - libos_clock_now(os);
	pthread_mutex_init(&pace->drive, NULL);
	pthread_mutex_init(&pace->lock, NULL);
	pthread_cond_init(&pace->changed, NULL);
	pace->main = self(pace);
	os->asleep_arg = pace;
	os->asleep = asleep;
	if (pthread_create(&pace->relief, NULL, relief, pace))
		abort();
	return pace;
}

void pace_end(struct pace *pace)
{
	struct thread *t;

	pthread_mutex_lock(&pace->lock);
	pace->ending = true;
	pthread_cond_broadcast(&pace->changed);
	pthread_mutex_unlock(&pace->lock);
	pthread_join(pace->relief, NULL);
	pace->os->asleep = NULL;
	pthread_key_delete(pace->self);
	while ((t = pace->threads)) {
		pace->threads = t->next;
		free(t);
	}
	pthread_cond_destroy(&pace->changed);
	pthread_mutex_destroy(&pace->lock);
	pthread_mutex_destroy(&pace->drive);
	free(pace);
}
