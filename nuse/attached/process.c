// SPDX-License-Identifier: GPL-2.0
/*
 * process.c - fork, exec and exit, in both kernels
 *
 * A fork is the stack's first, in the parent: the child's kernel process has its copy of the
 * file table before anybody can run in it. An exec takes with it, as a string, where
 * everything is. An exit ends the stack's process before the host's, so that whoever
 * waits for the program finds its ports free.
 */
#include <linux/fcntl.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/wait.h>

#include "attached.h"

#define BURIAL_STEP_NS 50000
#define BURIAL_TRIES 20000
#define RELEASE_STEP_NS 20000
#define RELEASE_TRIES 50000

static void slot_new(struct shared_process *slot, int claim, int pid)
{
	if (shared_enter(slot, claim, pid))
		stack_ring();
}

static long fork_before(struct trap_thread *t, unsigned long flags)
{
	struct thread *th = stack_thread(t);
	long process;

	if (!th)
		return -EAGAIN;
	th->child_flags = flags;
	if (attachment.channels) {
		poller_before_fork();
		process = isolated_fork_before(t, th);
		if (process)
			poller_after_fork(0);
		return process && process != -EIO ? -EAGAIN : process;
	}
	th->child = shared_await_place(attachment.sh, &th->child_space, host_sleep);
	if (!th->child)
		return -EAGAIN;
	th->child_claim = th->child->pid;
	process = lib_1(t, LIB_CALL_FORK, &th->child_task);
	if (process < 0) {
		th->child->state = SHARED_FREE;
		return process == -EIO ? -EIO : -EAGAIN;
	}
	th->child_process = th->child->process = process;
	poller_before_fork();
	return 0;
}

/*
 * A thread is in its maker's namespaces, so the maker has its task made. If he has none
 * himself he is where the process began, and so will be what the thread's first call makes.
 */
static struct thread *thread_before(struct trap_thread *t, unsigned long flags)
{
	struct thread *th = flags & CLONE_NEWNET ? stack_thread(t) : *trap_data(t), *new;

	if (!th || !th->task)
		return NULL;
	new = trap_pages(HOST_PAGE);
	if (new && (attachment.channels ? isolated_thread(t, new) :
		    lib_1(t, LIB_CALL_THREAD, &new->task))) {
		trap_pages_free(new, HOST_PAGE);
		new = NULL;
	}
	if (new)
		new->child_flags = flags;
	return new;
}

long process_clone_before(struct trap_thread *t, struct trap_thread *child,
			  enum trap_clone_kind kind, unsigned long *flags)
{
	unsigned long all = *flags;
	long err = namespace_before_clone(flags);

	if (err)
		return err;
	if (all & CLONE_NEWPID)
		pidns_keep();
	/* A child begins as its parent is. */
	steer_release(*trap_data(t));
	if (kind == TRAP_CLONE_THREAD) {
		*trap_data(child) = thread_before(t, all);
		attachment.threads++;
		return 0;
	}
	return fork_before(t, all);
}

void process_clone_parent(struct trap_thread *t, struct trap_thread *child,
			  enum trap_clone_kind kind, long result)
{
	struct thread *th = *trap_data(t);

	if (kind == TRAP_CLONE_THREAD) {
		if (result >= 0)
			return;
		attachment.threads--;
		th = *trap_data(child);
		if (th) {
			stack_task_detach(t, th);
			trap_pages_free(th, HOST_PAGE);
		}
		return;
	}
	poller_after_fork(0);
	if (attachment.channels) {
		isolated_fork_parent(th);
		return;
	}
	if (result < 0) {
		stack_process_exit(t, th->child_process);
		th->child->state = SHARED_FREE;
		return;
	}
	/* In a pid namespace only the child knows what it is to the owner. */
	if (!attachment.pidns)
		slot_new(th->child, th->child_claim, result);
}

void process_clone_child(struct trap_thread *t, enum trap_clone_kind kind)
{
	struct thread *th = *trap_data(t);

	if (kind == TRAP_CLONE_THREAD) {
		if (th)
			namespace_cloned(t, th->child_flags);
		return;
	}
	attachment.threads = 1;
	attachment.exiting = 0;
	if (attachment.channels) {
		isolated_fork_child(th);
		goto files;
	}
	attachment.process = th->child_process;
	stack_attach(th->child_space);
	th->task = th->child_task;
	th->steered = NULL;
	th->wait_word = NULL;
	twin_forked();
	stack_adopt(th->task);
	slot_new(attachment.slot, th->child_claim, pidns_forked());
files:
	th->kicked = 0;
	epoll_forked();
	poller_after_fork(1);
	namespace_cloned(t, th->child_flags);
}

void process_thread_exit(struct trap_thread *t)
{
	struct thread *th = *trap_data(t);

	attachment.threads--;
	if (!th)
		return;
	steer_release(th);
	if (th->task)
		stack_task_detach(t, th);
	*trap_data(t) = NULL;
	if (th->buffer)
		trap_pages_free(th->buffer, BUFFER_SIZE);
	trap_pages_free(th, HOST_PAGE);
	/* The poller's thread must not keep the process alive. */
	if (!attachment.threads)
		process_exit(t, 0);
}

void process_exit(struct trap_thread *t, int status)
{
	(void)status;
	attachment.exiting = 1;
	steer_release(*trap_data(t));
	stack_process_exit(t, attachment.process);
	if (!attachment.channels)
		attachment.slot->process = 0;
}

/*
 * A child that was killed leaves its sockets to the owner, who hears of the death no sooner
 * than the parent does. To the parent they are closed when it knows.
 */
static void await_burial(int pid)
{
	struct __kernel_timespec step = { 0, BURIAL_STEP_NS };
	int i, tries;

	if (attachment.channels) {
		isolated_await_burial(trap_thread(), pid);
		return;
	}
	for (i = 0; i < SHARED_PROCESSES; i++) {
		struct shared_process *p = &attachment.sh->processes[i];

		for (tries = 0; shared_seen(p, attachment.pidns) == pid && p->process &&
		     tries < BURIAL_TRIES; tries++)
			host_2(__NR_nanosleep, &step, 0);
	}
}

/* Is there nothing left of the process but what its parent waits for? */
static int has_ended(int type, int id)
{
	static const struct __kernel_timespec now;
	struct pollfd poll = { .fd = id, .events = POLLIN };
	int ended;

	if (type == P_PID)
		poll.fd = host_2(__NR_pidfd_open, id, 0);
	if (poll.fd < 0)
		return 0;
	ended = host_5(__NR_ppoll, &poll, 1, &now, 0, 8) == 1 && poll.revents & POLLIN;
	if (type == P_PID)
		host_1(__NR_close, poll.fd);
	return ended;
}

/*
 * A wait that does not block has seen no end. A pidfd may tell of one already: whose child is
 * traced by a twin waits for it when the twin has, and the pidfd does not wait for that.
 * Returns 1, after a moment, if the wait is worth another try.
 */
static int released_soon(int type, int id, unsigned long options, int *tries)
{
	static const struct __kernel_timespec step = { 0, RELEASE_STEP_NS };

	if (!(options & WNOHANG) || attachment.channels || (type != P_PID && type != P_PIDFD))
		return 0;
	if ((!*tries && !has_ended(type, id)) || *tries == RELEASE_TRIES)
		return 0;
	++*tries;
	host_2(__NR_nanosleep, &step, 0);
	return 1;
}

/* wait4(2) */
long process_wait(struct trap_thread *t, long nr, unsigned long *a)
{
	int status = 0, tries = 0;
	long ret;

	(void)t;
	do {
		ret = trap_wait(nr, a[0], (unsigned long)&status, a[2], a[3], 0, 0);
	} while (!ret && released_soon((int)a[0] > 0 ? P_PID : P_ALL, a[0], a[2], &tries));
	if (ret == -EINTR)
		return TRAP_RESTARTSYS;
	if (ret <= 0)
		return ret;
	if ((status & 0x7f) != 0x7f && status != 0xffff)	/* not stopped, not continued */
		await_burial(ret);
	return a[1] && trap_copy((void *)a[1], &status, sizeof(status)) ? -EFAULT : ret;
}

/* waitid(2) */
long process_waitid(struct trap_thread *t, long nr, unsigned long *a)
{
	siginfo_t info;
	int tries = 0;
	long ret;

	(void)t;
	memset(&info, 0, sizeof(info));
	do {
		ret = trap_wait(nr, a[0], a[1], (unsigned long)&info, a[3], a[4], 0);
	} while (!ret && !info.si_signo && a[3] & WEXITED &&
		 released_soon(a[0], a[1], a[3], &tries));
	if (ret == -EINTR)
		return TRAP_RESTARTSYS;
	if (ret)
		return ret;
	if (info.si_signo && info.si_code <= CLD_DUMPED)
		await_burial(info.si_pid);
	return a[2] && trap_copy((void *)a[2], &info, sizeof(info)) ? -EFAULT : ret;
}

/* ------------------------------------------------------------------ *
 * exec
 */

long process_state(struct trap_thread *t, int file, char *state, size_t size)
{
	struct thread *th = stack_thread(t);
	unsigned long credentials[2];
	int n;

	if (!th)
		return -ENOMEM;
	steer_release(th);
	credentials_state(file, credentials);
	n = trap_format(state, size, "%x %x %x %x %x %x %x %lx %x %x %lx %lx", attachment.fd[OWN_MEMORY],
			attachment.fd[OWN_TEXT], attachment.fd[OWN_BELL],
			attachment.fd[OWN_PLACEHOLDER], attachment.fd[OWN_PROC],
			attachment.space, attachment.process, attachment.channels ?
			(unsigned long)isolated_channel(th) : (unsigned long)th->task,
			steer_left_alone(), attachment.pidns, credentials[0], credentials[1]);
	if (n >= (int)size)
		return -E2BIG;
	twin_stop();
	/* They were close-on-exec for whoever is executed around us. */
	for (n = 0; n < OWN_FDS; n++)
		host_3(__NR_fcntl, attachment.fd[n], F_SETFD, 0);
	return 0;
}

static struct thread *resumed;

int process_resume(const char *state, char **envp)
{
	unsigned long word[12];
	int i, status;

	for (i = 0; i < 12; i++) {
		word[i] = trap_number(state, &state, 16);
		if (*state == ' ')
			state++;
	}
	for (i = 0; i < OWN_FDS; i++)
		attachment.fd[i] = word[i];
	credentials_resume(&word[10]);
	status = stack_map(envp);
	if (status)
		return status;
	if (word[8])
		steer_leave_alone(NULL);
	resumed = trap_pages(HOST_PAGE);
	if (!resumed)
		return 125;
	if (attachment.channels) {
		isolated_resume(resumed, word[7]);
		return 0;
	}
	attachment.process = word[6];
	attachment.pidns = word[9];
	stack_attach(word[5]);
	resumed->task = (struct lib_task *)word[7];
	stack_adopt(resumed->task);
	return 0;
}

/* The program is about to begin, for the first time or after an exec. */
void process_main(struct trap_thread *t)
{
	attachment.threads = 1;
	path_look();
	if (!resumed)
		return;
	*trap_data(t) = resumed;
	if (attachment.channels)
		isolated_exec(t);
	else
		lib_1(t, LIB_CALL_EXEC, 0);
	credentials_changed(t);
	files_resume(t);
}
