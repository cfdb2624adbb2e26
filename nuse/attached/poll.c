// SPDX-License-Identifier: GPL-2.0
/*
 * poll.c - poll, ppoll, select and pselect6 over both kernels' files
 *
 * Where all are one kernel's, that kernel's call does it. Else both are asked without
 * waiting, and if nobody is ready the thread sleeps in the stack, on its part of the
 * set, while the poller watches the other part.
 */
#include <linux/signal.h>

#include "attached.h"

#define NSEC 1000000000ull
#define FEW 64
#define FDS_MAX FILES_MAX
#define WORD_BITS (8 * sizeof(unsigned long))

enum side { SIDE_LIB = 1, SIDE_HOST = 2 };

/**
 * struct set - what a call waits for
 * @n: entries of all three arrays
 * @fds: as asked; results come here
 * @lib, @host: those of each kernel, -1 for the other's
 */
struct set {
	int n;
	struct pollfd *fds, *lib, *host;
	void *pages;
	size_t size;
	struct pollfd few[3 * FEW];
};

static int sides(int fd)
{
	switch (file_kind(fd)) {
	case FILE_LIB:
		return SIDE_LIB;
	case FILE_EPOLL:
		return SIDE_LIB | SIDE_HOST;
	default:
		return SIDE_HOST;
	}
}

uint64_t poll_left(uint64_t deadline)
{
	uint64_t now;

	if (deadline == LIB_NEVER)
		return LIB_NEVER;
	now = vdso_clock();
	return deadline > now ? deadline - now : 0;
}

void poll_timespec(uint64_t ns, struct __kernel_timespec *ts)
{
	ts->tv_sec = ns / NSEC;
	ts->tv_nsec = ns % NSEC;
}

static uint64_t deadline_in(uint64_t ns)
{
	return ns > INT64_MAX ? LIB_NEVER : vdso_clock() + ns;
}

static long set_alloc(struct set *s, unsigned long n)
{
	struct pollfd *p = s->few;

	s->n = n;
	s->pages = NULL;
	if (n > FDS_MAX)
		return -EINVAL;
	if (n > FEW) {
		s->size = 3 * n * sizeof(*p);
		s->pages = p = trap_pages(s->size);
		if (!p)
			return -ENOMEM;
	}
	s->fds = p;
	s->lib = p + n;
	s->host = p + 2 * n;
	return 0;
}

static void set_free(struct set *s)
{
	if (s->pages)
		trap_pages_free(s->pages, s->size);
}

/* Fills in lib and host. Returns the sides that have files. */
static int set_split(struct set *s)
{
	int i, all = 0;

	for (i = 0; i < s->n; i++) {
		int fd = s->fds[i].fd, side = fd < 0 ? 0 : sides(fd);

		s->lib[i] = s->host[i] = s->fds[i];
		if (file_kind(fd) == FILE_HIDDEN && fd >= 0)
			s->host[i].fd = INT32_MAX;	/* POLLNVAL */
		else if (!(side & SIDE_HOST))
			s->host[i].fd = -1;
		if (!(side & SIDE_LIB))
			s->lib[i].fd = -1;
		all |= side;
	}
	return all;
}

/* Asks both. Returns how many are ready, or an error. */
static long set_look(struct trap_thread *t, struct set *s)
{
	static const struct __kernel_timespec zero;
	struct __kernel_timespec none = zero;
	long n, ret;
	int i;

	ret = lib_5(t, __NR_ppoll, s->lib, s->n, &none, 0, 8);
	if (ret < 0)
		return ret;
	none = zero;
	ret = host_5(__NR_ppoll, s->host, s->n, &none, 0, 8);
	if (ret < 0)
		return ret;
	for (i = n = 0; i < s->n; i++) {
		s->fds[i].revents = s->lib[i].revents | s->host[i].revents;
		n += !!s->fds[i].revents;
	}
	return n;
}

/* The host's part, in one piece, for the poller */
static int gather(const struct set *s, struct pollfd *to)
{
	int i, n = 0;

	for (i = 0; i < s->n; i++)
		if (s->host[i].fd >= 0)
			to[n++] = s->host[i];
	return n;
}

static long set_wait(struct trap_thread *t, struct set *s, uint64_t deadline)
{
	struct thread *th = stack_thread(t);
	struct poller_watch watch = { .th = { th } };
	struct pollfd few[FEW], *watched = few;
	size_t size = s->n * sizeof(*watched);
	struct __kernel_timespec ts;
	uint64_t left;
	long ret;

	if (!th)
		return -ENOMEM;
	if (s->n > FEW && !(watched = trap_pages(size)))
		return -ENOMEM;
	for (;;) {
		ret = set_look(t, s);
		left = poll_left(deadline);
		if (ret || !left)
			break;
		if (trap_signal_pending(t)) {
			ret = TRAP_RESTARTNOHAND;
			break;
		}
		watch.fds = watched;
		watch.n = gather(s, watched);
		th->kicked = 0;
		if (poller_add(&watch, th) && left > POLLER_ALONE_NS)
			left = POLLER_ALONE_NS;
		poll_timespec(left, &ts);
		ret = lib_5(t, __NR_ppoll, s->lib, s->n, left == LIB_NEVER ? NULL : &ts,
			    0, 8);
		poller_remove(&watch);
		th->kicked = 0;
		if (ret < 0 && ret != -EINTR &&
		    !(ret <= TRAP_RESTARTSYS && ret >= TRAP_RESTARTBLOCK))
			break;
	}
	if (watched != few)
		trap_pages_free(watched, size);
	return ret;
}

/* A signal mask for the time of the call; at @mask in the program. */
static long take_mask(struct trap_thread *t, const void *mask, size_t size)
{
	unsigned long set;

	if (!mask)
		return 0;
	if (size != sizeof(set))
		return -EINVAL;
	if (trap_load(&set, mask))
		return -EFAULT;
	trap_mask(t, &set);
	return 0;
}

static long read_timespec(const void *from, uint64_t *ns)
{
	struct __kernel_timespec ts;

	*ns = LIB_NEVER;
	if (!from)
		return 0;
	if (trap_copy(&ts, from, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || (unsigned long long)ts.tv_nsec >= NSEC)
		return -EINVAL;
	if ((uint64_t)ts.tv_sec < INT64_MAX / NSEC)
		*ns = ts.tv_sec * NSEC + ts.tv_nsec;
	return 0;
}

/* ppoll() and pselect6() tell the time left, where that can be written. */
static void write_timespec(void *to, uint64_t deadline)
{
	struct __kernel_timespec ts;

	if (!to || deadline == LIB_NEVER)
		return;
	poll_timespec(poll_left(deadline), &ts);
	trap_copy(to, &ts, sizeof(ts));
}

static long poll_timeout(long nr, const unsigned long *a, uint64_t *ns)
{
	if (nr == __NR_ppoll)
		return read_timespec((void *)a[2], ns);
	*ns = (int)a[2] < 0 ? LIB_NEVER : (unsigned int)a[2] * 1000000ull;
	return 0;
}

long poll_poll(struct trap_thread *t, long nr, unsigned long *a)
{
	struct set s;
	uint64_t ns, deadline;
	long ret;
	int all;

	if (!a[1])
		return TRAP_HOST;
	ret = set_alloc(&s, (unsigned int)a[1]);
	if (ret)
		return ret;
	ret = -EFAULT;
	if (trap_copy(s.fds, (void *)a[0], s.n * sizeof(*s.fds)))
		goto out;
	all = set_split(&s);
	ret = TRAP_HOST;
	if (!(all & SIDE_LIB))
		goto out;
	ret = poll_timeout(nr, a, &ns);
	if (ret)
		goto out;
	if (nr == __NR_ppoll) {
		ret = take_mask(t, (void *)a[3], a[4]);
		if (ret)
			goto out;
	}
	if (!(all & SIDE_HOST)) {
		ret = lib_3(t, nr, a[0], a[1], a[2]);
		if (ret > 0 && ring_users() &&
		    !trap_copy(s.fds, (void *)a[0], s.n * sizeof(*s.fds)))
			ring_fill(t, s.fds, s.n);
		goto out;
	}
	deadline = deadline_in(ns);
	ret = set_wait(t, &s, deadline);
	if (ret > 0)
		ring_fill(t, s.fds, s.n);
	if (ret >= 0 && trap_copy((void *)a[0], s.fds, s.n * sizeof(*s.fds)))
		ret = -EFAULT;
	if (nr == __NR_ppoll)
		write_timespec((void *)a[2], deadline);
out:
	set_free(&s);
	return ret;
}

/* ------------------------------------------------------------------ *
 * select
 */

#define SELECT_IN (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define SELECT_OUT (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define SELECT_EXCEPT POLLPRI
#define SELECT_FDS 4096
#define SELECT_WORDS (SELECT_FDS / WORD_BITS)

struct sets {
	unsigned long bits[3][SELECT_WORDS];
};

static const short asked[3] = {
	POLLRDNORM | POLLRDBAND | POLLIN, POLLWRBAND | POLLWRNORM | POLLOUT, POLLPRI,
};
static const short answered[3] = { SELECT_IN, SELECT_OUT, SELECT_EXCEPT };

static int bit(const unsigned long *bits, int i)
{
	return bits[i / WORD_BITS] >> i % WORD_BITS & 1;
}

static long sets_read(struct sets *sets, const unsigned long *a, int n)
{
	size_t bytes = (n + WORD_BITS - 1) / WORD_BITS * sizeof(long);
	int i;

	memset(sets, 0, sizeof(*sets));
	for (i = 0; i < 3; i++)
		if (a[1 + i] && trap_copy(sets->bits[i], (void *)a[1 + i], bytes))
			return -EFAULT;
	return 0;
}

static int sets_sides(const struct sets *sets, int n)
{
	int i, all = 0;

	for (i = 0; i < n; i++)
		if (bit(sets->bits[0], i) | bit(sets->bits[1], i) | bit(sets->bits[2], i))
			all |= sides(i);
	return all;
}

static void sets_to_poll(const struct sets *sets, int n, struct set *s)
{
	int i, k;

	s->n = 0;
	for (i = 0; i < n; i++) {
		struct pollfd p = { .fd = i };

		for (k = 0; k < 3; k++)
			if (bit(sets->bits[k], i))
				p.events |= asked[k];
		if (p.events)
			s->fds[s->n++] = p;
	}
	s->lib = s->fds + s->n;
	s->host = s->lib + s->n;
}

static long poll_to_sets(const struct set *s, struct sets *sets)
{
	struct sets old = *sets;
	long n = 0;
	int i, k;

	memset(sets, 0, sizeof(*sets));
	for (i = 0; i < s->n; i++) {
		int fd = s->fds[i].fd;

		if (s->fds[i].revents & POLLNVAL)
			return -EBADF;
		for (k = 0; k < 3; k++)
			if (s->fds[i].revents & answered[k] && bit(old.bits[k], fd)) {
				sets->bits[k][fd / WORD_BITS] |= 1ul << fd % WORD_BITS;
				n++;
			}
	}
	return n;
}

static long sets_write(const struct sets *sets, const unsigned long *a, int n)
{
	size_t bytes = (n + WORD_BITS - 1) / WORD_BITS * sizeof(long);
	int i;

	for (i = 0; i < 3; i++)
		if (a[1 + i] && trap_copy((void *)a[1 + i], sets->bits[i], bytes))
			return -EFAULT;
	return 0;
}

static long select_timeout(long nr, const unsigned long *a, uint64_t *ns)
{
	struct { long sec, usec; } tv;

	if (nr == __NR_pselect6)
		return read_timespec((void *)a[4], ns);
	*ns = LIB_NEVER;
	if (!a[4])
		return 0;
	if (trap_copy(&tv, (void *)a[4], sizeof(tv)))
		return -EFAULT;
	if (tv.sec < 0 || tv.usec < 0)
		return -EINVAL;
	*ns = tv.sec * NSEC + tv.usec * 1000ull;
	return 0;
}

static void write_timeout(long nr, unsigned long to, uint64_t deadline)
{
	struct { long sec, usec; } tv;
	uint64_t left;

	if (nr == __NR_pselect6) {
		write_timespec((void *)to, deadline);
		return;
	}
	if (!to || deadline == LIB_NEVER)
		return;
	left = poll_left(deadline);
	tv.sec = left / NSEC;
	tv.usec = left % NSEC / 1000;
	trap_copy((void *)to, &tv, sizeof(tv));
}

/* pselect6's sixth argument points to the mask and its size. */
static long select_mask(struct trap_thread *t, unsigned long argument)
{
	unsigned long mask[2];

	if (!argument)
		return 0;
	if (trap_copy(mask, (void *)argument, sizeof(mask)))
		return -EFAULT;
	return take_mask(t, (void *)mask[0], mask[1]);
}

/* The call, on sets in library memory; @s has room for them. */
static long select_wait(struct trap_thread *t, struct sets *sets, struct set *s, int n,
			uint64_t deadline)
{
	long ret;

	sets_to_poll(sets, n, s);
	if (set_split(s) & SIDE_HOST) {
		ret = set_wait(t, s, deadline);
	} else {
		uint64_t left = poll_left(deadline);
		struct __kernel_timespec ts;

		poll_timespec(left, &ts);
		ret = lib_5(t, __NR_ppoll, s->fds, s->n, left == LIB_NEVER ? NULL : &ts,
			    0, 8);
	}
	if (ret <= TRAP_RESTARTSYS && ret >= TRAP_RESTARTBLOCK)
		ret = TRAP_RESTARTNOHAND;
	return ret < 0 ? ret : poll_to_sets(s, sets);
}

long poll_select(struct trap_thread *t, long nr, unsigned long *a)
{
	int n = (int)a[0] > SELECT_FDS ? SELECT_FDS : (int)a[0];
	uint64_t ns, deadline;
	struct sets sets;
	struct set s;
	long ret;

	if (n <= 0)
		return TRAP_HOST;
	ret = sets_read(&sets, a, n);
	if (ret)
		return ret;
	if (!(sets_sides(&sets, n) & SIDE_LIB))
		return TRAP_HOST;
	ret = select_timeout(nr, a, &ns);
	if (!ret && nr == __NR_pselect6)
		ret = select_mask(t, a[5]);
	if (!ret)
		ret = set_alloc(&s, n);
	if (ret)
		return ret;
	deadline = deadline_in(ns);
	ret = select_wait(t, &sets, &s, n, deadline);
	if (ret >= 0 && sets_write(&sets, a, n))
		ret = -EFAULT;
	write_timeout(nr, a[4], deadline);
	set_free(&s);
	return ret;
}
