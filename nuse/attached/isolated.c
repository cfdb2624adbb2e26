// SPDX-License-Identifier: GPL-2.0
/*
 * isolated.c - a program that does not map the stack (nuse --isolate)
 *
 * Everything else in here is as for one that does: whose a descriptor is, polling both
 * kernels' files, names. But a function of the stack is a call through the thread's
 * channel (channel.h), made by the owner, whom the host lets reach into this process
 * (process_vm_readv(2)). struct thread's `task` is that channel.
 */
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/socket.h>
#include <linux/uio.h>

#include "attached.h"

#define AGAIN_NS 1000000
#define SOL_SOCKET 1
#define SCM_RIGHTS 1
#define MSG_CMSG_CLOEXEC 0x40000000

static int looks;

static struct channel *channel_of(const struct thread *th)
{
	return (struct channel *)th->task;
}

static uint32_t number_of(const struct channel *c)
{
	return c - attachment.channels->of;
}

/* ------------------------------------------------------------------ *
 * the line
 */

static long line_say(enum line_verb verb, uint32_t channel, uint32_t sequence)
{
	struct line_message m = { verb, channel, sequence };
	long ret;

	do
		ret = host_3(__NR_write, attachment.fd[OWN_LINE], &m, sizeof(m));
	while (ret == -EINTR);
	return ret < 0 ? ret : 0;
}

/* From now on the owner takes calls of this process. */
static long say_hello(void)
{
	struct line_message m;
	long ret;

	/* Where only ancestors may reach in (Yama) */
	host_5(__NR_prctl, PR_SET_PTRACER, attachment.channels->owner, 0, 0, 0);
	ret = line_say(LINE_HELLO, 0, 0);
	if (ret)
		return ret;
	do
		ret = host_3(__NR_read, attachment.fd[OWN_LINE], &m, sizeof(m));
	while (ret == -EINTR);
	return ret == sizeof(m) ? 0 : ret < 0 ? ret : -EIO;
}

/* A child's memory file and line */
static long receive_fds(int fds[2])
{
	struct { size_t len; int level, type; int fds[2]; } control;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct message msg = { .iov = &iov, .iovlen = 1, .control = &control, .controllen = sizeof(control) };
	long ret;

	do
		ret = host_3(__NR_recvmsg, attachment.fd[OWN_LINE], &msg, MSG_CMSG_CLOEXEC);
	while (ret == -EINTR);
	if (ret < 0)
		return ret;
	if (!msg.controllen || control.level != SOL_SOCKET || control.type != SCM_RIGHTS)
		return -EMFILE;
	fds[0] = control.fds[0];
	fds[1] = control.fds[1];
	return 0;
}

/* ------------------------------------------------------------------ *
 * channels
 */

static struct channel *channel_take(void)
{
	uint32_t i, unused;

	for (i = 0; i < CHANNELS; i++) {
		unused = 0;
		if (atomic_compare_exchange_strong(&attachment.channels->of[i].used, &unused, 1))
			return &attachment.channels->of[i];
	}
	return NULL;
}

static int is_done(const struct channel *c)
{
	uint32_t state = c->state;

	return state == CHANNEL_DONE || state == CHANNEL_DONE_SLEEP;
}

/* Until the call is done; @th: whose signals and kicks end it, or NULL */
static void await_done(struct trap_thread *t, struct thread *th, struct channel *c)
{
	struct __kernel_timespec again = { 0, AGAIN_NS };
	int i, told = 0;
	uint32_t state;

	for (i = 0; i < looks; i++) {
		if (is_done(c))
			return;
		__builtin_ia32_pause();
	}
	while (!is_done(c)) {
		state = CHANNEL_ASKED;
		if (!atomic_compare_exchange_strong(&c->state, &state, CHANNEL_ASKED_SLEEP) &&
		    state != CHANNEL_ASKED_SLEEP)
			continue;
		if (told) {
			host_6(__NR_futex, &c->state, FUTEX_WAIT, CHANNEL_ASKED_SLEEP, &again, 0, 0);
		} else if (!th || !th->kicked) {
			trap_wait(__NR_futex, (unsigned long)&c->state, FUTEX_WAIT,
				  CHANNEL_ASKED_SLEEP, 0, 0, 0);
		}
		if (th && !is_done(c) && (th->kicked || trap_signal_pending(t))) {
			line_say(LINE_INTERRUPT, number_of(c), c->sequence);
			told = 1;
		}
	}
}

static long channel_call(struct trap_thread *t, struct thread *th, struct channel *c, long nr,
			 const unsigned long *a)
{
	c->nr = nr;
	memcpy(c->args, a, sizeof(c->args));
	c->sequence++;
	if (atomic_exchange(&c->state, CHANNEL_ASKED) == CHANNEL_DONE_SLEEP)
		host_3(__NR_futex, &c->state, FUTEX_WAKE, 1);
	await_done(t, th, c);
	return c->ret;
}

long isolated_call(struct trap_thread *t, long nr, const unsigned long *a)
{
	struct thread *th = stack_thread(t);
	long ret;

	if (!th)
		return -ENOMEM;
	ret = channel_call(t, th, channel_of(th), nr, a);
	if (__builtin_expect(ret == -EIO, 0))
		stack_gone();
	return ret;
}

static long call_1(struct trap_thread *t, long nr, unsigned long argument)
{
	unsigned long a[6] = { argument };

	return isolated_call(t, nr, a);
}

/* The call it is in shall return (poller.c). */
void isolated_interrupt(struct thread *th)
{
	struct channel *c = channel_of(th);

	if (c)
		line_say(LINE_INTERRUPT, number_of(c), c->sequence);
}

/* ------------------------------------------------------------------ *
 * threads and processes
 */

/* The calling thread's first call. */
long isolated_open(struct thread *th)
{
	struct channel *c = channel_take();
	long err;

	if (!c)
		return -EAGAIN;
	err = line_say(LINE_OPEN, number_of(c), 0);
	if (!err)
		th->task = (struct lib_task *)c;
	return err;
}

/* For a thread that the caller is about to make */
long isolated_thread(struct trap_thread *t, struct thread *new)
{
	struct channel *c = channel_take();
	long err;

	if (!c)
		return -EAGAIN;
	err = call_1(t, CHANNEL_THREAD, number_of(c));
	if (err)
		c->used = 0;
	else
		new->task = (struct lib_task *)c;
	return err;
}

void isolated_thread_end(struct trap_thread *t, struct thread *th)
{
	static const unsigned long none[6];

	channel_call(t, NULL, channel_of(th), CHANNEL_END, none);
	channel_of(th)->used = 0;
}

void isolated_exit(struct trap_thread *t)
{
	call_1(t, CHANNEL_EXIT, 0);
}

void isolated_exec(struct trap_thread *t)
{
	call_1(t, CHANNEL_EXEC, 0);
}

int isolated_number(struct trap_thread *t, int pid)
{
	return call_1(t, CHANNEL_NUMBER, pid);
}

int isolated_pid(struct trap_thread *t, int process)
{
	return call_1(t, CHANNEL_PID, process);
}

void isolated_await_burial(struct trap_thread *t, int pid)
{
	call_1(t, CHANNEL_BURIED, pid);
}

/* One at a time: poller_before_fork() is held. */
long isolated_fork_before(struct trap_thread *t, struct thread *th)
{
	long err = call_1(t, CHANNEL_FORK, 0);

	return err ? err : receive_fds(th->child_fd);
}

void isolated_fork_parent(struct thread *th)
{
	host_1(__NR_close, th->child_fd[0]);
	host_1(__NR_close, th->child_fd[1]);
}

static long map_channels(void)
{
	long p = host_6(__NR_mmap, 0, sizeof(struct channels), PROT_READ | PROT_WRITE, MAP_SHARED,
			attachment.fd[OWN_CHANNELS], 0);

	if (host_failed(p))
		return p;
	attachment.channels = (void *)p;
	attachment.mapped = sizeof(struct channels);
	return 0;
}

void isolated_fork_child(struct thread *th)
{
	static const enum own_fd own[2] = { OWN_CHANNELS, OWN_LINE };
	int i;

	host_2(__NR_munmap, attachment.channels, sizeof(struct channels));
	for (i = 0; i < 2; i++) {
		host_3(__NR_dup3, th->child_fd[i], attachment.fd[own[i]], HOST_O_CLOEXEC);
		host_1(__NR_close, th->child_fd[i]);
	}
	if (map_channels() || say_hello()) {
		trap_print("nuse: the child cannot reach the stack\n");
		host_1(__NR_exit_group, 125);
	}
	th->task = (struct lib_task *)&attachment.channels->of[0];
}

/* ------------------------------------------------------------------ */

/* Whether descriptors are of this kind: 1, or 0, or -errno. */
int isolated_map(void)
{
	uint64_t magic = 0, mask[16] = { 0 };
	long err, n;

	n = host_4(__NR_pread64, attachment.fd[OWN_CHANNELS], &magic, sizeof(magic), 0);
	if (n != sizeof(magic) || magic != CHANNEL_MAGIC)
		return 0;
	err = map_channels();
	if (err)
		return err;
	n = host_3(__NR_sched_getaffinity, 0, sizeof(mask), mask);
	looks = n > 0 && !(mask[0] & (mask[0] - 1)) && !mask[1] ? 0 : CHANNEL_LOOKS;
	return 1;
}

long isolated_join(struct thread *th)
{
	th->task = (struct lib_task *)&attachment.channels->of[0];
	return say_hello();
}

/* After an exec: which channel is the caller's */
void isolated_resume(struct thread *th, uint32_t channel)
{
	host_5(__NR_prctl, PR_SET_PTRACER, attachment.channels->owner, 0, 0, 0);
	th->task = (struct lib_task *)&attachment.channels->of[channel];
}

uint32_t isolated_channel(const struct thread *th)
{
	return number_of(channel_of(th));
}
