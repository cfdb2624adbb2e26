// SPDX-License-Identifier: GPL-2.0
/*
 * dead.c - the end of a stack: panic, oops, power off, shutdown
 *
 * No context runs any more; the token's word says so to everybody who comes, and
 * whoever waits is rung. The process that hosts the stack lives on.
 */
#include <linux/kernel.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task_stack.h>

#include <asm/sections.h>

#include "lib.h"

#define TRACE_MAX 32

static char why_text[160];

static bool in_text(unsigned long addr)
{
	return addr >= (unsigned long)_stext && addr < (unsigned long)_etext;
}

/* Does a call instruction end at @addr? Those that the compiler makes. */
static bool after_call(unsigned long addr)
{
	const u8 *p = (const u8 *)addr;

	return p[-5] == 0xe8 ||					/* call rel32 */
	       (p[-2] == 0xff && (p[-1] & 0xf8) == 0xd0) ||	/* call *%reg */
	       (p[-3] == 0xff && (p[-2] & 0xf8) == 0x50) ||	/* call *d8(%reg) */
	       (p[-6] == 0xff && (p[-5] & 0xf8) == 0x90);	/* call *d32(%reg) */
}

static unsigned long stack_end(struct task_struct *tsk, unsigned long sp)
{
	unsigned long end = (unsigned long)task_stack_page(tsk) + THREAD_SIZE;

	if (sp >= end - THREAD_SIZE && sp < end)
		return end;
	if (sp >= (unsigned long)lib_irq_stack &&
	    sp < (unsigned long)lib_irq_stack + THREAD_SIZE)
		return (unsigned long)lib_irq_stack + THREAD_SIZE;
	return 0;	/* a host stack: not ours to read */
}

/*
 * lib_backtrace() - return addresses on a kernel stack, innermost first
 * @tsk: whose
 * @sp: where to begin
 *
 * Code is built without frame pointers: every word that points behind a call is
 * taken, so that a stale one may be among them.
 */
size_t lib_backtrace(struct task_struct *tsk, unsigned long sp,
		     unsigned long *trace, size_t n)
{
	unsigned long end = stack_end(tsk, sp);
	size_t i = 0;

	for (sp = ALIGN(sp, 8); sp < end && i < n; sp += 8) {
		unsigned long word = *(unsigned long *)sp;

		if (in_text(word) && after_call(word))
			trace[i++] = word;
	}
	return i;
}

void show_stack(struct task_struct *tsk, unsigned long *sp, const char *loglvl)
{
	unsigned long trace[TRACE_MAX];
	size_t i, n;

	if (!tsk)
		tsk = current;
	n = lib_backtrace(tsk, tsk == current ?
			  (unsigned long)__builtin_frame_address(0) :
			  tsk->thread.sp, trace, TRACE_MAX);
	printk("%sCall Trace:\n", loglvl);
	for (i = 0; i < n; i++)
		printk("%s [<%px>]\n", loglvl, (void *)trace[i]);
}

void show_regs(struct pt_regs *regs)
{
	printk(KERN_DEFAULT "RIP: [<%px>] RSP: %016lx\n", (void *)regs->ip, regs->sp);
}

static void end(enum lib_fatal why, const char *text, const unsigned long *trace,
		size_t n)
{
	lib_cpu.dead = true;
	lib_imports.fatal(lib_imports.host, why, text, trace, n);
	lib_ring_all();
}

/* In a context of the kernel: the carrier goes home, for good. */
void __noreturn lib_die(enum lib_fatal why, const char *text)
{
	unsigned long trace[TRACE_MAX];
	unsigned long sp = (unsigned long)__builtin_frame_address(0);

	if (why == LIB_FATAL_HALT && why_text[0])
		why = LIB_FATAL_PANIC, text = why_text;
	end(why, text, trace, lib_backtrace(current, sp, trace, TRACE_MAX));
	lib_leave_for_good();
}

static int on_panic(struct notifier_block *nb, unsigned long action, void *text)
{
	strscpy(why_text, text, sizeof(why_text));
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = { .notifier_call = on_panic };

static int __init panic_setup(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	return 0;
}
early_initcall(panic_setup);

/*
 * In the host's signal handler, which interrupted the kernel at @regs. On
 * return from it the faulting thread leaves the kernel.
 */
void lib_oops(struct lib_regs *regs, unsigned long addr)
{
	unsigned long trace[TRACE_MAX];
	size_t n;

	if (lib_cpu.dead)
		goto out;
	trace[0] = regs->ip;
	n = 1 + lib_backtrace(current, regs->sp, trace + 1, TRACE_MAX - 1);
	snprintf(why_text, sizeof(why_text),
		 "unable to handle access at address %016lx, task %s[%d]",
		 addr, current->comm, current->pid);
	end(LIB_FATAL_OOPS, why_text, trace, n);
out:
	regs->sp = (regs->sp - 256) & ~15ul;
	regs->ip = (unsigned long)lib_leave_for_good;
}

/*
 * The token's holder died in the middle of something, by SIGKILL. What it left half
 * done nobody can finish; all others shall see it soon.
 */
void lib_killed(u32 space)
{
	snprintf(why_text, sizeof(why_text),
		 "host process %u was killed inside the kernel", space);
	end(LIB_FATAL_KILLED, why_text, NULL, 0);
	lib_token_put_slow();
}

/* In init's context: every process is killed and reaped, sockets are closed. */
static long kill_all(union lib_payload *arg)
{
	lib_process_exit_all();
	return 0;
}

int lib_shutdown(void)
{
	union lib_payload arg = { };
	int err = lib_request(&lib_init_worker, kill_all, &arg);

	if (err)
		return err == -EIO && lib_cpu.dead ? 0 : err;
	if (!lib_token_get())
		return 0;
	lib_cpu.dead = true;
	lib_ring_all();
	lib_token_put();
	return 0;
}
