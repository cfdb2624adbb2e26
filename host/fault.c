// SPDX-License-Identifier: GPL-2.0
/*
 * fault.c - SIGSEGV and SIGBUS of kernel code
 *
 * The kernel reads and writes its callers' memory directly. Where a pointer is
 * bad, the signal comes here; the image says where to go on (lib_ops.fault). Where it is
 * the kernel's own that is bad, that is the end of the stack. A fault elsewhere belongs to
 * whoever had a handler before us, or to the default.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "fault.h"
#include "stack.h"

/* Read in the handler without a lock; slots are reused, never moved. */
struct range {
	_Atomic(struct libos *) os;
	struct fault_range where;
	struct range *next;
};

static _Atomic(struct range *) ranges;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction old_segv, old_bus;

static void chain(int sig, siginfo_t *info, void *context)
{
	const struct sigaction *old = sig == SIGSEGV ? &old_segv : &old_bus;
	struct sigaction dfl = { .sa_handler = SIG_DFL };

	if (old->sa_flags & SA_SIGINFO) {
		old->sa_sigaction(sig, info, context);
	} else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
		old->sa_handler(sig);
	} else {
		/* Return to the instruction and die of it, as without us. */
		sigaction(sig, &dfl, NULL);
	}
}

static void handler(int sig, siginfo_t *info, void *context)
{
	greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
	uintptr_t addr = (uintptr_t)info->si_addr;
	struct lib_regs regs;
	struct libos *os;
	struct range *r;

	for (r = ranges; r; r = r->next)
		if (r->os && fault_is_kernels(&r->where, g[REG_RIP], g[REG_RSP], addr))
			break;
	if (!r) {
		chain(sig, info, context);
		return;
	}
#define COPY(F) \
	F(r15, R15) F(r14, R14) F(r13, R13) F(r12, R12) F(bp, RBP) F(bx, RBX) \
	F(r11, R11) F(r10, R10) F(r9, R9) F(r8, R8) F(ax, RAX) F(cx, RCX) \
	F(dx, RDX) F(si, RSI) F(di, RDI) F(ip, RIP) F(sp, RSP) F(flags, EFL)
#define IN(field, reg) regs.field = g[REG_##reg];
#define OUT(field, reg) g[REG_##reg] = regs.field;
	memset(&regs, 0, sizeof(regs));
	COPY(IN)
	os = r->os;
	if (os->ops.fault && os->ops.fault(&regs, addr)) {
		COPY(OUT)
	}
}

static int install(int sig, struct sigaction *old)
{
	struct sigaction sa = {
		.sa_sigaction = handler,
		/* A fault inside a fault's handling must not be blocked. */
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER,
	};
	struct sigaction now;

	if (sigaction(sig, NULL, &now))
		return -errno;
	if (now.sa_flags & SA_SIGINFO && now.sa_sigaction == handler)
		return 0;
	*old = now;
	return sigaction(sig, &sa, NULL) ? -errno : 0;
}

/* Again at every open: somebody may have replaced it. */
int fault_install(void)
{
	int err;

	pthread_mutex_lock(&lock);
	err = install(SIGSEGV, &old_segv);
	if (!err)
		err = install(SIGBUS, &old_bus);
	pthread_mutex_unlock(&lock);
	return err;
}

void fault_add(struct libos *os)
{
	const struct image *image = &os->image;
	struct range *r;

	pthread_mutex_lock(&lock);
	for (r = ranges; r && r->os; r = r->next)
		;
	if (!r) {
		r = calloc(1, sizeof(*r));
		if (!r)
			abort();
		r->next = ranges;
		ranges = r;
	}
	r->where = (struct fault_range){
		.base = (uintptr_t)image->base,
		.code = (char *)image->arena - image->base,
		.size = (char *)image->arena + image->arena_size - image->base,
	};
	r->os = os;
	pthread_mutex_unlock(&lock);
}

void fault_remove(struct libos *os)
{
	struct range *r;

	pthread_mutex_lock(&lock);
	for (r = ranges; r; r = r->next)
		if (r->os == os)
			r->os = NULL;
	pthread_mutex_unlock(&lock);
}
