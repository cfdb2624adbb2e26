// SPDX-License-Identifier: GPL-2.0
/*
 * boot.c - lib_init(): the one exported symbol
 *
 * The caller's table is copied into the private page; start_kernel() runs on
 * init's stack, carried by the calling thread, until everything sleeps and init
 * serves requests (init.c).
 */
#include <linux/kernel.h>
#include <linux/init_task.h>
#include <linux/sched/task_stack.h>
#include <linux/start_kernel.h>
#include <linux/utsname.h>

#include <generated/utsrelease.h>

#include "lib.h"

extern char _text[], _etext[], _end[];
void lib_boot_start(void);

struct lib_private lib_private __section(".lib.private") __aligned(PAGE_SIZE);

static bool callbacks_there(const struct lib_host *host)
{
	return host->clock && host->arm && host->wait && host->wake &&
	       host->membarrier && host->signal && host->number && host->user_copy &&
	       host->yield && host->console && host->fatal && host->netdev_xmit &&
	       host->netdev_updown && host->netdev_kick;
}

static_assert(offsetof(struct lib_cpu, token) == offsetof(struct lib_token, word));
static_assert(offsetof(struct lib_cpu, waiters) == offsetof(struct lib_token, waiters));
static_assert(offsetof(struct lib_cpu, stack) == offsetof(struct lib_token, stack));
static_assert(offsetof(struct lib_cpu, holder) == offsetof(struct lib_token, cpu));
static_assert(offsetof(struct lib_cpu, moves) == offsetof(struct lib_token, moves));

static int host_check(const struct lib_host *host)
{
	if (!host)
		return -EINVAL;
	if (host->version != LIB_CONTRACT_VERSION)
		return -EPROTO;
	if (host->size != sizeof(*host))
		return -EPROTO;
	if (!callbacks_there(host) || !host->cmdline)
		return -EINVAL;
	if (host->clock_mode > LIB_CLOCK_VIRTUAL)
		return -EINVAL;
	if ((char *)host->arena != PTR_ALIGN(&_end[0], PAGE_SIZE) ||
	    !PAGE_ALIGNED(host->arena_size) || host->arena_size < SZ_8M)
		return -EINVAL;
	return 0;
}

/* In a process whose private page is still empty, or its parent's. */
static int lib_attach(const struct lib_host *host, u32 space)
{
	if (!host || host->version != LIB_CONTRACT_VERSION ||
	    host->size != sizeof(*host))
		return -EPROTO;
	if (!callbacks_there(host) || space >= LIB_SPACES_MAX)
		return -EINVAL;
	lib_private.host = *host;
	lib_private.space = space;
	lib_private.token = 1 + space;
	lib_token_forget(space);	/* after an exec, threads that it ended */
	return 0;
}

static const struct lib_ops lib_ops = {
	.version = LIB_CONTRACT_VERSION,
	.size = sizeof(lib_ops),
	.release = UTS_RELEASE,
	.text = _text,
	.process_create = lib_process_create,
	.process_exit = lib_process_exit,
	.task_attach = lib_task_attach,
	.task_detach = lib_task_detach,
	.syscall = lib_syscall,
	.interrupt = lib_interrupt,
	.event = lib_event,
	.run = lib_run,
	.netdev_create = lib_netdev_create,
	.netdev_remove = lib_netdev_remove,
	.netdev_receive = lib_netdev_receive,
	.netdev_sent = lib_netdev_sent,
	.netdev_wake = lib_netdev_wake,
	.netdev_carrier = lib_netdev_carrier,
	.attach = lib_attach,
	.adopt = lib_adopt,
	.space_dead = lib_space_dead,
	.hold = lib_hold,
	.fault = lib_fault,
	.shutdown = lib_shutdown,
};

/* The frame that lib_enter() pops: six registers and where to go on. */
static void boot_frame(void)
{
	unsigned long *sp = (void *)init_stack + THREAD_SIZE;

	sp -= 2;
	*--sp = (unsigned long)lib_boot_start;
	sp -= 6;
	memset(sp, 0, 6 * sizeof(*sp));
	lib_current = &init_task;
	init_task.thread.sp = (unsigned long)sp;
}

/* CPUID.(7, 0):ECX bit 22 */
static bool have_rdpid(void)
{
	u32 a = 7, b, c = 0, d;

	asm volatile("cpuid" : "+a" (a), "=b" (b), "+c" (c), "=d" (d));
	return c & BIT(22);
}

__visible int lib_init(const struct lib_host *host, struct lib_ops *ops, size_t ops_size)
{
	static struct lib_waiter boot;
	int err = host_check(host);

	if (err)
		return err;
	if (!ops || ops_size != sizeof(*ops))
		return -EPROTO;
	lib_cpu.rdpid = have_rdpid();
	lib_private.token = 1;
	if (!lib_token_try())
		return -EBUSY;
	if (lib_current) {
		lib_token_put();
		return -EBUSY;
	}
	lib_imports = *host;
	boot_frame();
	*ops = lib_ops;
	ops->text_size = _etext - _text;
	ops->private_page = &lib_private;
	ops->token = (const volatile struct lib_token *)&lib_cpu;
	lib_cpu.carrier = &boot;
	lib_enter();
	/* An initcall may sleep; nobody else drives the clock yet. */
	while (!lib_cpu.booted && !lib_cpu.dead) {
		u64 now = lib_imports.clock(lib_imports.host);

		if (now < lib_cpu.next_event) {
			u32 word = 0;

			lib_imports.wait(lib_imports.host, &word, 0,
				      lib_cpu.next_event - now);
		}
		lib_cpu.pending |= LIB_IRQ_TIMER;
		lib_cpu.carrier = &boot;
		lib_enter();
	}
	lib_token_put();
	return lib_cpu.dead ? -EIO : 0;
}
