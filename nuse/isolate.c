// SPDX-License-Identifier: GPL-2.0
/*
 * isolate.c - makes the calls of programs that share no memory with the stack
 *
 * A thread for each thread of such a program (serve_main()) waits at its channel
 * (channel.h), makes the call in the task it has for it, and the kernel has this process
 * copy what pointers point to (LIB_CALL_FOREIGN). One more thread (watch_main()) reads
 * the lines, and sees a process that is gone by its pidfd, or by its line while nobody
 * said hello. In the shared memory an isolated process has a slot like any other, so
 * that the keeper notices its death and the owner counts it.
 */
#define _GNU_SOURCE
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "channel.h"
#include "error.h"
#include "keeper.h"

#define CALLS 512		/* numbers of Linux's calls are below */
#define NSEC 1000000000l
#define AGAIN_NS 1000000l
#define BURIAL_STEP_NS 50000
#define BURIAL_TRIES 20000

struct guest;

/**
 * struct server - the thread for one channel
 * @task: the kernel's side; NULL: none yet, or none to be had (@error)
 * @sleeper: to be told that the call shall end
 * @foreign: whom LIB_CALL_FOREIGN named
 * @sequence: of the call it is in
 * @ends: after this call, or where it waits for the next
 */
struct server {
	struct guest *guest;
	struct channel *channel;
	struct lib_task *task;
	int error;
	struct keeper_sleeper sleeper;
	int foreign;
	_Atomic uint32_t sequence;
	atomic_bool ends;
};

/**
 * struct guest - an isolated process
 * @line: our end
 * @pidfd: -1: nobody said hello
 * @slot, @process: as struct shared_process has it
 * @memory: what we have in common
 * @server: of each channel, or NULL
 * @nr_server: how many there are; the last one frees the rest if @over
 */
struct guest {
	struct isolate *isolate;
	struct guest *next;
	int line;
	int pidfd;
	_Atomic int pid;
	struct shared_process *slot;
	int process;
	struct channels *memory;
	struct server *server[CHANNELS];
	int nr_server;
	bool over;
};

/**
 * struct isolate - all of them
 * @lock: for the list of guests and what is not atomic in them
 * @nr_server: servers, of all guests
 * @idle: one has ended
 * @epfd: lines, pidfds and @bell, which ends watch_main()
 * @looks: before a server sleeps; none with one CPU
 * @allowed: Linux's calls
 */
struct isolate {
	struct libos *os;
	struct shared *sh;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	struct guest *guests;
	int nr_server;
	pthread_t watcher;
	int epfd;
	int bell;
	int looks;
	bool allowed[CALLS];
	atomic_bool stopping;
};

static void futex_wake(_Atomic uint32_t *word)
{
	syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* ------------------------------------------------------------------ *
 * guests
 */

static void guest_free(struct guest *g)
{
	munmap(g->memory, sizeof(*g->memory));
	free(g);
}

/* With the lock. Where it is in a call, it may have to be told again. */
static void server_dismiss(struct server *s)
{
	uint32_t state = CHANNEL_DONE_SLEEP;

	s->ends = true;
	keeper_interrupt(&s->sleeper);
	/* On its way to sleep it sees one of the two. */
	atomic_compare_exchange_strong(&s->channel->state, &state, CHANNEL_DONE);
	futex_wake(&s->channel->state);
}

/* With the lock. Its servers end, and the last one frees it. */
static void guest_over(struct guest *g)
{
	struct guest **p;
	int i;

	if (g->over)
		return;
	for (p = &g->isolate->guests; *p != g; p = &(*p)->next)
		;
	*p = g->next;
	g->over = true;
	close(g->line);
	if (g->pidfd >= 0)
		close(g->pidfd);
	for (i = 0; i < CHANNELS; i++)
		if (g->server[i])
			server_dismiss(g->server[i]);
	if (!g->nr_server)
		guest_free(g);
}

/* Nobody said hello, so the keeper does not know of it. */
static void guest_forget(struct guest *g)
{
	struct isolate *is = g->isolate;
	struct shared_process *slot = g->slot;
	int process = g->process;

	pthread_mutex_lock(&is->lock);
	guest_over(g);
	pthread_mutex_unlock(&is->lock);
	is->os->ops.process_exit(process);
	slot->state = SHARED_FREE;
}

static void sleep_ns(long ns)
{
	struct timespec ts = { 0, ns };

	nanosleep(&ts, NULL);
}

/* @process is in the stack, @task its first, or NULL. */
static int server_start(struct guest *g, uint32_t channel, struct lib_task *task);

static int guest_new(struct isolate *is, int process, struct lib_task *task, int fds[2])
{
	struct epoll_event event = { .events = EPOLLIN };
	int line[2] = { -1, -1 }, memory, on = 1, err;
	struct guest *g = calloc(1, sizeof(*g));
	uint32_t space;

	memory = memfd_create("nuse-channels", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	/* It stays as large as it is: what was cut off would be a fault of ours. */
	if (!g || memory < 0 || ftruncate(memory, sizeof(*g->memory)) ||
	    fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line) ||
	    setsockopt(line[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)))
		goto err_errno;
	g->memory = mmap(NULL, sizeof(*g->memory), PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (g->memory == MAP_FAILED)
		goto err_errno;
	err = -EAGAIN;
	g->slot = shared_await_place(is->sh, &space, sleep_ns);
	if (!g->slot)
		goto err_map;
	g->memory->magic = CHANNEL_MAGIC;
	g->memory->owner = getpid();
	g->memory->unix_stack = is->sh->unix_stack;
	memcpy(g->memory->directory, is->sh->directory, sizeof(is->sh->directory));
	g->isolate = is;
	g->line = line[0];
	g->pidfd = -1;
	g->process = process;
	event.data.ptr = g;
	pthread_mutex_lock(&is->lock);
	g->next = is->guests;
	is->guests = g;
	g->memory->of[0].used = 1;
	err = server_start(g, 0, task);
	if (!err && epoll_ctl(is->epfd, EPOLL_CTL_ADD, line[0], &event))
		err = -errno;
	if (err) {
		g->slot->state = SHARED_FREE;
		guest_over(g);
	}
	pthread_mutex_unlock(&is->lock);
	fds[0] = memory;
	fds[1] = line[1];
	if (err) {
		close(memory);
		close(line[1]);
	}
	return err;

err_errno:
	err = -errno;
err_map:
	if (g && g->memory && g->memory != MAP_FAILED)
		munmap(g->memory, sizeof(*g->memory));
	close(line[0]);
	close(line[1]);
	close(memory);
	free(g);
	return err;
}

int isolate_admit(struct isolate *is, int fds[2])
{
	int process = is->os->ops.process_create(), err;

	err = process < 0 ? process : guest_new(is, process, NULL, fds);
	if (!err)
		return 0;
	if (process > 0)
		is->os->ops.process_exit(process);
	libos_error_set("the stack makes no process: %s", strerror(-err));
	return err;
}

/* ------------------------------------------------------------------ *
 * calls
 */

static long kernel(struct server *s, long nr, const uint64_t *a)
{
	return s->guest->isolate->os->ops.syscall(s->task, nr, a[0], a[1], a[2], a[3], a[4],
						  a[5]);
}

static long kernel_1(struct server *s, long nr, const void *argument)
{
	uint64_t a[6] = { (uintptr_t)argument };

	return kernel(s, nr, a);
}

/* Whose pointers are in the calls to come; 0: ours */
static void foreign(struct server *s, int pid)
{
	if (s->foreign == pid)
		return;
	kernel_1(s, LIB_CALL_FOREIGN, (void *)(intptr_t)pid);
	s->foreign = pid;
}

static long send_fds(int line, const int fds[2])
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct iovec iov = { &(char){ 0 }, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	memcpy(CMSG_DATA(c), fds, 2 * sizeof(int));
	return sendmsg(line, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -errno : 0;
}

static long call_fork(struct server *s)
{
	struct isolate *is = s->guest->isolate;
	struct lib_task *task;
	long process, err;
	int fds[2];

	foreign(s, 0);
	process = kernel_1(s, LIB_CALL_FORK, &task);
	if (process < 0)
		return process;
	err = guest_new(is, process, task, fds);
	if (err) {
		is->os->ops.process_exit(process);
		return err;
	}
	err = send_fds(s->guest->line, fds);
	/* If that failed the line has no other end, and the watcher sees it. */
	close(fds[0]);
	close(fds[1]);
	return err;
}

static long call_thread(struct server *s, uint64_t channel)
{
	struct guest *g = s->guest;
	struct lib_task *task;
	long err;

	foreign(s, 0);
	err = kernel_1(s, LIB_CALL_THREAD, &task);
	if (err)
		return err;
	pthread_mutex_lock(&g->isolate->lock);
	err = g->over ? -EIO : server_start(g, channel < CHANNELS ? channel : CHANNELS, task);
	pthread_mutex_unlock(&g->isolate->lock);
	if (err)
		g->isolate->os->ops.task_detach(task);
	return err;
}

/* With the lock: until a server has ended, or it is time to tell it again */
static void await_end(struct isolate *is)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += AGAIN_NS;
	if (until.tv_nsec >= NSEC) {
		until.tv_nsec -= NSEC;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&is->idle, &is->lock, &until);
}

/* The other threads are no more. */
static long call_exec(struct server *s)
{
	struct guest *g = s->guest;
	int i;

	pthread_mutex_lock(&g->isolate->lock);
	for (i = 0; i < CHANNELS; i++) {
		while (g->server[i] && g->server[i] != s) {
			server_dismiss(g->server[i]);
			await_end(g->isolate);
		}
	}
	pthread_mutex_unlock(&g->isolate->lock);
	return kernel_1(s, LIB_CALL_EXEC, NULL);
}

static long call_exit(struct server *s)
{
	struct guest *g = s->guest;
	int process = g->process;

	g->process = 0;
	g->isolate->os->ops.process_exit(process);
	g->slot->process = 0;
	return 0;
}

/* The channel is the program's again when it has read this. */
static long call_end(struct server *s)
{
	struct guest *g = s->guest;

	pthread_mutex_lock(&g->isolate->lock);
	g->server[s->channel - g->memory->of] = NULL;
	pthread_mutex_unlock(&g->isolate->lock);
	s->ends = true;
	return 0;
}

static long call_buried(struct server *s, int pid)
{
	int tries;

	for (tries = 0; shared_number(s->guest->isolate->sh, pid, 0) && tries < BURIAL_TRIES &&
			!s->ends; tries++)
		sleep_ns(BURIAL_STEP_NS);
	return 0;
}

/*
 * Linux's calls that nuse/attached/ makes; a program shall not get at others, as kill(2). Nor
 * at bpf(2): what root loads is trusted further than these programs are.
 */
static const unsigned short allowed[] = {
	SYS_read, SYS_readv, SYS_pread64, SYS_preadv, SYS_preadv2, SYS_pwrite64, SYS_write,
	SYS_writev, SYS_lseek, SYS_fstat, SYS_getdents, SYS_getdents64, SYS_ftruncate,
	SYS_fsync, SYS_fstatfs, SYS_fchmod, SYS_fchown, SYS_fgetxattr, SYS_flistxattr,
	SYS_close, SYS_close_range, SYS_dup, SYS_dup2, SYS_dup3, SYS_fcntl, SYS_ioctl,
	SYS_socket, SYS_socketpair, SYS_accept, SYS_accept4, SYS_bind, SYS_connect,
	SYS_listen, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt,
	SYS_shutdown, SYS_recvfrom, SYS_recvmsg, SYS_recvmmsg, SYS_sendto, SYS_sendmsg,
	SYS_sendmmsg, SYS_sendfile, SYS_splice, SYS_tee, SYS_poll, SYS_ppoll, SYS_select,
	SYS_pselect6, SYS_epoll_create, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_wait,
	SYS_epoll_pwait, SYS_epoll_pwait2, SYS_restart_syscall, SYS_eventfd2, SYS_getppid,
	SYS_open, SYS_openat, SYS_openat2, SYS_stat, SYS_lstat, SYS_newfstatat, SYS_statx,
	SYS_access, SYS_faccessat, SYS_faccessat2, SYS_readlink, SYS_readlinkat, SYS_chdir, SYS_mkdir,
	SYS_mkdirat, SYS_rmdir, SYS_unlink, SYS_unlinkat, SYS_symlink, SYS_symlinkat, SYS_link,
	SYS_linkat, SYS_rename, SYS_renameat, SYS_renameat2, SYS_chmod, SYS_fchmodat, SYS_chown,
	SYS_lchown, SYS_fchownat, SYS_statfs, SYS_getxattr, SYS_lgetxattr, SYS_listxattr,
	SYS_llistxattr, SYS_mount, SYS_umount2, SYS_unshare, SYS_setns,
	SYS_prctl, SYS_setresuid, SYS_setresgid, SYS_capget, SYS_capset,
};

static bool is_allowed(const struct isolate *is, long nr)
{
	if (nr == LIB_CALL_NEXT_FILE || nr == LIB_CALL_EXPORT || nr == LIB_CALL_IMPORT)
		return true;
	return nr >= 0 && nr < CALLS && is->allowed[nr];
}

static long call(struct server *s, long nr, const uint64_t *a)
{
	struct shared *sh = s->guest->isolate->sh;

	if (!s->task)
		return s->error;
	if (is_allowed(s->guest->isolate, nr)) {
		foreign(s, s->guest->pid);
		return kernel(s, nr, a);
	}
	switch (nr) {
	case CHANNEL_FORK:
		return call_fork(s);
	case CHANNEL_THREAD:
		return call_thread(s, a[0]);
	case CHANNEL_EXEC:
		return call_exec(s);
	case CHANNEL_EXIT:
		return call_exit(s);
	case CHANNEL_END:
		return call_end(s);
	case CHANNEL_NUMBER:
		return shared_number(sh, a[0], 0);
	case CHANNEL_PID:
		return shared_pid(sh, a[0], 0);
	case CHANNEL_BURIED:
		return call_buried(s, a[0]);
	default:
		return -ENOSYS;
	}
}

/* ------------------------------------------------------------------ *
 * servers
 */

static bool is_asked(uint32_t state)
{
	return state == CHANNEL_ASKED || state == CHANNEL_ASKED_SLEEP;
}

/* Returns whether there is a call. */
static bool await_call(struct server *s)
{
	struct channel *c = s->channel;
	uint32_t state;
	int looks;

	for (looks = 0; !is_asked(c->state); looks++) {
		if (s->ends)
			return false;
		if (looks < s->guest->isolate->looks) {
			__builtin_ia32_pause();
			continue;
		}
		state = CHANNEL_DONE;
		if (atomic_compare_exchange_strong(&c->state, &state, CHANNEL_DONE_SLEEP) ||
		    state == CHANNEL_DONE_SLEEP) {
			if (!s->ends)
				syscall(SYS_futex, &c->state, FUTEX_WAIT, CHANNEL_DONE_SLEEP,
					NULL, NULL, 0);
		} else if (!is_asked(state)) {
			return false;	/* not one of ours */
		}
	}
	return true;
}

static void serve(struct server *s)
{
	struct channel *c = s->channel;
	uint64_t a[6];
	long nr;

	nr = c->nr;
	memcpy(a, c->args, sizeof(a));
	s->sleeper.interrupted = 0;
	s->sequence = c->sequence;
	c->ret = s->ends ? -EIO : call(s, nr, a);
	if (atomic_exchange(&c->state, CHANNEL_DONE) == CHANNEL_ASKED_SLEEP)
		futex_wake(&c->state);
}

static void server_end(struct server *s)
{
	struct guest *g = s->guest;
	struct isolate *is = g->isolate;
	bool last;

	if (s->task)
		is->os->ops.task_detach(s->task);
	pthread_mutex_lock(&is->lock);
	if (g->server[s->channel - g->memory->of] == s) {
		g->server[s->channel - g->memory->of] = NULL;
		s->channel->used = 0;
	}
	is->nr_server--;
	last = !--g->nr_server && g->over;
	if (last)
		guest_free(g);
	pthread_cond_broadcast(&is->idle);
	pthread_mutex_unlock(&is->lock);
	free(s);
}

static void *serve_main(void *arg)
{
	struct server *s = arg;
	struct libos *os = s->guest->isolate->os;

	keeper_self = &s->sleeper;
	if (!s->task) {
		s->error = os->ops.task_attach(s->guest->process, &s->task);
		if (s->error)
			s->task = NULL;
	}
	while (!s->ends && await_call(s))
		serve(s);
	server_end(s);
	return NULL;
}

/* With the lock. */
static int server_start(struct guest *g, uint32_t channel, struct lib_task *task)
{
	pthread_attr_t attr;
	sigset_t all, old;
	struct server *s;
	pthread_t thread;
	int err;

	if (channel >= CHANNELS || g->server[channel])
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->guest = g;
	s->channel = &g->memory->of[channel];
	s->task = task;
	g->server[channel] = s;
	g->nr_server++;
	g->isolate->nr_server++;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	err = pthread_create(&thread, &attr, serve_main, s);
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!err)
		return 0;
	g->server[channel] = NULL;
	g->nr_server--;
	g->isolate->nr_server--;
	free(s);
	return -err;
}

/* ------------------------------------------------------------------ *
 * lines
 */

static void hear_hello(struct guest *g, pid_t pid)
{
	struct line_message answer = { .verb = LINE_HELLO };
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = g };
	struct isolate *is = g->isolate;

	if (g->pidfd >= 0)
		return;
	g->pidfd = syscall(SYS_pidfd_open, pid, 0);
	if (g->pidfd < 0 || epoll_ctl(is->epfd, EPOLL_CTL_ADD, g->pidfd, &event))
		return;
	g->pid = pid;
	g->slot->pid = pid;
	g->slot->process = g->process;
	g->slot->isolated = 1;
	g->slot->state = SHARED_NEW;
	keeper_ring(is->os);
	send(g->line, &answer, sizeof(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void hear_open(struct guest *g, uint32_t channel)
{
	pthread_mutex_lock(&g->isolate->lock);
	server_start(g, channel, NULL);
	pthread_mutex_unlock(&g->isolate->lock);
}

static void hear_interrupt(struct guest *g, const struct line_message *m)
{
	struct server *s;

	if (m->channel >= CHANNELS)
		return;
	pthread_mutex_lock(&g->isolate->lock);
	s = g->server[m->channel];
	if (s && s->sequence == m->sequence)
		keeper_interrupt(&s->sleeper);
	pthread_mutex_unlock(&g->isolate->lock);
}

/* One message. False: there comes none any more. */
static bool hear(struct guest *g)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct line_message m;
	struct iovec iov = { &m, sizeof(m) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c;
	ssize_t length = recvmsg(g->line, &msg, MSG_DONTWAIT);

	if (length < 0)
		return errno == EAGAIN || errno == EINTR;
	if (length != sizeof(m))
		return false;
	c = CMSG_FIRSTHDR(&msg);
	switch (m.verb) {
	case LINE_HELLO:
		if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
			hear_hello(g, ((struct ucred *)CMSG_DATA(c))->pid);
		return true;
	case LINE_OPEN:
		hear_open(g, m.channel);
		return true;
	case LINE_INTERRUPT:
		hear_interrupt(g, &m);
		return true;
	default:
		return false;
	}
}

static bool is_dead(const struct guest *g)
{
	return g->pidfd >= 0 && syscall(SYS_pidfd_send_signal, g->pidfd, 0, NULL, 0) &&
	       errno == ESRCH;
}

static void *watch_main(void *arg)
{
	struct isolate *is = arg;
	struct epoll_event event;
	struct guest *g;

	while (!is->stopping) {
		if (epoll_wait(is->epfd, &event, 1, -1) != 1 || !event.data.ptr)
			continue;
		g = event.data.ptr;
		if (!is_dead(g) && hear(g))
			continue;
		if (g->pidfd < 0) {
			guest_forget(g);
			continue;
		}
		pthread_mutex_lock(&is->lock);
		guest_over(g);
		pthread_mutex_unlock(&is->lock);
	}
	return NULL;
}

/* ------------------------------------------------------------------ */

struct isolate *isolate_start(struct libos *os)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct isolate *is = calloc(1, sizeof(*is));
	sigset_t all, old;
	cpu_set_t cpus;
	unsigned int i;

	if (!is)
		goto err;
	is->os = os;
	is->sh = os->image.extra;
	for (i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		is->allowed[allowed[i]] = true;
	is->looks = sched_getaffinity(0, sizeof(cpus), &cpus) || CPU_COUNT(&cpus) > 1 ?
		    CHANNEL_LOOKS : 0;
	pthread_mutex_init(&is->lock, NULL);
	pthread_cond_init(&is->idle, NULL);
	is->epfd = epoll_create1(EPOLL_CLOEXEC);
	is->bell = eventfd(0, EFD_CLOEXEC);
	if (is->epfd < 0 || is->bell < 0 ||
	    epoll_ctl(is->epfd, EPOLL_CTL_ADD, is->bell, &event))
		goto err;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	errno = pthread_create(&is->watcher, NULL, watch_main, is);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (!errno)
		return is;
err:
	libos_error_set("isolated programs cannot be served: %s", strerror(errno));
	free(is);
	return NULL;
}

void isolate_stop(struct isolate *is)
{
	if (!is)
		return;
	is->stopping = true;
	eventfd_write(is->bell, 1);
	pthread_join(is->watcher, NULL);
	pthread_mutex_lock(&is->lock);
	while (is->guests) {
		struct guest *g = is->guests;
		int process = g->process;

		pthread_mutex_unlock(&is->lock);
		is->os->ops.process_exit(process);
		pthread_mutex_lock(&is->lock);
		guest_over(g);
	}
	while (is->nr_server)
		await_end(is);
	pthread_mutex_unlock(&is->lock);
	close(is->epfd);
	close(is->bell);
	free(is);
}
