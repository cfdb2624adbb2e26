// SPDX-License-Identifier: GPL-2.0
/*
 * thread.c - thread blocks
 */
#include <linux/mman.h>
#include <asm/prctl.h>
#include "thread.h"

#define AT(field, offset) \
	_Static_assert(offsetof(struct trap_thread, field) == (offset), #field)
AT(self, T_SELF);
AT(depth, T_DEPTH);
AT(pending, T_PENDING);
AT(stack, T_STACK);
AT(regs.rax, T_RAX);
AT(regs.r9, T_R9);
AT(regs.rbx, T_RBX);
AT(regs.rsp, T_RSP);
AT(regs.rip, T_RIP);
AT(regs.flags, T_FLAGS);
AT(args, T_ARGS);
AT(nr, T_NR);
AT(mask, T_MASK);
AT(masked, T_MASKED);
AT(busy, T_BUSY);

/* A guard page, the stack, and the block itself above it */
#define BLOCK_PAGES ((sizeof(struct trap_thread) + HOST_PAGE - 1) & ~(HOST_PAGE - 1))
#define BLOCK_SIZE (HOST_PAGE + TRAP_STACK_SIZE + BLOCK_PAGES)

/* All that were ever made. Only ever grows at its head, so that it is read unlocked. */
static struct trap_thread *blocks;

/* All from @from to before @to */
#define CLEAR(t, from, to) memset(&(t)->from, 0, (char *)&(t)->to - (char *)&(t)->from)

/*
 * What a former thread left must not be seen by the next; the list's own stays, and so does
 * `busy`: a moment at 0, and another thread has the block, too.
 */
static void block_reset(struct trap_thread *t)
{
	if (t->scratch)
		trap_pages_free(t->scratch, t->scratch_size);
	trap_altstack_free(t);
	CLEAR(t, self, busy);
	CLEAR(t, unmask, own_handlers);
	CLEAR(t, blocked, next);
	t->self = t;
	t->stack = t;
}

static struct trap_thread *block_new(void)
{
	struct trap_thread *t;
	char *pages = trap_pages(BLOCK_SIZE);

	if (!pages)
		return NULL;
	host_3(__NR_mprotect, pages, HOST_PAGE, PROT_NONE);
	t = (struct trap_thread *)(pages + HOST_PAGE + TRAP_STACK_SIZE);
	block_reset(t);
	t->busy = 1;
	t->next = __atomic_load_n(&blocks, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&blocks, &t->next, t, 0, __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED))
		;
	return t;
}

struct trap_thread *trap_thread_alloc(void)
{
	struct trap_thread *t = trap_thread_first();
	int none;

	for (; t; t = t->next) {
		none = 0;
		if (!__atomic_load_n(&t->busy, __ATOMIC_RELAXED) &&
		    __atomic_compare_exchange_n(&t->busy, &none, 1, 0, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED)) {
			block_reset(t);
			return t;
		}
	}
	return block_new();
}

void trap_thread_free(struct trap_thread *t)
{
	__atomic_store_n(&t->busy, 0, __ATOMIC_RELEASE);
}

void trap_thread_set(struct trap_thread *t)
{
	t->tid = host_0(__NR_gettid);
	host_2(__NR_arch_prctl, ARCH_SET_GS, t);
}

void trap_thread_forked(struct trap_thread *t)
{
	struct trap_thread *other;

	for (other = blocks; other; other = other->next)
		if (other != t)
			other->busy = 0;
	t->tid = host_0(__NR_gettid);
	t->vfork = 0;
}

struct trap_thread *trap_thread_first(void)
{
	return __atomic_load_n(&blocks, __ATOMIC_ACQUIRE);
}

struct trap_thread *trap_thread(void)
{
	struct trap_thread *t;

	__asm__("movq %%gs:0, %0" : "=r"(t));
	return t;
}

struct trap_regs *trap_regs(struct trap_thread *t)
{
	return &t->regs;
}

int trap_tid(struct trap_thread *t)
{
	return t->tid;
}

void **trap_data(struct trap_thread *t)
{
	return &t->data;
}

int trap_signal_pending(struct trap_thread *t)
{
	return __atomic_load_n(&t->pending, __ATOMIC_RELAXED) != 0;
}
