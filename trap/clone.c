// SPDX-License-Identifier: GPL-2.0
/*
 * clone.c - threads, children, and their ends
 *
 * A child that shares the memory gets a block of its own and starts on that block's
 * library stack (trap_clone in entry.S), from where it leaves to the program with a
 * copy of the parent's registers. That holds for vfork, too: parent and child then
 * share the program's stack, as they should, but nothing of ours. All signals are
 * blocked until the child has its GS, as it starts with the parent's.
 *
 * A child with a copy of the memory comes back here, in the copy of this stack.
 *
 * TRAP_VFORK_IS_FORK takes CLONE_VM from vforks, and leaves CLONE_VFORK: the host
 * still suspends the parent. What differs is that the child's writes stay its own. Of
 * these, one matters: glibc's posix_spawn() reports the error of a failed exec by
 * a variable of the parent's frame. So the child brings what it changed in the frames
 * next to the parent's stack pointer to the parent, through shared pages, when
 * it exits without exec. The same pages tell which sites the child rewrote.
 */
#include <linux/mman.h>
#include <linux/sched.h>
#include "thread.h"

#define FRAME_SIZE 4096

/* Between a parent and its copied vfork child; mapped shared, used by one at a time */
struct vfork_frame {
	unsigned char before[FRAME_SIZE], after[FRAME_SIZE];
	unsigned long start;
	size_t size;
	int changed;
	int sites;
	struct {
		unsigned long ret;
		long nr;
	} site[16];
};

void trap_frame_note(struct trap_thread *t, unsigned long ret, long nr)
{
	struct vfork_frame *frame = t->frame;

	if (frame->sites < (int)(sizeof(frame->site) / sizeof(*frame->site))) {
		frame->site[frame->sites].ret = ret;
		frame->site[frame->sites++].nr = nr;
	}
}

static struct vfork_frame *frame_make(struct trap_thread *t)
{
	long p = host_6(__NR_mmap, 0, sizeof(struct vfork_frame), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct vfork_frame *frame = (void *)p;

	if (host_failed(p))
		return NULL;
	frame->start = t->regs.rsp;
	frame->size = FRAME_SIZE - trap_copy(frame->before, (void *)t->regs.rsp, FRAME_SIZE);
	return frame;
}

static void frame_write(struct vfork_frame *frame)
{
	if (frame->size - trap_copy(frame->after, (void *)frame->start, frame->size) ==
	    frame->size)
		frame->changed = 1;
}

static void frame_apply(struct trap_thread *t, struct vfork_frame *frame)
{
	size_t i;
	int n;

	for (i = 0; frame->changed && i < frame->size; i++)
		if (frame->before[i] != frame->after[i])
			trap_copy((char *)frame->start + i, &frame->after[i], 1);
	/* Else each child would find them unwritten, and do it again */
	for (n = 0; n < frame->sites; n++)
		trap_site_trapped(t, frame->site[n].ret, frame->site[n].nr, 1 << 20);
	trap_pages_free(frame, sizeof(*frame));
}

struct request {
	long nr;
	unsigned long args[6];		/* as the host gets them */
	unsigned char args3[128];	/* struct clone_args, ours to change */
	unsigned long flags, stack;	/* stack: the child's rsp, 0: the parent's */
	int clear_handlers;		/* CLONE_CLEAR_SIGHAND, which would clear ours */
};

static long parse(struct trap_thread *t, long nr, struct request *q)
{
	struct clone_args *a = (void *)q->args3;
	size_t size = t->args[1];

	memset(q, 0, sizeof(*q));
	q->nr = __NR_clone;
	if (nr == __NR_fork) {
		q->flags = SIGCHLD;
	} else if (nr == __NR_vfork) {
		q->flags = CLONE_VFORK | CLONE_VM | SIGCHLD;
	} else if (nr == __NR_clone) {
		memcpy(q->args, t->args, sizeof(q->args));
		q->flags = t->args[0];
		q->stack = t->args[1];
	} else {
		if (size < CLONE_ARGS_SIZE_VER0)
			return -EINVAL;
		if (size > sizeof(q->args3))
			return -E2BIG;
		if (trap_copy(a, (void *)t->args[0], size))
			return -EFAULT;
		q->nr = __NR_clone3;
		q->args[0] = (unsigned long)a;
		q->args[1] = size;
		q->flags = a->flags;
		q->stack = a->stack ? a->stack + a->stack_size : 0;
		q->clear_handlers = (q->flags & CLONE_CLEAR_SIGHAND) &&
				    !(q->flags & CLONE_SIGHAND);
		if (q->clear_handlers)
			q->flags &= ~CLONE_CLEAR_SIGHAND;
	}
	return 0;
}

static void set_flags(struct request *q)
{
	struct clone_args *a = (void *)q->args3;

	if (q->nr == __NR_clone)
		q->args[0] = q->flags;
	else
		a->flags = q->flags;
}

/* The personality's share; the rest of the flags is what the host gets. */
static long before(struct trap_thread *t, struct trap_thread *child, enum trap_clone_kind kind,
		   struct request *q)
{
	long r = trap_personality.clone_before ?
			 trap_personality.clone_before(t, child, kind, &q->flags) : 0;

	if (!r)
		set_flags(q);
	return r;
}

/* A copied child comes back in C, on our stack */
static void clear_stack(struct request *q)
{
	struct clone_args *a = (void *)q->args3;

	q->args[1] = q->nr == __NR_clone ? 0 : q->args[1];
	a->stack = a->stack_size = 0;
}

/* entry.S: a child with its own block; leaves by trap_unmask */
void trap_child(struct trap_thread *t)
{
	t->tid = host_0(__NR_gettid);
	if (t->clear_handlers)
		trap_signal_clear(t);
	if (trap_personality.clone_child)
		trap_personality.clone_child(t, t->clone_kind);
}

static struct trap_thread *child_make(struct trap_thread *t, struct request *q)
{
	struct trap_thread *child = trap_thread_alloc();

	if (!child)
		return NULL;
	child->regs = t->regs;
	child->regs.rax = 0;
	if (q->stack)
		child->regs.rsp = q->stack;
	child->depth = 1;
	child->blocked = t->blocked;
	child->vfork = !!(q->flags & CLONE_VFORK);
	if (child->vfork)
		trap_altstack_vfork(t, child);
	child->clear_handlers = q->clear_handlers;
	if (q->flags & CLONE_SIGHAND) {
		child->handlers = t->handlers;
	} else {
		child->handlers = &child->own_handlers;
		child->own_handlers = *t->handlers;
		child->own_handlers.lock.word = 0;
	}
	return child;
}

static long clone_shared(struct trap_thread *t, struct request *q)
{
	enum trap_clone_kind kind =
		q->flags & CLONE_VFORK ? TRAP_CLONE_VFORK : TRAP_CLONE_THREAD;
	struct trap_thread *child = child_make(t, q);
	unsigned long mask;
	long r;

	if (!child)
		return -ENOMEM;
	child->clone_kind = kind;
	if (q->flags & CLONE_THREAD)
		trap_site_first_thread(t);
	r = before(t, child, kind, q);
	if (r) {
		trap_thread_free(child);
		return r;
	}
	mask = child->mask = trap_host_mask(t, SIG_BLOCK, ~SIG_OURS);
	/* From here on a thread's block may be freed, by itself */
	r = trap_clone(q->nr, q->args, child);
	if (trap_personality.clone_parent)
		trap_personality.clone_parent(t, r < 0 || kind != TRAP_CLONE_THREAD ? child :
					      NULL, kind, r);
	if (r < 0 || kind == TRAP_CLONE_VFORK) {
		trap_site_gone(child);
		trap_thread_free(child);
	}
	trap_host_mask(t, SIG_SETMASK, mask);
	return r;
}

static void copied_child(struct trap_thread *t, struct request *q,
			 enum trap_clone_kind kind)
{
	trap_thread_forked(t);
	if (q->stack)
		t->regs.rsp = q->stack;
	t->handlers->lock.word = 0;
	if (q->clear_handlers)
		trap_signal_clear(t);
	if (trap_personality.clone_child)
		trap_personality.clone_child(t, kind);
}

static long clone_copy(struct trap_thread *t, struct request *q,
		       enum trap_clone_kind kind)
{
	struct vfork_frame *frame = NULL, *outer = t->frame;
	unsigned long mask;
	long r;

	clear_stack(q);
	r = before(t, NULL, kind, q);
	if (r)
		return r;
	if (kind == TRAP_CLONE_VFORK_COPY)
		frame = frame_make(t);
	trap_site_fork(1);
	t->frame = frame;
	/* What is pending in the child is the parent's, if nothing can come between */
	mask = trap_host_mask(t, SIG_BLOCK, ~SIG_OURS);
	r = trap_clone(q->nr, q->args, NULL);
	if (!r) {
		t->pending = 0;
		t->held = 0;
		t->mask = mask;
		t->unmask = 1;
		trap_site_fork(0);
		if (outer)
			trap_pages_free(outer, sizeof(*outer));
		copied_child(t, q, kind);
		return 0;
	}
	trap_host_mask(t, SIG_SETMASK, mask);
	t->frame = outer;
	trap_site_fork(0);
	if (frame)
		frame_apply(t, frame);
	if (trap_personality.clone_parent)
		trap_personality.clone_parent(t, NULL, kind, r);
	return r;
}

long trap_clone_call(struct trap_thread *t, long nr)
{
	struct request q;
	long r = parse(t, nr, &q);

	if (r)
		return r;
	if ((q.flags & (CLONE_VM | CLONE_VFORK)) == (CLONE_VM | CLONE_VFORK) &&
	    (trap_personality.flags & TRAP_VFORK_IS_FORK)) {
		q.flags &= ~(unsigned long)CLONE_VM;
		return clone_copy(t, &q, TRAP_CLONE_VFORK_COPY);
	}
	if (q.flags & CLONE_VM)
		return clone_shared(t, &q);
	return clone_copy(t, &q, TRAP_CLONE_FORK);
}

/* exit and exit_group; returns where the host can do it as it is */
void trap_exit_call(struct trap_thread *t, long nr)
{
	unsigned long all = ~0UL;

	if (t->frame)
		frame_write(t->frame);
	if (nr == __NR_exit_group) {
		if (trap_personality.process_exit)
			trap_personality.process_exit(t, t->args[0]);
		return;
	}
	if (trap_personality.thread_exit)
		trap_personality.thread_exit(t);
	if (t->vfork)
		return;		/* the parent frees the block */
	host_4(__NR_rt_sigprocmask, 2, &all, 0, 8);
	trap_altstack_free(t);
	trap_thread_end(t, t->args[0]);
}
