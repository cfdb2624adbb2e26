// SPDX-License-Identifier: GPL-2.0
/*
 * twin.c - finishes what a SIGKILL interrupts inside the stack
 *
 * A thread that is killed in the middle of the kernel leaves it half changed, and its token
 * taken for ever. So each program has a twin: a process that shares its memory, and
 * traces it. A thread that dies stops once more before it is gone, with its registers. If it
 * holds the token the twin goes on with exactly these, in the same memory, to the end of the
 * function that the thread was in (stack_leave()), or to where it would sleep; then lets it die.
 * The rest, a call that is blocked in the kernel, is the owner's (lib_ops.space_dead).
 *
 * Never is it guessed where a thread was: on a kernel stack, in a callback, in a signal
 * handler on top of these. The token tells whose it is and on which stack it was taken.
 *
 * A twin starts with the first call into the stack, so that a program that makes none
 * has none. Its cost is with signals: each one passes through the tracer (50 us).
 *
 * It is no child of the program, which may count its children or wait for any (pgrep -P,
 * __WALL): another process makes it, and ends. Who gets orphans himself has it as a child.
 */
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/wait.h>
#include <asm/prctl.h>

#include "attached.h"

#define TOKEN_POLL_NS 20000
#define END_TRIES 5000

/* As PTRACE_GETREGS gives them */
struct user_regs {
	unsigned long r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi,
		orig_rax, rip, cs, eflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
};

long twin_resume(const struct user_regs *regs);

/* 1: there is one, or there can be none */
int twin_watches;

static struct trap_lock lock;
static int watched, is_child;
static char *twin_stack;

/* Its number, until it has ended: the host clears it. */
static volatile unsigned int twin_pid;

static _Atomic uint32_t ready;
enum { ASKED, ALLOWED, TRACING, REFUSED, ENDING };	/* how far a twin is */

/*
 * The twin has a stop in its hands. The host forgets the signal that a thread was stopped for
 * once its tracer has heard of it: a tracer that ends before it hands the signal back takes it
 * along. So the twin looks first without taking, and is not ended while this is set.
 */
static _Atomic uint32_t busy;

static uint32_t own_token(void)
{
	return 1 + attachment.space;
}

/* ------------------------------------------------------------------ *
 * in the twin
 */

/* Is @sp on a stack of the thread whose block is at @top? After an exec it begins on another. */
static int is_own_stack(unsigned long top, unsigned long sp)
{
	return top - sp <= TRAP_STACK_SIZE ||
	       (unsigned long)trap_start_stack - sp <= TRAP_STACK_SIZE;
}

/* Does the stopped thread with these registers hold the token? */
static int holds(int tid, const struct user_regs *regs)
{
	const volatile struct lib_token *token = attachment.ops.token;
	struct trap_thread *t = (struct trap_thread *)regs->gs_base;
	struct thread *th;
	unsigned long top = (unsigned long)t;

	/* One that was just made still has its maker's block. */
	if (token->word != own_token() || !t || trap_tid(t) != tid)
		return 0;
	th = *trap_data(t);
	if (!th || !th->inside)
		return 0;
	if (is_own_stack(top, token->stack))
		return 1;
	/*
	 * Not signed yet, or not any more: the holder is in the stack's text and on his own
	 * stack. Another thread may be so, too, waiting for the token; it comes back when
	 * it would sleep.
	 */
	return !token->stack && regs->rip - attachment.sh->base < attachment.sh->text_size &&
	       is_own_stack(top, regs->rsp);
}

/* It was in a host call of ours: that is made again if it was cut short. */
static void redo_call(struct user_regs *regs)
{
	if ((long)regs->orig_rax < 0)
		return;
	if ((long)regs->rax <= TRAP_RESTARTSYS && (long)regs->rax >= TRAP_RESTARTBLOCK) {
		regs->rax = regs->orig_rax;
		regs->rip -= 2;
	}
}

static void on_exit(int tid)
{
	static unsigned char vectors[512] __attribute__((aligned(16)));
	struct user_regs regs;
	struct thread *th;

	if (host_4(__NR_ptrace, PTRACE_GETREGS, tid, 0, &regs) || !holds(tid, &regs) ||
	    host_4(__NR_ptrace, PTRACE_GETFPREGS, tid, 0, vectors))
		return;
	th = *trap_data((struct trap_thread *)regs.gs_base);
	th->finished = 1;
	redo_call(&regs);
	atomic_fetch_add(&attachment.sh->finished, 1);
	host_2(__NR_arch_prctl, ARCH_SET_GS, regs.gs_base);
	/* What the stack has in SSE registers; it uses no larger ones. */
	__asm__ volatile("fxrstor %0" : : "m"(vectors));
	twin_resume(&regs);
}

/* A stop must not catch the token's holder: he goes on until he has put it back. */
static void on_stop(int tid)
{
	struct user_regs regs;

	if (!host_4(__NR_ptrace, PTRACE_GETREGS, tid, 0, &regs) && holds(tid, &regs)) {
		host_4(__NR_ptrace, PTRACE_CONT, tid, 0, 0);
		while (attachment.ops.token->word == own_token())
			host_sleep(TOKEN_POLL_NS);
		host_4(__NR_ptrace, PTRACE_INTERRUPT, tid, 0, 0);
		return;
	}
	host_4(__NR_ptrace, PTRACE_LISTEN, tid, 0, 0);
}

static void on_status(int tid, int status)
{
	int sig = status >> 8 & 0xff, event = status >> 16;

	if ((status & 0xff) != 0x7f)
		return;		/* gone */
	switch (event) {
	case PTRACE_EVENT_EXIT:
		on_exit(tid);
		sig = 0;
		break;
	case PTRACE_EVENT_STOP:
		if (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU) {
			on_stop(tid);
			return;
		}
		sig = 0;
		break;
	case PTRACE_EVENT_CLONE:
		sig = 0;
		break;
	}
	host_4(__NR_ptrace, PTRACE_CONT, tid, 0, sig);
}

/* Takes the next stop of `tid`, if it still has one */
static void take_stop(int tid)
{
	int status;

	busy = 1;
	if (ready == TRACING && host_4(__NR_wait4, tid, &status, WNOHANG | __WALL, 0) == tid)
		on_status(tid, status);
	busy = 0;
}

static int seize_one(int tid)
{
	return host_4(__NR_ptrace, PTRACE_SEIZE, tid, 0,
		      PTRACE_O_TRACEEXIT | PTRACE_O_TRACECLONE);
}

/* Threads that are there already; those they make come by themselves. */
static long seize_all(int pid)
{
	char path[64], buf[2048];
	long err, n, i;
	int fd;

	err = seize_one(pid);
	if (err)
		return err;
	trap_format(path, sizeof(path), "/proc/%d/task", pid);
	fd = host_4(__NR_openat, HOST_AT_FDCWD, path, HOST_O_RDONLY | HOST_O_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	while ((n = host_3(__NR_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i += ((struct dirent64 *)(buf + i))->len) {
			int tid = trap_number(((struct dirent64 *)(buf + i))->name, NULL, 10);

			if (tid > 0 && tid != pid)
				seize_one(tid);
		}
	}
	host_1(__NR_close, fd);
	return 0;
}

/* While @ready is @stage, and for a second at most */
static void await_other(uint32_t stage)
{
	static const struct __kernel_timespec look = { 1, 0 };

	host_6(__NR_futex, &ready, FUTEX_WAIT, stage, &look, 0, 0);
}

static void twin_main(void)
{
	static const unsigned long faults = ~(1ul << (SIGSEGV - 1) | 1ul << (SIGBUS - 1));
	siginfo_t info;
	long err;

	host_0(__NR_setsid);
	host_2(__NR_prctl, PR_SET_NAME, "nuse-twin");
	host_4(__NR_rt_sigprocmask, SIG_SETMASK, &faults, 0, 8);
	/*
	 * Nobody tells it that the one it is for has died before it traces. (That it may not
	 * signal it says nothing: its threads are becoming somebody else, one by one.)
	 */
	while (ready == ASKED && host_2(__NR_kill, watched, 0) != -ESRCH)
		await_other(ASKED);
	ready = seize_all(watched) ? REFUSED : TRACING;
	host_6(__NR_futex, &ready, FUTEX_WAKE, INT32_MAX, 0, 0, 0);
	while (ready == TRACING) {
		err = host_5(__NR_waitid, P_ALL, 0, &info,
			     WEXITED | WSTOPPED | WNOWAIT | __WALL, 0);
		if (err == -EINTR)
			continue;
		if (err)
			break;
		take_stop(info.si_pid);
	}
	for (;;)
		host_1(__NR_exit, 0);
}

/* ------------------------------------------------------------------ *
 * in the program
 */

static long spawn_twin(void)
{
	return spawn(CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_PARENT_SETTID |
		     CLONE_CHILD_CLEARTID, twin_main, twin_stack, (unsigned int *)&twin_pid);
}

static void between_main(void)
{
	spawn_twin();
	for (;;)
		host_1(__NR_exit, 0);
}

static void reap(int pid)
{
	while (host_4(__NR_wait4, pid, 0, __WALL, 0) == -EINTR)
		;
}

static long spawn_orphan(void)
{
	static char *stack;
	long pid;

	if (!stack)
		stack = trap_pages(SPAWN_STACK);
	if (!stack)
		return -ENOMEM;
	/* By CLONE_VFORK it has ended when this returns. */
	pid = spawn(CLONE_VM | CLONE_FILES | CLONE_FS | CLONE_VFORK, between_main, stack, NULL);
	if (pid < 0)
		return pid;
	reap(pid);
	return twin_pid ? 0 : -EAGAIN;
}

/* Would an orphan be its child? */
static int gets_orphans(void)
{
	int subreaper = 0;

	host_2(__NR_prctl, PR_GET_CHILD_SUBREAPER, &subreaper);
	return subreaper || watched == 1;
}

/* It traces nobody when this returns. */
static void end_twin(void)
{
	int pid = twin_pid, fd, tries;
	struct pollfd gone = { .events = POLLIN };

	fd = pid ? host_2(__NR_pidfd_open, pid, 0) : -1;
	if (fd >= 0) {
		/* Still there: so it is not another one of that number. */
		if (twin_pid)
			host_4(__NR_pidfd_send_signal, fd, SIGKILL, 0, 0);
		gone.fd = fd;
		while (host_5(__NR_ppoll, &gone, 1, 0, 0, 8) == -EINTR)
			;
		host_1(__NR_close, fd);
	} else if (twin_pid) {
		/* No descriptor is left. */
		host_2(__NR_kill, pid, SIGKILL);
		for (tries = 0; tries < END_TRIES && !host_2(__NR_kill, pid, 0); tries++)
			host_sleep(TOKEN_POLL_NS);
	}
	if (is_child)
		reap(pid);
	twin_pid = 0;
}

void twin_start(void)
{
	trap_lock(&lock);
	if (twin_watches)
		goto unlock;
	/* It would be the first there, and the namespace end with it; or could not trace from there. */
	if (attachment.sh->no_twins || pidns_is_ahead())
		goto out;
	if (!twin_stack)
		twin_stack = trap_pages(SPAWN_STACK);
	if (!twin_stack)
		goto out;
	ready = ASKED;
	busy = 0;
	watched = host_0(__NR_getpid);
	is_child = gets_orphans();
	if ((is_child ? spawn_twin() : spawn_orphan()) < 0)
		goto out;
	/* Where only ancestors may trace (Yama), it is allowed to, and asks not before. */
	host_5(__NR_prctl, PR_SET_PTRACER, twin_pid, 0, 0, 0);
	ready = ALLOWED;
	host_6(__NR_futex, &ready, FUTEX_WAKE, INT32_MAX, 0, 0, 0);
	/* It may be killed, too. */
	while (ready == ALLOWED && twin_pid)
		await_other(ALLOWED);
	if (ready != TRACING)
		end_twin();
out:
	/* Not before: other threads go on into the stack then. */
	__atomic_store_n(&twin_watches, 1, __ATOMIC_RELEASE);
unlock:
	trap_unlock(&lock);
}

/* Nobody is traced any more when this returns, nor before twin_release(). */
void twin_hold(void)
{
	trap_lock(&lock);
	if (twin_pid) {
		ready = ENDING;
		while (busy && twin_pid)
			host_sleep(TOKEN_POLL_NS);
		end_twin();
	}
	twin_watches = 0;
}

void twin_release(void)
{
	trap_unlock(&lock);
}

/* Another program comes. */
void twin_stop(void)
{
	twin_hold();
	twin_release();
}

/* A child is not traced. */
void twin_forked(void)
{
	twin_pid = 0;
	twin_watches = 0;
	lock.word = 0;
}
