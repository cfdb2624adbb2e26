// SPDX-License-Identifier: GPL-2.0
/*
 * service.c - the one thread a process needs beside its callers
 *
 * It runs what becomes due in stacks where nobody is inside, and reads the file
 * descriptors of devices. It serves all stacks of the process, so a further one
 * costs no thread. It blocks all signals but those of faults.
 *
 * Sleeping: `sleep_until` tells until when it will sleep; a carrier that arms an
 * earlier event than that rings the eventfd. Both sides write their word and then
 * read the other's, with a full barrier between (seq_cst), so one of them sees
 * the other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "error.h"
#include "stack.h"

#define NSEC 1000000000ull

struct service_fd {
	int fd;
	service_fn *fn;
	void *arg;
	struct service_fd *next;	/* of those to be freed */
};

/* Protects the list of stacks and, while a callback runs, keeps it alive. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct libos *stacks;
static struct service_fd *removed;
static int epfd = -1, bell = -1, users;
static pthread_t thread;
static bool stopping;
static _Atomic uint64_t sleep_until = LIB_NEVER;

static void ring(void)
{
	uint64_t one = 1;
	ssize_t done = write(bell, &one, sizeof(one));

	(void)done;
}

void service_arm(struct libos *os, uint64_t when)
{
	os->armed = when;
	if (when < sleep_until)
		ring();
}

/* With the lock: runs what is due, returns when something will be next. */
static uint64_t run_due(void)
{
	uint64_t now = clock_host_now(), next = LIB_NEVER;
	struct libos *os;

	for (os = stacks; os; os = os->next) {
		uint64_t when = os->armed;

		/* Its carrier arms; what it returns is for when that is inside. */
		if (when <= now)
			when = os->ops.event();
		os->seen = os->armed;
		if (os->seen > now && os->seen < when)
			when = os->seen;
		if (when < next)
			next = when;
	}
	return next;
}

static int wait_events(struct epoll_event *events, int n)
{
	struct timespec ts = { 0, 0 };
	uint64_t now, next;

	pthread_mutex_lock(&lock);
	next = run_due();
	pthread_mutex_unlock(&lock);
	sleep_until = next;
	/* Somebody may have armed an earlier one before he could see that. */
	pthread_mutex_lock(&lock);
	for (struct libos *os = stacks; os; os = os->next)
		if (os->armed != os->seen && os->armed < next)
			next = os->armed;
	pthread_mutex_unlock(&lock);
	if (next != LIB_NEVER) {
		now = clock_host_now();
		if (next > now) {
			ts.tv_sec = (next - now) / NSEC;
			ts.tv_nsec = (next - now) % NSEC;
		}
	}
	n = syscall(SYS_epoll_pwait2, epfd, events, n, next == LIB_NEVER ? NULL : &ts,
		    NULL, 0);
	sleep_until = 0;
	return n;
}

static void *service_main(void *arg)
{
	struct epoll_event events[32];
	int i, n;

	(void)arg;
	for (;;) {
		n = wait_events(events, 32);
		pthread_mutex_lock(&lock);
		if (stopping) {
			pthread_mutex_unlock(&lock);
			return NULL;
		}
		for (i = 0; i < n; i++) {
			struct service_fd *sfd = events[i].data.ptr;

			if (!sfd) {
				uint64_t count;
				ssize_t done = read(bell, &count, sizeof(count));

				(void)done;
			} else if (sfd->fn) {
				sfd->fn(sfd->arg, events[i].events);
			}
		}
		while (removed) {
			struct service_fd *sfd = removed;

			removed = sfd->next;
			free(sfd);
		}
		pthread_mutex_unlock(&lock);
	}
}

/* With the lock. */
static int start(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	sigset_t all, old;
	int err;

	epfd = epoll_create1(EPOLL_CLOEXEC);
	bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (epfd < 0 || bell < 0 || epoll_ctl(epfd, EPOLL_CTL_ADD, bell, &event))
		goto err;
	stopping = false;
	sigfillset(&all);
	/* It may carry a call that meets a bad pointer: fault.c must get that. */
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	errno = pthread_create(&thread, NULL, service_main, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!errno) {
		pthread_setname_np(thread, "libos");
		return 0;
	}
err:
	err = -errno;
	libos_error_set("cannot start the service thread: %s", strerror(errno));
	close(epfd);
	close(bell);
	epfd = bell = -1;
	return err;
}

/* With the lock, gives it back: the last user is gone, so is the thread. */
static void stop(void)
{
	pthread_t old = thread;

	stopping = true;
	ring();
	pthread_mutex_unlock(&lock);
	pthread_join(old, NULL);
	close(epfd);
	close(bell);
	epfd = bell = -1;
}

static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER;

static int use(void)
{
	int err = 0;

	pthread_mutex_lock(&users_lock);
	if (!users)
		err = start();
	if (!err)
		users++;
	pthread_mutex_unlock(&users_lock);
	return err;
}

static void unuse(void)
{
	pthread_mutex_lock(&users_lock);
	if (!--users) {
		pthread_mutex_lock(&lock);
		stop();
	}
	pthread_mutex_unlock(&users_lock);
}

int service_add(struct libos *os)
{
	int err = use();

	if (err)
		return err;
	pthread_mutex_lock(&lock);
	os->next = stacks;
	stacks = os;
	pthread_mutex_unlock(&lock);
	ring();
	return 0;
}

/* When this returns the service does not know @os any more. */
void service_remove(struct libos *os)
{
	struct libos **p;

	pthread_mutex_lock(&lock);
	for (p = &stacks; *p && *p != os; p = &(*p)->next)
		;
	if (*p)
		*p = os->next;
	pthread_mutex_unlock(&lock);
	unuse();
}

/* Calls @fn(@arg) on the service thread when @fd has @events. NULL with errno. */
struct service_fd *service_fd_add(int fd, uint32_t events, service_fn *fn, void *arg)
{
	struct service_fd *sfd = calloc(1, sizeof(*sfd));
	struct epoll_event event = { .events = events, .data.ptr = sfd };
	int err;

	if (!sfd)
		return NULL;
	*sfd = (struct service_fd){ .fd = fd, .fn = fn, .arg = arg };
	err = use();
	if (err) {
		errno = -err;
		goto err;
	}
	if (!epoll_ctl(epfd, EPOLL_CTL_ADD, fd, &event))
		return sfd;
	unuse();
err:
	free(sfd);
	return NULL;
}

void service_fd_events(struct service_fd *sfd, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = sfd };

	epoll_ctl(epfd, EPOLL_CTL_MOD, sfd->fd, &event);
}

/* When this returns, its function does not run any more. */
void service_fd_remove(struct service_fd *sfd)
{
	epoll_ctl(epfd, EPOLL_CTL_DEL, sfd->fd, NULL);
	pthread_mutex_lock(&lock);
	sfd->fn = NULL;
	sfd->next = removed;
	removed = sfd;
	pthread_mutex_unlock(&lock);
	unuse();
}
