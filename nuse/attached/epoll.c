// SPDX-License-Identifier: GPL-2.0
/*
 * epoll.c - an epoll instance is two: the host's and, at the same number, the stack's
 *
 * Each file is in its own kernel's instance, with the program's data, so that events need
 * no translation and every mode (level, edge, oneshot, exclusive, nested) is the kernel's
 * own. Where only one of them has files, a wait is that kernel's. Else it sleeps in the
 * stack, and the host's instance is asked when the poller saw it ready, not before: a
 * server whose host files are quiet pays nothing for them.
 */
#include <linux/eventpoll.h>

#include "attached.h"

/**
 * struct instance - by descriptor; copies of one descriptor share it
 * @users: descriptors of this process
 * @sides: which kernels' instances have had files
 * @waiters: threads that wait for one side
 * @woken: a WAKE event may be among what they get
 * @turn: whom to ask first
 * @watch: the host's instance, for the poller
 */
struct instance {
	int users;
	_Atomic int sides;
	_Atomic int waiters;
	_Atomic int woken;
	int turn;
	struct poller_watch watch;
	struct instance *next;
};

enum { SIDE_LIB = 1, SIDE_HOST = 2, SIDES_BOTH = 3 };

/* The data of an event of ours; those of programs are pointers, or descriptors */
#define WAKE 0x6e757365fe77a4e5ull
#define WAKE_POLL_NS 20000
#define NSEC_PER_MSEC 1000000ull

static struct trap_lock lock;
static struct instance *instances[FILES_MAX];
static struct instance *free_instances;

static struct instance *instance_new(unsigned int fd)
{
	struct instance *e;

	trap_lock(&lock);
	e = free_instances;
	if (e) {
		free_instances = e->next;
	} else {
		unsigned int i, n = HOST_PAGE / sizeof(*e);
		struct instance *page = trap_pages(HOST_PAGE);

		for (i = 1; page && i < n; i++) {
			page[i].next = free_instances;
			free_instances = &page[i];
		}
		e = page;
	}
	if (e) {
		*e = (struct instance){ .users = 1 };
		e->watch.epoll = fd;
		e->watch.fired = 1;
		instances[fd] = e;
	}
	trap_unlock(&lock);
	return e;
}

/* It came through an exec. */
void epoll_unknown(unsigned int fd)
{
	struct instance *e = instance_new(fd);

	if (e)
		e->sides = SIDES_BOTH;
}

void epoll_copy(unsigned int from, unsigned int to)
{
	trap_lock(&lock);
	instances[to] = instances[from];
	if (instances[to])
		instances[to]->users++;
	trap_unlock(&lock);
}

void epoll_close(unsigned int fd)
{
	struct instance *e = instances[fd];
	unsigned int i;

	instances[fd] = NULL;
	if (!e)
		return;
	trap_lock(&lock);
	if (!--e->users) {
		poller_remove(&e->watch);
		e->next = free_instances;
		free_instances = e;
	} else if (e->watch.epoll == (int)fd) {
		/* The poller needs a number that is still open. */
		for (i = 0; i < FILES_MAX && instances[i] != e; i++)
			;
		poller_move(&e->watch, i);
	}
	trap_unlock(&lock);
}

void epoll_forked(void)
{
	unsigned int i;

	for (i = 0; i < FILES_MAX; i++) {
		if (file_kinds[i] != FILE_EPOLL || !instances[i])
			continue;
		/* What its parent adds, nobody says here. */
		instances[i]->sides = SIDES_BOTH;
		instances[i]->waiters = 0;
		instances[i]->watch.fired = 1;
		instances[i]->watch.listed = 0;
		instances[i]->watch.known = 0;
		memset(&instances[i]->watch.th, 0, sizeof(instances[i]->watch.th));
	}
}

long epoll_make(struct trap_thread *t, long nr, unsigned long *a)
{
	int cloexec = nr == __NR_epoll_create1 && a[0] & HOST_O_CLOEXEC;
	long fd, lib;

	lib = lib_1(t, nr, a[0]);
	if (lib < 0)
		return lib;
	fd = host_1(nr, a[0]);
	if (fd < 0) {
		lib_1(t, __NR_close, lib);
		return fd;
	}
	file_move(t, lib, fd, cloexec);
	if (fd >= FILES_MAX || !instance_new(fd)) {
		lib_1(t, __NR_close, fd);
		host_1(__NR_close, fd);
		return -ENOMEM;
	}
	file_set(fd, FILE_EPOLL);
	return fd;
}

/* The kernel whose call a wait is, or both */
static int sides(const struct instance *e)
{
	return e->sides ? e->sides : SIDE_LIB;
}

/*
 * Those who wait for @side of it shall look at `sides` again: an eventfd that is ready is
 * among its files until all have.
 */
static void wake(struct trap_thread *t, struct instance *e, unsigned int fd, int side)
{
	struct epoll_event ev = { .events = EPOLLIN, .data = WAKE };
	int in_lib = side == SIDE_LIB;
	long bell;

	bell = in_lib ? lib_2(t, __NR_eventfd2, 1, HOST_O_CLOEXEC) : host_2(__NR_eventfd2, 1, HOST_O_CLOEXEC);
	if (bell < 0)
		return;
	e->woken = 1;
	if (in_lib)
		lib_4(t, __NR_epoll_ctl, fd, EPOLL_CTL_ADD, bell, &ev);
	else
		host_4(__NR_epoll_ctl, fd, EPOLL_CTL_ADD, bell, &ev);
	while (e->waiters)
		host_sleep(WAKE_POLL_NS);
	if (in_lib) {
		lib_4(t, __NR_epoll_ctl, fd, EPOLL_CTL_DEL, bell, 0);
		lib_1(t, __NR_close, bell);
	} else {
		host_4(__NR_epoll_ctl, fd, EPOLL_CTL_DEL, bell, 0);
		host_1(__NR_close, bell);
	}
}

/* It has got files of @side. */
static void add_side(struct trap_thread *t, struct instance *e, unsigned int fd, int side)
{
	int old = sides(e);

	atomic_fetch_or(&e->sides, side);
	if (sides(e) == old || !e->waiters)
		return;
	trap_lock(&lock);
	wake(t, e, fd, old);
	trap_unlock(&lock);
}

/* Takes WAKE from @n events; returns how many the program gets. */
static long without_wake(const struct instance *e, struct epoll_event *ev, long n)
{
	struct epoll_event one;
	long i, kept = 0;

	if (!e->woken)
		return n;
	for (i = 0; i < n; i++) {
		if (trap_copy(&one, ev + i, sizeof(one)))
			return -EFAULT;
		if (one.data == WAKE)
			continue;
		if (kept != i && trap_copy(ev + kept, &one, sizeof(one)))
			return -EFAULT;
		kept++;
	}
	return kept;
}

long epoll_change(struct trap_thread *t, long nr, unsigned long *a)
{
	enum file_kind kind = file_kind(a[0]), what = file_kind(a[2]);
	struct instance *e;
	long ret;

	if (kind == FILE_HOST)
		return TRAP_HOST;
	if (kind == FILE_HIDDEN || what == FILE_HIDDEN)
		return -EBADF;
	if (kind != FILE_EPOLL)
		return -EINVAL;
	e = instances[(unsigned int)a[0]];
	if (what == FILE_HOST) {
		ret = host_4(nr, a[0], a[1], a[2], a[3]);
		if (!ret && a[1] == EPOLL_CTL_ADD && e)
			add_side(t, e, a[0], SIDE_HOST);
		return ret;
	}
	ret = lib_args(t, nr, a);
	if (ret || !e)
		return ret;
	if (what == FILE_EPOLL)
		host_4(nr, a[0], a[1], a[2], a[3]);
	if (a[1] == EPOLL_CTL_ADD)
		add_side(t, e, a[0], what == FILE_EPOLL ? SIDES_BOTH : SIDE_LIB);
	return 0;
}

/* Both instances, without waiting; each in its turn first */
static long look(struct trap_thread *t, struct instance *e, int fd, struct epoll_event *ev,
		 int max)
{
	int host_first = e->turn++ & 1, i;
	long n = 0, ret;

	for (i = 0; i < 2 && n < max; i++) {
		if (i ^ host_first) {
			if (!e->watch.fired)
				continue;
			ret = host_4(__NR_epoll_wait, fd, ev + n, max - n, 0);
		} else {
			ret = lib_4(t, __NR_epoll_wait, fd, ev + n, max - n, 0);
		}
		if (ret < 0)
			return n ? n : ret;
		n += ret;
	}
	return n;
}

static long wait_both(struct trap_thread *t, struct instance *e, int fd,
		      struct epoll_event *ev, int max, uint64_t deadline)
{
	struct thread *th = stack_thread(t);
	struct __kernel_timespec ts;
	uint64_t left;
	int listed;
	long ret;

	if (!th)
		return -ENOMEM;
	listed = poller_sleeper(&e->watch, th);
	for (;;) {
		th->kicked = 0;
		ret = without_wake(e, ev, look(t, e, fd, ev, max));
		left = poll_left(deadline);
		if (ret || !left)
			break;
		if (trap_signal_pending(t)) {
			ret = TRAP_RESTARTNOHAND;
			break;
		}
		/* The host's has nothing: from now on the poller would have said so. */
		if (e->watch.fired && !poller_add(&e->watch, th))
			continue;
		/* Where nobody watches, and one sleeper too many */
		if ((e->watch.fired || !listed) && left > POLLER_ALONE_NS)
			left = POLLER_ALONE_NS;
		poll_timespec(left, &ts);
		ret = lib6(t, __NR_epoll_pwait2, fd, (unsigned long)ev, max,
			   left == LIB_NEVER ? 0 : (unsigned long)&ts, 0, 8);
		ret = without_wake(e, ev, ret);
		if (ret > 0 || (ret < 0 && ret != -EINTR && ret != TRAP_RESTARTNOHAND &&
				ret != TRAP_RESTARTSYS))
			break;
	}
	if (listed)
		poller_awake(&e->watch, th);
	th->kicked = 0;
	return ret;
}

/* @nr: what the program called, which is what it may call */
static long wait_one(struct trap_thread *t, long nr, struct instance *e, int side, int fd,
		     struct epoll_event *ev, int max, uint64_t left)
{
	struct __kernel_timespec ts;
	unsigned long time;
	long ret;

	poll_timespec(left, &ts);
	if (nr == __NR_epoll_pwait2)
		time = left == LIB_NEVER ? 0 : (unsigned long)&ts;
	else
		time = left == LIB_NEVER ? -1ul : (left + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC;
	if (side == SIDE_LIB)
		ret = lib6(t, nr, fd, (unsigned long)ev, max, time, 0, 8);
	else
		ret = trap_wait(nr, fd, (unsigned long)ev, max, time, 0, 8);
	return without_wake(e, ev, ret);
}

static long await(struct trap_thread *t, long nr, struct instance *e, int fd,
		  struct epoll_event *ev, int max, uint64_t deadline)
{
	uint64_t left;
	long ret;
	int side;

	do {
		e->waiters++;
		side = sides(e);
		left = poll_left(deadline);
		ret = side == SIDES_BOTH ? 0 : wait_one(t, nr, e, side, fd, ev, max, left);
		e->waiters--;
		/* Else it was woken to wait for others. */
	} while (!ret && side != SIDES_BOTH && side != sides(e) && left);
	return side == SIDES_BOTH ? wait_both(t, e, fd, ev, max, deadline) : ret;
}

static long timeout(long nr, const unsigned long *a, uint64_t *deadline)
{
	struct __kernel_timespec ts;
	uint64_t ns;

	*deadline = LIB_NEVER;
	if (nr == __NR_epoll_pwait2) {
		if (!a[3])
			return 0;
		if (trap_copy(&ts, (void *)a[3], sizeof(ts)))
			return -EFAULT;
		if (ts.tv_sec < 0 || (unsigned long long)ts.tv_nsec >= 1000000000ull)
			return -EINVAL;
		if (ts.tv_sec > INT32_MAX)
			return 0;
		ns = ts.tv_sec * 1000000000ull + ts.tv_nsec;
	} else {
		if ((int)a[3] < 0)
			return 0;
		ns = (int)a[3] * NSEC_PER_MSEC;
	}
	*deadline = vdso_clock() + ns;
	return 0;
}

static long take_mask(struct trap_thread *t, long nr, const unsigned long *a)
{
	unsigned long mask;

	if (nr == __NR_epoll_wait || !a[4])
		return 0;
	if (a[5] != sizeof(mask))
		return -EINVAL;
	if (trap_load(&mask, (void *)a[4]))
		return -EFAULT;
	trap_mask(t, &mask);
	return 0;
}

long epoll_await(struct trap_thread *t, long nr, unsigned long *a)
{
	enum file_kind kind = file_kind(a[0]);
	struct instance *e;
	uint64_t deadline;
	long ret;

	if (kind == FILE_HOST)
		return TRAP_HOST;
	if (kind == FILE_HIDDEN)
		return -EBADF;
	if (kind != FILE_EPOLL)
		return -EINVAL;
	e = instances[(unsigned int)a[0]];
	if (!e)
		return TRAP_HOST;
	ret = timeout(nr, a, &deadline);
	if (!ret)
		ret = take_mask(t, nr, a);
	if (ret)
		return ret;
	if ((int)a[2] <= 0)
		return -EINVAL;
	return await(t, nr, e, a[0], (void *)a[1], a[2], deadline);
}
