// SPDX-License-Identifier: GPL-2.0
/*
 * poller.c - a thread that watches host files for those who sleep in the stack
 *
 * A program that waits for both kinds of files sleeps where the stack can wake it, since
 * sockets are what is ready most often and must cost nothing more. For its host
 * files a thread of ours sleeps in poll(); when one is ready it ends the other's sleep.
 * It is started when a program first needs it, makes host calls only, takes no signal,
 * and is told of new files by an eventfd.
 *
 * Ending a sleep: the sleeper publishes the word that it sleeps on, then looks at
 * `kicked`; we set that, then wake the word. Between his look and his sleep a
 * wake is lost, so it is repeated until he takes his watch back.
 */
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>

#include "attached.h"

#define FDS_MAX 4096
#define REPEAT_NS 200000

static struct {
	struct trap_lock lock;
	struct poller_watch *list;
	int bell;		/* hidden */
	int running;		/* 1; or why it can't, -errno */
	int changed;
	int quit;
	unsigned int tid;	/* the host clears it when the thread is gone */
} poller = { .bell = -1 };

/* Sleepers are being looked at: none of them may go away. */
static _Atomic int kicking;

static void kick(struct poller_watch *w)
{
	int i;

	kicking = 1;
	for (i = 0; i < POLLER_SLEEPERS; i++) {
		struct thread *th = w->th[i];
		uint32_t *word;

		if (!th)
			continue;
		th->kicked = 1;
		if (attachment.channels)
			isolated_interrupt(th);
		word = th->wait_word;
		if (word)
			host_6(__NR_futex, word, FUTEX_WAKE, INT32_MAX, 0, 0, 0);
	}
	kicking = 0;
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

/* With the lock: what to poll, in @fds; returns how many, the bell first. */
static int collect(struct pollfd *fds, int *again)
{
	struct poller_watch *w;
	int n = 1;

	fds[0] = (struct pollfd){ .fd = poller.bell, .events = POLLIN };
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

/* With the lock: @fds is as collect() left it, unless the list has changed since. */
static void report(const struct pollfd *fds, int n)
{
	struct poller_watch *w;
	int i = 1, k;

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

static void poller_main(void)
{
	static struct pollfd fds[FDS_MAX];
	int n, again;
	uint64_t count;

	for (;;) {
		/* poll() leaves in it what is left. */
		struct __kernel_timespec repeat = { 0, REPEAT_NS };

		trap_lock(&poller.lock);
		n = collect(fds, &again);
		trap_unlock(&poller.lock);
		host_5(__NR_ppoll, fds, n, again ? &repeat : NULL, 0, 8);
		if (fds[0].revents)
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

/* With the lock. */
static long start(void)
{
	long fd, err;

	if (poller.running)
		return poller.running < 0 ? poller.running : 0;
	fd = host_2(__NR_eventfd2, 0, HOST_O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return fd;
	fd = file_hide(fd);
	if (fd < 0)
		return fd;
	/* Another program does not know of it. */
	host_3(__NR_fcntl, fd, F_SETFD, FD_CLOEXEC);
	poller.bell = fd;
	err = start_thread();
	if (err) {
		host_1(__NR_close, fd);
		file_set(fd, FILE_HOST);
		poller.bell = -1;
	}
	poller.running = err ? err : 1;
	return err;
}

/* The program is about to forbid itself new threads. */
void poller_prepare(void)
{
	trap_lock(&poller.lock);
	start();
	trap_unlock(&poller.lock);
}

/*
 * Watches @w, which may be watched already. Clears `fired`. Fails where no thread could be
 * made: the sleeper then looks by himself, every POLLER_ALONE_NS.
 */
long poller_add(struct poller_watch *w)
{
	uint64_t one = 1;
	long err;

	trap_lock(&poller.lock);
	err = start();
	if (!err) {
		w->fired = 0;
		if (!w->listed) {
			w->listed = 1;
			w->next = poller.list;
			poller.list = w;
		}
		poller.changed = 1;
		host_3(__NR_write, poller.bell, &one, sizeof(one));
	}
	trap_unlock(&poller.lock);
	return err;
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
		host_1(__NR_close, poller.bell);
		file_set(poller.bell, FILE_HOST);
		poller.bell = -1;
		poller.quit = 0;
		poller.running = 0;
	}
	for (w = poller.list; w; w = w->next) {
		w->fired = 1;
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
		if (poller.bell >= 0) {
			host_1(__NR_close, poller.bell);
			file_set(poller.bell, FILE_HOST);
		}
		poller.bell = -1;
		poller.running = 0;
		poller.list = NULL;
	}
	trap_unlock(&poller.lock);
}
