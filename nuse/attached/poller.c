// SPDX-License-Identifier: GPL-2.0
/*
 * poller.c - a thread that watches host files for those who sleep in the stack
 *
 * A program that waits for both kinds of files sleeps where the stack can wake it, since
 * sockets are what is ready most often and must cost nothing more. For its host
 * files a thread of ours sleeps in poll(); when one is ready it ends the other's sleep.
 * It is started when a program first needs it, makes host calls only, takes no signal.
 * Instances of epoll are members of one of its own, each for one event (EPOLLONESHOT):
 * who is about to sleep asks for it anew, and the poller sleeps on. Of sets of
 * poll() it is told by an eventfd.
 *
 * Ending a sleep: the sleeper publishes the word that it sleeps on, then looks at
 * `kicked`; we set that, then wake the word. Between his look and his sleep a
 * wake is lost, so it is repeated until he takes his watch back.
 */
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <linux/sched/types.h>

#include "attached.h"

#define FDS_MAX 4096
#define EVENTS 16
#define REPEAT_NS 200000
#define SLICE_NS 100000

static struct {
	struct trap_lock lock;
	struct poller_watch *list;
	int bell, epoll;	/* hidden */
	int running;		/* 1; or why it can't, -errno */
	int changed;
	int quit;
	unsigned int tid;	/* the host clears it when the thread is gone */
} poller = { .bell = -1, .epoll = -1 };

/* Those of the list come after them. */
enum { BELL, EPOLL, OWN };

/* Sleepers are being looked at: none of them may go away. */
static _Atomic int kicking;

static void kick(struct poller_watch *w)
{
	uint32_t *words[POLLER_SLEEPERS];
	int i, n = 0;

	kicking = 1;
	for (i = 0; i < POLLER_SLEEPERS; i++) {
		struct thread *th = w->th[i];

		if (!th)
			continue;
		th->kicked = 1;
		if (attachment.channels)
			isolated_interrupt(th);
		words[n] = th->wait_word;
		n += !!words[n];
	}
	kicking = 0;
	/* These are the stack's, and stay. Who is woken need not wait for us. */
	for (i = 0; i < n; i++)
		host_6(__NR_futex, words[i], FUTEX_WAKE, INT32_MAX, 0, 0, 0);
}

static int has_sleeper(const struct poller_watch *w)
{
	int i;

	for (i = 0; i < POLLER_SLEEPERS; i++)
		if (w->th[i])
			return 1;
	return 0;
}

int poller_sleeper(struct poller_watch *w, struct thread *th)
{
	int i;

	for (i = 0; i < POLLER_SLEEPERS; i++) {
		struct thread *none = NULL;

		if (!w->th[i] && atomic_compare_exchange_strong(&w->th[i], &none, th))
			return 1;
	}
	return 0;
}

void poller_awake(struct poller_watch *w, struct thread *th)
{
	int i;

	for (i = 0; w->th[i] != th; i++)
		;
	w->th[i] = NULL;
	while (kicking)
		host_0(__NR_sched_yield);
}

/* With the lock: what to poll, in @fds; returns how many. */
static int collect(struct pollfd *fds, int *again)
{
	struct poller_watch *w;
	int n = OWN;

	fds[BELL] = (struct pollfd){ .fd = poller.bell, .events = POLLIN };
	fds[EPOLL] = (struct pollfd){ .fd = poller.epoll, .events = POLLIN };
	*again = 0;
	for (w = poller.list; w; w = w->next) {
		if (w->fired) {
			*again |= has_sleeper(w);
			continue;
		}
		if (n + w->n > FDS_MAX)
			break;
		memcpy(fds + n, w->fds, w->n * sizeof(*fds));
		n += w->n;
	}
	poller.changed = 0;
	return n;
}

/* With the lock: instances that are ready, all but those that were removed meanwhile */
static void take_events(void)
{
	struct epoll_event ev[EVENTS];
	struct poller_watch *w;
	long i, n;

	n = host_4(__NR_epoll_wait, poller.epoll, ev, EVENTS, 0);
	for (i = 0; i < n; i++) {
		w = (struct poller_watch *)ev[i].data;
		if (w->known)
			w->fired = 1;
	}
}

/* With the lock: @fds is as collect() left it, unless the list has changed since. */
static void report(const struct pollfd *fds, int n)
{
	struct poller_watch *w;
	int i = OWN, k;

	if (fds[EPOLL].revents)
		take_events();
	for (w = poller.list; w && !poller.changed; w = w->next) {
		if (w->fired)
			continue;
		if (i + w->n > n)
			break;
		for (k = 0; k < w->n; k++)
			if (fds[i + k].revents)
				w->fired = 1;
		i += w->n;
	}
	for (w = poller.list; w; w = w->next)
		if (w->fired)
			kick(w);
}

/*
 * What it does is short, and somebody waits for it: a scheduler that knows of that lets it run at
 * once, where a thread that computes has the CPU (sched_setattr(2), from Linux 6.12 on).
 */
static void be_prompt(void)
{
	struct sched_attr attr;

	if (host_4(__NR_sched_getattr, 0, &attr, sizeof(attr), 0))
		return;
	if (attr.sched_policy != SCHED_NORMAL && attr.sched_policy != SCHED_BATCH)
		return;
	attr.sched_policy = SCHED_NORMAL;
	attr.sched_runtime = SLICE_NS;
	host_3(__NR_sched_setattr, 0, &attr, 0);
}

static void poller_main(void)
{
	static struct pollfd fds[FDS_MAX];
	int n, again;
	uint64_t count;

	be_prompt();
	for (;;) {
		/* poll() leaves in it what is left. */
		struct __kernel_timespec repeat = { 0, REPEAT_NS };

		trap_lock(&poller.lock);
		n = collect(fds, &again);
		trap_unlock(&poller.lock);
		host_5(__NR_ppoll, fds, n, again ? &repeat : NULL, 0, 8);
		if (fds[BELL].revents)
			host_3(__NR_read, poller.bell, &count, sizeof(count));
		if (__atomic_load_n(&poller.quit, __ATOMIC_ACQUIRE))
			for (;;)
				host_1(__NR_exit, 0);
		trap_lock(&poller.lock);
		report(fds, n);
		trap_unlock(&poller.lock);
	}
}

static long start_thread(void)
{
	static char *stack;
	long ret;

	if (!stack)
		stack = trap_pages(SPAWN_STACK);
	if (!stack)
		return -ENOMEM;
	ret = spawn(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
		    poller_main, stack, &poller.tid);
	return ret < 0 ? ret : 0;
}

static void give_up(int *fd)
{
	if (*fd >= 0) {
		host_1(__NR_close, *fd);
		file_set(*fd, FILE_HOST);
	}
	*fd = -1;
}

/* With the lock. @th: who calls, if he may have been steered: his policy is what it would inherit */
static long start(struct thread *th)
{
	long err;

	if (poller.running)
		return poller.running < 0 ? poller.running : 0;
	err = poller.bell = file_hide_own(host_2(__NR_eventfd2, 0, HOST_O_CLOEXEC | O_NONBLOCK));
	if (err >= 0)
		err = poller.epoll = file_hide_own(host_1(__NR_epoll_create1, HOST_O_CLOEXEC));
	if (err >= 0) {
		steer_release(th);
		err = start_thread();
		poller.running = err ? err : 1;
	}
	if (err) {
		give_up(&poller.bell);
		give_up(&poller.epoll);
	}
	return err;
}

/* The program is about to forbid itself new threads. */
void poller_prepare(void)
{
	trap_lock(&poller.lock);
	start(NULL);
	trap_unlock(&poller.lock);
}

/* With the lock: an event of @w's instance, once */
static long ask(struct poller_watch *w)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLONESHOT, .data = (uintptr_t)w };
	int op = w->known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	long err;

	err = host_4(__NR_epoll_ctl, poller.epoll, op, w->epoll, &ev);
	/* It went by dup2(), or came back at the same number. */
	if (err == -ENOENT || err == -EEXIST)
		err = host_4(__NR_epoll_ctl, poller.epoll, EPOLL_CTL_ADD + EPOLL_CTL_MOD - op,
			     w->epoll, &ev);
	w->known = !err;
	return err;
}

/*
 * Watches @w, which may be watched already, for @th. Clears `fired`. Fails where no thread could be
 * made: the sleeper then looks by himself, every POLLER_ALONE_NS.
 */
long poller_add(struct poller_watch *w, struct thread *th)
{
	uint64_t one = 1;
	long err;

	trap_lock(&poller.lock);
	err = start(th);
	if (!err) {
		w->fired = 0;
		if (!w->listed) {
			w->listed = 1;
			w->next = poller.list;
			poller.list = w;
		}
		if (!w->n) {
			err = ask(w);
		} else {
			poller.changed = 1;
			host_3(__NR_write, poller.bell, &one, sizeof(one));
		}
		if (err)
			w->fired = 1;
	}
	trap_unlock(&poller.lock);
	return err;
}

/* With the lock: no more events of @w's instance */
static void forget(struct poller_watch *w)
{
	if (w->known)
		host_4(__NR_epoll_ctl, poller.epoll, EPOLL_CTL_DEL, w->epoll, 0);
	w->known = 0;
}

void poller_move(struct poller_watch *w, int epoll)
{
	int known;

	trap_lock(&poller.lock);
	known = w->known;
	forget(w);
	w->epoll = epoll;
	if (known && ask(w))
		w->fired = 1;
	trap_unlock(&poller.lock);
}

/* When this returns, nobody looks at @w. */
void poller_remove(struct poller_watch *w)
{
	struct poller_watch **p;

	trap_lock(&poller.lock);
	for (p = &poller.list; *p && *p != w; p = &(*p)->next)
		;
	if (*p)
		*p = w->next;
	w->listed = 0;
	forget(w);
	poller.changed = 1;
	trap_unlock(&poller.lock);
}

/*
 * The thread ends, and none starts before poller_resume(). Who waits for it looks for
 * himself and asks for another.
 */
void poller_stop(void)
{
	struct poller_watch *w;
	uint64_t one = 1;
	unsigned int tid;

	trap_lock(&poller.lock);
	if (poller.running == 1) {
		__atomic_store_n(&poller.quit, 1, __ATOMIC_RELEASE);
		trap_unlock(&poller.lock);
		host_3(__NR_write, poller.bell, &one, sizeof(one));
		while ((tid = __atomic_load_n(&poller.tid, __ATOMIC_ACQUIRE)))
			host_6(__NR_futex, &poller.tid, FUTEX_WAIT, tid, 0, 0, 0);
		trap_lock(&poller.lock);
		give_up(&poller.bell);
		give_up(&poller.epoll);
		poller.quit = 0;
		poller.running = 0;
	}
	for (w = poller.list; w; w = w->next) {
		w->fired = 1;
		w->known = 0;
		kick(w);
	}
}

void poller_resume(void)
{
	trap_unlock(&poller.lock);
}

void poller_before_fork(void)
{
	trap_lock(&poller.lock);
}

/* A child has no such thread until it needs one. */
void poller_after_fork(int child)
{
	if (child && poller.running) {
		give_up(&poller.bell);
		give_up(&poller.epoll);
		poller.running = 0;
		poller.list = NULL;
	}
	trap_unlock(&poller.lock);
}
