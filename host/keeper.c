// SPDX-License-Identifier: GPL-2.0
/*
 * keeper.c - the owner of a stack that several processes use
 *
 * A thread of its own does what attached processes leave to the owner (shared.h): it
 * runs what is due and transmits what lies in the devices' rings. It looks at all of that
 * whenever it wakes, so that one bell is enough, and one that a process was about to ring
 * when it died is missed by nobody: its death rings, too.
 *
 * Another thread watches every process by a pidfd. It never waits for the stack, as
 * the first one may: for a token whose holder is dead, until this one says so. A third one
 * waits for the exits of dead processes, which may want what only the first one can take
 * from others that died meanwhile.
 */
#define _GNU_SOURCE
#include "keeper.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "netdev.h"

#define NSEC 1000000000ull
#define BELL UINT32_MAX
#define ERESTARTSYS 512
#define STEERED_NS 50000000ull

__thread struct keeper_sleeper *keeper_self;

/**
 * struct keeper - of one shared stack
 * @bell: eventfd
 * @epfd: waits for the bell
 * @deaths: waits for deaths, and for the end
 * @draining, @again: one thread empties the rings at a time; another asked meanwhile
 * @stopping: the stack is being closed
 * @watched: pidfds, by space less one
 * @died: what they told
 * @reap, @reaper_bell: whose exit is to be waited for, and that there is one
 * @nr_watched: how many processes there are
 * @empty, @empty_arg: to be called when the last process is gone
 */
struct keeper {
	struct libos *os;
	struct shared *sh;
	int bell;
	int epfd;
	int deaths;
	pthread_t thread, watcher, reaper;
	atomic_bool draining, again;
	atomic_bool stopping;
	int watched[SHARED_PROCESSES];
	atomic_bool died[SHARED_PROCESSES];
	atomic_bool reap[SHARED_PROCESSES];
	int reaper_bell;
	atomic_int nr_watched;
	void (*empty)(void *arg);
	void *empty_arg;
};

static void ring(struct keeper *k)
{
	uint64_t one = 1;
	ssize_t done;

	if (atomic_exchange(&k->sh->busy, 1))
		return;
	done = write(k->bell, &one, sizeof(one));
	(void)done;
}

void keeper_ring(struct libos *os)
{
	ring(os->keeper);
}

/* ------------------------------------------------------------------ *
 * the owner's side of the contract
 */

static void on_arm(void *host, uint64_t when)
{
	struct keeper *k = ((struct libos *)host)->keeper;

	if (shared_arm(k->sh, when))
		ring(k);
}

static void on_membarrier(void *host)
{
	(void)host;
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
}

static int on_wait(void *host, uint32_t *word, uint32_t value, uint64_t timeout)
{
	struct timespec ts = { timeout / NSEC, timeout % NSEC };
	struct keeper_sleeper *s = timeout == LIB_NEVER ? keeper_self : NULL;

	(void)host;
	if (s) {
		s->word = word;
		if (s->interrupted)
			return -ERESTARTSYS;
	}
	if (!syscall(SYS_futex, word, FUTEX_WAIT, value,
		     timeout == LIB_NEVER ? NULL : &ts, NULL, 0) || errno == EAGAIN)
		return s && s->interrupted ? -ERESTARTSYS : 0;
	return -errno;
}

void keeper_interrupt(struct keeper_sleeper *s)
{
	uint32_t *word;

	s->interrupted = 1;
	word = s->word;
	if (word)
		syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void on_wake(void *host, uint32_t *word, uint32_t count)
{
	(void)host;
	syscall(SYS_futex, word, FUTEX_WAKE, count > INT32_MAX ? INT32_MAX : count,
		NULL, NULL, 0);
}

static void on_signal(void *host, int process, int sig)
{
	int pid = shared_pid(((struct libos *)host)->keeper->sh, process, 0);

	if (pid)
		kill(pid, sig);
}

static int on_number(void *host, int pid)
{
	return shared_named(((struct libos *)host)->keeper->sh, pid, 0);
}

static int on_xmit(void *host, void *dev, struct lib_frame *frames, int n, int *held)
{
	(void)host;
	return shared_xmit(dev, frames, n, held);
}

static void on_updown(void *host, void *dev, int up)
{
	((struct shared_device *)dev)->up = up;
	ring(((struct libos *)host)->keeper);
}

static void drain(struct keeper *k);

static void on_kick(void *host)
{
	drain(((struct libos *)host)->keeper);
}

void keeper_callbacks(struct lib_host *host)
{
	host->arm = on_arm;
	host->wait = on_wait;
	host->wake = on_wake;
	host->membarrier = on_membarrier;
	host->signal = on_signal;
	host->number = on_number;
	host->netdev_xmit = on_xmit;
	host->netdev_updown = on_updown;
	host->netdev_kick = on_kick;
}

/* ------------------------------------------------------------------ *
 * devices
 */

/* What a ring holds goes to the device, or nowhere. Returns whether it took any. */
static bool drain_some(struct shared_device *d, struct libos_netdev *nd, bool lose)
{
	uint32_t tail = d->tail, n, i;
	struct lib_frame frames[LIB_FRAMES_MAX];
	void *cookies[LIB_FRAMES_MAX];
	int taken, held = 0;

	n = atomic_load_explicit(&d->head, memory_order_acquire) - tail;
	if (!n)
		return false;
	if (n > LIB_FRAMES_MAX)
		n = LIB_FRAMES_MAX;
	for (i = 0; i < n; i++) {
		frames[i] = d->slots[(tail + i) % SHARED_RING].frame;
		cookies[i] = frames[i].cookie;
	}
	taken = lose ? (int)n : nd->ops->xmit(nd, frames, n, &held);
	if (taken <= 0)
		return false;
	d->tail = tail + taken;
	if (!held)
		nd->os->ops.netdev_sent(nd->kernel, cookies, taken);
	return true;
}

static void drain_device(struct shared_device *d)
{
	struct libos_netdev *nd = d->owner;

	while (drain_some(d, nd, false))
		;
	if (nd->ops->kick)
		nd->ops->kick(nd);
	if (d->tail == d->head && atomic_exchange(&d->full, 0))
		nd->os->ops.netdev_wake(nd->kernel);
	if (nd->up != !!d->up) {
		nd->up = !!d->up;
		if (nd->ops->updown)
			nd->ops->updown(nd, nd->up);
	}
}

static void drain(struct keeper *k)
{
	int i;

	/* First, so that whoever is at it sees that when he has ended. */
	k->again = true;
	while (k->again && !atomic_exchange(&k->draining, true)) {
		k->again = false;
		for (i = 0; i < SHARED_DEVICES; i++)
			if (k->sh->devices[i].used)
				drain_device(&k->sh->devices[i]);
		k->draining = false;
	}
}

void *keeper_device_new(struct libos *os, struct libos_netdev *nd)
{
	struct shared_device *d;
	int i;

	for (i = 0; i < SHARED_DEVICES; i++) {
		d = &os->keeper->sh->devices[i];
		if (d->owner)
			continue;
		d->head = d->tail = d->full = d->up = 0;
		d->owner = nd;
		return d;
	}
	libos_error_set("a shared stack has at most %d devices of the host; close one",
			SHARED_DEVICES);
	errno = ENOSPC;
	return NULL;
}

void keeper_device_start(void *device)
{
	((struct shared_device *)device)->used = 1;
}

void keeper_device_stop(struct libos *os, void *device)
{
	struct keeper *k = os->keeper;
	struct shared_device *d = device;

	while (atomic_exchange(&k->draining, true))
		sched_yield();
	d->used = 0;
	while (drain_some(d, d->owner, true))
		;
	k->draining = false;
	if (k->again)
		drain(k);
}

void keeper_device_free(void *device)
{
	((struct shared_device *)device)->owner = NULL;
}

void keeper_device_wake(struct libos *os)
{
	drain(os->keeper);
}

/* ------------------------------------------------------------------ *
 * processes
 */

static void process_dead(struct keeper *k, uint32_t i)
{
	struct shared_process *p = &k->sh->processes[i];
	struct shared_steered *s;

	if (k->watched[i] >= 0) {
		close(k->watched[i]);
		k->watched[i] = -1;
	}
	for (s = k->sh->steered; s < k->sh->steered + SHARED_STEERED; s++)
		if (s->space == i + 1)
			shared_unsteer(s);
	if (!p->isolated)
		k->os->ops.space_dead(i + 1, p->process);
	k->reap[i] = true;
	eventfd_write(k->reaper_bell, 1);
}

static void process_reap(struct keeper *k, uint32_t i)
{
	struct shared_process *p = &k->sh->processes[i];

	if (p->process)
		k->os->ops.process_exit(p->process);
	p->state = SHARED_FREE;
	if (atomic_fetch_sub(&k->nr_watched, 1) == 1 && k->empty)
		k->empty(k->empty_arg);
}

static void *reaper_main(void *arg)
{
	struct keeper *k = arg;
	eventfd_t count;
	uint32_t i;

	while (!k->stopping) {
		if (eventfd_read(k->reaper_bell, &count))
			continue;
		for (i = 0; i < SHARED_PROCESSES; i++)
			if (atomic_exchange(&k->reap[i], false))
				process_reap(k, i);
	}
	return NULL;
}

static void process_watch(struct keeper *k, uint32_t i)
{
	struct shared_process *p = &k->sh->processes[i];
	struct epoll_event event = { .events = EPOLLIN | EPOLLONESHOT, .data.u32 = i };
	int fd = syscall(SYS_pidfd_open, p->pid, 0);

	k->nr_watched++;
	k->watched[i] = fd;
	k->died[i] = false;
	p->state = SHARED_WATCHED;
	if (fd < 0 || epoll_ctl(k->deaths, EPOLL_CTL_ADD, fd, &event))
		process_dead(k, i);
}

/*
 * A process is gone, with all its threads. If it had the token it will never put it back,
 * and whoever waits for it shall know; the rest is the other thread's.
 */
static void *watcher_main(void *arg)
{
	struct keeper *k = arg;
	struct epoll_event events[16];
	int i, n;

	while (!k->stopping) {
		n = epoll_wait(k->deaths, events, 16, -1);
		for (i = 0; i < n; i++) {
			uint32_t process = events[i].data.u32;

			if (process == BELL)
				continue;
			if (k->os->ops.token->word == 1 + (process + 1))
				k->os->ops.space_dead(process + 1, 0);
			k->died[process] = true;
			/* It may have said that it rings, and died before it did. */
			eventfd_write(k->bell, 1);
		}
	}
	return NULL;
}

static void processes_look(struct keeper *k)
{
	uint32_t i;

	for (i = 0; i < SHARED_PROCESSES; i++) {
		if (atomic_exchange(&k->died[i], false))
			process_dead(k, i);
		if (k->sh->processes[i].state == SHARED_NEW)
			process_watch(k, i);
	}
}

void keeper_on_empty(struct libos *os, void (*fn)(void *arg), void *arg)
{
	os->keeper->empty_arg = arg;
	os->keeper->empty = fn;
}

/* ------------------------------------------------------------------ */

/* The stack ended in an attached process: what that was told is told here, with names. */
static void death_look(struct keeper *k)
{
	struct shared *sh = k->sh;
	uint64_t i, head = sh->log_head;
	char log[SHARED_LOG];
	size_t n = 0;

	if (!sh->dead || k->os->dead)
		return;
	for (i = head > SHARED_LOG ? head - SHARED_LOG : 0; i < head; i++)
		log[n++] = sh->log[i % SHARED_LOG];
	stack_console(k->os, log, n);
	stack_fatal(k->os, sh->fatal, sh->why, sh->trace, sh->nr_trace);
}

/* Threads that sleep, or compute, longer than they are to be steered (nuse/attached/steer.c) */
static void steered_look(struct keeper *k)
{
	struct sched_param none = { 0 };
	struct shared *sh = k->sh;
	uint64_t now = clock_host_now();
	uint32_t i;

	/* First, so that one that comes meanwhile says it again. */
	if (!atomic_exchange(&sh->steering, 0))
		return;
	for (i = 0; i < SHARED_STEERED; i++) {
		struct shared_steered *s = &sh->steered[i];
		int32_t tid = s->tid;

		if (s->space)
			sh->steering = 1;
		if (tid <= 0 || s->until > now ||
		    !atomic_compare_exchange_strong(&s->tid, &tid, SHARED_RESTORING))
			continue;
		if (s->size)
			syscall(SYS_sched_setaffinity, tid, s->size, s->mask);
		if (s->policy)
			syscall(SYS_sched_setscheduler, tid, SCHED_OTHER, &none);
		shared_unsteer(s);
	}
	if (!sh->steering)
		sh->home = 0;
}

static int keeper_wait(struct keeper *k, struct epoll_event *events, int n)
{
	struct timespec ts = { 0, 0 };
	uint64_t now = clock_host_now(), seen = k->sh->armed, next = seen;

	/* Where another one has the token it does that; @armed stays what it was. */
	if (next <= now)
		next = k->os->ops.event();
	k->sh->sleep_until = next;
	/* Armed anew before that could be seen: then it is there now. */
	if (k->sh->armed != seen && k->sh->armed < next)
		next = k->sh->armed;
	now = clock_host_now();
	if (k->sh->steering && next > now + STEERED_NS)
		next = now + STEERED_NS;
	if (next > now)
		ts = (struct timespec){ (next - now) / NSEC, (next - now) % NSEC };
	n = syscall(SYS_epoll_pwait2, k->epfd, events, n,
		    next == LIB_NEVER ? NULL : &ts, NULL, 0);
	k->sh->sleep_until = 0;
	return n;
}

static void *keeper_main(void *arg)
{
	struct keeper *k = arg;
	struct epoll_event events[16];
	int i, n;

	while (!k->stopping) {
		n = keeper_wait(k, events, 16);
		for (i = 0; i < n; i++) {
			uint64_t count;
			ssize_t done;

			done = read(k->bell, &count, sizeof(count));
			(void)done;
		}
		/* Whoever wants something from now on rings again. */
		atomic_store(&k->sh->busy, 0);
		death_look(k);
		steered_look(k);
		drain(k);
		processes_look(k);
	}
	return NULL;
}

int keeper_start(struct libos *os)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = BELL };
	struct keeper *k = calloc(1, sizeof(*k));
	int i;

	if (!k)
		return -ENOMEM;
	k->os = os;
	k->sh = os->image.extra;
	for (i = 0; i < SHARED_PROCESSES; i++)
		k->watched[i] = -1;
	k->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	k->epfd = epoll_create1(EPOLL_CLOEXEC);
	k->deaths = epoll_create1(EPOLL_CLOEXEC);
	k->reaper_bell = eventfd(0, EFD_CLOEXEC);
	if (k->bell < 0 || k->reaper_bell < 0 || k->epfd < 0 || k->deaths < 0 ||
	    epoll_ctl(k->epfd, EPOLL_CTL_ADD, k->bell, &event)) {
		i = -errno;
		libos_error_set("cannot watch processes: %s", strerror(errno));
		close(k->bell);
		close(k->epfd);
		close(k->deaths);
		close(k->reaper_bell);
		free(k);
		return i;
	}
	syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0);
	k->sh->armed = LIB_NEVER;
	k->sh->sleep_until = LIB_NEVER;
	os->keeper = k;
	return 0;
}

static int thread_start(pthread_t *thread, void *(*fn)(void *), struct keeper *k)
{
	int err = pthread_create(thread, NULL, fn, k);

	/* What it is then is not said: pthread_create(3). */
	if (err)
		*thread = 0;
	return err;
}

/* The stack has booted: others may come. Where it fails none of its threads is left. */
int keeper_run(struct libos *os)
{
	struct keeper *k = os->keeper;
	struct shared *sh = k->sh;
	sigset_t all, old;
	int err;

	sh->version = SHARED_VERSION;
	sh->size = sizeof(*sh);
	sh->ops = os->ops;
	sh->base = (uintptr_t)os->image.base;
	sh->text_size = (uintptr_t)os->ops.private_page - sh->base;
	sh->data = (uintptr_t)os->image.data;
	sh->data_size = os->image.data_size;
	sh->owner = getpid();
	sh->magic = SHARED_MAGIC;
	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = thread_start(&k->watcher, watcher_main, k);
	if (!err)
		err = thread_start(&k->reaper, reaper_main, k);
	if (!err)
		err = thread_start(&k->thread, keeper_main, k);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		keeper_stop(os);
		libos_error_set("cannot start the keeper thread: %s", strerror(err));
		return -err;
	}
	pthread_setname_np(k->thread, "libos keeper");
	pthread_setname_np(k->watcher, "libos watcher");
	pthread_setname_np(k->reaper, "libos reaper");
	return 0;
}

/* Its thread ends; nobody new is served. */
void keeper_stop(struct libos *os)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = BELL };
	struct keeper *k = os->keeper;
	uint64_t one = 1;
	ssize_t done;

	k->stopping = true;
	/* Rung for both; the watcher does not take it down. */
	epoll_ctl(k->deaths, EPOLL_CTL_ADD, k->bell, &event);
	done = write(k->bell, &one, sizeof(one));
	(void)done;
	if (k->thread)
		pthread_join(k->thread, NULL);
	done = write(k->bell, &one, sizeof(one));
	if (k->watcher)
		pthread_join(k->watcher, NULL);
	eventfd_write(k->reaper_bell, 1);
	if (k->reaper)
		pthread_join(k->reaper, NULL);
	k->thread = k->watcher = k->reaper = 0;
}

void keeper_free(struct libos *os)
{
	struct keeper *k = os->keeper;
	int i;

	for (i = 0; i < SHARED_PROCESSES; i++)
		if (k->watched[i] >= 0)
			close(k->watched[i]);
	close(k->bell);
	close(k->epfd);
	close(k->deaths);
	close(k->reaper_bell);
	free(k);
	os->keeper = NULL;
}

void keeper_fds(struct libos *os, int fds[KEEPER_FDS])
{
	fds[KEEPER_MEMORY] = os->image.memory;
	fds[KEEPER_TEXT] = image_fd(&os->image);
	fds[KEEPER_BELL] = os->keeper->bell;
}

void keeper_directory(struct libos *os, const char *path)
{
	struct shared *sh = os->keeper->sh;

	strncpy(sh->directory, path, sizeof(sh->directory) - 1);
}
