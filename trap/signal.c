// SPDX-License-Identifier: GPL-2.0
/*
 * signal.c - the program's handlers, and ours around them
 *
 * All handlers that the kernel knows are trap_signal_entry, with all signals blocked.
 * trap_signal() decides by where the thread was:
 *
 * - in the program, in a stub, or in trap/ with depth 0 (which is before anything of a
 *   call happened, or in here): the program's handler runs, on the kernel's frame, which
 *   is where it natively would be;
 * - in a window of entry.S: the same, after the frame's registers became those of the
 *   program before or after the call;
 * - in library context: put off. The signal is remembered (one is enough, as the
 *   frame then blocks all others), a trap_wait() is woken. When the call leaves, the signal is
 *   queued to the thread again and the mask restored on the program's stack, in a window:
 *   the kernel delivers it there as if it had come then.
 *
 * Signals without a handler are the host's business and never seen here, but for
 * three: SIGSYS is the trap; SIGSEGV and SIGBUS may be faults of the library on the
 * program's memory. These always have our handler and are never blocked in the host;
 * what the program believes of their disposition and mask is kept here, and what was
 * sent while it believes them blocked is held.
 */
#include "thread.h"

#define SA_KEPT (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_ONSTACK | SA_RESTART)
#define SA_RESTORER 0x04000000
#ifndef SA_UNSUPPORTED
#define SA_UNSUPPORTED 0x400
#define SA_EXPOSE_TAGBITS 0x800
#endif

static struct trap_handlers first_handlers;

static int is_ours(int sig)
{
	return (SIG_BIT(sig) & SIG_OURS) != 0;
}

static long host_sigaction(int sig, unsigned long handler, unsigned long flags,
			   unsigned long restorer)
{
	struct trap_action action = { handler, flags | SA_RESTORER, restorer, 0 };

	if (handler > 1)
		action.mask = ~0UL;
	return host_4(__NR_rt_sigaction, sig, &action, 0, 8);
}

/* What the host has for the program's `action` */
static long host_install(int sig, const struct trap_action *action)
{
	unsigned long flags = action->flags & SA_KEPT;
	unsigned long restorer = action->flags & SA_RESTORER ? action->restorer :
							       (unsigned long)trap_restorer;

	if (is_ours(sig))
		return host_sigaction(sig, (unsigned long)trap_signal_entry,
				      flags | SA_SIGINFO, restorer);
	if (action->handler <= 1)
		return host_4(__NR_rt_sigaction, sig, action, 0, 8);
	return host_sigaction(sig, (unsigned long)trap_signal_entry, flags | SA_SIGINFO,
			      restorer);
}

/*
 * SIGSYS nests: a program's handler makes calls, and its own mask must not matter. It comes
 * on the alternate stack, which must be the thread's alone (altstack.c).
 */
static void install_ours(int sig, const struct trap_action *action)
{
	struct trap_action sys = { (unsigned long)trap_signal_entry,
				   SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTORER,
				   (unsigned long)trap_restorer, ~SIG_OURS };

	if (sig == SIGSYS)
		host_4(__NR_rt_sigaction, sig, &sys, 0, 8);
	else
		host_install(sig, action);
}

/* Main thread, before anything traps. ignored: what was before exec. */
void trap_signal_start(unsigned long ignored)
{
	struct trap_thread *t = trap_thread();
	unsigned long ours = SIG_OURS, old = 0;
	int sig;

	t->handlers = &first_handlers;
	for (sig = 1; sig <= 64; sig++) {
		struct trap_action *action = &first_handlers.of[sig - 1];

		host_4(__NR_rt_sigaction, sig, 0, action, 8);
		if (SIG_BIT(sig) & SIG_OURS & ignored)
			action->handler = 1;
		if (is_ours(sig))
			install_ours(sig, action);
	}
	host_4(__NR_rt_sigprocmask, SIG_UNBLOCK, &ours, &old, 8);
	t->blocked |= old & SIG_OURS;
}

/* Of SIG_OURS, for the next life */
unsigned long trap_signal_ignored(struct trap_thread *t)
{
	unsigned long ignored = 0;
	int sig;

	for (sig = 1; sig <= 64; sig++)
		if (is_ours(sig) && t->handlers->of[sig - 1].handler == 1)
			ignored |= SIG_BIT(sig);
	return ignored;
}

static void requeue(struct trap_thread *t, int sig, siginfo_t *info)
{
	long r = host_4(__NR_rt_tgsigqueueinfo, host_0(__NR_getpid), t->tid, sig, info);

	if (r)
		trap_panic("signal %d (code %d) can't be queued again: %ld", sig,
			   info->si_code, r);
}

static void release_held(struct trap_thread *t)
{
	unsigned long free = t->held & ~t->blocked;
	int sig;

	for (sig = 1; sig <= 31; sig++) {
		if (!(free & SIG_BIT(sig)))
			continue;
		t->held &= ~SIG_BIT(sig);
		requeue(t, sig, &t->held_info[sig - 1]);
	}
}

/* entry.S: the call leaves with a signal put off, mask all blocked (but for faults) */
void trap_requeue(struct trap_thread *t)
{
	unsigned long all = ~0UL;
	int sig = t->pending;

	if ((t->held & ~t->blocked) || (SIG_BIT(sig) & (SIG_FAULTS | SIG_OURS)))
		host_4(__NR_rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
	t->pending = 0;
	requeue(t, sig, &t->info);
	release_held(t);
}

/* Was it raised by an instruction? Only the kernel has positive codes. */
static int is_fault(int sig, const siginfo_t *info)
{
	return (SIG_BIT(sig) & SIG_FAULTS) && info->si_code > 0;
}

static int in_range(unsigned long ip, const char *from, const char *to)
{
	return ip >= (unsigned long)from && ip < (unsigned long)to;
}

/* trap/'s own instructions that may fault */
static int fixup(struct sigcontext *c)
{
	static const struct {
		const char *insn, *fault;
	} fixups[] = {
		{ trap_load_insn, trap_load_fault },
		{ trap_copy_insn, trap_copy_fault },
		{ trap_copy_string_insn, trap_copy_string_fault },
	};
	unsigned int i;

	for (i = 0; i < sizeof(fixups) / sizeof(*fixups); i++) {
		if (c->rip == (unsigned long)fixups[i].insn) {
			c->rip = (unsigned long)fixups[i].fault;
			return 1;
		}
	}
	return 0;
}

static void library_fault(struct trap_thread *t, int sig, siginfo_t *info,
			  struct ucontext *uc)
{
	struct sigcontext *c = &uc->uc_mcontext;

	if (fixup(c))
		return;
	if (trap_personality.fault &&
	    trap_personality.fault(t, sig, (void *)info, (void *)uc))
		return;
	trap_panic("signal %d in the library at %lx, address %lx, call %ld", sig,
		   (unsigned long)c->rip, (unsigned long)info->si_addr, (long)t->regs.rax);
}

/*
 * The context in a window becomes the program's, of after or before the call. In a
 * stub, and before the first instruction of trap_entry, it is the program's but for
 * rip, rcx, rax.
 */
static int window(struct trap_thread *t, struct ucontext *uc)
{
	struct sigcontext *c = &uc->uc_mcontext;
	struct trap_regs *r = &t->regs;
	unsigned long rax = r->rax, rip = r->rip;

	if (in_range(c->rip, trap_unmask_begin, trap_return_end)) {
		if (t->masked) {
			t->handler_masked = 1;
			t->handler_mask = uc->uc_sigmask;
			uc->uc_sigmask = t->mask_after;
			t->masked = 0;
		}
		c->eflags = (c->eflags & ~0xcd5UL) | (r->flags & 0xcd5);
	} else if (in_range(c->rip, trap_host_begin, trap_host_end)) {
		if (c->rip < (unsigned long)trap_host_after) {
			rip -= 2;
		} else {
			rax = c->rax;
			t->handler_masked = t->host_masked && rax == (unsigned long)-EINTR;
			t->handler_mask = t->host_mask;
		}
		c->eflags = (c->eflags & ~0xcd5UL) | (r->flags & 0xcd5);
	} else if (c->rip == (unsigned long)trap_entry) {
		c->rip = c->rcx - 2;
		return !t->depth;
	} else {
		return trap_site_leave(c);
	}
	c->rax = rax;
	c->rip = rip;
	c->rcx = rip;
	c->r11 = c->eflags;
	c->rdi = r->rdi;
	c->rsi = r->rsi;
	c->rdx = r->rdx;
	c->r10 = r->r10;
	c->r8 = r->r8;
	c->r9 = r->r9;
	c->rbx = r->rbx;
	c->rbp = r->rbp;
	c->r12 = r->r12;
	c->r13 = r->r13;
	c->r14 = r->r14;
	c->r15 = r->r15;
	c->rsp = r->rsp;
	t->depth = 0;
	return 1;
}

static void put_off(struct trap_thread *t, int sig, siginfo_t *info,
		    struct ucontext *uc)
{
	struct sigcontext *c = &uc->uc_mcontext;

	if (t->pending) {	/* sent, of those that are not blocked meanwhile */
		t->held |= SIG_BIT(sig);
		t->held_info[sig - 1] = *info;
		return;
	}
	t->pending = sig;
	t->info = *info;
	t->mask = uc->uc_sigmask;
	uc->uc_sigmask = ~SIG_FAULTS & ~SIG_OURS;
	if (in_range(c->rip, trap_wait_begin, trap_wait_after))
		c->rip = (unsigned long)trap_wait_eintr;
	if (trap_personality.signal)
		trap_personality.signal(t, sig);
}

/* The default action of one of ours: the kernel's, when the frame is left */
static long deliver_default(struct trap_thread *t, int sig, siginfo_t *info,
			    struct ucontext *uc)
{
	host_sigaction(sig, 0, 0, 0);
	uc->uc_sigmask &= ~SIG_BIT(sig);
	if (!is_fault(sig, info))	/* else the instruction does it once more */
		requeue(t, sig, info);
	return 0;
}

static long deliver(struct trap_thread *t, int sig, siginfo_t *info, struct ucontext *uc)
{
	struct trap_action *live = &t->handlers->of[sig - 1], action = *live;
	int fault = is_fault(sig, info) || (sig == SIGSYS && info->si_code == SYS_SECCOMP);
	unsigned long mask;

	if (is_ours(sig) && (t->blocked & SIG_BIT(sig))) {
		if (fault)
			return deliver_default(t, sig, info, uc);
		t->held |= SIG_BIT(sig);
		t->held_info[sig - 1] = *info;
		return 0;
	}
	if (action.handler == 1 && !fault)
		return 0;
	if (action.handler <= 1) {
		if (is_ours(sig))
			return deliver_default(t, sig, info, uc);
		/* Changed by another thread a moment ago: the host knows by now */
		requeue(t, sig, info);
		return 0;
	}
	if (action.flags & SA_RESETHAND) {
		live->handler = 0;
		if (!is_ours(sig))
			host_sigaction(sig, 0, 0, 0);
	}
	/* What sigsuspend() and its kind let through, the handler is interrupted by, too */
	mask = t->handler_masked ? t->handler_mask : uc->uc_sigmask;
	mask |= action.mask & ~SIG_OURS;
	if (!(action.flags & SA_NODEFER))
		mask |= SIG_BIT(sig);
	mask &= ~SIG_BIT(SIGSYS);
	/* From here on others may be delivered on top */
	host_4(__NR_rt_sigprocmask, SIG_SETMASK, &mask, 0, 8);
	return action.handler;
}

/* From trap_signal_entry. Returns the handler to run, or 0: back to the context. */
long trap_signal(int sig, siginfo_t *info, struct ucontext *uc)
{
	struct trap_thread *t = trap_thread();
	struct sigcontext *c = &uc->uc_mcontext;

	if (sig == SIGSYS && info->si_code == SYS_SECCOMP) {
		if (c->rip != (unsigned long)trap_host_after) {
			if (t->depth)
				trap_panic("system call %ld from the library at %lx",
					   (long)c->rax, (unsigned long)c->rip);
			t->trapped = 1;
			c->rcx = c->rip;
			c->rip = (unsigned long)trap_entry;
			return 0;
		}
		/* A filter of the program's own refused what it passed to the host */
		info->si_call_addr = (void *)t->regs.rip;
	}
	t->handler_masked = 0;
	if (!window(t, uc) && t->depth) {
		if (is_fault(sig, info))
			library_fault(t, sig, info, uc);
		else
			put_off(t, sig, info, uc);
		return 0;
	}
	return deliver(t, sig, info, uc);
}

/* Handlers become defaults: CLONE_CLEAR_SIGHAND */
void trap_signal_clear(struct trap_thread *t)
{
	int sig;

	for (sig = 1; sig <= 64; sig++) {
		struct trap_action *action = &t->handlers->of[sig - 1];

		if (action->handler <= 1)
			continue;
		memset(action, 0, sizeof(*action));
		if (!is_ours(sig))
			host_sigaction(sig, 0, 0, 0);
	}
}

long trap_sigaction(struct trap_thread *t, const unsigned long *args)
{
	int sig = args[0];
	struct trap_action new = { 0 }, old, *live;
	long r = 0;

	if (args[3] != 8 || sig < 1 || sig > 64)
		return -EINVAL;
	if (args[1] && (sig == SIGKILL || sig == SIGSTOP))
		return -EINVAL;
	if (args[1] && trap_copy(&new, (void *)args[1], sizeof(new)))
		return -EFAULT;
	live = &t->handlers->of[sig - 1];
	trap_lock(&t->handlers->lock);
	old = *live;
	if (args[1]) {
		/* As the kernel stores it */
		new.mask &= ~(SIG_BIT(SIGKILL) | SIG_BIT(SIGSTOP));
		new.flags &= SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK |
			     SA_RESTART | SA_NODEFER | (unsigned int)SA_RESETHAND |
			     SA_EXPOSE_TAGBITS | SA_RESTORER;
		/* A handler that runs finds itself in the table */
		if (new.handler > 1)
			*live = new;
		if (sig != SIGSYS)
			r = host_install(sig, &new);
		*live = r ? old : new;
		if (new.handler <= 1)
			t->held &= new.handler == 1 ? ~SIG_BIT(sig) : ~0UL;
	}
	trap_unlock(&t->handlers->lock);
	if (!r && args[2] && trap_copy((void *)args[2], &old, sizeof(old)))
		return -EFAULT;
	return r;
}

/* The old mask */
unsigned long trap_host_mask(struct trap_thread *t, int how, unsigned long set)
{
	unsigned long old;

	for (;;) {
		if (!t->pending) {
			if (trap_wait(__NR_rt_sigprocmask, how, (long)&set, (long)&old, 8,
				      0, 0) != -EINTR)
				return old;
		} else {
			old = t->mask;
			t->mask = how == SIG_BLOCK ? old | set :
				  how == SIG_UNBLOCK ? old & ~set : set;
			return old;
		}
	}
}

long trap_sigprocmask(struct trap_thread *t, const unsigned long *args)
{
	unsigned long set = 0, old;

	if (args[3] != 8)
		return -EINVAL;
	if (args[1] && trap_copy(&set, (void *)args[1], 8))
		return -EFAULT;
	if (!(set & SIG_OURS) && !t->blocked)
		return TRAP_HOST;
	if (args[1] && args[0] > SIG_SETMASK)
		return -EINVAL;
	old = trap_host_mask(t, args[1] ? (int)args[0] : SIG_BLOCK,
			     set & ~SIG_OURS);
	old |= t->blocked;
	if (args[1]) {
		if (args[0] == SIG_BLOCK)
			t->blocked |= set & SIG_OURS;
		else if (args[0] == SIG_UNBLOCK)
			t->blocked &= ~set;
		else
			t->blocked = set & SIG_OURS;
		if (t->held & ~t->blocked)
			release_held(t);
	}
	if (args[2] && trap_copy((void *)args[2], &old, 8))
		return -EFAULT;
	return 0;
}

/*
 * Calls that wait under a mask of their own go to the host with a copy of it that
 * leaves ours open. The argument of pselect6 and io_pgetevents is a pair of pointer and
 * size.
 */
long trap_strip_mask(struct trap_thread *t, long nr)
{
	unsigned long *arg, *size, pair[2];

	switch (nr) {
	case __NR_rt_sigsuspend:
		arg = &t->args[0], size = &t->args[1];
		break;
	case __NR_ppoll:
		arg = &t->args[3], size = &t->args[4];
		break;
	case __NR_epoll_pwait:
	case __NR_epoll_pwait2:
		arg = &t->args[4], size = &t->args[5];
		break;
	default:
		if (!t->args[5])
			return TRAP_HOST;
		if (trap_copy(pair, (void *)t->args[5], sizeof(pair)))
			return -EFAULT;
		arg = &pair[0], size = &pair[1];
	}
	if (!*arg || *size != 8)
		return TRAP_HOST;
	if (trap_copy(&t->host_mask, (void *)*arg, 8))
		return -EFAULT;
	t->host_masked = 1;
	if (!(t->host_mask & SIG_OURS))
		return TRAP_HOST;
	t->host_mask &= ~SIG_OURS;
	*arg = (unsigned long)&t->host_mask;
	if (arg == pair) {
		memcpy(t->host_mask_arg, pair, sizeof(pair));
		t->args[5] = (unsigned long)t->host_mask_arg;
	}
	return TRAP_HOST;
}

void trap_mask(struct trap_thread *t, const unsigned long *mask)
{
	t->mask_after = trap_host_mask(t, SIG_SETMASK, *mask & ~SIG_OURS);
	t->masked = 1;
}

/* The call leaves by trap_unmask, with the mask from before trap_mask() */
void trap_mask_end(struct trap_thread *t)
{
	unsigned long all = ~SIG_FAULTS & ~SIG_OURS;

	host_4(__NR_rt_sigprocmask, SIG_SETMASK, &all, 0, 8);
	t->mask = t->mask_after;
	t->masked = 0;
	if (t->pending)
		trap_requeue(t);
}

/*
 * What becomes of TRAP_RESTART*, as in the kernel's arch_do_signal_or_restart(): the
 * value for rax, with rip moved back if the call is to be made again.
 */
long trap_restart(struct trap_thread *t, long result)
{
	if (t->pending) {
		if (result == TRAP_RESTARTNOHAND || result == TRAP_RESTARTBLOCK)
			return -EINTR;
		if (result == TRAP_RESTARTSYS &&
		    !(t->handlers->of[t->pending - 1].flags & SA_RESTART))
			return -EINTR;
	}
	t->regs.rip -= 2;
	if (result == TRAP_RESTARTBLOCK)
		return __NR_restart_syscall;
	return t->regs.rax;
}
